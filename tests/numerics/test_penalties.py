"""Penalties lower the tokens that a text already holds, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tempsampling import (
    dry,
    frequency_penalty,
    presence_penalty,
    repetition_penalty,
    softmax,
)

PENALTIES = [
    (repetition_penalty, 1.3),
    (frequency_penalty, 0.7),
    (presence_penalty, 0.7),
    (dry, 0.8),
]
rows = hnp.arrays(np.float64, 6, elements=st.floats(-20, 20))
texts = st.lists(st.integers(0, 5), min_size=1, max_size=40)
repeatable = settings(derandomize=True, deadline=None)


def plain_dry(z, text, multiplier, base, allowed, breakers=()):
    """Subtract from each token what the longest repetition that it would continue costs."""
    z = np.array(z, dtype=np.float64)
    for token in range(z.size):
        longest = 0
        for n in range(1, len(text)):
            end = text[-n:]
            if set(end) & set(breakers):
                break
            if any(text[i : i + n] == end and text[i + n] == token for i in range(len(text) - n)):
                longest = n
        if longest >= allowed and token not in breakers:
            z[token] -= multiplier * base ** (longest - allowed)
    return z


@given(rows, texts)
@repeatable
def test_each_penalty_touches_only_tokens_of_the_text_and_raises_none(z, text):
    for penalty, setting in PENALTIES:
        after = penalty(z, text, setting)
        assert (after <= z).all()
        outside = ~np.isin(np.arange(6), text)
        assert np.array_equal(after[outside], z[outside])


@given(rows, texts)
@repeatable
def test_frequency_and_presence_are_the_same_where_no_token_comes_twice(z, text):
    once = list(dict.fromkeys(text))
    assert np.array_equal(frequency_penalty(z, once, 0.7), presence_penalty(z, once, 0.7))


@given(rows, texts, st.floats(0, 2), st.floats(1, 3), st.integers(1, 5), st.sets(st.integers(0, 5)))
@repeatable
def test_dry_is_its_definition(z, text, multiplier, base, allowed, breakers):
    expected = plain_dry(z, text, multiplier, base, allowed, breakers)
    np.testing.assert_allclose(dry(z, text, multiplier, base, allowed, breakers or None), expected)


def test_dry_grows_with_the_repetition():
    text, drops = [1, 2, 3, 4, 5], []
    for token in [1, 2, 3, 4]:
        text = [*text, token]
        drops.append(-dry(np.zeros(6), text)[token + 1])
    assert drops == pytest.approx([0, 0.8, 0.8 * 1.75, 0.8 * 1.75**2])


def test_dry_ends_where_numbers_end():
    text = [1] * 3000
    after = dry([0.0, 0.0], text, multiplier=1)
    assert after[0] == 0
    assert -1e39 < after[1] < -1e37


def test_a_repetition_penalty_depends_on_where_the_logits_stand():
    z = np.array([2.0, 1.0, 0.0])
    near, far = (softmax(repetition_penalty(z + shift, [0], 1.2)) for shift in (0, 20))
    assert far[0] < 0.1 < near[0]


def test_the_other_penalties_do_not():
    z = np.array([2.0, 1.0, 0.0, -1.0])
    for penalty, setting in PENALTIES[1:]:
        shifted = softmax(penalty(z + 20, [0, 1, 0], setting))
        np.testing.assert_allclose(shifted, softmax(penalty(z, [0, 1, 0], setting)))


@pytest.mark.parametrize(("penalty", "setting"), PENALTIES)
def test_masked_tokens_stay_masked_and_the_input_is_not_changed(penalty, setting):
    z = np.array([3.0, -np.inf, 1.0, -1.0], dtype=np.float32)
    z.flags.writeable = False
    after = penalty(z, [1, 3, 1, 3, 1], setting)
    assert after.dtype == np.float64
    assert after[1] == -np.inf
    assert np.isfinite(after[[0, 2, 3]]).all()


@pytest.mark.parametrize(("penalty", "setting"), PENALTIES)
def test_every_row_of_a_batch_has_its_own_text(penalty, setting):
    rng = np.random.default_rng(3)
    z, tokens = rng.normal(size=(2, 3, 7)), rng.integers(0, 7, (2, 3, 30))
    rows = [
        [penalty(a, b, setting) for a, b in zip(*each, strict=True)]
        for each in zip(z, tokens, strict=True)
    ]
    assert np.array_equal(penalty(z, tokens, setting), rows)
