"""The numbers that lesson 10's answers and verdicts name are those that its cells give."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from lessons import cells, printed, prose, source, verdicts

from tempsampling import (
    SmolLM2,
    calibration_error_floor,
    expected_calibration_error,
    fit_temperature,
    log_softmax,
    mean_and_margin,
    reliability,
    shipped_texts,
    softmax,
    solutions,
)

SAID = np.array([0.55, 0.60, 0.60, 0.65, 0.70, 0.70, 0.80, 0.85, 0.91, 0.95, 0.98, 0.99])
RIGHT = np.array([1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1])
ANSWER_LOGITS = np.log([SAID, 1 - SAID]).T


@pytest.fixture(scope="module")
def gaps():
    """The distances of all logits from the largest, and of the labels, on docstrings to fit on."""
    model, found, of_labels = SmolLM2.load(), [], []
    for text in shipped_texts("docstrings")[:6:2]:
        tokens = model.tokenize(text)[:121]
        logits = model.logits_for(tokens[:-1])
        found.append(logits.max(axis=1, keepdims=True) - logits)
        of_labels.append(found[-1][np.arange(120), tokens[1:]])
    return np.concatenate(found), np.concatenate(of_labels)


@pytest.fixture(scope="module")
def lesson():
    """What the lesson's own cells define, up to what they measure on the docstrings."""
    names = {}
    for cell in cells(10):
        if cell["id"] in ("imports", "own-figure", "read", "fit", "measure"):
            exec("".join(cell["source"]), names)
    return names


def twelve_at(temperature):
    p = softmax(ANSWER_LOGITS, temperature)
    return (
        expected_calibration_error(p[:, 0], RIGHT, bins=4),
        np.log(p[np.arange(12), 1 - RIGHT]).mean(),
    )


def test_the_temperature_that_turns_90_into_70():
    needed = np.log(9) / np.log(7 / 3)
    assert f"The answer is {needed:.1f}" in prose(10)
    assert softmax([np.log(9), 0], 0.5).max() == pytest.approx(0.988, abs=5e-4)


def test_the_confidence_of_five_logits(answers):
    positions = np.arange(0.2, 10.001, 0.2).round(1)
    confidence = np.array([softmax(np.arange(1.0, 6.0), T).max() for T in positions])
    assert f"{softmax(np.arange(1.0, 6.0), 2).max():.0%}" == "43%"
    assert f"{confidence[-1]:.1%}, and 20%" in answers
    for share, form in [(0.3, "T = {:.1f}, with {:.1%}"), (0.8, "T = {:.1f} does, with {:.1%}")]:
        closest = np.argmin(np.abs(confidence - share))
        assert form.format(positions[closest], confidence[closest]) in answers


def test_twelve_answers_by_hand():
    low, high = reliability(SAID, RIGHT, bins=4).confidence[2:]
    assert f"overconfident, by {low - 1 / 2:.3f} and {high - 5 / 6:.3f}." in prose(10)
    assert "The mean, the **floor**, is 0.13," in prose(10)
    perfect = [calibration_error_floor(SAID, bins=4, repeats=1, rng=i) for i in range(4000)]
    limit = np.percentile(perfect, 95)
    assert f"above the last number, {limit:.2f}." in prose(10)
    assert f"up to {limit:.2f} for twelve answers" in prose(10)
    assert np.mean(np.array(perfect) > np.mean(perfect)) == pytest.approx(0.5, abs=0.04)
    assert calibration_error_floor(SAID, bins=4, rng=1) == pytest.approx(0.13, abs=0.004)
    assert twelve_at(1.0)[0] == pytest.approx(0.107, abs=5e-4)


def test_the_best_positions_for_twelve_answers(answers):
    positions = np.arange(0.4, 5.001, 0.1).round(1)
    errors, likelihoods = np.transpose([twelve_at(T) for T in positions])
    best = f"{positions[errors.argmin()]} and {positions[likelihoods.argmax()]}."
    assert best in answers
    assert f"likelihood at {fit_temperature(ANSWER_LOGITS, 1 - RIGHT):.2f}." in answers
    assert twelve_at(2.2)[0] > 1.5 * twelve_at(2.1)[0]
    assert softmax(ANSWER_LOGITS, 2.1)[8, 0] > 0.75 > softmax(ANSWER_LOGITS, 2.2)[8, 0]
    same = (8 * np.log(8 / 12) + 4 * np.log(4 / 12)) / 12
    assert f"−{-same:.3f}, worse than the −{-twelve_at(2.0)[1]:.3f} at T = 2" in answers
    assert expected_calibration_error([8 / 12] * 12, RIGHT) == pytest.approx(0)


def test_gaps_rounded_to_two_hundredths_give_the_exact_fit(gaps):
    labels = (gaps[0] == gaps[1][:, None]).argmax(axis=1)
    exact = fit_temperature(-gaps[0], labels)
    temperatures = np.arange(exact - 0.003, exact + 0.003, 0.0001)
    counts = [np.bincount(row, minlength=2500) for row in np.rint(gaps[0] / 0.02).astype(int)]
    sums = [c[:2500] @ np.exp(-0.02 * np.arange(2500)[:, None] / temperatures) for c in counts]
    log_p = -gaps[1][:, None] / temperatures - np.log(sums)
    assert temperatures[log_p.mean(axis=0).argmax()] == pytest.approx(exact, abs=1e-3)
    direct = log_softmax(-gaps[0], temperatures[0])[np.arange(len(labels)), labels]
    assert np.allclose(log_p[:, 0], direct, atol=5e-3)


@pytest.mark.rare
def test_the_fit_agrees_with_an_independent_optimizer(gaps):
    logits, rows = -gaps[0], np.arange(len(gaps[0]))
    labels = (gaps[0] == gaps[1][:, None]).argmax(axis=1)

    def log_likelihood(temperature):
        return log_softmax(logits, temperature)[rows, labels].mean()

    low, high = 0.5, 2.0  # golden-section search, which asks for no slope
    while high - low > 1e-4:
        left, right = high - 0.618 * (high - low), low + 0.618 * (high - low)
        if log_likelihood(left) > log_likelihood(right):
            high = right
        else:
            low = left
    assert fit_temperature(logits, labels) == pytest.approx((low + high) / 2, abs=1e-3)


def test_the_accuracy_is_identical_at_every_temperature(gaps):
    right = gaps[1] == 0
    for temperature in (0.7, 1.0, 1.07, 1.4):
        p = softmax(-gaps[0], temperature)
        assert np.array_equal(gaps[0][np.arange(len(p)), p.argmax(axis=1)] == gaps[1], right)


@pytest.mark.rare
def test_the_positions_of_the_model_s_slider(answers, lesson):
    positions = np.arange(0.7, 1.401, 0.02).round(2)
    measured = {T: lesson["measure"](T, lesson["fit"]) for T in positions}
    right = lesson["right"][lesson["fit"]]
    best = (
        max(positions, key=lambda T: measured[T][2]),
        min(positions, key=lambda T: measured[T][1]),
    )
    assert "{:.2f} and {:.2f}. With {:,} tokens".format(*best, right.size) in answers

    cold = reliability(measured[0.7][0], right, bins=10)
    assert cold.count.argmax() == 9
    assert cold.count[9] / right.size == pytest.approx(1 / 4, abs=0.02)
    said, share = cold.confidence[9], cold.accuracy[9]
    assert f"confidence is {said:.0%} on average, and {share:.0%} of them are right" in answers

    hot = reliability(measured[1.4][0], right, bins=10)
    assert np.sum(hot.accuracy > hot.confidence) == 9
    assert f"the ECE is {measured[1.4][1]:.3f}." in answers


def numbers(line):
    return [float(x) for x in re.findall(r"\d+\.\d+", line)]


def test_the_verdict_names_what_was_measured():
    fitted, low, high = numbers(printed(10, "fitted"))
    right, cold, plain, hot = map(numbers, printed(10, "judge").splitlines())
    assert low > 1  # overconfident, beyond the uncertainty of the fit
    assert low < fitted < high
    assert f"a *higher* T, {fitted:.2f}, brings its ECE" in prose(10)
    assert f"from {plain[2]:.3f} to {hot[2]:.3f}" in prose(10)
    assert f"more confident, {cold[1]:.0f}%, still right in {right[0]:.0f}%" in prose(10)
    (error, _, limit), (of_all, _, limit_of_all) = map(numbers, printed(10, "perfect").splitlines())
    assert error == of_all == hot[2]  # to three digits
    assert error < limit < plain[2]
    assert of_all > limit_of_all
    said = f"On all 50, not on these 25, that exceeds a perfect model's limit (95%), {limit_of_all}"
    assert said in prose(10)
    assert f"{limit} for 3,000 tokens" in prose(10)
    gain, margin = numbers(printed(10, "gain"))
    assert gain > margin
    words = ["a lower T is more confident", "T mends no answer", "a higher T calibrates better"]
    words += ["the answer's probability tells right from wrong"]
    words += ["agreement goes with the answer's probability"]
    first = {"the first token's probability tells right from wrong": "not decided"}
    assert verdicts(10) == dict.fromkeys(words, "holds") | first
    assert printed(10, "constructed").count("by construction") == 2
    assert "**Verdict.** Both hold, the second by construction" in prose(10)


@pytest.mark.rare
def test_without_neighbors_that_share_sentences_the_result_is_the_same(lesson):
    model, texts = lesson["model"], lesson["texts"]
    tokens = [model.tokenize(text)[:121] for text in texts]
    windows = [[tuple(t[i : i + 8]) for i in range(len(t) - 7)] for t in tokens]
    known = {window for text in windows[::2] for window in text}
    shared = {i: np.mean([w in known for w in windows[i]]) for i in range(1, 50, 2)}
    hamming = next(i for i in shared if "Hamming window" in texts[i])
    assert shared[hamming] > 0.5
    apart = [i for i in shared if shared[i] < 0.02]
    assert len(apart) > 10
    column, log_p = lesson["column"], lesson["log_p"]
    gain = log_p[:, column(1.07)] - log_p[:, column(1)]
    for some in (apart, list(shared)):
        mean, margin = mean_and_margin([gain[lesson["text_of"] == i].mean() for i in some])
        assert mean == pytest.approx(0.013, abs=0.003)
        assert mean > margin


@pytest.mark.rare
def test_in_few_halvings_the_fitted_temperature_reaches_a_perfect_model(lesson):
    rng = np.random.default_rng(seed=0)
    log_p, text_of = lesson["log_p"], lesson["text_of"]
    rows = np.array([log_p[text_of == i].sum(axis=0) for i in range(50)])
    beyond, lower = 0, 0
    for _ in range(20):
        order = rng.permutation(50)
        others = np.isin(text_of, order[25:])
        fitted = lesson["temperatures"][rows[order[:25]].sum(axis=0).argmax()]
        c, error, _ = lesson["measure"](fitted, others)
        perfect = [calibration_error_floor(c, bins=10, repeats=1, rng=i) for i in range(200)]
        beyond += error > np.percentile(perfect, 95)
        lower += error < lesson["measure"](1.0, others)[1]
    assert lower == 20
    assert beyond > 6  # one would be chance


def test_an_answer_is_more_than_its_first_token():
    shown, words = printed(10, "answer-verdicts"), prose(10)
    first, answer, agreement = re.findall(r"(\d+)% against (\d+)%: ([+-]\d+) ± (\d+)", shown)
    assert int(first[2]) < int(first[3])
    assert "right from wrong, {}% against {}%".format(*answer[:2]) in words
    assert "the agreement, {}% against {}%".format(*agreement[:2]) in words
    assert "a wide margin: {} ± {} points".format(*agreement[2:]).replace("+", "") in words


def test_the_probability_of_a_line_is_the_product_of_its_tokens():
    names = {"np": np}
    exec(source(10, "answer-numbers").partition("said =")[0], names)
    text = SimpleNamespace(
        text=" New York.\nQ:",
        pieces=[" New", " York", ".\n", "Q", ":"],
        probabilities=np.array([0.5, 0.5, 0.5, 0.1, 0.1]),
    )
    assert names["line_of"](text) == "new york"
    assert names["p_of_line"](text) == 0.25
    text.pieces, text.probabilities = text.pieces[:1], text.probabilities[:1]
    assert names["p_of_line"](text) == 0.5  # the text ended first


def test_at_every_temperature_sydney_leads():
    logits, model = SmolLM2.load().logits("The capital of Australia is"), SmolLM2.load()
    assert model.decode([int(logits.argmax())]) == " Sydney"
    plain, cold = softmax(logits).max(), softmax(logits, 0.1).max()
    assert f"leads at every T, with {plain:.0%} at T = 1 and {cold:.0%} at 0.1." in prose(10)


def test_the_twelve_answers_are_no_more_overconfident_than_by_chance(answers):
    assert f"The twelve answers give {solutions.deviations(SAID, RIGHT):.1f}:" in answers
    assert solutions.deviations(SAID, RIGHT) < 2
    rng = np.random.default_rng(seed=1)
    c = rng.uniform(0.5, 1, size=400)
    made_up = [solutions.deviations(c, rng.random(400) < c) for _ in range(4000)]
    assert np.mean(np.abs(made_up) > 2) == pytest.approx(0.05, abs=0.015)


def test_a_perfect_model_with_a_hundred_answers(answers):
    assert "for 100, evenly spread over ten bins, about 0.1" in answers
    floor = calibration_error_floor(np.linspace(0.005, 0.995, 100), bins=10, rng=1)
    assert floor == pytest.approx(0.1, abs=0.015)


def test_the_brier_score_falls_too():
    falls, margin = numbers(printed(10, "brier").replace("±", ""))
    assert falls > margin
    assert "The **Brier score**, the mean of (confidence − right)², falls, too." in prose(10)
