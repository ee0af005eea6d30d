"""The numbers that lesson 6 names are those that its cells give."""

import itertools
import re

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import sample, softmax
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import generate

LOGITS = np.array([5.0, 3.0, 2.0, 1.0])


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.fixture(scope="module")
def weather(model):
    return model.logits("The weather today is")


def expected(p, n):
    return (1 - (1 - p) ** n).sum()


def distribution(p, n):
    """The probabilities of 0, 1, 2, … different words in n draws, by inclusion and exclusion."""
    chances = np.zeros(len(p) + 1)
    for size in range(1, len(p) + 1):
        for chosen in itertools.combinations(range(len(p)), size):
            for fewer in range(1, size + 1):
                for kept in itertools.combinations(chosen, fewer):
                    chances[size] += (-1) ** (size - fewer) * p[list(kept)].sum() ** n
    return chances


def no_more(n):
    """How likely n draws at T = 2 show no more different words than n at T = 1."""
    cold, hot = (distribution(softmax(LOGITS, temperature), n) for temperature in (1.0, 2.0))
    return np.tril(np.outer(cold, hot)).sum()


def test_the_distribution_of_different_words_has_the_expected_mean():
    for temperature in (0.5, 1.0, 2.0):
        p = softmax(LOGITS, temperature)
        assert distribution(p, 10).sum() == pytest.approx(1)
        assert distribution(p, 10) @ np.arange(5) == pytest.approx(expected(p, 10))


def test_the_question_is_answered_by_an_exact_calculation(answers):
    assert no_more(10) == pytest.approx(0.284, abs=0.0005)
    assert "1% · 8% · 28% · 50%" in source(6, "question")
    assert source(6, "slider-text").count(f"{no_more(10):.0%}") == 1
    assert f"temperature {100 * no_more(10):.0f} times in 100" in answers
    share, error = map(
        float, re.search(r"more: ([\d.]+)%, ± ([\d.]+)%", printed(6, "repeat")).groups()
    )
    assert abs(share - 100 * no_more(10)) < 3 * error + 0.1


def test_stormy_and_the_draws_that_an_accuracy_takes(answers):
    p = softmax(LOGITS)
    assert f"(1 − {p[3]:.3f})¹⁰ = {(1 - p[3]) ** 10:.0%}" in answers
    errors = np.sqrt(p[0] * (1 - p[0]) / np.array([10, 10_000]))
    points = f"from {100 * errors[0]:.1f} percentage points to {100 * errors[1]:.1f}."
    assert points in answers
    draws = p[0] * (1 - p[0]) / 0.01**2
    assert f"{p[0]:.3f} · {1 - p[0]:.3f} / 0.01² ≈ {round(draws, -2):,.0f}" in answers
    assert "140,000" in answers
    assert np.sqrt(2 / np.pi) == pytest.approx(0.80, abs=0.003)


def test_what_the_kit_says_of_eight_series_and_of_snow(model):
    series = [sample(LOGITS, size=10, rng=seed) for seed in range(1, 9)]
    assert sum(3 not in drawn for drawn in series) == 5
    text = "The weather today is"
    for piece in (" mostly", " just", " light", " snow"):
        likeliest = np.argsort(-model.logits(text))[:10]
        assert piece in [model.decode([token]) for token in likeliest]
        text += piece


def test_the_curves_of_the_toy(answers):
    cold, hot = softmax(LOGITS, 1.0), softmax(LOGITS, 2.0)
    means = [expected(p, n) for n in (10, 100) for p in (hot, cold)]
    assert "At 10 draws: {:.2f} against {:.2f}".format(*means) in answers
    assert "it is {:.2f} against {:.2f}".format(*means[2:]) in answers
    assert f"from {means[1]:.2f} to {means[0]:.2f}" in source(6, "curve-text")
    dots = [1, 2, 3, 4, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000]
    assert f"draws = {dots}" in source(6, "curve")
    assert max(dots, key=lambda n: expected(hot, n) - expected(cold, n)) == 10
    below, above = (expected(softmax(LOGITS, temperature), 10) for temperature in (0.65, 0.7))
    assert f"T = 0.65 or colder: {below:.2f} there, {above:.2f} at T = 0.70" in answers
    assert below < 1.5 < above


def test_the_next_tokens_of_the_model(answers, weather):
    means = [expected(softmax(weather, temperature), 10) for temperature in (0.5, 1.0, 2.0)]
    assert "{:.1f}, {:.1f} and {:.1f} on average".format(*means) in answers


def test_the_completions_meet_the_ceiling_at_one_and_at_two():
    rows = re.findall(r"T = ([\d.]+): +([\d.]+) ±", printed(6, "completions"))
    means = {float(temperature): float(mean) for temperature, mean in rows}
    assert list(means) == [0.1, 0.5, 1.0, 2.0]
    assert means[0.1] < means[0.5] < 10
    assert means[1.0] > 9.7
    assert means[2.0] > 9.7


def test_the_first_ten_completions_at_one_half_are_numbers(model, weather):
    assert softmax(weather, 0.5).max() > 0.6  # the lone space
    prompt = "The weather today is"
    written = generate(model, prompt, temperature=0.5, n=40, max_tokens=4, seed=1)
    texts = [completion.text.strip() for completion in written[:10]]
    assert sum(text[0].isdigit() for text in texts) >= 9
    assert texts.count("202") > 1


def test_the_two_tokens_are_too_low_by_no_more_than_the_last_line_says(model):
    rows = re.findall(r"^(.+?)  +((?:[\d.]+ *){6})$", printed(6, "claim-code"), re.MULTILINE)
    assert len(rows) == 8
    most = float(re.search(r"too low by at most ([\d.]+)", printed(6, "claim-code"))[1])
    gaps = []
    for prompt, numbers in rows:
        shown = np.array(numbers.split(), float).reshape(2, 3)
        assert np.all(np.diff(shown) > 0)
        z, cache = model.next_logits([model.tokenize(prompt)])
        first = np.argsort(-z[0])[:32]
        second, _ = model.next_logits(first[:, None], model.branch(cache, 32))
        for i, temperature in enumerate([0.5, 1.0, 2.0]):
            p = softmax(z[0], temperature)
            pairs = expected(p[first, None] * softmax(second, temperature), 10)
            rest = np.delete(p, first)
            low, high = pairs + expected(rest, 10), pairs + 10 * rest.sum()
            gaps.append(high - low)
            assert shown[:, i] == pytest.approx([expected(p, 10), low], abs=0.051)
    assert max(gaps) == pytest.approx(most, abs=0.0006)


def test_the_expected_number_never_falls_when_the_temperature_rises(weather):
    grid = np.geomspace(0.05, 20, 60)
    for z in (LOGITS, weather[:5000], np.zeros(3)):
        for n in (1, 2, 10, 1000):
            means = [expected(softmax(z, temperature), n) for temperature in grid]
            assert np.all(np.diff(means) > -1e-9)


def test_forecasts_of_several_tokens_get_less_diverse_from_one_on():
    shown = [float(mean) for mean in re.findall(r": ([\d.]+) diff", printed(6, "steps"))]
    assert shown[0] < shown[1] < shown[2] > shown[3] > shown[4] > shown[5]


def test_the_verdicts_are_those_of_the_prose():
    assert verdicts(6) == {
        "hotter is more diverse, next token": "holds",
        "hotter is more diverse, two tokens": "holds",
        "hotter is more diverse, toy": "fails",
        "more draws help, number of different words": "fails",
        "more draws help, frequency of sunny": "holds",
    }
    assert "For the next token it holds, for any model" in source(6, "verdict")
    assert "For the toy it fails." in source(6, "steps-text")


def test_heat_costs_the_toy_more_than_it_brings_above_the_temperature_that_is_named():
    grid = np.arange(0.05, 3, 0.01)
    number = softmax(np.array([[2.0, 0.0]] * len(grid)) / grid[:, None])[:, 0]
    means = [expected(np.append(np.full(10, q / 10), 1 - q), 10) for q in number]
    assert f"above about T = {grid[np.argmax(means)]:.2f}" in source(6, "steps-text")


def test_both_kinds_of_ceiling_are_named():
    assert "holds for the frequency. It fails for the number" in source(6, "ceiling-verdict")


def test_more_draws_make_the_count_a_worse_judge():
    series = [2, 3, 5, 10, 20, 30, 50, 100, 200]
    shares = [no_more(n) for n in series]
    assert series[int(np.argmin(shares))] == 20
    assert no_more(100) > 0.75
    drawn = [int(share) / 100 for share in re.findall(r": (\d+)% and", printed(6, "ceiling"))]
    assert drawn == pytest.approx(shares, abs=0.025)
    sunny = [softmax(LOGITS, temperature)[0] for temperature in (1.0, 2.0)]
    assert "from {:.0%} to {:.0%}".format(*sunny) in source(6, "ceiling-text")


def test_what_a_hundred_draws_without_stormy_say(answers):
    stormy = softmax(LOGITS, 0.5)[3]
    assert f"stormy has {stormy:.2%}, and {(1 - stormy) ** 100:.0%} of all series" in answers
    assert "0.97¹⁰⁰ ≈ 0.05" in answers
    assert f"{0.97**100:.2f}" == "0.05"
    assert f"0.99¹⁰⁰ = {0.99**100:.0%}" in answers
