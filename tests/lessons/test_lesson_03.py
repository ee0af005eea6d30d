"""The numbers that lesson 3's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose, source, verdicts

from tempsampling import softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import score


def test_the_dog_is_first_met_at_the_position_named(answers):
    positions = np.arange(0.05, 3.001, 0.05).round(2)
    met = {T: fox_text(T, 2000, seed=1).count("lazy") for T in positions}
    first = next(T for T in positions if met[T])
    assert (first, met[first]) == (0.10, 2)
    assert "At T = 0.10, twice." in answers
    p = softmax(FOX_LOGITS[0], first)
    odds = p[FOX_WORDS.index("quick")] / p[FOX_WORDS.index("lazy")]
    assert f"exp(0.5 / 0.1), about {odds:.0f} to 1" in answers


def test_six_words_follow_each_other_in_the_cold():
    assert set(FOX_WORDS) - set(fox_text(0.05, 2000, seed=1)) == {"lazy", "dog"}


def test_made_up_logits_give_an_eighth_and_three_bits_at_every_temperature():
    rows = printed(3, "count").splitlines()
    assert [re.search(r"text (\S+) bits", row)[1] for row in rows[:3]] == ["3.000"] * 3
    shares = [float(re.search(r"word (\S+)%", row)[1]) for row in rows[:3]]
    assert np.allclose(shares, 12.5, atol=0.5)
    assert float(re.search(r"step (\S+) bits", rows[0])[1]) < 1


def test_a_sentence_becomes_likely_by_being_repeated():
    text = " The cat sat on the old chair."
    read = score(SmolLM2.load(), text * 8, prompt="\n").probabilities.reshape(8, -1).mean(axis=1)
    assert np.all(np.diff(read) > 0)
    assert printed(3, "repeats-figure").startswith("From 0.12 the first time to 0.88 the eighth")
    assert "rises from 0.12 the first time to 0.88 the eighth" in prose(3)


def test_cold_draws_agree_as_often_as_the_verdict_says():
    numbers = re.findall(r"([\d.]+)% ±", printed(3, "agree-numbers"))
    first, _, sixteen, *_ = map(float, numbers)
    at_2 = float(numbers[5])
    assert first == pytest.approx(90, abs=5)  # nine times in ten
    assert sixteen == pytest.approx(20, abs=7)  # about one time in five
    assert at_2 == pytest.approx(5, abs=3)  # one in twenty


def test_the_verdicts_are_those_of_the_prose():
    assert verdicts(3) == {
        "T leaves a trace in the demo": "fails",
        "T leaves a trace in the table": "holds",
        "focused": "holds",
        "deterministic": "fails",
        "T = 0 is safe, by the formula": "holds",
        "T = 0 is safe, rounded to 1/8 in any order": "fails",
    }
    assert "the counts say all: T leaves no trace" in source(3, "count-verdict")
    assert "*Focused* holds" in source(3, "claim-verdict")
    assert "*Deterministic* fails" in source(3, "claim-verdict")
    assert "deterministic holds by the formula**, and is not safe" in source(3, "gap-verdict")


def test_near_ties_of_the_greedy_stories_are_counted():
    share = re.search(r"closer than 1/8: (\d+ of \d+) tokens", printed(3, "gap"))[1]
    assert f"In {share}." in prose(3)


def test_nine_tenths_twenty_times(answers):
    assert f"{0.9**20:.0%}" == "12%"
    assert 0.5e-9 < 0.9**200 < 2e-9  # once in a billion
    assert "about 12%" in answers.lower()
