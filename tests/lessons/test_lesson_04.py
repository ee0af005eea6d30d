"""The numbers that lesson 4 names are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.metrics import tail_mass

POSITIONS = np.arange(0.05, 5.01, 0.05).round(2)


@pytest.fixture(scope="module")
def logits():
    model = SmolLM2.load()
    solar, story = "The largest planet in our solar", "Once upon a time, there was a little"
    return {"solar": model.logits(solar), "story": model.logits(story)}


def forbidden(words):
    rows = [FOX_WORDS.index(word) for word in ["the", *words]]
    return FOX_LOGITS[rows[:-1], rows[1:]] == -2


def test_one_token_against_the_others():
    assert "holds 30.9%" in printed(4, "weights")
    assert "holds 0.3%" in printed(4, "weights")
    assert "148 times as likely" in source(4, "answer")
    assert np.exp(5) == pytest.approx(148, abs=0.5)
    assert f"{np.exp(10):,.0f}" in source(4, "question")
    assert "half at T = 5.14" in printed(4, "half")


def test_the_fox_words(answers):
    fox = FOX_LOGITS[FOX_WORDS.index("fox")]
    cold, hot = (softmax(fox, T)[fox == -2].sum() for T in (1, 2))
    assert f"get {hot / cold:.1f} times as much" in source(4, "fox-slider-text")
    assert f"five together {cold:.2%}" in printed(4, "fox-row")
    assert f"five together {hot:.2%}" in printed(4, "fox-row")
    first = next(T for T in POSITIONS if forbidden(fox_text(T, 16, seed=1)).any())
    words = ["the", *fox_text(first, 16, seed=1)]
    place = forbidden(words[1:]).argmax()
    assert f'At T = {first:.2f}: "{words[place + 1]}" after "{words[place]}".' in answers
    p = softmax(FOX_LOGITS, first)[FOX_WORDS.index(words[place]), FOX_WORDS.index(words[place + 1])]
    assert f"It had only {p:.1%} there" in answers
    share = forbidden(fox_text(first, 2000, seed=1)).mean()
    assert share == pytest.approx(0.05, abs=0.005)
    assert (1 - share) ** 16 < 0.5
    shares = [forbidden(fox_text(T, 2000, seed=1)).mean() for T in (1, 2, 5)]
    assert "{:.0%}, {:.0%} and {:.0%}.".format(*shares) in answers
    assert (FOX_LOGITS == -2).sum() == 37
    assert "To 37 of 64, 58%" in answers


def test_the_tails_of_the_prompts(answers, logits):
    solar, story = logits["solar"], logits["story"]
    assert f"␣system, {softmax(solar).max():.1%} at T = 1" in source(4, "model-text")
    ten, thousand = (tail_mass(softmax(solar, 2), k) for k in (10, 1000))
    assert f"{ten:.0%}, and {thousand:.0%} outside the top 1,000" in answers
    assert f"is left with {softmax(solar, 2).max():.0%}" in answers
    falls = f"falls from 99.6% at T = 1 to {softmax(solar, 2).max():.0%} at T = 2"
    assert falls in source(4, "summary")
    above = [
        next(T for T in POSITIONS if tail_mass(softmax(z, T), 10) > 0.5) for z in (solar, story)
    ]
    between = "etween {:.2f} and {:.2f}, and between {:.2f} and {:.2f}."
    assert between.format(*(T - step for T in above for step in (0.05, 0))) in answers
    assert tail_mass(softmax(solar, np.inf), 10) == pytest.approx(49_142 / 49_152)


def test_the_chain_of_twenty(logits):
    tails = {T: tail_mass(softmax(logits["story"], T), 1000) for T in (1.25, 1.5)}
    assert tails[1.25] == pytest.approx(0.09, abs=0.005)
    assert (1 - tails[1.25]) ** 20 == pytest.approx(1 / 6, abs=0.02)
    assert (1 - tails[1.5]) ** 20 < 0.01
    assert "At T = 1.25 a tail of 9%" in source(4, "texts-text")


def test_tokens_below_one_in_a_hundred_thousand(answers, logits):
    p = softmax(logits["story"])
    rare = p < 1e-5
    assert rare.sum() == pytest.approx(47_800, abs=50)
    together, hot = p[rare].sum(), softmax(logits["story"], 2)[rare].sum()
    assert f"have {together:.2%} there, and {hot:.0%} at T = 2" in source(4, "question-2")
    assert f"about once in {1 / together:.0f} tokens at T = 1" in answers
    assert hot > 2 / 5
    assert f"At T = 2 they have {hot:.0%} together" in answers
    assert f"at T = 1 they have {together:.2%} at every draw" in answers
    none = (1 - together) ** 100
    assert f"avoids them all only {none:.0%} of the time" in answers
    assert f"meets one of them {1 - none:.0%} of the time at T = 1" in answers


def test_the_verdicts_on_the_texts_that_were_drawn():
    assert verdicts(4) == {
        "T = 2 is more diverse than T = 1": "holds",
        "T = 2 is more diverse than T = 1 within each text": "holds",
        "at T = 2, min-p takes diversity back": "holds",
        "T = 2 has fewer real words than T = 1": "holds",
        "T = 2 with min-p has fewer real words than T = 1": "not decided",
        "entropy along texts at T = 1": "not seen to climb",
        "entropy along texts at T = 2": "climbs",
        "entropy along texts at T = 2 with min-p": "not seen to climb",
    }


def test_a_fifth_to_a_quarter_of_the_words_and_of_dice_a_third_are_not_real():
    rows = re.findall(r"^(\S+) .* (\d+)% ± +\d+%$", printed(4, "scores"), re.MULTILINE)
    assert int(dict(rows)["2.0"]) == pytest.approx(77.5, abs=5)
    assert "about a fifth to a quarter of the words are not real" in source(4, "claim-verdict")
    dice = re.search(r"(\d+)% real words", printed(4, "dice"))
    assert int(dice[1]) == pytest.approx(67, abs=2)
    assert "of dice over the vocabulary, a third" in source(4, "claim-verdict")


def test_a_climb_of_a_bit_is_not_excluded_with_min_p_and_four_bits_are():
    climbs = dict(re.findall(r"at T = (.*)\": .*[(](\S+ ± \S+) bits", printed(4, "climb")))
    without, cut = ([float(x) for x in climbs[kind].split(" ± ")] for kind in ("2", "2 with min-p"))
    assert without[0] == pytest.approx(4, abs=0.5)
    assert sum(cut) < 1.5 < without[0] - without[1]
    assert "half a bit is not excluded, the 4 bits of T = 2 are" in source(4, "feed-verdict")
