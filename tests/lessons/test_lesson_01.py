"""The numbers that lesson 1's answers and verdicts name are those that its cells give."""

import numpy as np
import pytest
from lessons import source, verdicts

from tempsampling import softmax
from tempsampling.model.smollm import SmolLM2


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
    assert "About half. None of the others is likelier than the tenth, ␣quite." in answers
    assert softmax(weather)[top[:10]].sum() == pytest.approx(0.5, abs=0.02)
    assert softmax(weather)[top[10]] < softmax(weather)[top[9]]
    assert SmolLM2.load().decode(top[9:10]) == " quite"
    assert "At T = 2 they hold more than 95% together" in answers
    assert 1 - softmax(weather, 2)[top[:10]].sum() > 0.95


def test_the_verdicts_are_those_of_the_prose(weather):
    assert list(verdicts(1).values()) == ["holds"] * 3
    assert "**Verdict: it holds**" in source(1, "claim-verdict")
    assert "never changes the ranking holds by construction *between* 0 and ∞" in source(
        1, "ranking-verdict"
    )
    assert "It holds: every bar is too long, by the same factor." in source(1, "cut-verdict")
    top = -np.sort(-weather)[:50]
    for temperature in (0.5, 1.0, 2.0):  # all bars by one factor, that of the top bar
        p = softmax(weather, temperature)
        shown = -np.sort(-p)[:50]
        assert np.allclose(softmax(top, temperature) / shown, 1 / shown.sum())
