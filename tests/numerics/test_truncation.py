"""Each truncation keeps the tokens that its definition says, and changes nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rows import (
    hard_rows,
    plain_min_p,
    plain_top_k,
    plain_top_n_sigma,
    plain_top_p,
    plain_xtc,
)

from tempsampling import (
    epsilon_cutoff,
    eta_cutoff,
    min_p,
    softmax,
    top_k,
    top_n_sigma,
    top_p,
    typical_p,
    xtc,
)

FILTERS = [
    (top_k, 3),
    (top_p, 0.7),
    (min_p, 0.2),
    (typical_p, 0.7),
    (epsilon_cutoff, 0.05),
    (eta_cutoff, 0.05),
    (top_n_sigma, 1.0),
    (xtc, 0.1),
]
rows = hnp.arrays(
    np.float64, st.integers(1, 30), elements=st.floats(-20, 20) | st.integers(-3, 3).map(float)
)
repeatable = settings(derandomize=True, deadline=None)


def kept(logits):
    return np.flatnonzero(logits > -np.inf).tolist()


def logs(*probabilities):
    return np.log(probabilities)


def test_top_k_keeps_the_k_largest():
    assert kept(top_k([1.0, 4.0, 2.0, 3.0], 2)) == [1, 3]


def test_top_k_keeps_every_tie_of_the_kth():
    assert kept(top_k([2.0, 1.0, 2.0, 3.0, 2.0], 2)) == [0, 2, 3, 4]


def test_top_k_beyond_the_vocabulary_keeps_everything():
    assert kept(top_k([2.0, 1.0], 50)) == [0, 1]


def test_top_k_does_not_revive_masked_tokens():
    assert kept(top_k([2.0, -np.inf, 1.0], 3)) == [0, 2]


def test_top_p_keeps_the_crossing_token():
    assert kept(top_p(logs(0.5, 0.3, 0.2), 0.6)) == [0, 1]


@pytest.mark.parametrize(
    ("p", "count"), [(0.1, 1), (0.5, 1), (0.51, 2), (0.8, 2), (0.81, 3), (1, 3)]
)
def test_top_p_stops_where_the_sum_is_exactly_p(p, count):
    assert len(kept(top_p(logs(0.5, 0.3, 0.2), p))) == count


def test_top_p_one_keeps_tokens_of_probability_zero():
    assert kept(top_p([0.0, -2000.0, -np.inf], 1.0)) == [0, 1]


def test_top_p_always_keeps_one():
    assert kept(top_p([0.0, 0.0, 5.0], np.nextafter(0, 1))) == [2]


def test_top_p_keeps_the_smallest_set_among_equals():
    assert kept(top_p(np.zeros(10), 0.25)) == [0, 1, 2]


def test_top_p_applied_again_may_drop_more():
    once = top_p(logs(0.4, 0.39, 0.11, 0.1), 0.8)
    assert kept(once) == [0, 1, 2]
    assert kept(top_p(once, 0.8)) == [0, 1]


def test_min_p_compares_with_the_likeliest():
    assert kept(min_p(logs(0.5, 0.25, 0.15, 0.1), 0.3)) == [0, 1, 2]


def test_min_p_keeps_a_token_exactly_on_the_bound():
    assert kept(min_p(logs(0.5, 0.3, 0.15, 0.05), 0.1)) == [0, 1, 2, 3]


def test_min_p_zero_keeps_everything():
    assert kept(min_p([0.0, -2000.0], 0)) == [0, 1]


def test_min_p_one_keeps_the_likeliest_and_its_ties():
    assert kept(min_p([3.0, 1.0, 3.0], 1)) == [0, 2]


def test_typical_p_drops_the_likeliest_token_when_it_is_less_typical():
    assert kept(typical_p(logs(0.4, 0.3, 0.2, 0.1), 0.5)) == [1, 2]


def test_typical_p_one_keeps_everything():
    assert kept(typical_p(logs(0.4, 0.3, 0.2, 0.1), 1)) == [0, 1, 2, 3]


def test_epsilon_cutoff_keeps_the_likeliest_if_none_reaches_epsilon():
    assert kept(epsilon_cutoff(logs(0.2, 0.3, 0.3, 0.2), 0.5)) == [1, 2]


def test_epsilon_cutoff_keeps_a_token_exactly_on_the_bound():
    assert kept(epsilon_cutoff(logs(0.05, 0.2, 0.75), 0.05)) == [0, 1, 2]


def test_eta_cutoff_keeps_more_than_epsilon_where_the_model_is_unsure():
    unsure = np.zeros(1000)
    unsure[0] = 0.5
    assert kept(epsilon_cutoff(unsure, 0.0012)) == [0]
    assert len(kept(eta_cutoff(unsure, 0.0012))) == 1000


def test_eta_cutoff_bound_is_the_formula():
    z = np.linspace(-8, 4, 50)
    p = softmax(z)
    entropy = -(p * np.log(p)).sum()
    eta = min(0.01, np.sqrt(0.01) * np.exp(-entropy))
    assert kept(eta_cutoff(z, 0.01)) == np.flatnonzero(p >= eta).tolist()


def test_top_n_sigma_counts_from_the_largest_logit():
    z = np.array([4.0, 3.0, 2.0, 1.0, 0.0])  # standard deviation: the root of 2
    assert kept(top_n_sigma(z, 1)) == [0, 1]
    assert kept(top_n_sigma(z, 1.5)) == [0, 1, 2]


def test_top_n_sigma_leaves_masked_tokens_out_of_the_deviation():
    assert kept(top_n_sigma([4.0, 3.0, -np.inf, 2.0, 1.0, 0.0], 1)) == [0, 1]


def test_xtc_keeps_the_least_likely_of_the_top_choices_and_all_below():
    assert kept(xtc(logs(0.4, 0.3, 0.2, 0.06, 0.04), 0.2)) == [2, 3, 4]
    assert kept(xtc(logs(0.06, 0.3, 0.2, 0.4, 0.04), 0.25)) == [0, 1, 2, 4]


def test_xtc_does_nothing_to_a_single_top_choice():
    assert kept(xtc(logs(0.6, 0.3, 0.1), 0.5)) == [0, 1, 2]


def test_xtc_keeps_the_last_of_equals():
    assert kept(xtc(np.zeros(4), 0.25)) == [3]


@pytest.mark.parametrize("n", [0.01, 0.5, 1, 3, 100])
def test_top_n_sigma_is_its_definition_on_every_hard_row(n):
    for name, z in hard_rows():
        possible = z > -np.inf
        expected = possible.copy()
        expected[possible] = plain_top_n_sigma(z[possible], n)
        if not name.startswith(
            ("next to", "the smallest", "tiny")
        ):  # there, half of it is no float
            assert np.array_equal(top_n_sigma(z, n) > -np.inf, expected), name


@pytest.mark.parametrize("threshold", [0.0001, 0.01, 0.1, 0.5, 1])
def test_xtc_is_its_definition_on_every_hard_row(threshold):
    for name, z in hard_rows():
        expected = plain_xtc(z, threshold) & (z > -np.inf)
        assert np.array_equal(xtc(z, threshold) > -np.inf, expected), name


@pytest.mark.parametrize("k", [1, 3, 50, 1000])
def test_top_k_is_its_definition_on_every_hard_row(k):
    for name, z in hard_rows():
        expected = plain_top_k(z, k) & (z > -np.inf)
        assert np.array_equal(top_k(z, k) > -np.inf, expected), name


@pytest.mark.parametrize("p", [1e-9, 0.1, 0.5, 0.9, 0.999, 1 - 1e-9, 1])
def test_top_p_is_its_definition_on_every_hard_row(p):
    for name, z in hard_rows():
        expected = plain_top_p(z, p) & (z > -np.inf)
        assert np.array_equal(top_p(z, p) > -np.inf, expected), name


@pytest.mark.parametrize("p", [0, 0.001, 0.1, 1])
def test_min_p_is_its_definition_on_every_hard_row(p):
    for name, z in hard_rows():
        expected = plain_min_p(z, p) & (z > -np.inf)
        assert np.array_equal(min_p(z, p) > -np.inf, expected), name


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_every_hard_row_keeps_something_unchanged(drop, setting):
    for name, z in hard_rows():
        result = drop(z, setting)
        here = result > -np.inf
        assert here.any(), name
        assert np.array_equal(result[here], z[here].astype(np.float64)), name


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_input_is_not_changed(drop, setting):
    z = np.array([3.0, -np.inf, 1.0, 1.0, 0.5])
    z.flags.writeable = False
    before = z.copy()
    result = drop(z, setting)
    assert np.array_equal(z, before)
    assert not np.shares_memory(result, z)


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_every_row_of_a_batch_is_treated_alone(drop, setting):
    z = np.random.default_rng(3).normal(size=(2, 3, 7))
    expected = [[drop(row, setting) for row in block] for block in z]
    assert np.array_equal(drop(z, setting), expected)


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_axis_names_the_vocabulary(drop, setting):
    z = np.random.default_rng(4).normal(size=(7, 3))
    assert np.array_equal(drop(z, setting, axis=0), drop(z.T, setting).T)


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_one_token_is_kept(drop, setting):
    assert drop([[7]], setting).tolist() == [[7.0]]


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
def test_no_rows_give_no_rows(drop, setting):
    assert drop(np.empty((0, 5)), setting).shape == (0, 5)


@given(rows, st.integers(1, 40))
@repeatable
def test_top_k_is_idempotent(z, k):
    once = top_k(z, k)
    assert np.array_equal(top_k(once, k), once)


@given(rows, st.floats(0, 1))
@repeatable
def test_min_p_is_idempotent(z, p):
    once = min_p(z, p)
    assert np.array_equal(min_p(once, p), once)


@given(rows, st.floats(0.001, 0.999))
@repeatable
def test_epsilon_cutoff_is_idempotent(z, epsilon):
    once = epsilon_cutoff(z, epsilon)
    assert np.array_equal(epsilon_cutoff(once, epsilon), once)


@given(
    hnp.arrays(np.float64, st.integers(1, 30), elements=st.integers(-20, 20).map(float)),
    st.floats(0.01, 5),
    st.floats(0.01, 100),
)
@repeatable
def test_top_n_sigma_keeps_the_same_tokens_at_every_temperature(z, n, temperature):
    deviations = (z.max() - z) / (z.std() or 1)
    if np.abs(deviations - n).min() > 1e-6:  # on the bound, rounding decides
        assert kept(top_n_sigma(z / temperature, n)) == kept(top_n_sigma(z, n))


@given(rows, st.floats(0.001, 1))
@repeatable
def test_xtc_drops_only_tokens_that_have_a_less_likely_top_choice(z, threshold):
    p, after = softmax(z), kept(xtc(z, threshold))
    top = np.flatnonzero(p >= threshold * (1 + 1e-9))
    dropped = set(range(z.size)) - set(after)
    assert dropped <= set(np.flatnonzero(p >= threshold * (1 - 1e-9)).tolist())
    assert len(set(top.tolist()) & set(after)) <= 1


@given(rows, st.floats(0.001, 1), st.floats(0.001, 1))
@repeatable
def test_nuclei_are_nested_as_p_grows(z, p, q):
    small, large = top_p(z, min(p, q)), top_p(z, max(p, q))
    assert set(kept(small)) <= set(kept(large))


@given(rows, st.floats(0.001, 1))
@repeatable
def test_the_nucleus_is_the_smallest_set_that_reaches_p(z, p):
    probability = softmax(z)
    inside = np.sort(probability[kept(top_p(z, p))])
    assert inside.sum() >= p * (1 - 1e-9)
    if p < 1:
        assert inside[1:].sum() < p


@pytest.mark.parametrize(("drop", "setting"), FILTERS)
@given(
    hnp.arrays(np.float64, st.integers(1, 30), elements=st.integers(-20, 20).map(float)),
    st.integers(-1000, 1000),
)
@repeatable
def test_adding_a_constant_keeps_the_same_tokens(drop, setting, z, shift):
    assert kept(drop(z + shift, setting)) == kept(drop(z, setting))
