"""Measures of generated text: diversity, tail mass, and the chance that one of k tries is right.

Texts are lists of tokens, words or numbers, one list per text: what was generated, without the
prompt. Split strings before counting; a string by itself is an error, because its letters would be
counted.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import (
    each_fits,
    index_array,
    listed,
    probability_array,
    real_array,
    real_number,
    shorten,
    whole_number,
)


def distinct_n(texts: Iterable[Sequence[Hashable]], n: int) -> float:
    """Return how many of all n-grams in the texts are different, from 0 to 1.

    All texts are counted together, so that saying the same in two texts counts as repetition.
    Texts shorter than n have no n-grams; if no text has any, that is a ValueError.

    Source: Li et al. (2016), "A diversity-promoting objective function for neural conversation
    models", arXiv:1510.03055. They divide by the number of tokens; dividing by the
    number of n-grams, as is usual now, makes 1 mean "all different" for every n.

    Examples
    --------
    >>> distinct_n([["a", "b", "a", "b"], ["a", "b"]], 2)  # ab, ba, ab; ab
    0.5
    """
    grams = [gram for text in _ngrams(texts, n) for gram in text]
    return len(set(grams)) / len(grams)


def tail_mass(
    probabilities: ArrayLike, outside_top: int, axis: int = -1
) -> float | NDArray[np.float64]:
    """Return the probability of all but the `outside_top` likeliest tokens together.

    The probabilities sum to 1 along `axis`, the vocabulary. The result is a float for one
    distribution, otherwise an array without `axis`; beyond the size of the vocabulary it is 0.

    Examples
    --------
    >>> tail_mass([0.125, 0.5, 0.25, 0.125], 2)
    0.25
    """
    p = np.moveaxis(probability_array(probabilities, axis), axis, -1)
    outside_top = whole_number(outside_top, "outside_top")
    # Adding up the tail itself keeps digits that 1 minus the top would lose.
    tail = np.sort(p, axis=-1)[..., : max(p.shape[-1] - outside_top, 0)].sum(axis=-1)
    return float(tail) if tail.ndim == 0 else tail


def pass_at_k(p: ArrayLike, k: int) -> float | NDArray[np.float64]:
    """Return the probability that at least one of k independent tries is right: 1 - (1 - p)^k.

    p is the probability that one try is right, a number or an array, and so is the result.

    Examples
    --------
    >>> pass_at_k(0.5, 3)
    0.875
    """
    chance = real_array(p, "p")
    k = real_number(whole_number(k, "k"), "k")
    each_fits(chance, (chance >= 0) & (chance <= 1), "p", "from 0 to 1")
    with np.errstate(divide="ignore"):  # p = 1: the logarithm is minus infinity, and that is right
        result = -np.expm1(k * np.log1p(-chance.astype(np.float64))) + 0.0
    return float(result) if result.ndim == 0 else result


def unbiased_pass_at_k(tries: int, right: ArrayLike, k: int) -> float | NDArray[np.float64]:
    """Estimate pass@k from some tries of which some were right, without a bias.

    It is the share of all choices of k tries that hold a right one: 1 - C(n - c, k) / C(n, k) for
    n tries of which c were right. Its mean over many repetitions is `pass_at_k` of the true
    probability. (`pass_at_k(c / n, k)` is too low on average, for k above 1.)

    Parameters
    ----------
    tries : number of tries, at least k
    right : how many of them were right, a number or an array, from 0 to `tries`
    k : number of tries that one would have

    Source: Chen et al. (2021), "Evaluating large language models trained on code",
    arXiv:2107.03374, equation 1.

    Examples
    --------
    >>> unbiased_pass_at_k(4, [0, 1, 3], 2)
    array([0. , 0.5, 1. ])
    """
    n = whole_number(tries, "tries")
    k = whole_number(k, "k", most=n)
    c = index_array(right, "right", n + 1)
    lost = np.ones(c.shape)
    for i in range(k):  # one more try, and again a wrong one
        lost = lost * np.maximum(n - c - i, 0) / (n - i)
    return float(1 - lost) if lost.ndim == 0 else 1 - lost


def _ngrams(texts: Iterable[Sequence[Hashable]], n: int) -> list[list[tuple]]:
    """Return every n tokens in a row, for each text; at least one text must have any."""
    texts, n = _token_lists(texts), whole_number(n, "n")
    if max(len(text) for text in texts) < n:
        wanted = f"one of at least n = {shorten(n)} tokens"
        raise ValueError(f"texts must hold {wanted}, got {shorten(texts)}")
    return [list(zip(*(text[start:] for start in range(n)), strict=False)) for text in texts]


def _token_lists(texts: Iterable[Sequence[Hashable]]) -> list[list]:
    texts = listed(texts, "texts")
    for text in texts:
        scalar = isinstance(text, np.ndarray) and text.ndim == 0
        unordered = isinstance(text, str | bytes | Set | Mapping)
        if scalar or unordered or not hasattr(text, "__len__"):
            raise TypeError(f"texts must be split into tokens, got {shorten(text)}")
    texts = [list(text) for text in texts]
    try:
        set().union(*texts)
    except TypeError:
        raise TypeError(f"tokens must be words or numbers, got {shorten(texts)}") from None
    return texts
