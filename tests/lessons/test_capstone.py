"""The capstone judges samplers fairly: what it ships, what it compares, whom it turns away."""

from zlib import crc32

import numpy as np
import pytest
from capstone_curves import PROMPTS, chain_of, measured
from test_check import named

from tempsampling import SmolLM2, check, sample, softmax, truncate
from tempsampling.lessons.capstone import experiment, report
from tempsampling.lessons.capstone.baselines import (
    BASELINES,
    at,
    compare,
    curve,
    prompts_of,
    settings,
)
from tempsampling.lessons.capstone.experiment import Trial
from tempsampling.lessons.capstone.problems import (
    NAN,
    NEVER,
    OVERFLOW,
    SLOW,
    STUCK,
    SUM,
    UNSEEDED,
    WrongSamplerError,
    check_sampler,
)
from tempsampling.lessons.capstone.report import standing
from tempsampling.lessons.check import diagnosis
from tempsampling.lessons.solutions import my_sampler


def sentence_on(answer):
    return diagnosis(answer)[0]


def from_curve(name, i, prompts="held-out"):
    """The trial of a sampler that does what a baseline did."""
    return Trial(prompts, curve(name, prompts)[i, :, :2], [""] * 32)


def shifted(trial, likelihood, diversity):
    return Trial(trial.prompts, trial.points + np.array([likelihood, diversity]), trial.texts)


@pytest.mark.parametrize("prompts", PROMPTS)
@pytest.mark.parametrize("name", BASELINES)
def test_a_curve_goes_from_greedy_to_diverse(name, prompts):
    points = curve(name, prompts).mean(axis=1)
    assert len(points) == len(settings(name)) == 11
    assert np.all(np.diff(points[:, 0]) < 0.05)  # never likelier when hotter, but for chance
    assert points[0, 1] == points[0, 2] == 0
    assert points[0, 0] == max(curve(other, prompts).mean(axis=1)[0, 0] for other in BASELINES)


def test_the_cuts_end_where_temperature_is_1():
    uncut = curve("temperature")[settings("temperature").index(1.0)]
    for name in ("top-k", "top-p", "min-p"):
        np.testing.assert_array_equal(curve(name)[-1], uncut)


def test_practice_and_held_out_prompts_are_different_and_as_long_as_each_other():
    model = SmolLM2.load()
    practice, held_out = prompts_of("practice"), prompts_of("held-out")
    assert len(set(practice) | set(held_out)) == 64
    assert {len(model.tokenize(prompt)) for prompt in practice + held_out} == {5}


def test_the_shipped_numbers_are_those_of_the_script(monkeypatch):
    """Prompt by prompt for greedy text; elsewhere on average, for another machine rounds others."""
    prompts, i = prompts_of("practice"), 5
    monkeypatch.setattr("capstone_curves.TEXTS", 1)
    greedy = np.array(measured(SmolLM2.load(), prompts[:8], chain_of("temperature", 0.0)))
    np.testing.assert_allclose(greedy[:, 0], curve("temperature")[0, :8, 0], atol=0.2)
    chain = chain_of("top-k", settings("top-k")[i])
    found = np.array(measured(SmolLM2.load(), prompts[:16], chain))
    for column in (0, 1, 2):
        difference = found[:, column] - curve("top-k")[i, :16, column]
        assert abs(difference.mean()) < 4 * difference.std(ddof=1) / np.sqrt(16)


def test_a_baseline_against_itself_cannot_be_told_apart():
    trial = from_curve("top-k", 5)
    found = compare(trial.points, trial.prompts)
    assert found.best == "top-k"
    assert abs(found.difference) < 1e-12
    assert found.margin < 1e-12  # drawn again, both keep the same prompts
    assert "they cannot be told apart" in standing(trial)


def test_a_clear_lead_is_above_and_a_clear_lag_below():
    trial = from_curve("top-k", 5)
    assert "yours is above by 5.0 ±" in standing(shifted(trial, 0, 0.05))
    assert "yours is below by 5.0 ±" in standing(shifted(trial, 0, -0.05))
    assert "yours is below by" in standing(from_curve("temperature", 5))


def test_the_margin_is_that_of_a_mean_over_prompts():
    trial = from_curve("top-k", 5)
    noise = np.random.default_rng(seed=1).normal(scale=0.1, size=32)
    points = trial.points + np.column_stack([np.zeros(32), noise])
    found = compare(points, "held-out")
    assert found.margin == pytest.approx(1.96 * noise.std() / np.sqrt(32), rel=0.1)


@pytest.mark.parametrize(("likelihood", "word"), [(-20, "likelier"), (1, "less likely")])
def test_where_no_baseline_reaches_it_is_said(likelihood, word):
    trial = shifted(from_curve("top-k", 5), likelihood, 0)
    assert compare(trial.points, trial.prompts) is None
    assert f"All baselines are {word} than that." in standing(trial)


def test_a_curve_is_read_between_its_points_and_not_beyond():
    points = np.array([[-1.0, 0.0, 0.0], [-3.0, 0.8, 4.0]])
    assert at(points, -2.5) == pytest.approx(0.6)
    assert at(points, -2.5, 2) == pytest.approx(3.0)
    assert np.isnan(at(points, -0.9))
    assert np.isnan(at(points, -3.1))


def test_what_is_counted_is_what_the_sampler_draws_from():
    """Two draws and their likelihood, against the probabilities themselves at the same places."""
    prompts = prompts_of("practice")[:6]
    streams = np.random.default_rng(seed=3).spawn(2 * 6 * 4)

    def draw(i, logits):
        q = truncate(logits, top_k=8)
        one, other = (sample(logits, top_k=8, rng=rng) for rng in streams[2 * i : 2 * i + 2])
        return one, one != other, 1 - q @ q

    _, drawn, known = experiment.write(SmolLM2.load(), prompts, draw, texts=4).reshape(-1, 3).T
    assert abs((drawn - known).mean()) < 3 * (drawn - known).std() / np.sqrt(drawn.size)


def cut_without_renormalizing(logits, rng):
    p = softmax(logits)
    return rng.choice(p.size, p=np.where(p > 0.05, p, 0))


def never_shifted(logits, rng):
    weights = np.exp(logits.astype(float))
    return rng.choice(weights.size, p=weights / weights.sum())


def line_by_line(logits, rng):
    left = rng.random()
    for token, p in enumerate(softmax(logits)):
        left -= p
        if left < 0:
            return token
    return int(logits.argmax())


def surprising(logits, rng):
    p = softmax(logits)
    weights = -p * np.log(p)  # 0 times minus infinity
    return rng.choice(p.size, p=weights / weights.sum())


@pytest.mark.parametrize(
    ("sampler", "sentence"),
    [
        (surprising, NAN),
        (cut_without_renormalizing, SUM),
        (never_shifted, OVERFLOW),
        (line_by_line, SLOW),
    ],
)
def test_what_numpy_or_the_clock_would_say_is_said_helpfully(sampler, sentence):
    assert sentence_on(named("my_sampler", sampler)) == f"Not yet: {sentence}"


@pytest.mark.parametrize("token", [-1, 16, 99_999, 3.0, True, "3", [3], None, ..., 1e400])
def test_what_is_no_token_gets_one_sentence(token):
    sentence = sentence_on(named("my_sampler", lambda logits, rng: token))
    assert sentence.startswith(("Not yet: ", "Not done yet: "))
    assert "\n" not in sentence


def in_float32(logits, rng):
    weights = np.exp((logits - logits.max()) / np.float32(0.7))
    return rng.choice(weights.size, p=weights / weights.sum())


def the_first_hundred(logits, rng):
    kept = np.argpartition(logits, -100)[-100:]
    return kept[rng.choice(100, p=softmax(logits[kept] / 0.83))]


def by_the_running_sum(logits, rng):
    order = np.argsort(-logits)
    running = np.cumsum(softmax(logits, 1.2)[order])
    return order[np.searchsorted(running, rng.random() * running[-1])]


@pytest.mark.parametrize(
    "sampler",
    [
        lambda logits, rng: sample(logits, temperature=0.7, rng=rng),
        lambda logits, rng: sample(logits, top_p=0.1, temperature=3, rng=rng),
        lambda logits, rng: int(rng.choice(np.argsort(logits)[-5:])),
        lambda logits, rng: np.argmax(logits + rng.gumbel(size=logits.size)),
        lambda logits, rng: rng.multinomial(1, softmax(logits)).argmax(),
        lambda logits, rng: sample(logits, temperature=0.05, rng=rng),
        lambda logits, rng: sample(logits, temperature=50, rng=rng),
        lambda logits, rng: np.array(sample(logits, rng=rng)),
        in_float32,
        the_first_hundred,
        by_the_running_sum,
        my_sampler,
    ],
)
def test_samplers_that_are_right_pass(sampler):
    check_sampler(sampler)


def ranked(logits, place):
    """The token at a place of the ranking, counted from the likeliest."""
    return int(np.argsort(-logits)[place])


def is_real(logits):
    """The model bars some tokens; of the small trials one bars every fourth, the others none."""
    return 0 < np.isinf(logits).sum() < 100


def only_looks_random(logits, rng):
    rng.random()
    return ranked(logits, crc32(logits.tobytes()) % 3)


def seeded_with_the_logits(logits, rng):
    return sample(logits, rng=crc32(logits.tobytes()) % 1000)


def random_where_all_are_equal(logits, rng):
    return int(rng.choice(np.flatnonzero(logits == logits.max())))


def another_at_every_call():
    calls = iter(range(10**9))
    return lambda logits, rng: ranked(logits, next(calls) % 2)


def another_at_every_call_on_real_text():
    sampler = another_at_every_call()
    return lambda logits, rng: sampler(logits, rng) if is_real(logits) else sample(logits, rng=rng)


def not_the_same_again():
    met = {}

    def sampler(logits, rng):
        if not is_real(logits):
            return sample(logits, rng=rng)
        here = logits.tobytes()
        met[here] = met.get(here, -1) + 1
        return ranked(logits, met[here])

    return sampler


@pytest.mark.parametrize(
    ("sampler", "sentence"),
    [
        (only_looks_random, STUCK),
        (seeded_with_the_logits, STUCK),
        pytest.param(random_where_all_are_equal, NEVER, marks=pytest.mark.rare),
        (lambda logits, rng: sample(logits, temperature=0, rng=rng), NEVER),
        pytest.param(another_at_every_call(), UNSEEDED, marks=pytest.mark.rare),
        pytest.param(another_at_every_call_on_real_text(), UNSEEDED, marks=pytest.mark.rare),
        (not_the_same_again(), UNSEEDED),
    ],
)
def test_no_sampler_passes_that_does_not_draw_at_random_with_rng(sampler, sentence, monkeypatch):
    monkeypatch.setattr(experiment, "TOKENS", 3)
    assert sentence_on(named("my_sampler", sampler)) == f"Not yet: {sentence}"


def test_the_seeds_of_the_two_draws_do_not_tell_which_is_the_second(monkeypatch):
    monkeypatch.setattr(experiment, "TOKENS", 1)
    told = []

    def sampler(logits, rng):
        told.append(rng.bit_generator.seed_seq.spawn_key)
        return sample(logits, rng=rng)

    experiment.try_out(sampler)
    assert set(told) == {()}


@pytest.mark.parametrize(
    ("sampler", "sentence"),
    [
        (lambda logits, rng: float(sample(logits, rng=rng)), "yours is of type float"),
        (lambda logits, rng: 0.0, "yours is of type float"),
        (lambda logits, rng: ["a"] * logits.size, "yours is of type list"),
        (lambda logits, rng: sample(-logits, temperature=0.3, rng=rng), "never took it"),
        (lambda logits, rng: rng.integers(logits.size), "never took it"),
        (lambda logits, rng: sample(logits, temperature=1 + abs(logits.max()) / 20, rng=rng), "40"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_was_seen_and_no_mistake_that_was_not_made(sampler, sentence):
    said = sentence_on(named("my_sampler", sampler))
    assert said.startswith("Not yet: ")
    assert sentence in said


def test_a_mistake_that_shows_only_in_real_text_is_told_in_one_sentence():
    def my_sampler(logits, rng):
        return 1 / 0 if logits.max() > 10 else sample(logits, rng=rng)

    assert sentence_on(my_sampler) == (
        "Not yet: my_sampler raised ZeroDivisionError: division by zero."
    )


def test_practice_says_what_is_wrong_too(capsys):
    report.practice(lambda logits, rng: None)
    assert capsys.readouterr().out.startswith("Not done yet: ")


def test_prompts_are_checked():
    with pytest.raises(ValueError, match=r"practice, held-out, got 'test'"):
        experiment.try_out(my_sampler, "test")
    with pytest.raises(WrongSamplerError):
        check_sampler(lambda logits, rng: rng.choice(logits))


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ((0, 0.05), "Correct."),
        ((0, 0), "Your sampler works, but is not above the baselines."),
        ((0, -0.05), "Your sampler works, but is not above the baselines."),
        ((-20, 0), "Your sampler works, but is not above the baselines."),
    ],
)
def test_check_says_correct_above_the_baselines_only_and_shows_a_picture(
    moved, said, monkeypatch, capsys
):
    shown, trial = [], shifted(from_curve("top-k", 5), *moved)
    monkeypatch.setattr(report, "try_out", lambda sampler, prompts: trial)
    monkeypatch.setattr(
        "tempsampling.lessons.capstone.report.show", lambda *what: shown.append(what)
    )
    check(my_sampler)
    printed = capsys.readouterr().out
    assert printed.replace("\n", " ").startswith(f"{said} On 32 held-out prompts")
    assert max(map(len, printed.splitlines())) <= report.LETTERS
    ((figure, alt),) = shown
    assert alt == standing(trial)
    assert figure.axes[0].get_title(loc="left") == "32 held-out prompts"
