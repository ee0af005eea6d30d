"""The numbers that lesson 10's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import cells, printed, prose, verdicts

from tempsampling import (
    SmolLM2,
    calibration_error_floor,
    expected_calibration_error,
    fit_temperature,
    log_softmax,
    reliability,
    shipped_texts,
    softmax,
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
    """What the lesson's own cells define, up to the half of the docstrings that T is fitted on."""
    names = {}
    for cell in cells(10):
        if cell["id"] in ("imports", "load", "read", "measure", "fit"):
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
    assert f"beyond the last number, {limit:.2f}." in prose(10)
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
    right = lesson["right"]
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


def test_the_verdict_names_what_was_measured():
    fitted, low, high = map(float, re.findall(r"\d\.\d\d(?!\d)", printed(10, "fitting")))
    cold, plain, hot = (
        [float(x) for x in re.findall(r"\d+\.\d+", line)]
        for line in printed(10, "judge").splitlines()[:3]
    )
    assert low > 1  # overconfident, beyond the uncertainty of the fit
    assert low < fitted < high
    assert f"a *higher* T, {fitted:.2f}, brings its ECE" in prose(10)
    assert f"from {plain[3]:.3f} to {hot[3]:.3f}" in prose(10)
    assert f"more confident, {cold[2]:.0f}%, still right in {cold[1]:.0f}%" in prose(10)
    assert cold[1] == plain[1] == hot[1]  # the accuracy
    checks = printed(10, "perfect").splitlines()
    perfect, limit = re.findall(r"0\.\d+", checks[0])
    assert hot[3] < float(limit) < plain[3]
    assert f"a perfect model has {perfect} on average, in 95% of cases less than {limit}." in prose(
        10
    )
    assert f"{limit} for 3,000 tokens" in prose(10)
    gain, error = re.findall(r"0\.\d+", checks[1])
    assert float(gain) > float(error)
    words = ["a lower T is more confident", "T mends no answer", "a higher T calibrates"]
    assert verdicts(10) == dict.fromkeys(words, "holds")
    assert "**Verdict.** Both hold, the first by construction" in prose(10)


def test_late_in_a_docstring_the_model_is_hardly_overconfident():
    fits = [float(x) for x in re.findall(r"(\d\.\d\d) \(", printed(10, "breaks-figure"))]
    assert len(fits) == 5
    assert fits == sorted(fits, reverse=True)
    assert fits[0] > 1.09
    assert fits[-1] < 1.05


def test_a_perfect_model_with_a_hundred_answers(answers):
    assert "for 100, evenly spread over ten bins, about 0.1" in answers
    floor = calibration_error_floor(np.linspace(0.005, 0.995, 100), bins=10, rng=1)
    assert floor == pytest.approx(0.1, abs=0.015)
