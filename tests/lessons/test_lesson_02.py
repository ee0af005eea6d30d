"""The numbers that lesson 2's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import entropy, softmax
from tempsampling.model.smollm import SmolLM2


@pytest.fixture(scope="module")
def weather():
    return SmolLM2.load().logits("The weather today is")


def test_the_entropies_of_five_bars(answers):
    z = np.arange(1.0, 6.0)
    cold, hot = entropy(softmax(z, 0.05)), entropy(softmax(z, 10.0))
    assert f"{cold:.2f} bits, one bar; and {hot:.2f} bits, almost the {np.log2(5):.2f}" in answers
    positions = np.arange(0.05, 10.001, 0.05)
    bits = np.array([entropy(softmax(z, temperature)) for temperature in positions])
    closest = np.argmin(np.abs(bits - 1))
    assert f"{positions[closest]:.2f}, with {bits[closest]:.2f} bits" in answers


def test_the_groups_of_the_ranking(answers, weather):
    def masses(temperature):
        starts = [0, 1, 10, 100, 1000, 10_000]
        return np.add.reduceat(softmax(-np.sort(-weather), temperature), starts)

    assert "Near T = 1: {:.0%}, {:.0%}, {:.0%} and {:.0%}".format(*masses(1.0)) in answers
    spreads = {T: np.ptp(np.sort(masses(T))[-4:]) for T in np.arange(0.05, 5.001, 0.05).round(2)}
    assert min(spreads, key=spreads.get) == pytest.approx(1.0, abs=0.1)
    assert 1 - 10_000 / weather.size == pytest.approx(0.80, abs=0.005)
    assert np.log2(weather.size) - entropy(softmax(weather, 5.0)) < 0.4

    moves = np.sign(np.diff([masses(T) for T in np.arange(0.25, 5.001, 0.05)], axis=0)).T
    assert (moves[0] < 0).all() and (moves[-1] > 0).all()  # the first falls, the last rises
    for group in moves[1:-1]:
        assert group[0] > 0 and group[-1] < 0  # each of the others rises, then falls
        assert np.count_nonzero(np.diff(group)) == 1


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
    assert abs(float(mean) - 1.2) < 0.1
    assert f"between {float(low):.0f} and {high}" in source(2, "bend-verdict")
