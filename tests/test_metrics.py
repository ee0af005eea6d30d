"""Diversity, repetition, tails and pass@k are what can be counted by hand."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempsampling import (
    distinct_n,
    effective_number,
    ends_in_loop,
    entropy,
    pass_at_k,
    pass_at_k_estimate,
    repetition_rate,
    sample,
    self_bleu,
    softmax,
    tail_mass,
    unique_fraction,
)

repeatable = settings(derandomize=True, deadline=None)


def words(*texts):
    return [text.split() for text in texts]


def test_distinct_n_counts_over_all_texts():
    assert distinct_n(words("a b", "a c"), 1) == 3 / 4
    assert distinct_n(words("a b", "a c"), 2) == 1


def test_distinct_n_leaves_out_texts_that_are_too_short():
    assert distinct_n(words("a b c", "a", ""), 2) == 1


def test_distinct_n_takes_token_numbers():
    assert distinct_n(np.array([[1, 2, 1], [1, 2, 1]]), 1) == 2 / 6


def test_repetition_within_a_text_counts_and_between_texts_does_not():
    assert repetition_rate(words("a b c d", "a b c d"), 2) == 0
    assert repetition_rate(words("a a a a a", "a b c d e"), 2) == pytest.approx(3 / 8)


def test_repetition_looks_at_four_grams_unless_told():
    assert repetition_rate(words("a b c d a b c d")) == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("the once blue skies the once blue oceans", False),
        ("it was it was", False),  # a phrase of two, said twice
        ("it was red it was red", True),  # a phrase of three, said twice
        ("a " * 50, False),
        ("a " * 51, True),
        ("it was red it was red again", False),
        ("a", False),
        ("", False),
    ],
)
def test_a_loop_is_a_phrase_repeated_at_the_end(text, looping):
    assert ends_in_loop(text.split()) is looping


def test_unique_fraction_of_whole_texts():
    assert unique_fraction(["a b", "a b", "a c"]) == pytest.approx(2 / 3)


def test_self_bleu_of_equal_texts_is_one_and_of_disjoint_texts_zero():
    assert self_bleu(words("a b c d e", "a b c d e")) == 1
    assert self_bleu(words("a b c d e", "f g h i j")) == 0


def test_self_bleu_by_hand():
    # 1-grams: 3 of 4 found; 2-grams: ab, bc of ab, bc, cd. The same from the other side.
    score = self_bleu(words("a b c d", "a b c e"), n=2)
    assert score == pytest.approx(np.sqrt(3 / 4 * 2 / 3))


def test_self_bleu_counts_a_token_only_as_often_as_another_text_has_it():
    # Of four times a, one is found; of two times a, two; of one, one. Short texts are penalized.
    score = self_bleu(words("a a a a", "a a", "a"), n=1)
    assert score == pytest.approx((2 / 4 + 2 / 2 + np.exp(1 - 2 / 1)) / 3)


def test_self_bleu_falls_when_the_temperature_rises():
    z = np.random.default_rng(0).normal(size=20)
    cold, hot = (
        self_bleu(sample(z, temperature=temperature, size=(10, 12), rng=1).tolist())
        for temperature in (0.2, 2.0)
    )
    assert cold > hot + 0.2


def test_effective_number_is_two_to_the_entropy():
    p = softmax(np.random.default_rng(1).normal(size=(3, 9)))
    np.testing.assert_allclose(effective_number(p), 2 ** entropy(p))


def test_effective_numbers_of_independent_choices_multiply():
    p, q = softmax([1, 2, 3]), softmax([0, 1])
    both = effective_number(np.outer(p, q).ravel())
    assert both == pytest.approx(effective_number(p) * effective_number(q))


def test_tail_mass_is_what_the_top_leaves():
    p = softmax(np.random.default_rng(2).normal(size=(4, 30)))
    expected = 1 - np.sort(p, axis=-1)[:, -7:].sum(axis=-1)
    np.testing.assert_allclose(tail_mass(p, 7), expected)
    np.testing.assert_allclose(tail_mass(p.T, 7, axis=0), expected)


def test_tail_mass_keeps_tiny_tails_and_ends_at_zero():
    p = np.array([1.0, 1e-30, 1e-31])
    assert tail_mass(p, 1) == pytest.approx(1.1e-30)
    assert tail_mass(p, 3) == tail_mass(p, 100) == 0


def test_pass_at_k_is_one_minus_all_wrong():
    p = np.array([0, 0.3, 0.5, 1])
    np.testing.assert_allclose(pass_at_k(p, 4), 1 - (1 - p) ** 4)
    assert pass_at_k(1e-20, 10) == pytest.approx(1e-19)


@given(st.integers(1, 12), st.data())
@repeatable
def test_the_estimate_is_unbiased(n, data):
    k = data.draw(st.integers(1, n))
    p = data.draw(st.floats(0, 1))
    chances = [comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    mean = sum(chance * pass_at_k_estimate(n, c, k) for c, chance in enumerate(chances))
    assert mean == pytest.approx(pass_at_k(p, k))


def test_the_estimate_at_its_ends():
    assert pass_at_k_estimate(10, 0, 3) == 0
    assert pass_at_k_estimate(10, 8, 3) == 1
    assert pass_at_k_estimate(10, 4, 1) == pytest.approx(0.4)
