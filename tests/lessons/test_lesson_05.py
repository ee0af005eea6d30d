"""The numbers that lesson 5 names in its text are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose, verdicts

from tempsampling import distinct_n, softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import generate

COLD = ["repeats more pairs", "has fewer pairs of its own"]


def different(temperature, length):
    texts = [fox_text(temperature, 50, seed=seed) for seed in range(100)]
    return np.mean([len(set(text[:length])) for text in texts])


def toy_distinct_2(temperature, length):
    texts = [["the", *fox_text(temperature, 100, seed=seed)] for seed in range(20)]
    return np.mean([distinct_n([text[:length]], 2) for text in texts])


def numbers(cell, pattern):
    """What a cell prints where the pattern has groups, as rows of numbers."""
    return np.array(re.findall(pattern, printed(5, cell)), dtype=float)


def against_people():
    """For each temperature the three differences, each with its margin."""
    rows = re.findall(r"T = +\S+ +(.*)", printed(5, "table"))
    return [[float(number) for number in re.findall(r"-?\d\.\d+", row)] for row in rows]


def test_the_slide_counts_twelve_words():
    missed = (7 / 8) ** 50
    assert f"(7/8)⁵⁰ ≈ {missed:.3f}" in prose(5)
    assert f"formula: {4 + 8 * (1 - missed):.2f}" in printed(5, "slide-count")
    means = re.findall(r"mean (\S+), least", printed(5, "slide-count"))
    assert [float(mean) for mean in means] == pytest.approx([12, 12, 12], abs=0.05)


def test_the_count_of_words_depends_on_the_length():
    short, long = ([different(T, length) for T in [0, 0.5, 1, 2]] for length in [6, 50])
    assert short[0] == max(short) == 6
    assert long[0] == min(long) == 6
    assert min(long[1:]) > 7.85


def test_a_hundred_words_repeat_pairs_that_ten_do_not(answers):
    ten, hundred = toy_distinct_2(1.0, 10), toy_distinct_2(1.0, 100)
    assert f"About {ten:.2f}, and {hundred:.2f}." in answers
    assert "Eight words make 64 pairs" in answers
    assert len(FOX_WORDS) ** 2 == 64


def test_fifty_words_need_three_times_the_temperature_of_twenty(answers):
    assert toy_distinct_2(1.0, 20) == pytest.approx(0.6, abs=0.03)
    assert toy_distinct_2(3.0, 50) == pytest.approx(toy_distinct_2(1.0, 20), abs=0.02)
    assert "Near T = 3." in answers


def test_the_phrase_that_comes_twice(answers):
    phrase = re.search(r'"(go to the beach.*?)"', answers)[1]
    prompt = "Once upon a time, there was a little"
    (text,) = generate(SmolLM2.load(), prompt, temperature=0, max_tokens=40)
    assert text.text.count(phrase) == 2


def test_the_surprise_of_one_of_eight():
    assert np.log2(8) == 3
    p = softmax(FOX_LOGITS)[FOX_WORDS.index("over"), FOX_WORDS.index("the")]
    assert p == pytest.approx(0.9, abs=0.02)  # "after over, the is likely"


def test_the_text_after_the_phrase_repeats_another():
    (text,) = generate(
        SmolLM2.load(), "Once upon a time, there was a little", temperature=0, max_tokens=90
    )
    assert text.text.count("go to the beach and play with her friends") == 2
    assert text.text.count("put it in a big ball of yarn") >= 3


def test_coherence_is_lost_with_the_order_of_the_words():
    people, shuffled, twice = numbers("controls", r": (\S+) ± (\S+) bits")
    assert people[0] - people[1] > shuffled[0] + shuffled[1]
    assert twice[0] - twice[1] > people[0] + people[1]
    assert "saying everything twice beats every way of telling a story" in prose(5)
    assert "Shuffled words keep little" in prose(5)
    assert shuffled[0] < people[0] / 3


def test_saying_everything_twice_beats_every_temperature():
    _, _, twice = numbers("controls", r": (\S+) ± (\S+) bits")
    people = numbers("controls", r"people: (\S+) ± (\S+) bits")[0]
    assert twice[0] - people[0] > max(row[4] for row in against_people())


def test_each_warning_holds_at_its_end_and_neither_is_decided_at_one():
    found = verdicts(5)
    assert [found[f"T = 0 {claim} than people"] for claim in COLD] == ["holds", "holds"]
    assert found["T = 1.5 is less coherent than people"] == "holds"
    at_one = ["repeats more pairs", "is less coherent"]
    assert [found[f"T = 1 {claim} than people"] for claim in at_one] == ["not decided"] * 2
    assert "both warnings hold at the ends" in prose(5)
    assert "At T = 1 neither is decided" in prose(5)


def test_half_a_bit_would_have_been_seen():
    people = numbers("controls", r"people: (\S+) ± (\S+) bits")[0]
    assert "half a bit, a quarter of what people have" in prose(5)
    assert against_people()[3][5] < 0.5 == pytest.approx(people[0] / 4, abs=0.1)


def test_near_zero_the_stories_are_more_coherent_and_the_means_go_right_and_down():
    rows = against_people()
    assert all(mean > margin for *_, mean, margin in rows[:2])
    own, coherence = [row[2] for row in rows], [row[4] for row in rows]
    assert own == sorted(own)
    assert coherence[1:] == sorted(coherence[1:], reverse=True)
    assert coherence[0] == pytest.approx(coherence[1], abs=0.3)


def test_unequal_lengths_turn_less_into_more(answers):
    (people,) = numbers("unequal", r"people, 40 tokens: (\S+)")
    model = numbers("unequal", r"model, \d+ tokens: (\S+)")
    assert model[0] < people < model[2]
    assert "With 40 tokens the model has fewer different ones than people, with 20 more" in prose(5)


def test_the_measures_of_the_paper_cross_between_nine_tenths_and_one():
    found = [float(t) for t in re.findall(r"match: T = (\S+)", printed(5, "paper-crossing"))]
    assert len(found) == 3
    assert all(0.9 < match < 1 for match in found)
    assert "Three measures, three matches, all near 1" in prose(5)


def test_the_pairs_of_five_hundred_and_of_fifty_words(answers):
    assert f"about {0.80 * 500:.0f} against {0.97 * 49:.0f}" in answers
