"""The numbers that the folded answers of a lesson name are those that its cells give."""

import json
import re

import numpy as np
import pytest
from browser import ROOT

from tempsampling import entropy, softmax
from tempsampling.smollm import SmolLM2


def folded_answers(number):
    """The folded answers of a lesson, as one text."""
    (path,) = (ROOT / "notebooks").glob(f"{number:02d}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return " ".join(re.findall(r"<details>.*?</details>", text, flags=re.DOTALL))


@pytest.fixture(scope="module")
def answers():
    return folded_answers(1)


@pytest.fixture(scope="module")
def answers_2():
    return folded_answers(2)


@pytest.fixture(scope="module")
def weather():
    return SmolLM2.load().logits("The weather today is")


def test_the_five_words_at_three(answers):
    z = [3.0, 2.5, 2.0, 1.0, -1.0]
    (*_, windy, snowy), (*_, hot_windy, hot_snowy) = softmax(z, 1), softmax(z, 3)
    assert f"from {snowy:.1%} to {hot_snowy:.1%}, about {hot_snowy / snowy:.0f} times" in answers
    assert f'"windy" gained more, from {windy:.1%} to {hot_windy:.1%}' in answers
    assert hot_windy - windy == max(softmax(z, 3) - softmax(z, 1))
    assert hot_snowy / snowy == max(softmax(z, 3) / softmax(z, 1))


def test_the_lone_space_is_closest_to_one_half_at_the_position_named(answers, weather):
    positions = np.arange(0.05, 3.0, 0.05)
    shares = [softmax(weather, temperature).max() for temperature in positions]
    closest = np.argmin(np.abs(np.array(shares) - 0.5))
    assert f"{positions[closest]:.2f}, with {shares[closest]:.1%}" in answers


def test_the_ten_likeliest_hold_half_at_one_and_less_than_five_percent_at_two(answers, weather):
    top = np.argsort(-weather)[:11]
    assert "About half. Not one of the others has as much as the tenth, ␣quite." in answers
    assert softmax(weather)[top[:10]].sum() == pytest.approx(0.5, abs=0.02)
    assert softmax(weather)[top[10]] < softmax(weather)[top[9]]
    assert SmolLM2.load().decode(top[9:10]) == " quite"
    assert "At T = 2 they hold more than 95% together" in answers
    assert 1 - softmax(weather, 2)[top[:10]].sum() > 0.95


def test_the_entropies_of_five_bars(answers_2):
    z = np.arange(1.0, 6.0)
    cold, hot = entropy(softmax(z, 0.05)), entropy(softmax(z, 10.0))
    assert f"{cold:.2f} bits, one bar; and {hot:.2f} bits, almost the {np.log2(5):.2f}" in answers_2
    positions = np.arange(0.05, 10.001, 0.05)
    bits = np.array([entropy(softmax(z, temperature)) for temperature in positions])
    closest = np.argmin(np.abs(bits - 1))
    assert f"{positions[closest]:.2f}, with {bits[closest]:.2f} bits" in answers_2


def test_the_groups_of_the_ranking(answers_2, weather):
    def masses(temperature):
        starts = [0, 1, 10, 100, 1000, 10_000]
        return np.add.reduceat(softmax(-np.sort(-weather), temperature), starts)

    assert "Near T = 1: {:.0%}, {:.0%}, {:.0%} and {:.0%}".format(*masses(1.0)) in answers_2
    spreads = {T: np.ptp(np.sort(masses(T))[-4:]) for T in np.arange(0.05, 5.001, 0.05).round(2)}
    assert min(spreads, key=spreads.get) == pytest.approx(1.0, abs=0.1)
    assert 1 - 10_000 / weather.size == pytest.approx(0.80, abs=0.005)
    assert np.log2(weather.size) - entropy(softmax(weather, 5.0)) < 0.4
