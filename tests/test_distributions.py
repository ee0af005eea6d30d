import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tempsampling import entropy, log_softmax, softmax

rows = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 50))
temperatures = st.floats(0.01, 1000)
repeatable = settings(derandomize=True, deadline=None)


def nats(logits, temperature):
    return entropy(softmax(logits, temperature), base=np.e)


@given(rows, temperatures)
@repeatable
def test_probabilities_sum_to_one(z, temperature):
    assert softmax(z, temperature).sum() == pytest.approx(1, abs=1e-12)


@given(rows, temperatures)
@repeatable
def test_temperature_keeps_the_ranking(z, temperature):
    assert (np.diff(softmax(z, temperature)[np.argsort(z)]) >= 0).all()


@given(rows, temperatures, st.floats(-1000, 1000))
@repeatable
def test_adding_a_constant_changes_nothing(z, temperature, shift):
    np.testing.assert_allclose(
        softmax(z + shift, temperature), softmax(z, temperature), rtol=1e-9, atol=1e-12
    )


@given(rows, temperatures, temperatures)
@repeatable
def test_entropy_grows_with_temperature(z, one, other):
    cold, hot = sorted([one, other])
    assert nats(z, cold) <= nats(z, hot) + 1e-12


@given(hnp.arrays(np.float64, 8, elements=st.floats(-5, 5)), st.floats(0.3, 5))
@repeatable
def test_the_slope_of_entropy_is_the_variance_of_the_logits_over_t_cubed(z, temperature):
    p, h = softmax(z, temperature), 1e-4 * temperature
    slope = (nats(z, temperature + h) - nats(z, temperature - h)) / (2 * h)
    variance = (p * z**2).sum() - (p * z).sum() ** 2
    assert slope == pytest.approx(variance / temperature**3, rel=1e-4, abs=1e-7)


@given(rows, temperatures)
@repeatable
def test_log_softmax_is_the_logarithm(z, temperature):
    expected = softmax(z, temperature)
    np.testing.assert_allclose(np.exp(log_softmax(z, temperature)), expected, atol=1e-14)


def test_both_limits():
    assert softmax([1, 3, 3, -np.inf], 0).tolist() == [0, 0.5, 0.5, 0]
    assert softmax([1, 3, 3, -np.inf], np.inf).tolist() == [1 / 3, 1 / 3, 1 / 3, 0]


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 0.007, 1, 1e300, np.inf])
def test_no_temperature_and_no_logits_overflow(temperature):
    for z in ([5.0, -5.0], [1.7e308, -1.7e308], [1e-320, 0.0]):
        assert softmax(z, temperature).sum() == pytest.approx(1)


@pytest.mark.parametrize("temperature", [2, np.float32(2), np.int8(2), np.array(2.0)])
def test_every_kind_of_number_is_a_temperature(temperature):
    assert softmax([1, 2], temperature).tolist() == softmax([1.0, 2.0], 2.0).tolist()


def test_axis_names_the_vocabulary():
    z = np.random.default_rng(0).normal(size=(4, 3))
    assert np.array_equal(softmax(z, 2.0, axis=0), softmax(z.T, 2.0).T)


def test_input_is_not_changed():
    z = np.array([1.0, 2.0])
    z.flags.writeable = False
    assert softmax(z, 0.5).tolist() != z.tolist()


def test_entropy_of_certainty_is_zero_and_of_eight_equals_is_three_bits():
    assert entropy([1.0, 0.0]) == 0
    assert entropy(np.full(8, 1 / 8)) == 3
