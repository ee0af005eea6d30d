"""The numbers that lesson 2's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import entropy, softmax
from tempsampling.lessons import solutions
from tempsampling.model.smollm import SmolLM2

STARTS = [0, 1, 10, 100, 1000, 10_000]


@pytest.fixture(scope="module")
def weather():
    return SmolLM2.load().logits("The weather today is")


def masses(logits, temperature):
    return np.add.reduceat(softmax(-np.sort(-logits), temperature), STARTS)


def test_neighbors_on_the_line_are_five_apart_at_the_temperature_named(answers):
    p = softmax(np.arange(1.0, 6.0), 0.2)
    assert np.allclose(np.log(p[1:] / p[:-1]), 5)
    assert f"At T = 0.2. The odds are e⁵, about {p[4] / p[3]:.0f} to 1" in answers


def test_the_entropies_of_five_bars(answers):
    z = np.arange(1.0, 6.0)
    cold, hot = entropy(softmax(z, 0.05)), entropy(softmax(z, 10.0))
    assert f"{cold:.2f} bits, one bar; and {hot:.2f} bits, almost the {np.log2(5):.2f}" in answers
    positions = np.arange(0.05, 10.001, 0.05)
    bits = np.array([entropy(softmax(z, temperature)) for temperature in positions])
    closest = np.argmin(np.abs(bits - 1))
    assert f"{positions[closest]:.2f}, with {bits[closest]:.2f} bits" in answers


def test_the_groups_of_the_ranking(answers, weather):
    assert "Near T = 1: {:.0%}, {:.0%}, {:.0%} and {:.0%}".format(*masses(weather, 1)) in answers
    positions = np.arange(0.05, 5.001, 0.05).round(2)
    spreads = {T: np.ptp(np.sort(masses(weather, T))[-4:]) for T in positions}
    assert min(spreads, key=spreads.get) == pytest.approx(1.0, abs=0.1)

    moves = np.sign(np.diff([masses(weather, T) for T in positions if T >= 0.25], axis=0)).T
    assert (moves[0] < 0).all() and (moves[-1] > 0).all()  # the first falls, the last rises
    for group in moves[1:-1]:
        assert group[0] > 0 and group[-1] < 0  # each of the others rises, then falls
        assert np.count_nonzero(np.diff(group)) == 1


def test_above_five_the_entropy_hardly_grows_but_the_bars_move(answers, weather):
    assert np.log2(weather.size) - entropy(softmax(weather, 5.0)) < 0.4
    there, end = masses(weather, 5.0)[-1], 1 - 10_000 / weather.size
    assert f"the last has {there:.0%} there, and ends with {end:.0%}" in answers


def test_two_tokens_give_an_s_over_log_t():
    curve = [entropy(softmax([0.0, 1.0], T)) for T in np.geomspace(0.02, 50, 400)]
    slope = np.diff(curve)
    assert (slope >= 0).all()
    assert np.count_nonzero(np.diff(np.sign(np.diff(slope)[np.abs(np.diff(slope)) > 1e-9]))) == 1


def test_the_verdicts_are_those_of_the_prose():
    shown = printed(2, "doubling")
    assert verdicts(2) == {
        "cold is sharper, hot is flatter": "holds",
        "twice the temperature, twice H": "fails",
        "twice the temperature, twice 2^H": "fails",
    }
    of_entropy = np.array(re.findall(r"^H .* from (\S+) to (\S+)$", shown, re.MULTILINE), float)
    ends = f"between {of_entropy.min():.1f} and {of_entropy.max():.0f}"
    assert ends in source(2, "claim-verdict")
    mean, _, low, high = re.findall(r"\d\.\d\d", printed(2, "bend").splitlines()[-1])
    assert f"Near {mean} on average" in source(2, "bend-verdict")
    assert f"near T = {mean}, on average" in source(2, "summary")
    assert f"between {float(low):.0f} and {high}" in source(2, "bend-verdict")


def test_the_staircase_rests_near_one_bit_everywhere_from_one_to_ten():
    bits = [entropy(softmax(solutions.staircase(), T)) for T in np.geomspace(1, 10, 99)]
    assert min(bits) > 0.95 and max(bits) < 1.05


def test_the_guess_is_set_beside_the_truth():
    assert printed(2, "guess-again") == "Odds at T = 0.5. Your guess: None. Computed: 54.6 to 1\n"
