"""Draw tokens: temperature and truncation in a named order, then one uniform number per token.

The order of the steps changes which tokens survive, so it is an argument. Hugging Face applies
temperature, top-k, top-p, min-p, which is the default here. vLLM applies min-p before top-k.
llama.cpp and mlx-lm put temperature last: logits [3, 2, 1] with T = 0.5 and top-p = 0.8 keep one
token when temperature comes first and two when it comes last.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import (
    logit_array,
    share,
    shorten,
    temperature_number,
    uniforms,
    whole_number,
)
from tempsampling._selection import FEW, WITHIN, crossing, keep_min_p, keep_top_k, keep_top_p
from tempsampling._tiny import TINY, draw_from_tiny
from tempsampling.distributions import scaled

ORDER = ("temperature", "top_k", "top_p", "min_p")


def truncate(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    order: Sequence[str] = ORDER,
) -> NDArray[np.float64]:
    """Return the probabilities after temperature and truncation.

    Temperature never changes the ranking, and the limits keep it too: at T = infinity the tokens
    that survive top-k and top-p are still the likeliest, and share the probability equally.

    Parameters
    ----------
    logits : array of real numbers, any shape; the last axis is the vocabulary
        Minus infinity means impossible.
    temperature : real number from 0 to infinity, both included
    top_k, top_p, min_p : as in the functions of the same names; None switches a step off
    order : the four names, in the order in which the steps are applied

    Returns
    -------
    float64 array of the same shape, sum 1 along the last axis, 0 where a token is dropped.

    Raises
    ------
    ValueError
        For values out of range, an order that is not a permutation of the four names, and bad
        logits: NaN, plus infinity, an empty axis, nothing finite.
    TypeError
        For arguments of the wrong kind.

    Examples
    --------
    >>> truncate([3.0, 2.0, 1.0], temperature=0.5, top_p=0.9).round(3)
    array([0.881, 0.119, 0.   ])
    """
    z = logit_array(logits)
    start, steps = checked_chain(temperature, top_k, top_p, min_p, order)
    result = np.zeros(z.shape)
    for index in np.ndindex(z.shape[:-1]):
        kept, survivors, final = _survivors(z[index], start, steps)
        weights = np.exp(scaled(survivors, final, survivors.max()))
        result[index][kept] = weights / weights.sum()
    return result


def sample(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    order: Sequence[str] = ORDER,
    size: int | tuple[int, ...] | None = None,
    rng: int | np.random.Generator | None = None,
    noise: ArrayLike | None = None,
) -> int | NDArray[np.intp]:
    """Draw tokens from the probabilities that `truncate` returns.

    Every token is drawn from one uniform number u: stack the probabilities, the likeliest token
    first (equal logits by index), and take the token in which the height u falls. So u = 0 always
    gives the likeliest token, and a larger u never a likelier one.

    The ranking is the same at every temperature, which is why this order is used: with the same u
    at every temperature (*common random numbers*), a higher temperature gives the same token or
    one further down the ranking, never an unrelated one. In the order of the vocabulary, a small
    change of temperature would exchange tokens that have nothing to do with each other. The same
    seed shares its uniform numbers in this way; `noise` lets you hold them in your hand.

    Parameters
    ----------
    logits, temperature, top_k, top_p, min_p, order : as in `truncate`
    size : draws per distribution, a number or a shape, up to ten million; None means one
    rng : seed, `numpy.random.Generator`, or None for fresh randomness
    noise : array of real numbers u, 0 <= u < 1, instead of `size` and `rng`
        The last axes match the leading shape of the logits; those before them count the draws.

    Returns
    -------
    Indices of tokens: an int for a single draw, otherwise an array of shape `size` followed by the
    leading shape of the logits (the shape of `noise`, if given).

    Raises
    ------
    ValueError, TypeError
        As in `truncate`; for noise outside [0, 1), of a shape that does not fit, or together with
        `size` or `rng`; for a negative size or seed.

    Examples
    --------
    >>> sample([2.0, 1.0, 0.0], temperature=0.5, noise=[0.0, 0.5, 0.95])
    array([0, 0, 1])
    """
    z = logit_array(logits)
    start, steps = checked_chain(temperature, top_k, top_p, min_p, order)
    u = uniforms(z.shape[:-1], size, rng, noise)
    rows = z.reshape(-1, z.shape[-1])
    heights = u.reshape(-1, max(len(rows), 1))
    tokens = np.empty(heights.shape, dtype=np.intp)
    for i, row in enumerate(rows):
        if len(heights) == 1 and row.size <= TINY:
            tokens[0, i] = draw_from_tiny(row.tolist(), start, steps, heights.item(i))
        elif len(heights) == 1 and row.size > FEW:
            tokens[0, i] = _draw_from_many(row, start, steps, heights[0, i])[0]
        else:
            ranked, running = _ranked_survivors(row, start, steps)
            bounds = heights[:, i] * running.item(-1)  # less than the sum, because heights are < 1
            tokens[:, i] = ranked[running.searchsorted(bounds, side="right")]
    return tokens.reshape(u.shape) if u.ndim else int(tokens.item())


def draw(z: NDArray, noise: float, **settings: Any) -> tuple[int, float]:
    """Draw one token from one row of logits; return it with its probability under the sampler.

    For use inside the package: `noise` is one number u, the settings are those of `sample`.

    >>> draw(np.array([2.0, 1.0, 0.0]), 0.5, temperature=0.0)
    (0, 1.0)
    """
    return _draw_from_many(logit_array(z), *checked_chain(**settings), noise)


def checked_chain(
    temperature: float,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    order: Sequence[str] = ORDER,
) -> tuple[float, list[tuple[str, Any]]]:
    """Return the temperature to begin with, and the steps that are switched on, in order."""
    if order is not ORDER and (
        not isinstance(order, Sequence) or sorted(map(str, order)) != sorted(ORDER)
    ):
        raise ValueError(f"order must hold each of {ORDER} once, got {shorten(order)}")
    settings = {
        "temperature": temperature_number(temperature),
        "top_k": None if top_k is None else whole_number(top_k, "top_k"),
        "top_p": None if top_p is None else share(top_p, "top_p"),
        "min_p": None if min_p is None else share(min_p, "min_p", zero=True),
    }
    steps = [(step, settings[step]) for step in order if settings[step] is not None]
    start = steps.pop(0)[1] if steps[0][0] == "temperature" else 1.0
    return start, steps


def _ranked_survivors(
    z: NDArray, start: float, steps: list[tuple[str, Any]]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the tokens of one row that survive the chain, likeliest first, and running weights.

    This is the definition: sort, and let each step keep the first tokens of the ranking. Ranking
    goes by the logits themselves, so that no limit of the temperature makes ties.
    """
    order = (-z).argsort(kind="stable")
    ranked = z[order]
    largest = ranked.item(0)  # a Python float: NumPy is slower to calculate with its own
    weights = np.exp(scaled(ranked, start, largest))
    running = np.add.accumulate(weights)
    for step, setting in steps:
        if step == "temperature":
            weights = np.exp(scaled(ranked, setting, largest))
            running = np.add.accumulate(weights)
        elif step == "top_k" and setting < ranked.size:
            ranked = ranked[ranked >= ranked[setting - 1]]
        elif step == "top_p" and setting < 1:
            bound = setting * WITHIN * running[ranked.size - 1]
            ranked = ranked[: running.searchsorted(bound, side="right") + 1]
        elif step == "min_p":
            ranked = ranked[weights[: ranked.size] >= setting * WITHIN]
    return order[: ranked.size], running[: ranked.size]


def _draw_from_many(
    z: NDArray, start: float, steps: list[tuple[str, Any]], height: float
) -> tuple[int, float]:
    """Draw without sorting, for a large vocabulary."""
    kept, survivors, final = _survivors(z, start, steps)
    place, total = crossing(survivors, final, height)
    weight = np.exp(scaled(survivors[place], final, survivors.max()))
    return int(kept[place]), float(weight / total)


def _survivors(
    z: NDArray, start: float, steps: list[tuple[str, Any]]
) -> tuple[NDArray[np.intp], NDArray, float]:
    """Return the same tokens in the order of the vocabulary, their logits, and the temperature.

    Nothing is sorted: this is the way for a large vocabulary.
    """
    kept, temperature = None, start
    for step, setting in steps:
        if step == "temperature":
            temperature = setting
            continue
        if step == "top_k":
            keep = keep_top_k(z, setting)
        elif step == "top_p":
            keep = keep_top_p(z, temperature, setting)
        else:
            keep = keep_min_p(z, temperature, setting)
        inside = np.flatnonzero(keep)
        kept, z = inside if kept is None else kept[inside], z[inside]
    return np.arange(z.size) if kept is None else kept, z, temperature
