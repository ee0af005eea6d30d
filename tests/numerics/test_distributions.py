"""Softmax with temperature and entropy: what they keep, and their limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tempsampling import entropy, log_softmax, softmax

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

finite = st.floats(-50, 50)
logits = arrays(float, st.integers(1, 12), elements=finite)
temperatures = st.floats(0.05, 100)
any_temperature = st.one_of(st.just(0), st.just(np.inf), temperatures)


@given(logits, any_temperature)
def test_probabilities_sum_to_one(z, temperature):
    p = softmax(z, temperature)
    assert np.all(p >= 0)
    assert p.sum() == pytest.approx(1)


@given(logits, temperatures)
def test_temperature_never_changes_the_ranking(z, temperature):
    assert np.all(np.diff(softmax(z, temperature)[np.argsort(z)]) >= 0)


@given(logits, temperatures, finite)
def test_adding_a_constant_to_all_logits_changes_nothing(z, temperature, constant):
    np.testing.assert_allclose(softmax(z + constant, temperature), softmax(z, temperature), 1e-9)


@given(logits, temperatures)
def test_only_logits_over_temperature_count(z, temperature):
    np.testing.assert_allclose(softmax(z, temperature), softmax(z / temperature), 1e-9)


@given(logits, temperatures)
def test_the_odds_of_two_tokens_are_exp_of_their_distance_over_temperature(z, temperature):
    log_p = log_softmax(z, temperature)
    np.testing.assert_allclose(log_p - log_p[0], (z - z[0]) / temperature, rtol=1e-9, atol=1e-9)


@given(logits, temperatures, temperatures)
def test_entropy_grows_with_temperature(z, one, other):
    cold, hot = sorted([one, other])
    assert entropy(softmax(z, cold)) <= entropy(softmax(z, hot)) + 1e-9


@given(logits, st.floats(0.2, 20))
def test_the_slope_of_entropy_is_the_variance_of_the_logits_over_temperature_cubed(z, temperature):
    step = 1e-4 * temperature
    low, high = (entropy(softmax(z, temperature + d), base=np.e) for d in (-step, step))
    p = softmax(z, temperature)
    variance = p @ (z - p @ z) ** 2
    assert (high - low) / (2 * step) == pytest.approx(variance / temperature**3, rel=1e-3, abs=1e-6)


@given(arrays(float, (3, 5), elements=finite), any_temperature)
def test_rows_of_a_batch_are_independent(z, temperature):
    for function in (softmax, log_softmax):
        together = function(z, temperature)
        np.testing.assert_allclose(together, [function(row, temperature) for row in z])
        np.testing.assert_allclose(function(z.T, temperature, axis=0), together.T)


@given(logits, any_temperature)
def test_log_softmax_is_the_logarithm_of_softmax(z, temperature):
    np.testing.assert_allclose(np.exp(log_softmax(z, temperature)), softmax(z, temperature), 1e-9)


def test_zero_temperature_puts_all_mass_on_the_largest_logit():
    assert softmax([1.0, 3.0, 2.0], 0).tolist() == [0, 1, 0]


def test_zero_temperature_shares_the_mass_among_exact_ties():
    assert softmax([3.0, 1.0, 3.0], 0).tolist() == [0.5, 0, 0.5]
    assert softmax([3.0, 3.0 - 1e-15], 0).tolist() == [1, 0]


def test_infinite_temperature_is_uniform_over_the_finite_logits():
    assert softmax([5.0, -np.inf, 1.0], np.inf).tolist() == [0.5, 0, 0.5]


@pytest.mark.parametrize("temperature", [0, 1e-300, 0.007, 1, 1e300, np.inf])
def test_an_impossible_token_has_probability_zero_at_every_temperature(temperature):
    p = softmax([1.0, -np.inf, 2.0], temperature)
    assert p[1] == 0
    assert log_softmax([1.0, -np.inf, 2.0], temperature)[1] == -np.inf
    assert p.sum() == pytest.approx(1)


def test_temperatures_near_the_limits_give_the_limits():
    z = [1.0, 2.0, 2.0]
    np.testing.assert_allclose(softmax(z, 1e-300), softmax(z, 0))
    np.testing.assert_allclose(softmax(z, 1e300), softmax(z, np.inf))


def test_small_temperatures_do_not_overflow():
    np.testing.assert_allclose(softmax([1.0, 2.0, 5.0], 0.007), [0, 0, 1], atol=1e-100)
    assert softmax([-1e308, 1e308], 1e-3).tolist() == [0, 1]


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 0.007, 1, 1e300, np.inf])
@pytest.mark.parametrize("z", [[5.0, -5.0], [1.7e308, -1.7e308], [1e-320, 0.0]])
def test_no_logits_overflow_at_any_temperature(z, temperature):
    assert softmax(z, temperature).sum() == pytest.approx(1)


@pytest.mark.parametrize("temperature", [2, np.int64(2), np.float32(2), np.array(2.0)])
def test_any_real_number_is_a_temperature(temperature):
    np.testing.assert_array_equal(softmax([1.0, 2.0], temperature), softmax([1.0, 2.0], 2.0))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint64])
def test_work_is_done_in_float64(dtype):
    p = softmax(np.array([1, 2, 3], dtype), 0.7)
    assert p.dtype == np.float64
    np.testing.assert_array_equal(p, softmax([1.0, 2.0, 3.0], 0.7))


def test_the_input_is_never_changed():
    z = np.array([1.0, 2.0, 3.0])
    z.flags.writeable = False
    softmax(z, 0.5), log_softmax(z, 0.5), entropy(softmax(z))
    assert z.tolist() == [1, 2, 3]


def test_one_token_is_certain():
    assert softmax([7.0], 0.3).tolist() == [1]
    assert entropy(softmax([7.0])) == 0


@pytest.mark.parametrize("n", [1, 2, 8, 49152])
def test_entropy_of_n_equal_tokens_is_log_n(n):
    assert entropy(np.full(n, 1 / n)) == pytest.approx(np.log2(n))
    assert entropy(np.full(n, 1 / n), base=np.e) == pytest.approx(np.log(n))


def test_impossible_tokens_add_no_entropy():
    assert entropy([0.5, 0, 0.5, 0]) == 1
    certain = entropy([0, 1, 0])
    assert certain == 0
    assert np.copysign(1, certain) == 1


def test_entropy_is_never_negative():
    assert entropy([1.00005, 0]) == 0


def test_entropy_of_a_batch_drops_the_axis():
    p = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert entropy(p).tolist() == [1, 0]
    assert entropy(p.T, axis=0).tolist() == [1, 0]


@pytest.mark.parametrize("size", [3, 10, 1000, 49_152])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_probabilities_in_few_digits_have_an_entropy(kind, size):
    p = softmax(np.random.default_rng(size).normal(size=size))
    assert entropy(p.astype(kind)) == pytest.approx(entropy(p), rel=0.03)
    with pytest.raises(ValueError, match="must sum to 1"):
        entropy((0.9 * p).astype(kind))
