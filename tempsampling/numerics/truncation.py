"""Truncation: drop unlikely tokens before drawing one.

Each function takes logits and returns a new array of the same shape, in float64, in which the
dropped tokens are minus infinity and all others unchanged. The softmax of the result is the
distribution over the tokens that were kept; `truncate` applies several of them, one by one.

Meanings shared by all of them:

- At least one token is kept, and minus infinity stays minus infinity.
- Logits may have any shape; the vocabulary is the last axis, or the one that `axis` names.
- Equal logits are told apart only where a smallest set is asked for (`top_p`, `typical_p`): the
  token with the smaller index goes first.
- A bound counts as reached within one part in 10^10, so that `top_p(np.log([0.5, 0.3, 0.2]), 0.8)`
  keeps two tokens even if 0.5 + 0.3 came out as 0.7999999999999999.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import logit_array, real_number, whole_number
from tempsampling.numerics.distributions import scaled
from tempsampling.numerics.selection import WITHIN, keep_min_p, keep_top_k, keep_top_p


def top_k(logits: ArrayLike, k: int, axis: int = -1) -> NDArray[np.float64]:
    """Keep the k largest logits, and every tie of the k-th.

    k is a whole number from 1; beyond the size of the vocabulary everything is kept.

    Source: Fan, Lewis and Dauphin (2018), "Hierarchical neural story generation",
    arXiv:1805.04833. Hugging Face keeps the ties as well, and so does vLLM's PyTorch path; its
    Triton kernel, llama.cpp and mlx-lm keep exactly k, among equals whichever come out in front.

    Examples
    --------
    >>> top_k([3.0, 1.0, 2.0, 2.0], 2)
    array([  3., -inf,   2.,   2.])
    """
    k = whole_number(k, "k")
    return _keep(logits, axis, lambda z: keep_top_k(z, k))


def top_p(logits: ArrayLike, p: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the smallest set of likeliest tokens whose probability reaches p: the nucleus.

    The token that crosses the bound is kept, and so there is always at least one. Applied to its
    own result with the same p it may drop further tokens, because the kept ones have become
    likelier. p is above 0 and at most 1, which keeps everything.

    Source: Holtzman et al. (2020), "The curious case of neural text degeneration",
    arXiv:1904.09751, section 3.1. llama.cpp reads it the same way. Hugging Face, vLLM's PyTorch
    path and mlx-lm sum from the unlikely end, in float32, and drop what stays within 1 - p: the
    same set but for rounding, and for equals at the edge, among which their sort decides. p = 0
    means one token in Hugging Face's filter and "off" in mlx-lm; at p = 1 Hugging Face's filter
    drops the tokens whose sum is 0 in float32.

    Examples
    --------
    >>> top_p(np.log([0.5, 0.3, 0.2]), 0.6).round(2)
    array([-0.69, -1.2 ,  -inf])
    """
    p = real_number(p, "p", 0, 1, "(]")
    return _keep(logits, axis, lambda z: keep_top_p(z, 1.0, p))


def min_p(logits: ArrayLike, p: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the tokens at least p times as likely as the likeliest.

    p is from 0, which keeps everything, to 1, which keeps the likeliest and its ties.

    Source: Nguyen et al. (2024), "Turning up the heat: min-p sampling for creative and coherent
    LLM outputs", arXiv:2407.01082. Hugging Face, vLLM, llama.cpp and mlx-lm agree on
    the meaning, and differ in where it stands among the steps: see `sample`.

    Examples
    --------
    >>> min_p(np.log([0.6, 0.3, 0.1]), 0.5).round(2)
    array([-0.51, -1.2 ,  -inf])
    """
    p = real_number(p, "p", 0, 1)
    return _keep(logits, axis, lambda z: keep_min_p(z, 1.0, p))


def typical_p(logits: ArrayLike, p: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the smallest set of most typical tokens whose probability reaches p.

    A token is typical if its surprise, -log(probability), is close to the expected surprise: the
    entropy. The likeliest token may be dropped. p is above 0 and at most 1, which keeps everything.

    Source: Meister et al. (2023), "Locally typical sampling", arXiv:2202.00666.
    Hugging Face also keeps every token that is as typical as the last one and rejects p = 1;
    llama.cpp goes on until the sum is greater than p; vLLM and mlx-lm do not have it.

    Examples
    --------
    >>> typical_p(np.log([0.4, 0.3, 0.2, 0.1]), 0.5).round(2)
    array([ -inf, -1.2 , -1.61,  -inf])
    """
    p = real_number(p, "p", 0, 1, "(]")

    def keep(z: NDArray) -> NDArray[np.bool]:
        probability, surprise, entropy = _information(z)
        order = np.argsort(np.abs(surprise - entropy), kind="stable")
        reached = np.cumsum(probability[order]) >= p * WITHIN
        kept = np.ones(z.size, dtype=bool)
        if p < 1:
            kept[order[np.argmax(reached) + 1 :]] = False
        return kept

    return _keep(logits, axis, keep)


def epsilon_cutoff(logits: ArrayLike, epsilon: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the tokens with probability at least epsilon; if there is none, the likeliest.

    epsilon is between 0 and 1; useful values are around 0.001.

    Source: Hewitt, Manning and Liang (2022), "Truncation sampling as language model desmoothing",
    arXiv:2210.15191. Hugging Face agrees; vLLM, llama.cpp and mlx-lm do not have it.

    Examples
    --------
    >>> epsilon_cutoff(np.log([0.9, 0.08, 0.02]), 0.05).round(2)
    array([-0.11, -2.53,  -inf])
    """
    epsilon = real_number(epsilon, "epsilon", 0, 1, "()")

    def keep(z: NDArray) -> NDArray[np.bool]:
        probability = _information(z)[0]
        return probability >= min(epsilon * WITHIN, probability.max())

    return _keep(logits, axis, keep)


def eta_cutoff(logits: ArrayLike, epsilon: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the tokens with probability at least eta = min(epsilon, sqrt(epsilon) exp(-entropy)).

    The entropy is in nats. Where the model is unsure, eta falls below epsilon, and more is kept
    than by `epsilon_cutoff`. The likeliest token always reaches eta, for its probability is at
    least exp(-entropy). Applied to its own result, the filter may drop further tokens: the entropy
    has become smaller.

    epsilon is between 0 and 1; useful values are around 0.001.

    Source, and who has it: as for `epsilon_cutoff`.

    Examples
    --------
    >>> eta_cutoff(np.log([0.9, 0.08, 0.02]), 0.05).round(2)
    array([-0.11, -2.53,  -inf])
    """
    epsilon = real_number(epsilon, "epsilon", 0, 1, "()")

    def keep(z: NDArray) -> NDArray[np.bool]:
        probability, _, entropy = _information(z)
        eta = min(epsilon, np.sqrt(epsilon) * np.exp(-entropy))
        return probability >= eta * WITHIN

    return _keep(logits, axis, keep)


def _information(z: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return each token's probability and surprise, and their mean surprise, in nats."""
    exponent = scaled(z, 1.0, z.max())
    weights = np.exp(exponent)
    total = weights.sum()
    probability, surprise = weights / total, np.log(total) - exponent
    return probability, surprise, (probability * np.where(probability > 0, surprise, 0.0)).sum()


def _keep(
    logits: ArrayLike, axis: int, rule: Callable[[NDArray], NDArray[np.bool]]
) -> NDArray[np.float64]:
    """Apply a rule for one row of finite logits along `axis`."""
    z = logit_array(logits, axis)
    result = np.full(z.shape, -np.inf)
    rows, kept_rows = np.moveaxis(z, axis, -1), np.moveaxis(result, axis, -1)  # views: no copies
    for index in np.ndindex(rows.shape[:-1]):
        possible = np.flatnonzero(rows[index] > -np.inf)
        kept = possible[rule(rows[index][possible])]
        kept_rows[index][kept] = rows[index][kept]
    return result
