"""Diversity, repetition, tails and pass@k are what can be counted by hand."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from tempsampling import (
    distinct_n,
    pass_at_k,
    softmax,
    tail_mass,
    unbiased_pass_at_k,
)


def words(*texts):
    return [text.split() for text in texts]


def test_distinct_n_counts_over_all_texts():
    assert distinct_n(words("a b", "a c"), 1) == 3 / 4
    assert distinct_n(words("a b", "a c"), 2) == 1


def test_distinct_n_leaves_out_texts_that_are_too_short():
    assert distinct_n(words("a b c", "a", ""), 2) == 1


def test_distinct_n_takes_token_numbers():
    assert distinct_n(np.array([[1, 2, 1], [1, 2, 1]]), 1) == 2 / 6


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


@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("p", [0, 0.01, 0.3, 0.5, 0.99, 1])
def test_the_estimate_of_pass_at_k_is_right_on_average_over_all_outcomes(p, k):
    c = np.arange(9)
    chances = np.array([comb(8, i) for i in c]) * p**c * (1 - p) ** (8 - c)
    assert chances @ unbiased_pass_at_k(8, c, k) == pytest.approx(pass_at_k(p, k))
    naive = chances @ pass_at_k(c / 8, k)
    if k > 1 and 0 < p < 0.9:
        assert naive < pass_at_k(p, k) - 1e-6


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_the_estimate_of_pass_at_k_counts_choices_of_tries(k):
    for c in range(7):
        right = [True] * c + [False] * (6 - c)
        choices = [any(right[i] for i in chosen) for chosen in combinations(range(6), k)]
        assert unbiased_pass_at_k(6, c, k) == pytest.approx(np.mean(choices))
