"""A margin of error holds the true mean in 95 of 100 trials, however few the values."""

import numpy as np
import pytest

from tempsampling import mean_and_margin


@pytest.mark.parametrize(
    ("values", "t"), [(2, 12.706), (3, 4.303), (5, 2.776), (8, 2.365), (10, 2.262), (1001, 1.962)]
)
def test_the_quantiles_are_those_of_the_tables(values, t):
    x = np.arange(values, dtype=float)
    mean, margin = mean_and_margin(x)
    assert mean == x.mean()
    assert margin / (x.std(ddof=1) / np.sqrt(values)) == pytest.approx(t, abs=1e-3)


@pytest.mark.parametrize("values", [3, 8, 40])
def test_it_holds_the_true_mean_in_95_of_100_trials(values):
    trials = np.random.default_rng(seed=1).normal(loc=7, size=(values, 20_000))
    mean, margin = mean_and_margin(trials)
    assert np.mean(np.abs(mean - 7) < margin) == pytest.approx(0.95, abs=0.006)


def test_along_an_axis_there_is_a_mean_for_each_of_the_others():
    table = np.array([[1.0, 2.0, 3.0], [0.0, 5.0, 10.0]])
    means, margins = mean_and_margin(table, axis=1)
    for row, mean, margin in zip(table, means, margins, strict=True):
        assert mean_and_margin(row) == pytest.approx((mean, margin))


def test_equal_values_have_no_margin():
    assert mean_and_margin([2, 2, 2]) == (2.0, 0.0)
