"""The numbers that lesson 11 names are those that its cells and exact theory give."""

import re
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from lessons import cells, printed, prose, source, verdicts

from tempsampling import entropy, log_softmax, softmax
from tempsampling.lessons.check import diagnosis
from tempsampling.lessons.exercises import lesson_11

CRITICAL = 2 / np.log(1 + np.sqrt(2))


@pytest.fixture(scope="module")
def lesson():
    """What the cells define, up to the slider of the palette: nothing slow."""
    names = {}
    for cell in cells(11):
        if cell["id"] in ("imports", "entropies", "strips", "hues", "melody", "palette-figure"):
            source = "".join(cell["source"]).replace("my_guess", "None")
            exec(re.sub(r"^show\(.*", "", source, flags=re.MULTILINE), names)
    return names


@pytest.fixture(scope="module")
def clip():
    names = {"np": np, "log_softmax": log_softmax}
    exec(source(11, "clip"), names)
    return names


def onsager(temperature):
    """Yang's magnetization of the infinite picture."""
    return np.clip(1 - np.sinh(2 / np.asarray(temperature)) ** -4.0, 0, 1) ** 0.125


def test_random_logits_hardly_answer_to_temperature():
    expected = [
        entropy(softmax(np.random.default_rng(7).random((400, 256)), t)).mean() for t in (0.5, 1, 2)
    ]
    shown = [float(h) for h in re.findall(r": ([\d.]+) of 8 bits", printed(11, "entropies"))]
    assert shown == [7.78, 7.94, 7.99]
    assert shown == pytest.approx(expected, abs=0.02)
    odds = [float(o) for o in re.findall(r"channel ([\d.]+) to 1", printed(11, "entropies"))]
    assert np.all(np.array(odds) <= np.exp(1 / np.array([0.5, 1.0, 2.0])))
    assert f"{np.exp(2):.1f} to 1 at T = 0.5" in prose(11)
    assert "keep 7.78 of 8 bits" in prose(11)
    assert f"as open as {round(2 ** shown[0], -1):.0f} equally likely" in prose(11)


def test_the_spread_of_logits_over_t_counts_and_not_their_order(lesson):
    random = lesson["palette_logits"]
    assert entropy(softmax(random, 0.05)).mean() < 5.2 < 7.7 < entropy(softmax(random, 0.5)).mean()
    shuffled = np.random.default_rng(1).permutation(lesson["hue_logits"])
    for temperature in (0.1, 1, 3):
        bits = entropy(softmax(lesson["hue_logits"], temperature))
        assert entropy(softmax(shuffled, temperature)) == pytest.approx(bits)


def test_the_palette_with_a_shape(lesson, answers):
    hues, noise = lesson["hues"], lesson["noise"]
    blue = (hues > 180) & (hues < 270)
    positions = np.arange(0.2, 3.001, 0.05).round(2)
    drawn = [lesson["draw_hues"](t, noise) for t in positions]
    first = next(i for i, (_, each) in enumerate(drawn) if blue[each].any())
    share = drawn[first][0][blue].sum()
    assert f"At T = {positions[first]:.2f}. There blue's hill holds {share:.1%}" in answers
    bits = [entropy(drawn[i][0]) for i in (0, -1)]
    assert "{:.2f} and {:.2f} of 6 bits".format(*bits) in answers
    assert (
        f"as open as {2 ** bits[0]:.0f} equally likely hues, and as {2 ** bits[1]:.0f}." in answers
    )
    assert hues[np.argmax(lesson["hue_logits"])] == pytest.approx(40, abs=3)


def test_the_cold_melody_is_the_circle_named(lesson):
    names = lesson["names"]
    played = [names[note] for note in lesson["melody"](0)]
    assert played == list("CEGcBAFD" * 3)
    assert "C E G c B A F D, then C again" in prose(11)


def test_a_picture_s_logit_changes_by_the_neighbors_alone():
    rng = np.random.default_rng(0)

    def logit(pixels):
        return sum((pixels * np.roll(pixels, 1, axis)).sum() for axis in (0, 1))

    for _ in range(20):
        dark = rng.choice([-1, 1], (5, 6))
        dark[0, 3] = 1  # at an edge, where the picture goes on at the opposite one
        bright = dark.copy()
        bright[0, 3] = -1
        h = dark[1, 3] + dark[-1, 3] + dark[0, 2] + dark[0, 4]
        assert logit(dark) - logit(bright) == 2 * h


def test_a_sweep_leaves_the_boltzmann_distribution_as_it_is():
    names = {"np": np}
    for cell in cells(11):
        if cell["id"] == "sweep":
            exec("".join(cell["source"]), names)
    rng, temperature = np.random.default_rng(0), 3.0
    states = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1).T.reshape(-1, 2, 4)
    z = sum((states * np.roll(states, 1, axis)).sum(axis=(1, 2)) for axis in (1, 2))
    p = softmax(z, temperature)
    which = rng.choice(256, p=p, size=20_000)  # exact pictures of 2 x 4 pixels
    place = states.reshape(256, 8) @ 2 ** np.arange(8)
    counts = np.zeros(256)
    for i in which:
        pixels = states[i][None].astype(np.int8)
        names["sweep"](pixels, np.float32(temperature), rng)
        counts[np.flatnonzero(place == pixels.ravel() @ 2 ** np.arange(8))] += 1
    error = np.sqrt(p * (1 - p) * which.size)
    assert np.all(np.abs(counts - p * which.size) < 5 * error + 1)


def test_a_pixel_is_a_softmax_of_two_logits():
    rows = printed(11, "pixel").splitlines()[1:]
    for row in rows:
        temperature, *shown = map(float, re.findall(r"\d+\.\d+", row))
        h = np.array([-4, -2, 0, 2, 4])
        assert shown == pytest.approx(1 / (1 + np.exp(-2 * h / temperature)), abs=6e-4)


def test_noise_above_and_below_the_neighbors_gives_that_softmax():
    u = np.random.default_rng(1).random(200_000)
    noise = np.log(u / (1 - u)) / 2
    for temperature in (1.0, 2.3):
        for h in (-2, 0, 2):
            share = np.mean(h > temperature * noise)
            assert share == pytest.approx(softmax([h, -h], temperature)[0], abs=0.005)


def test_the_magnetization_follows_the_exact_curve_away_from_the_switch():
    pattern = r"T = ([\d.]+): measured +(-?[\d.]+) ± ([\d.]+) +exact ([\d.]+)"
    rows = np.array(re.findall(pattern, printed(11, "claim-numbers")), float)
    assert rows[:, 3] == pytest.approx(onsager(rows[:, 0]), abs=6e-4)
    away = np.abs(rows[:, 0] - CRITICAL) > 0.2
    assert rows[away, 1] == pytest.approx(rows[away, 3], abs=0.02)
    assert float(re.search(r"2.269: ([\d.]+)", printed(11, "claim-numbers"))[1]) < 0.02
    m = dict(zip(rows[:, 0], rows[:, 1], strict=True))
    assert verdicts(11) == {
        "low is focused": "holds",
        "high is diverse": "holds",
        "T, with neighbors": "a switch",
        "T, neighbors and a bias of 1": "a dial",
        "loops: a hot try cures more often": "holds",
        "loops: within five tries, heat cures more": "not decided",
        "loops: tries at 0.6 and above are likely more often": "fails",
        "guidance keeps the leading token": "fails",
    }
    assert f"from 2.1 to 2.4, m falls by {m[2.1] - m[2.4]:.2f} here" in prose(11)
    assert f"2 / ln(1 + √2) ≈ {CRITICAL:.3f}" in prose(11)


def test_a_learned_temperature_needs_a_pair_that_does_not_fit(clip, answers):
    loss, fits = clip["loss"], clip["fits"]
    heats = np.geomspace(0.001, 1, 2000)
    good, bad = ([loss(each, T) for T in heats] for each in fits.values())
    assert np.all(np.diff(good) >= 0)  # colder is always better: there is no best T
    best = heats[np.argmin(bad)]
    assert f"About {best:.2f}, with a loss of {loss(fits['one does not'], 0.02):.2f}." in answers
    assert f"{loss(fits['one does not'], 0.01):.2f} at T = 0.01" in answers


def test_the_loss_is_that_of_clip(clip):
    """arXiv:2103.00020, figure 3: the mean cross-entropy over rows and over columns."""
    z = clip["fits"]["one does not"] / 0.07
    rows, columns = (np.diag(softmax(each)) for each in (z, z.T))
    expected = (-np.log(rows).mean() - np.log(columns).mean()) / 2
    assert clip["loss"](clip["fits"]["one does not"], 0.07) == pytest.approx(expected)


def test_scores_from_minus_one_to_one_have_odds_of_at_most_e_squared_at_one():
    p = softmax([-1.0, 1.0])
    assert p[1] / p[0] == pytest.approx(np.e**2)


def test_a_text_loops_by_the_measure_of_whisper():
    """openai/whisper, whisper/utils.py: compression_ratio, and 2.4 in transcribe.py."""
    names = {"zlib": zlib}
    exec(source(11, "openings"), names)
    text = SimpleNamespace
    assert names["loops"](text(text="It is the language of God. " * 8))
    assert not names["loops"](text(text="The weather is fine, and nobody says a word about it."))
    assert not names["loops"](text(text=""))


def test_heat_ends_loops_and_drawing_again_does_too():
    shown, words = printed(11, "whisper-likely"), source(11, "whisper-words")
    a_try, five, _ = re.findall(r"\((\d+)% against (\d+)%:", shown)
    assert "another at 0.2, {}% against {}%".format(*a_try) in words
    assert f"drawing again cured {five[1]}% by then" in words
    assert "11 of 36 openings loop" in shown
    assert "eleven texts of SmolLM2" in words
    hot, again = re.search(r"both tests: (\d+%) against (\d+%)", shown).groups()
    assert f"a try at 0.2 passes more often, {again} to {hot}" in words


def test_guidance_changes_who_leads_and_temperature_does_not():
    leaders = re.findall(r"s = \d: (\S+) ", printed(11, "guidance"))
    assert len(leaders) == 4
    assert len(set(leaders)) > 1
    assert "No: it can change which token leads. T never does." in prose(11)


def test_half_the_temperature_is_not_half_the_disorder(answers):
    assert f"At T = 2 only about {(1 - onsager(2.0)) / 2:.0%} of the pixels are bright" in answers
    assert "at T = 4 half of them" in answers


def test_the_pictures_that_the_answers_describe(answers):
    assert "0.7% and 4%." in answers
    assert (1 - onsager([1.5, 2.0])) / 2 == pytest.approx([0.007, 0.04], abs=0.006)
    assert np.all(onsager([2.6, 4.0]) == 0)


@pytest.fixture(scope="module")
def sweep():
    names = {"np": np}
    exec(source(11, "sweep"), names)
    return names["sweep"]


def test_from_a_random_start_cold_pictures_still_have_islands(sweep):
    rng = np.random.default_rng(3)
    pixels = rng.choice(np.array([-1, 1], np.int8), size=(6, 128, 128))
    for each in pixels:  # with noise of its own
        for _ in range(1000):
            sweep(each[None], np.float32(1.0), rng)
    assert np.mean(np.abs(pixels.mean(axis=(1, 2))) < 0.9) > 0.5
    assert "from a random start, most cold ones would still be part dark" in prose(11)


def test_a_checkerboard_has_no_magnetization_and_a_frozen_start_would_not_pass():
    assert np.mean((-1) ** np.indices((128, 128)).sum(axis=0)) == 0
    cold = re.search(
        r"T = 1.0: measured +([\d.]+) ± .* exact ([\d.]+)", printed(11, "claim-numbers")
    )
    assert cold[1] == cold[2] < "1"


def test_a_small_bias_rounds_the_corner_and_stays_steep(sweep):
    rng, pixels, noted = np.random.default_rng(5), np.ones((2, 96, 96), np.int8), []
    for step in range(500):
        sweep(pixels, np.float32([2.1, 2.5])[:, None, None], rng, bias=0.01)
        if step >= 150:
            noted.append(pixels.mean(axis=(1, 2)))
    before, after = np.mean(noted, axis=0)
    assert 0.85 < before < 0.9
    assert 0.03 < after < before / 2  # without any bias it is 0
    assert "(One of 0.01 only rounds the corner.)" in prose(11)


# The thermometer


def neighbors(pixels):
    return sum(np.roll(pixels, step, axis) for step in (1, -1) for axis in (0, 1))


def from_all_pixels(pixels):
    """The likeliest temperature, of each pixel given its neighbors."""
    h, count = np.unique(pixels * neighbors(pixels), return_counts=True)
    heats = np.linspace(1, 6, 501)
    return heats[np.argmin([(count * np.log1p(np.exp(-2 * h / T))).sum() for T in heats])]


def from_like_neighbors(pixels):
    h = neighbors(pixels)
    like = np.mean((pixels * h)[h == 4] > 0)
    return 8 / np.log(like / (1 - like))


def from_bright_neighbors(pixels):
    bright = np.mean(pixels[neighbors(pixels) == -2] == -1)
    return 4 / np.log(bright / (1 - bright))


def without_the_edges(pixels):
    h = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    dark = np.mean(pixels[1:-1, 1:-1][h == 2] == 1)
    return 4 / np.log(dark / (1 - dark))


def told(function):
    def thermometer(pixels):
        return function(pixels)

    return diagnosis(thermometer)[0]


@pytest.mark.parametrize(
    "function",
    [from_all_pixels, from_like_neighbors, from_bright_neighbors, without_the_edges],
)
def test_thermometers_written_in_other_ways_pass(function):
    assert told(function).startswith("Correct.")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda pixels: 2.3, lesson_11.FLAT),
        (lambda pixels: 3.0, lesson_11.FLAT),
        (lambda pixels: pixels.mean(), "at T = 2.6 your thermometer shows -0.0"),
        (lambda pixels: 1.15 * from_all_pixels(pixels), "it may miss by 8%"),
        (lambda pixels: from_all_pixels(pixels) + 1, "it may miss by 8%"),
        (lambda pixels: 2 / np.arctanh(np.mean(pixels * neighbors(pixels)) / 4) / 2, "may miss"),
        (lambda pixels: 1 / from_all_pixels(pixels), lesson_11.INVERSE),
        (lambda pixels: from_all_pixels(pixels) / 2, lesson_11.HALF),
        (lambda pixels: -from_all_pixels(pixels), lesson_11.NEGATIVE),
        (lambda pixels: np.float64(1) / (pixels.sum() * 0), lesson_11.UNDEFINED),
        (neighbors, lesson_11.NUMBER),
        (lambda pixels: pixels.fill(1), "returns nothing"),
        (lambda pixels: pixels.sort() or 1, "changes its argument pixels"),
    ],
)
def test_a_wrong_thermometer_is_told_what_it_shows(function, said):
    assert said in told(function)


def test_the_lessons_own_picture_has_the_temperature_that_the_task_names(sweep):
    pixels, rng = np.ones((1, 128, 128), np.int8), np.random.default_rng(1)
    for _ in range(300):
        sweep(pixels, np.float32(2.0), rng)
    assert lesson_11.solutions.thermometer(pixels[0]) == pytest.approx(2, abs=0.15)
    assert "In `pixels[20]` you should find about 2." in prose(11)
    assert np.linspace(1, 4, 61).round(2)[20] == 2.0
