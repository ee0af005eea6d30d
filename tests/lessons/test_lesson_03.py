"""The numbers that lesson 3's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose, source, verdicts

from tempsampling import softmax
from tempsampling.lessons.solutions import chance_to_agree
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


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 3.0])
def test_the_largest_logit_with_noise_is_a_draw_from_the_softmax(temperature):
    u = np.random.default_rng(5).random((100_000, 8))
    noisy = FOX_LOGITS[0] + temperature * -np.log(-np.log(u))
    shares = np.bincount(noisy.argmax(axis=1), minlength=8) / 100_000
    assert np.allclose(shares, softmax(FOX_LOGITS[0], temperature), atol=0.006)


def test_a_sentence_becomes_likely_by_being_repeated():
    text = " The cat sat on the old chair."
    read = score(SmolLM2.load(), text * 8, prompt="\n").probabilities.reshape(8, -1).mean(axis=1)
    assert np.all(np.diff(read) > 0)
    assert printed(3, "repeats-figure").startswith("From 0.12 the first time to 0.88 the eighth")
    others, rise = printed(3, "others").splitlines()
    assert "rises from 0.12 the first time to 0.88 the eighth, by 0.76 ± 0.02." in prose(3)
    assert rise.endswith("+0.76 ± 0.02")
    assert f"After the five *other* sentences it is {others.split()[-1]}:" in prose(3)


def test_cold_draws_agree_as_often_as_the_verdict_says():
    numbers = re.findall(r"([\d.]+)% ±", printed(3, "agree-numbers"))
    first, _, sixteen, *_ = map(float, numbers)
    at_2 = float(numbers[5])
    assert first == pytest.approx(90, abs=5)  # nine times in ten
    assert sixteen == pytest.approx(20, abs=7)  # about one time in five
    assert at_2 == pytest.approx(5, abs=3)  # one in twenty


def test_intervals_of_five_prompts_reach_past_the_ends():
    pairs = re.findall(r"([\d.]+)% ± ([\d.]+)%", printed(3, "agree-numbers"))
    ends = [(float(m) - float(e), float(m) + float(e)) for m, e in pairs]
    assert min(low for low, _ in ends) < 0 and max(high for _, high in ends) > 100
    assert "intervals pass 0 and 100%" in source(3, "claim-verdict")


def test_after_some_sentences_eight_times_two_draws_nearly_always_agree():
    shares = [int(n) for n in re.findall(r"(\d+)%  ", printed(3, "agree-sure"))]
    assert len(shares) == 6
    assert sum(share >= 97 for share in shares) == 3
    assert max(share for share in shares if share < 97) < 75


def test_the_verdicts_are_those_of_the_prose():
    assert verdicts(3) == {
        "T leaves a trace in the demo": "fails",
        "T leaves a trace in the table": "holds",
        "focused": "holds",
        "deterministic after open beginnings": "fails",
        "T = 0 is safe, by the formula": "holds",
        "T = 0 is safe, rounded to 1/8 in any order": "fails",
    }
    assert "the counts say all: T leaves no trace" in source(3, "count-verdict")
    assert "*Focused* holds" in source(3, "claim-verdict")
    assert "*Deterministic* fails (by construction, above T = 0)" in source(3, "claim-verdict")
    assert "deterministic holds by the formula**, and is not safe" in source(3, "gap-verdict")


def test_near_ties_of_the_greedy_stories_are_counted():
    share = re.search(r"closer than 1/8: (\d+ of \d+) tokens", printed(3, "gap"))[1]
    assert f"In about {share}." in prose(3)


def test_nine_tenths_twenty_times(answers):
    assert f"{0.9**20:.0%}" == "12%"
    assert 0.5e-9 < 0.9**200 < 2e-9  # once in a billion
    assert "about 12%" in answers.lower()


def test_the_second_exercise_counts_as_texts_do():
    a, b = (np.array([fox_text(1.0, 3, seed=s) for s in range(i, 8000, 2)]) for i in (0, 1))
    agree = (a == b).all(axis=1).mean()
    assert agree == pytest.approx(chance_to_agree(FOX_LOGITS, 1.0, 3), abs=0.025)


def test_the_guess_is_set_beside_the_truth():
    assert "Your guess: None. Measured: 0.12" in printed(3, "guess-again")
