"""The numbers that lesson 5 names in its text are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose

from tempsampling import distinct_n, softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import generate


def different(temperature, length):
    texts = [fox_text(temperature, 50, seed=seed) for seed in range(100)]
    return np.mean([len(set(text[:length])) for text in texts])


def toy_distinct_2(temperature, length):
    texts = [["the", *fox_text(temperature, 100, seed=seed)] for seed in range(20)]
    return np.mean([distinct_n([text[:length]], 2) for text in texts])


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


def test_the_texts_that_ended_sooner():
    found = [int(count) for count in re.findall(r"\d+", printed(5, "measure"))]
    assert "at 40 tokens between none and four of the sixteen" in prose(5)
    assert (min(found), max(found), len(found)) == (0, 4, 6)


def test_the_verdict_says_where_the_curves_cross():
    pattern = r"at T = (\S+), in 95% between (\S+) and (\S+)"
    found = np.array(re.findall(pattern, printed(5, "crossing")), dtype=float)
    assert "At 0 and 0.5 the model repeats more pairs, and uses fewer different" in prose(5)
    assert min(found[:2, 1]) > 0.5
    assert "From 1.2 on its texts surprise it more" in prose(5)
    assert found[2, 2] < 1.2
    assert "Diversity matches near 0.9, surprise near 1.0, repetition near 1.1" in prose(5)
    assert "at 0.9, 1.1 and 1.0 here" in prose(5)
    assert found[:, 0] == pytest.approx([0.9, 1.1, 1.0], abs=0.05)
    assert "All three intervals hold 1; only that of surprise is narrow." in prose(5)
    assert (found[:, 1] < 1).all()
    assert (found[:, 2] > 1).all()
    widths = found[:, 2] - found[:, 1]
    assert widths[2] < 0.15 < 0.3 < min(widths[:2])


def test_whether_diversity_matches_below_surprise_is_not_settled():
    (share,) = re.findall(r"than surprise: (\S+)%", printed(5, "crossing"))
    assert "sixteen prompts do not settle" in prose(5)
    assert 2.5 < float(share) < 97.5


def test_unequal_lengths_move_the_match_and_lose_it():
    found = re.findall(r"\): (?:T = )?(\S+)", printed(5, "unequal"))
    assert "moves from 0.9 to about 0.6. With 20 there is none" in prose(5)
    assert [float(T) for T in found[:2]] == pytest.approx([0.9, 0.6], abs=0.08)
    assert found[2] == "none"


def test_the_measures_of_the_paper_cross_between_nine_tenths_and_one():
    found = [float(t) for t in re.findall(r"match: T = (\S+)", printed(5, "paper-crossing"))]
    assert len(found) == 3
    assert all(0.9 < match < 1 for match in found)
    assert "three measures, three matches, all near 1" in prose(5)


def test_the_pairs_of_five_hundred_and_of_fifty_words(answers):
    assert f"about {0.80 * 500:.0f} against {0.97 * 49:.0f}" in answers
