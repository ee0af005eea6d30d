"""Find where the ranking of the tokens is cut, without sorting the vocabulary.

Top-k, top-p and a draw each need a single place in the ranking: the k-th logit, or the token at
which the running probability passes a bound. `kth_largest` and `crossing` narrow the vocabulary
down to the few tokens among which that place lies, and rank only those. What they return is defined
by a full sort, written in their docstrings; the tests compare the two.

All functions take one row of logits; the arguments were checked.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tempsampling.numerics.distributions import scaled

GROUPS_OF = 64  # tokens whose largest logit stands for all of them
SLICES = 2048  # into which the range of the logits is cut
BLOCK = 8192  # tokens worked on at a time, few enough for the processor's cache
FEW = 1024  # tokens that are ranked at once
WITHIN = 1 - 1e-10  # a bound is reached but for rounding: a sum over 400,000 tokens is this exact


def kth_largest(z: NDArray, k: int) -> float:
    """Return `np.sort(z)[-k]`: the k-th largest of one row of logits, 1 <= k <= size.

    Cut the logits into groups. The k largest group maxima are k of the logits, so the k-th largest
    logit is at least the k-th largest maximum: only what is not below that needs sorting.
    """
    groups = z.size // GROUPS_OF
    if groups >= k:
        # Columns of a matrix are the groups: maxima over its rows run at the speed of memory.
        maxima = z[: groups * GROUPS_OF].reshape(GROUPS_OF, groups).max(axis=0)
        z = z[z >= np.sort(maxima)[-k]]
    return np.sort(z)[-k]


@np.errstate(over="ignore")  # of the range, which is not sliced then
def crossing(
    z: NDArray, temperature: float, heights: NDArray[np.float64]
) -> tuple[NDArray[np.intp], float]:
    """Return the tokens at which the running probability, likeliest first, passes each height.

    And the sum of all weights, of which the largest is 1: what probabilities are divided by.

    z is one row of logits; 0 <= height < 1; the tokens have a positive probability. By a full sort:

        order = np.argsort(-z, kind="stable")
        running = np.cumsum(np.exp(scaled(z[order], temperature, z.max())))
        return order[running.searchsorted(heights * running[-1], side="right")], running[-1]

    Many heights share that sort. For one alone, cut the range of the logits into slices, add up the
    weights in each, and look further only into the slice in which the bound is passed. If that
    still holds many tokens, as when a few far outliers stretch the range, it is sliced again.
    """
    largest, inside, bounds, total = z.max(), None, None, None
    if z.min() == -np.inf:  # or else the range is infinite, and all would have to be ranked
        inside = np.flatnonzero(z > -np.inf)
        z = z[inside]
    while z.size > FEW and heights.size == 1:
        top = z.max()
        width = (top - z.min()) / SLICES
        if not np.finfo(z.dtype).tiny < width < np.inf:  # equal, or too close or far to divide
            break
        weight_of = np.zeros(SLICES + 2)  # one more for the smallest logit, and one for rounding
        for start in range(0, z.size, BLOCK):
            block = z[start : start + BLOCK]
            slice_of = ((top - block) / width).astype(np.intp)
            weights = np.exp(scaled(block, temperature, largest))
            weight_of += np.bincount(slice_of, weights, weight_of.size)
        running = weight_of.cumsum()
        if total is None:
            total, bounds = running[-1], heights * running[-1]
        (chosen,) = _first_past(running, bounds)
        bounds = bounds - (running[chosen - 1] if chosen else 0.0)
        depth = (top - z) / width
        here = np.flatnonzero((depth >= chosen) & (depth < chosen + 1))
        z, inside = z[here], here if inside is None else inside[here]
    order = (-z).argsort(kind="stable")
    running = np.exp(scaled(z[order], temperature, largest)).cumsum()
    if total is None:
        total, bounds = running[-1], heights * running[-1]
    places = order[_first_past(running, bounds)]
    return places if inside is None else inside[places], float(total)


def _first_past(running: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the first places at which a running sum is greater than the bounds.

    Subtracting earlier slices may lift a bound to the whole sum by rounding. It is lowered then,
    to the last place at which the sum still grows. A weight of 0 adds nothing: never its place.
    """
    below = math.nextafter(running[-1], -1)
    return running.searchsorted(np.minimum(bounds, below), side="right")


def keep_top_k(z: NDArray, temperature: float, k: int) -> NDArray[np.bool]:
    """Say which logits top-k keeps, at every temperature."""
    return z >= kth_largest(z, min(k, z.size))


def keep_top_p(z: NDArray, temperature: float, p: float) -> NDArray[np.bool]:
    """Say which logits top-p keeps."""
    if p == 1:
        return np.ones(z.size, dtype=bool)
    (last,), _ = crossing(z, temperature, np.array([p * WITHIN]))
    keep = z >= z[last]
    keep[last + 1 :] &= z[last + 1 :] != z[last]
    return keep


def keep_min_p(z: NDArray, temperature: float, p: float) -> NDArray[np.bool]:
    """Say which logits min-p keeps."""
    return np.exp(scaled(z, temperature, z.max())) >= p * WITHIN
