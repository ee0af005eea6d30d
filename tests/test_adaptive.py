"""Temperatures chosen at every token: each rule is its formula, within its bounds."""

import numpy as np
import pytest

from tempsampling import (
    Mirostat,
    confidence_temperature,
    dynamic_temperature,
    edt_temperature,
    entropy,
    log_softmax,
    softmax,
)


def some_logits(shape, spread=2.0, seed=0):
    return spread * np.random.default_rng(seed).standard_normal(shape)


def test_confidence_moves_between_the_two_temperatures():
    assert confidence_temperature([0, 0.5, 1]).tolist() == [2.0, 1.25, 0.5]
    assert confidence_temperature(0.9, 0.1, 1.1) == pytest.approx(0.2)


def test_confidence_out_of_range_is_clamped():
    assert confidence_temperature([-3, 1.5, np.inf]).tolist() == [2.0, 0.5, 0.5]


def test_edt_is_its_formula():
    z = some_logits((4, 9))
    expected = 1.2 * 0.8 ** (0.3 / entropy(softmax(z), base=np.e))
    np.testing.assert_allclose(edt_temperature(z, 1.2, theta=0.3), expected)


def test_edt_is_zero_for_a_certain_model_and_constant_for_theta_zero():
    assert edt_temperature([0.0, -np.inf], 1.2, theta=0.3) == 0
    assert edt_temperature([0.0, -np.inf], 1.2, theta=0) == 1.2


def test_edt_is_cold_and_quiet_where_the_entropy_almost_vanishes():
    assert edt_temperature([0.0, -740.0], 1.0, 0.5) == 0


def test_edt_is_lower_where_the_model_is_surer():
    temperatures = [edt_temperature(some_logits(20, spread), 1.0, 0.5) for spread in (5, 2, 0.5)]
    assert temperatures == sorted(temperatures)


def test_dynamic_temperature_is_its_formula():
    z = some_logits((4, 9))
    share = entropy(softmax(z)) / np.log2(9)
    expected = 0.3 + 1.4 * share**0.5
    np.testing.assert_allclose(dynamic_temperature(z, 1.0, 0.7, exponent=0.5), expected)


def test_dynamic_temperature_looks_only_at_tokens_that_were_kept():
    kept, masked = [1.0, 2.0, 3.0], [1.0, -np.inf, 2.0, 3.0]
    assert dynamic_temperature(masked, 1.0, 0.5) == dynamic_temperature(kept, 1.0, 0.5)


def test_dynamic_temperature_does_not_go_below_zero_and_leaves_a_single_token_alone():
    assert dynamic_temperature([0.0, -1e4], 0.3, spread=0.5) == pytest.approx(0)
    assert dynamic_temperature([0.0, -np.inf], 0.3, spread=0.5) == 0.3


@pytest.mark.parametrize("tau", [2.5, 4.0])
def test_mirostat_holds_the_mean_surprise_at_its_target(tau):
    rng = np.random.default_rng(5)
    mirostat = Mirostat(tau, eta=0.2, rng=6)
    surprises = []
    for _ in range(3000):
        z = 3 * rng.standard_normal(500)
        token = mirostat.sample(z)
        surprises.append(-log_softmax(z)[token] / np.log(2))
    assert np.mean(surprises[500:]) == pytest.approx(tau, abs=0.02)


def test_mirostat_moves_mu_by_the_error():
    mirostat = Mirostat(tau=3.0, eta=0.5, rng=0)
    assert mirostat.mu == 6.0
    mirostat.sample(np.zeros(4))  # two bits
    assert mirostat.mu == pytest.approx(6.0 - 0.5 * (2 - 3))


def test_mirostat_drops_surprising_tokens_but_keeps_the_likeliest():
    mirostat = Mirostat(tau=0.5, eta=1e-9, rng=0)
    z = np.log([0.4, 0.3, 0.3])
    assert {mirostat.sample(z) for _ in range(50)} == {0}


def test_mirostat_draws_with_its_own_generator():
    z = some_logits(50)
    first, second = Mirostat(4.0, rng=1), Mirostat(4.0, rng=1)
    drawn = [first.sample(z) for _ in range(20)]
    assert drawn == [second.sample(z) for _ in range(20)]
    assert len(set(drawn)) > 1
