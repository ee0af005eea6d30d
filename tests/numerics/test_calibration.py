"""Reliability and its error are their definitions, and a temperature is fitted by likelihood."""

import numpy as np
import pytest

from tempsampling import (
    calibration_error_floor,
    expected_calibration_error,
    fit_temperature,
    log_softmax,
    reliability,
    sample,
)


def logits_and_labels(temperature, shape=(2000, 30), seed=0):
    """Logits, and labels drawn from them at a known temperature."""
    z = 3 * np.random.default_rng(seed).standard_normal(shape)
    return z, sample(z, temperature=temperature, rng=seed)


def log_likelihood(z, labels, temperature):
    return np.take_along_axis(log_softmax(z, temperature), labels[:, None], -1).sum()


def test_reliability_by_hand():
    diagram = reliability([0.1, 0.3, 0.35, 0.9], [0, 1, 0, 1], bins=4)
    assert diagram.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert diagram.count.tolist() == [1, 2, 0, 1]
    np.testing.assert_allclose(diagram.confidence, [0.1, 0.325, np.nan, 0.9])
    np.testing.assert_allclose(diagram.accuracy, [0, 0.5, np.nan, 1])


def test_a_bin_includes_its_upper_edge_and_the_first_one_zero():
    assert reliability([0, 0.25, 0.5, 0.75, 1], [1] * 5, bins=4).count.tolist() == [2, 1, 1, 1]


@pytest.mark.parametrize("bins", [3, 6, 7, 15, 49])
def test_a_confidence_on_an_edge_belongs_to_the_bin_below(bins):
    for upper in range(1, bins + 1):
        assert np.flatnonzero(reliability([upper / bins], [1], bins).count) == upper - 1


def test_expected_calibration_error_weights_by_count():
    error = expected_calibration_error([0.9, 0.9, 0.9, 0.2], [1, 1, 0, 0], bins=2)
    assert error == pytest.approx(0.75 * abs(2 / 3 - 0.9) + 0.25 * 0.2)


def test_truths_may_be_booleans_of_any_shape():
    confidences, correct = np.full((2, 2), 0.75), np.array([[True, True], [True, False]])
    assert expected_calibration_error(confidences, correct) == 0


def test_the_floor_is_the_mean_error_of_a_perfect_model():
    # One bin: the error is |share - 1/2|, exactly computable for 4 answers.
    chances = np.array([1, 4, 6, 4, 1]) / 16
    expected = (chances * abs(np.arange(5) / 4 - 0.5)).sum()
    floor = calibration_error_floor([0.5] * 4, bins=1, repeats=20_000, rng=0)
    assert floor == pytest.approx(expected, abs=0.005)


def test_the_floor_falls_with_the_number_of_answers():
    few = calibration_error_floor(np.linspace(0.1, 0.9, 50), rng=0)
    many = calibration_error_floor(np.linspace(0.1, 0.9, 5000), rng=0)
    assert few > 5 * many


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 1.7, 5.0])
def test_a_known_temperature_is_recovered(temperature):
    z, labels = logits_and_labels(temperature)
    assert fit_temperature(z, labels) == pytest.approx(temperature, rel=0.12)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_fit_is_the_likeliest_temperature(temperature):
    z, labels = logits_and_labels(temperature, shape=(300, 10))
    best = fit_temperature(z, labels)
    for other in (best * 0.999, best * 1.001):
        assert log_likelihood(z, labels, best) > log_likelihood(z, labels, other)


@pytest.mark.parametrize("scale", [1e-100, 1e-3, 1e3, 1e100])
def test_the_fit_scales_with_the_logits(scale):
    z, labels = logits_and_labels(1.3, shape=(300, 10))
    assert fit_temperature(scale * z, labels) == pytest.approx(scale * fit_temperature(z, labels))


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e155, 1e307])
def test_logits_of_any_size_are_fitted(scale):
    logits, labels = [[np.log(3.0) / 2, 0.0]] * 4, [0, 0, 0, 1]
    assert fit_temperature(np.multiply(logits, scale), labels) == pytest.approx(scale / 2)


def test_masked_tokens_do_not_count():
    z, labels = logits_and_labels(1.3, shape=(300, 10))
    masked = np.concatenate([z, np.full((300, 5), -np.inf)], axis=-1)
    assert fit_temperature(masked, labels) == pytest.approx(fit_temperature(z, labels))


def test_far_outliers_do_not_mislead():
    z, labels = logits_and_labels(1.3, shape=(300, 10))
    masked = np.concatenate([z, np.full((300, 5), -1e9)], axis=-1)
    assert fit_temperature(masked, labels) == pytest.approx(fit_temperature(z, labels))


def test_a_vocabulary_larger_than_a_block_is_summed_up():
    z, labels = logits_and_labels(0.8, shape=(30, 60_000))
    tiled = np.tile(z, (2, 1)), np.tile(labels, 2)
    assert fit_temperature(*tiled) == pytest.approx(fit_temperature(z, labels))


def test_perfectly_separable_labels_end_at_zero():
    z = np.random.default_rng(1).normal(size=(50, 4))
    assert fit_temperature(z, z.argmax(axis=-1)) == 0


def test_labels_that_are_all_wrong_end_at_infinity():
    z = np.random.default_rng(1).normal(size=(50, 4))
    assert fit_temperature(z, z.argmin(axis=-1)) == np.inf


def test_labels_at_chance_end_at_infinity():
    assert fit_temperature([[1.0, 2.0], [1.0, 2.0]], [0, 1]) == np.inf


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("shift", [0, 1000, -30_000, 4096])
def test_the_type_of_the_logits_changes_nothing(kind, shift):
    z, labels = logits_and_labels(1.3, shape=(300, 10))
    short = (8 * z).round().astype(kind) + kind(shift)  # far from 0, few digits are left for gaps
    assert fit_temperature(short, labels) == fit_temperature(short.astype(np.float64), labels)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_adding_a_constant_to_all_logits_of_a_row_changes_no_fit(kind):
    z, labels = logits_and_labels(1.3, shape=(300, 10))
    z = (64 * z).round().astype(kind) / 64
    shifts = 2.0 ** np.arange(300)[:, None] % 4099
    assert fit_temperature(z + shifts.astype(kind), labels) == fit_temperature(z, labels)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_labels_at_chance_end_at_infinity_in_every_type(kind):
    z = np.array([[0.1, 0.7, 0.3], [0.7, 0.1, 0.3], [0.3, 0.7, 0.1]], kind)
    assert fit_temperature(np.tile(z, (3, 1)), np.repeat([0, 1, 2], 3)) == np.inf


@pytest.mark.parametrize("bins", [5, 10, 15])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_confidence_on_an_edge_belongs_to_the_bin_below_in_every_type(bins, kind):
    edges = (np.arange(1, bins + 1) / bins).astype(kind)
    diagram = reliability(edges, np.ones(bins), bins)
    assert diagram.count.tolist() == [1] * bins
    assert all(column.dtype == np.float64 for column in (diagram.edges, diagram.confidence))


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_the_error_and_its_floor_are_the_same_in_every_type(kind):
    c = (np.arange(1, 200) / 256).astype(kind)
    correct = np.arange(199) % 3 > 0
    for measure in (
        lambda c: expected_calibration_error(c, correct),
        lambda c: calibration_error_floor(c, repeats=20, rng=0),
    ):
        assert measure(c) == measure(c.astype(np.float64))


def test_nothing_is_changed():
    z, labels = logits_and_labels(1.0, shape=(20, 5))
    z.flags.writeable = labels.flags.writeable = False
    assert fit_temperature(z, labels) > 0
