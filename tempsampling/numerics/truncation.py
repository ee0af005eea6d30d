"""Truncation: drop unlikely tokens before drawing one.

Each function takes logits and returns a new array of the same shape, in float64, in which the
dropped tokens are minus infinity and all others unchanged. The softmax of the result is the
distribution over the tokens that were kept; `truncate` applies several of them, one by one.

Meanings shared by all of them:

- At least one token is kept, and minus infinity stays minus infinity.
- Logits may have any shape; the vocabulary is the last axis, or the one that `axis` names.
- Equal logits are told apart only where a number of tokens is asked for (`top_p`, `typical_p`,
  `xtc`): the token with the smaller index goes first.
- A bound counts as reached within one part in 10^10, so that `top_p(np.log([0.5, 0.3, 0.2]), 0.8)`
  keeps two tokens even if 0.5 + 0.3 came out as 0.7999999999999999.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

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
    return _keep("top_k", logits, axis, k=k)


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
    return _keep("top_p", logits, axis, p=p)


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
    return _keep("min_p", logits, axis, p=p)


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
    return _keep("typical_p", logits, axis, p=p)


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
    return _keep("epsilon_cutoff", logits, axis, epsilon=epsilon)


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
    return _keep("eta_cutoff", logits, axis, epsilon=epsilon)


def top_n_sigma(logits: ArrayLike, n: float, axis: int = -1) -> NDArray[np.float64]:
    """Keep the tokens whose logit is at most n standard deviations below the largest.

    The deviation is that of the logits of all tokens (minus infinity left out), not of
    probabilities. Temperature divides the distances to the largest logit and their deviation by the
    same number, so the same tokens are kept at every temperature. n is a positive number; useful
    values are around 1.

    Source: Tang et al. (2024), "Top-nσ: Not all logits are you need", arXiv:2411.07641, whose code
    divides the squares by the number of tokens less one. llama.cpp divides by the
    number itself, as we do, and takes 0 for "off"; Hugging Face, vLLM and mlx-lm do not have it.

    Examples
    --------
    >>> top_n_sigma([3.0, 2.0, 1.0, 0.0], 1)
    array([  3.,   2., -inf, -inf])
    """
    return _keep("top_n_sigma", logits, axis, n=n)


def xtc(logits: ArrayLike, threshold: float, axis: int = -1) -> NDArray[np.float64]:
    """Exclude top choices: of the tokens as probable as a threshold, keep the least likely alone.

    All tokens below the threshold stay. With fewer than two tokens that reach it, nothing happens.
    In use a coin decides before each token whether to exclude at all: the token's distribution
    is the mean of the two, weighted by the coin. threshold is above 0 and at most 1; above 0.5
    no two tokens reach it.

    Source: P. E. Weidmann (2024), pull request 6335 of text-generation-webui; a usual threshold is
    0.1, a usual coin 0.5. llama.cpp agrees, except that among equals its sort decides;
    mlx-lm counts only what is above the threshold; Hugging Face and vLLM do not have it.

    Examples
    --------
    >>> xtc(np.log([0.5, 0.3, 0.15, 0.05]), 0.1).round(2)
    array([-inf, -inf, -1.9, -3. ])
    """
    return _keep("xtc", logits, axis, threshold=threshold)


# What follows works on one row of logits, read at a temperature; those of minus infinity are
# dropped in any case.


def keep_typical_p(z: NDArray, temperature: float, p: float) -> NDArray[np.bool]:
    """Say which logits locally typical sampling keeps."""
    kept = np.ones(z.size, dtype=bool)
    if p < 1:
        probability, surprise, entropy = _information(z, temperature)
        order = np.argsort(np.abs(surprise - entropy), kind="stable")
        reached = np.cumsum(probability[order]) >= p * WITHIN
        kept[order[np.argmax(reached) + 1 :]] = False
    return kept


def keep_epsilon(z: NDArray, temperature: float, epsilon: float) -> NDArray[np.bool]:
    """Say which logits an epsilon cutoff keeps."""
    probability, _, _ = _information(z, temperature)
    return probability >= min(epsilon * WITHIN, probability.max())


def keep_eta(z: NDArray, temperature: float, epsilon: float) -> NDArray[np.bool]:
    """Say which logits an eta cutoff keeps."""
    probability, _, entropy = _information(z, temperature)
    return probability >= min(epsilon, np.sqrt(epsilon) * np.exp(-entropy)) * WITHIN


def keep_top_n_sigma(z: NDArray, temperature: float, n: float) -> NDArray[np.bool]:
    """Say which logits top-nσ keeps, at every temperature."""
    half = z.astype(np.float64) / 2  # the distance between two numbers of float64 need not be one
    below = half.max() - half
    scale = below[below < np.inf].max() or 1.0
    below /= scale
    return below * WITHIN <= n * below[below < np.inf].std()


def keep_xtc(z: NDArray, temperature: float, threshold: float) -> NDArray[np.bool]:
    """Say which logits stay when top choices are excluded."""
    probability, _, _ = _information(z, temperature)
    top = np.flatnonzero(probability >= threshold * WITHIN)
    kept = np.ones(z.size, dtype=bool)
    kept[top[np.argsort(-z[top], kind="stable")][:-1]] = False
    return kept


class Cut(NamedTuple):
    """One cut: how its setting is checked, under a name, and which logits of a row it keeps."""

    checked: Callable[[Any, str], float]
    keep: Callable[[NDArray, float, float], NDArray[np.bool]]


def _between(ends: str, most: float = 1) -> Callable[[Any, str], float]:
    return lambda value, name: real_number(value, name, 0, most, ends)


CUTS = {
    "top_k": Cut(whole_number, keep_top_k),
    "top_p": Cut(_between("(]"), keep_top_p),
    "min_p": Cut(_between("[]"), keep_min_p),
    "typical_p": Cut(_between("(]"), keep_typical_p),
    "epsilon_cutoff": Cut(_between("()"), keep_epsilon),
    "eta_cutoff": Cut(_between("()"), keep_eta),
    "top_n_sigma": Cut(_between("()", np.inf), keep_top_n_sigma),
    "xtc": Cut(_between("(]"), keep_xtc),
}


def _information(
    z: NDArray, temperature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return each token's probability and surprise, and their mean surprise, in nats."""
    exponent = scaled(z, temperature, z.max())
    weights = np.exp(exponent)
    total = weights.sum()
    probability, surprise = weights / total, np.log(total) - exponent
    return probability, surprise, (probability * np.where(probability > 0, surprise, 0.0)).sum()


def _keep(name: str, logits: ArrayLike, axis: int, **setting: float) -> NDArray[np.float64]:
    """Apply a cut to every row along `axis`; the setting comes under the name of its argument."""
    ((argument, value),) = setting.items()
    cut = CUTS[name]
    value = cut.checked(value, argument)
    z = logit_array(logits, axis)
    result = np.full(z.shape, -np.inf)
    rows, kept_rows = np.moveaxis(z, axis, -1), np.moveaxis(result, axis, -1)  # views: no copies
    for index in np.ndindex(rows.shape[:-1]):
        possible = np.flatnonzero(rows[index] > -np.inf)
        kept = possible[cut.keep(rows[index][possible], 1.0, value)]
        kept_rows[index][kept] = rows[index][kept]
    return result
