"""A chain of temperature and truncation, and tokens drawn from it, are their definitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rows import hard_rows, plain_span, plain_truncate

from tempsampling import sample, softmax, truncate

CHAINS = [
    {},
    {"temperature": 0.8, "top_k": 50, "top_p": 0.9},
    {"temperature": 1.5, "top_p": 0.9},
    {"temperature": 0.7, "min_p": 0.1},
    {"temperature": 1.3, "top_k": 40, "top_p": 0.95, "min_p": 0.02},
    {"temperature": 0, "top_k": 3, "top_p": 0.5},
    {"temperature": np.inf, "top_k": 3},
    {"temperature": np.inf, "top_p": 0.5, "min_p": 1},
    {"temperature": 1e-300, "top_p": 0.5},
    {"temperature": 1e300, "top_p": 0.5},
]
rows = hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(-20, 20))
repeatable = settings(derandomize=True, deadline=None)
# Points of 0.01 % of the chi-square distribution, from tables, by degrees of freedom.
CHI_SQUARE_LIMIT = {2: 18.42, 4: 23.51, 9: 33.72}


def chi_square(tokens, probabilities):
    likely = probabilities > 0
    expected = tokens.size * probabilities[likely]
    return ((np.bincount(tokens, minlength=likely.size)[likely] - expected) ** 2 / expected).sum()


# truncate


def test_without_settings_truncate_is_softmax():
    z = np.random.default_rng(0).normal(size=(3, 9))
    np.testing.assert_allclose(truncate(z), softmax(z), rtol=1e-14)


def test_temperature_first_keeps_one_token_and_temperature_last_keeps_two():
    first = truncate([3, 2, 1], temperature=0.5, top_p=0.8)
    last = truncate(
        [3, 2, 1], temperature=0.5, top_p=0.8, order=("top_k", "top_p", "min_p", "temperature")
    )
    assert np.count_nonzero(first) == 1
    assert np.count_nonzero(last) == 2


def test_top_p_after_top_k_sees_the_renormalized_probabilities():
    z = np.log([0.4, 0.3, 0.2, 0.1])
    assert truncate(z, top_k=2, top_p=0.57).round(9).tolist() == [1, 0, 0, 0]
    swapped = truncate(z, top_k=2, top_p=0.57, order=("temperature", "top_p", "top_k", "min_p"))
    assert swapped.round(9).tolist() == pytest.approx([4 / 7, 3 / 7, 0, 0])


def test_min_p_before_top_p_can_keep_fewer_tokens():
    z = np.log([0.5, 0.3, 0.2])
    hugging_face = truncate(z, top_p=0.6, min_p=0.5)
    vllm = truncate(z, top_p=0.6, min_p=0.5, order=("temperature", "min_p", "top_k", "top_p"))
    assert np.count_nonzero(hugging_face) == 2
    assert np.count_nonzero(vllm) == 1


def test_infinite_temperature_is_uniform_over_the_tokens_that_survive():
    assert truncate([3, 2, 1, -np.inf], temperature=np.inf).tolist() == [1 / 3, 1 / 3, 1 / 3, 0]
    assert truncate([1, 3, 2, 0], temperature=np.inf, top_k=2).tolist() == [0, 0.5, 0.5, 0]


def test_zero_temperature_is_shared_by_the_largest_that_survive():
    assert truncate([1, 3, 3, 0], temperature=0).tolist() == [0, 0.5, 0.5, 0]
    assert truncate([1, 3, 3, 0], temperature=0, top_p=0.5).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_truncate_is_its_definition_on_every_hard_row(chain):
    for name, z in hard_rows():
        expected = plain_truncate(z, **chain)
        np.testing.assert_allclose(truncate(z, **chain), expected, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("T", [0.0, 0.1, 0.7, 1.0, 3.0, np.inf])
@pytest.mark.parametrize(
    "cuts",
    [
        {"top_k": 5, "top_p": 0.8, "min_p": 0.2},
        {"typical_p": 0.7, "top_n_sigma": 1.5, "xtc": 0.1},
        {"top_p": 0.9, "top_n_sigma": 0.5, "typical_p": 0.3},
    ],
    ids=str,
)
def test_every_order_is_its_definition(cuts, T):
    rng = np.random.default_rng(7)
    rows = [2 * rng.standard_normal(size) for size in (6, 3000)]
    rows += [np.array([1.0, -np.inf, 0.5, 0.0, -np.inf]), np.array([0.0, 900, 899, -900])]
    for order in itertools.permutations(("temperature", *cuts)):
        chain = {"temperature": T, "order": order, **cuts}
        for z in rows:
            np.testing.assert_allclose(truncate(z, **chain), plain_truncate(z, **chain), rtol=1e-12)


def test_a_step_that_is_set_must_stand_in_the_order_and_one_that_is_not_set_need_not():
    assert truncate([3, 2, 1], top_k=1, order=["top_k"]).tolist() == [1, 0, 0]
    for some, name in [({"top_k": 1}, "top_k"), ({"temperature": 0.5}, "temperature")]:
        with pytest.raises(ValueError, match=f"order must hold {name}, which is set, got"):
            truncate([3, 2, 1], order=["top_p", "min_p"], **some)


def test_a_cut_that_is_unknown_is_told_with_those_that_there_are():
    for function in (truncate, sample):
        with pytest.raises(TypeError, match=r"a cut must be one of top_k, .*, xtc, got 'top_q'"):
            function([3, 2, 1], top_q=0.5)


@given(rows, st.floats(0.01, 100), st.integers(1, 25), st.floats(0.01, 1), st.floats(0, 1))
@repeatable
def test_probabilities_sum_to_one_and_keep_the_ranking(z, temperature, k, p, m):
    probabilities = truncate(z, temperature=temperature, top_k=k, top_p=p, min_p=m)
    assert probabilities.sum() == pytest.approx(1)
    falling = probabilities[np.argsort(-z, kind="stable")]
    assert (np.diff(falling) <= 1e-15).all()


def test_truncate_takes_any_leading_shape_and_leaves_its_input_alone():
    z = np.random.default_rng(1).normal(size=(2, 3, 5)).astype(np.float32)
    z.flags.writeable = False
    result = truncate(z, temperature=0.5, top_k=3)
    assert result.dtype == np.float64
    assert np.array_equal(result[1, 2], truncate(z[1, 2], temperature=0.5, top_k=3))


# sample


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_one_draw_is_its_definition_on_every_hard_row(chain):
    heights = np.array([0.0, 0.1, 0.5, 0.9, 0.999, np.nextafter(1, 0)])
    for name, z in hard_rows():
        probabilities = plain_truncate(z, **chain)
        low, high = plain_span(z, probabilities)
        one_by_one = [sample(z, noise=u, **chain) for u in heights]
        for tokens in (one_by_one, sample(z, noise=heights, **chain)):
            # A sum in another order differs in the last digits.
            assert (low[tokens] <= heights + 1e-11).all(), name
            assert (heights <= high[tokens] + 1e-11).all(), name
            assert (probabilities[tokens] > 0).all(), name


def test_the_smallest_noise_draws_the_likeliest_token():
    assert sample([1.0, 3.0, 2.0], noise=0.0) == 1


def test_the_largest_noise_draws_the_last_token_kept():
    z = np.log([0.4, 0.3, 0.2, 0.1])
    assert sample(z, top_p=0.8, noise=np.nextafter(1, 0)) == 2


def test_top_p_one_leaves_even_the_least_likely_token_to_be_drawn():
    assert sample([0.0, -30.0], top_p=1, noise=np.nextafter(1, 0)) == 1


@given(rows, st.floats(0, 5), st.floats(0.01, 1))
@repeatable
def test_a_larger_noise_never_draws_a_likelier_token(z, temperature, p):
    tokens = sample(z, temperature=temperature, top_p=p, noise=np.linspace(0, 0.999, 50))
    assert (np.diff(z[tokens]) <= 0).all()


@given(rows, st.floats(0, 0.999), st.sampled_from([{}, {"top_k": 4}, {"top_p": 0.8}]))
@repeatable
def test_with_common_noise_a_higher_temperature_never_draws_a_likelier_token(z, u, chain):
    temperatures = [0, 0.1, 0.5, 1, 2, 10, 1e6, np.inf]
    drawn = z[[sample(z, temperature=t, noise=u, **chain) for t in temperatures]]
    assert (np.diff(drawn) <= 1e-9).all()


def test_large_and_small_vocabularies_draw_alike():
    z = np.random.default_rng(5).normal(size=30_000)
    noise = np.random.default_rng(6).random(40)
    many = sample(z, temperature=0.9, top_p=0.95, noise=noise)
    one_by_one = [sample(z, temperature=0.9, top_p=0.95, noise=u) for u in noise]
    assert many.tolist() == one_by_one


def test_a_masked_token_is_never_drawn():
    z = np.array([1.0, -np.inf, 0.5, -np.inf, -1.0, 0.0, -np.inf, -3.0])
    tokens = sample(z, temperature=np.inf, size=10_000_000, rng=0)
    assert np.array_equal(np.unique(tokens), [0, 2, 4, 5, 7])


def test_a_masked_token_of_a_large_vocabulary_is_never_drawn():
    z = np.full(150_000, -np.inf)
    z[::50_000] = 0.0
    tokens = sample(np.tile(z, (300, 1)), rng=0)
    assert np.array_equal(np.unique(tokens), [0, 50_000, 100_000])


@pytest.mark.parametrize(
    ("probabilities", "chain", "degrees"),
    [
        ([0.5, 0.25, 0.15, 0.07, 0.03], {}, 4),
        (np.arange(1, 11) / 55, {"temperature": 2.0}, 9),
        ([0.5, 0.25, 0.15, 0.07, 0.03], {"temperature": 1.5, "top_k": 4, "top_p": 0.85}, 2),
    ],
)
def test_drawn_frequencies_agree_with_the_probabilities(probabilities, chain, degrees):
    z = np.log(probabilities)
    expected = truncate(z, **chain)
    assert np.count_nonzero(expected) == degrees + 1
    tokens = sample(z, size=200_000, rng=12, **chain)
    assert chi_square(tokens, expected) < CHI_SQUARE_LIMIT[degrees]


def test_single_draws_from_a_large_vocabulary_agree_with_the_probabilities():
    z = np.full(5000, -30.0)
    z[::1000] = np.log([0.3, 0.3, 0.2, 0.1, 0.1])
    rng = np.random.default_rng(8)
    tokens = sample(np.broadcast_to(z, (4000, 5000)), rng=rng) // 1000
    assert chi_square(tokens, softmax(z[::1000])) < CHI_SQUARE_LIMIT[4]


def test_the_same_seed_gives_the_same_tokens():
    z = np.random.default_rng(2).normal(size=20)
    assert np.array_equal(sample(z, size=50, rng=3), sample(z, size=50, rng=3))
    assert not np.array_equal(sample(z, size=50, rng=3), sample(z, size=50, rng=4))


def test_a_generator_moves_on_by_one_number_for_each_token():
    z = np.random.default_rng(2).normal(size=(4, 20))
    rng, copy = np.random.default_rng(9), np.random.default_rng(9)
    drawn = sample(z, temperature=2.0, top_k=7, size=3, rng=rng)
    assert np.array_equal(sample(z, temperature=2.0, top_k=7, noise=copy.random((3, 4))), drawn)
    assert rng.random() == copy.random()


@pytest.mark.parametrize("size", [None, 4, (2, 3), (), 0])
@pytest.mark.parametrize("leading", [(), (5,), (2, 5), (0,)])
def test_shape_is_size_followed_by_the_leading_shape(size, leading):
    tokens = sample(np.zeros((*leading, 3)), size=size, rng=0)
    before = () if size is None else (size,) if isinstance(size, int) else size
    assert np.shape(tokens) == before + leading


def test_one_token_comes_as_an_int():
    assert type(sample([1.0, 2.0], rng=0)) is int
    assert type(sample(np.arange(5000), rng=0)) is int


def test_sample_leaves_logits_and_noise_alone():
    z, noise = np.array([1.0, 2.0, -np.inf]), np.array([0.2, 0.8])
    z.flags.writeable = noise.flags.writeable = False
    assert sample(z, temperature=0.5, top_p=0.9, noise=noise).shape == (2,)


def test_noise_that_float64_would_round_to_one_is_refused():
    almost_one = np.nextafter(np.longdouble(1), np.longdouble(0))
    if float(almost_one) == 1:  # elsewhere a long double is a float64
        with pytest.raises(ValueError, match="noise"):
            sample([1.0, 2.0], noise=[almost_one])
