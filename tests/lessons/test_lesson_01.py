"""The numbers that lesson 1's answers and verdicts name are those that its cells give."""

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import softmax
from tempsampling.model.smollm import SmolLM2


@pytest.fixture(scope="module")
def cat():
    return SmolLM2.load().logits("My cat likes to")


def test_the_five_words_at_three(answers):
    z = [3.0, 2.5, 2.0, 1.0, -1.0]
    (*_, windy, snowy), (*_, hot_windy, hot_snowy) = softmax(z, 1), softmax(z, 3)
    assert f"from {snowy:.1%} to {hot_snowy:.1%}, about {hot_snowy / snowy:.0f} times" in answers
    assert f'"windy" gained more, from {windy:.1%} to {hot_windy:.1%}' in answers
    assert hot_windy - windy == max(softmax(z, 3) - softmax(z, 1))
    assert hot_snowy / snowy == max(softmax(z, 3) / softmax(z, 1))


def test_the_model_is_sure_of_one_prompt_and_the_heat_that_ends_it_is_the_one_named(answers):
    logits = SmolLM2.load().logits("The largest planet in our solar")
    assert '"The largest planet in our solar": ␣system.' in answers
    assert softmax(logits).max() > 0.99
    positions = np.arange(0.05, 3.0, 0.05)
    less = [T for T in positions if softmax(logits, T).max() < 0.5]
    assert f"From T = {less[0]:.2f} on it has less than half" in answers


def test_the_first_real_prompt_is_followed_by_ten_words(cat):
    model = SmolLM2.load()
    top = [model.decode([token]) for token in np.argsort(-cat)[:10]]
    assert all(word[0] == " " and word[1:].isalpha() for word in top)


def test_the_ten_likeliest_hold_half_at_one_and_less_than_ten_percent_at_two(answers, cat):
    top = np.argsort(-cat)[:11]
    share = softmax(cat)[top[:10]].sum()
    assert f"About half: {share:.0%}. None of the others is likelier than the tenth" in answers
    assert softmax(cat)[top[10]] < softmax(cat)[top[9]]
    assert SmolLM2.load().decode(top[9:10]) == " sleep"
    assert "at T = 2 they hold more than 90% together" in answers
    assert 1 - softmax(cat, 2)[top[:10]].sum() > 0.9


def test_the_story_is_told_by_the_same_noise_at_three_temperatures():
    shown = printed(1, "story")
    assert [f"T = {T} " in shown for T in ("0.2", "1  ", "1.5")] == [True] * 3
    assert len(shown.splitlines()) > 9


def test_the_verdicts_are_those_of_the_prose(cat):
    assert list(verdicts(1).values()) == ["holds"] * 3
    assert "**Verdict: it holds**, by construction" in source(1, "claim-verdict")
    assert "never changes the ranking holds by construction *between* 0 and ∞" in source(
        1, "ranking-verdict"
    )
    assert "all bars are too long, by the same factor" in source(1, "cut-verdict")
    top = -np.sort(-cat)[:50]
    for temperature in (0.5, 1.0, 2.0):  # all bars by one factor, that of the top bar
        p = softmax(cat, temperature)
        shown = -np.sort(-p)[:50]
        assert np.allclose(softmax(top, temperature) / shown, 1 / shown.sum())
