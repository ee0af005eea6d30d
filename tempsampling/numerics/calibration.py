"""Calibration: does a confidence of 70 % mean right in 70 of 100 cases? And the T that mends it.

Confidences are probabilities a model gave to its own answers, `correct` says which were right.
Every computation is in float64, whatever the type of the arguments, and so is its result.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import (
    MOST,
    each_fits,
    generator,
    index_array,
    logit_array,
    plain_array,
    real_array,
    shorten,
    whole_number,
)

BLOCK = 2**20  # logits worked on at a time: 8 MB, because all of them may not fit twice


class Reliability(NamedTuple):
    """The reliability diagram: one number per bin of confidence, NaN where a bin is empty."""

    edges: NDArray[np.float64]  # bins + 1 of them; a bin includes its upper edge, the first 0 too
    count: NDArray[np.intp]
    confidence: NDArray[np.float64]  # mean confidence
    accuracy: NDArray[np.float64]  # share that was right


def reliability(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> Reliability:
    """Sort answers into bins of equal width by confidence, and compare it with the accuracy.

    Parameters
    ----------
    confidences : array of probabilities from 0 to 1, any shape
    correct : array of the same shape: True or 1 where the answer was right, False or 0 where not
    bins : whole number, at least 1

    Source: Guo et al. (2017), "On calibration of modern neural networks", arXiv:1706.04599,
    section 2.

    Examples
    --------
    >>> reliability([0.6, 0.7, 0.9], [True, False, True], bins=2).accuracy.round(2)
    array([ nan, 0.67])
    """
    confidences = _confidences(confidences)
    right = plain_array(correct, "correct")
    if right.dtype.kind not in "biuf":
        raise TypeError(f"correct must be True or False (1 or 0), got {shorten(correct)}")
    if right.shape != confidences.shape:
        raise ValueError(
            f"correct must have the shape of confidences, {confidences.shape}, got {right.shape}"
        )
    each_fits(right, (right == 0) | (right == 1), "correct", "True or False (1 or 0)")
    return _diagram(confidences, _bins(confidences, bins), right)


def expected_calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Return the mean distance between confidence and accuracy, over bins weighted by their size.

    The arguments are those of `reliability`. Even a perfect model does not reach 0, because
    accuracies over finitely many answers scatter: compare with `calibration_error_floor`.

    Source: Guo et al. (2017), arXiv:1706.04599, equation 3.

    Examples
    --------
    >>> expected_calibration_error([0.75, 0.75, 0.75, 0.75], [1, 1, 0, 0])
    0.25
    """
    return _error(reliability(confidences, correct, bins))


def calibration_error_floor(
    confidences: ArrayLike,
    bins: int = 15,
    *,
    repeats: int = 1000,
    rng: int | np.random.Generator | None = None,
) -> float:
    """Return the expected calibration error that a perfect model would show on average.

    The answers are made up: each is right with a probability that is exactly its confidence. What
    is left is the noise of so many answers in so many bins, and a measured error says something
    only as far as it is above this floor.

    Parameters
    ----------
    confidences, bins : as in `reliability`
    repeats : whole number, at least 1; how many times the answers are made up
    rng : seed, `numpy.random.Generator`, or None for fresh randomness

    Source: Bröcker and Smith (2007), "Increasing the reliability of reliability diagrams", who
    draw consistency bars in this way.

    Examples
    --------
    >>> round(calibration_error_floor([0.5] * 100, rng=0), 2)  # sqrt(0.5 / (pi 100)) = 0.04
    0.04
    """
    confidences = _confidences(confidences)
    bin_of = _bins(confidences, bins)
    repeats, rng = whole_number(repeats, "repeats", most=MOST), generator(rng)
    errors = [
        _error(_diagram(confidences, bin_of, rng.random(confidences.shape) < confidences))
        for _ in range(repeats)
    ]
    return float(np.mean(errors))


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the temperature at which the labels are likeliest.

    In beta = 1/T the log-likelihood, sum(beta z[label] - log sum exp(beta z)), is concave. Its
    slope, sum(z[label] - mean of z at beta), falls, and its zero is looked for with Newton's
    steps inside a bracket. (Newton's steps alone can run away to a negative T.) Two cases have
    their maximum at the end of the range:

    - every label has the largest logit of its row: T = 0;
    - the labels do no better than tokens drawn at random: T = infinity.

    Fit on other data than those you judge the result on.

    Parameters
    ----------
    logits : array of real numbers; the last axis is the vocabulary; minus infinity is impossible
    labels : array of whole numbers, the indices of the right tokens, of the logits' leading shape

    A label that is impossible is a ValueError, and so are rows of equal logits alone, which every
    temperature fits as well.

    Source: Guo et al. (2017), "On calibration of modern neural networks", arXiv:1706.04599,
    section 4.2.

    Examples
    --------
    >>> logits = [[np.log(3.0) / 2, 0.0]] * 4  # at T = 1/2 the first has probability 3/4
    >>> round(fit_temperature(logits, [0, 0, 0, 1]), 6)
    0.5
    """
    z = logit_array(logits)
    labels = index_array(labels, "labels", z.shape[-1])
    if labels.shape != z.shape[:-1]:
        raise ValueError(
            f"labels must have the leading shape of the logits, {z.shape[:-1]}, got {labels.shape}"
        )
    z, labels = z.reshape(-1, z.shape[-1]), labels.ravel()
    # A gap of 1.7e308 above and below 0 would be infinite. A power of 2 changes no digit.
    farthest = max(abs(float(z.max())), abs(float(z.min(where=z > -np.inf, initial=0.0))))
    unit = 2.0**-60 if farthest > 1e300 else 1.0
    right, widest = [], 0.0
    for rows, gaps in _gaps(z, unit):
        right.append(gaps[np.arange(len(gaps)), labels[rows]])
        widest = max(widest, -float(gaps.min(where=gaps > -np.inf, initial=0.0)))
    right = np.concatenate(right)
    if np.any(right == -np.inf):
        worst = labels[np.argmin(right)]
        raise ValueError(f"labels must be possible, got {worst}, whose logit is minus infinity")
    if widest == 0:
        raise ValueError("logits must differ within a row for T to matter, got only equal ones")
    if np.all(right == 0):
        return 0.0
    total = float((right / widest).sum())  # in units of the widest gap no square overflows

    def slope_and_variance(beta: float) -> tuple[float, float]:
        mean, variance = 0.0, 0.0
        for _, gaps in _gaps(z, unit):
            possible = gaps > -np.inf
            gaps = np.where(possible, gaps / widest, 0.0)
            weights = np.exp(beta * gaps) * possible
            weights /= weights.sum(axis=-1, keepdims=True)
            row_means = (weights * gaps).sum(axis=-1, keepdims=True)
            mean += float(row_means.sum())
            variance += float((weights * (gaps - row_means) ** 2).sum())
        return total - mean, variance

    slope, variance = slope_and_variance(0.0)
    if slope <= 1e-12 * abs(total):  # not above 0, but for rounding
        return np.inf
    low, beta, high = 0.0, (len(z) / variance) ** 0.5, np.inf
    for attempt in range(1000):
        slope, variance = slope_and_variance(beta)
        low, high = (beta, high) if slope > 0 else (low, beta)
        newton = beta + slope / variance if variance else np.inf
        if high == np.inf:  # no upper end yet: go up, but not out of sight
            following = min(newton, 4 * beta)
        elif low < newton < high and attempt < 50:  # far fewer do, unless the steps creep
            following = newton
        else:
            following = (low + high) / 2
        if abs(following - beta) <= 1e-12 * beta:
            break
        beta = following
    return float(widest / unit / beta)


def _gaps(z: NDArray, unit: float) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield, for some rows at a time, how far below the largest of its row each logit lies."""
    step = max(1, BLOCK // z.shape[-1])
    for start in range(0, len(z), step):
        rows = slice(start, start + step)
        block = z[rows].astype(np.float64) * unit
        yield rows, block - block.max(axis=-1, keepdims=True)


def _confidences(values: ArrayLike) -> NDArray:
    confidences = real_array(values, "confidences", axis=-1)
    possible = (confidences >= 0) & (confidences <= 1)
    each_fits(confidences, possible, "confidences", "from 0 to 1")
    return confidences


def _bins(confidences: NDArray, bins: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the edges of the bins, and the bin of each confidence."""
    bins = whole_number(bins, "bins", most=MOST)
    edges = np.arange(bins + 1) / bins  # correctly rounded, unlike linspace: 5/6 is an edge
    # 0.2 in float32 is a little more than in float64, but on the edge all the same.
    own = edges.astype(confidences.dtype) if confidences.dtype.kind == "f" else edges
    return edges, np.clip(np.searchsorted(own, confidences.ravel()) - 1, 0, bins - 1)


def _diagram(
    confidences: NDArray, bins: tuple[NDArray[np.float64], NDArray[np.intp]], correct: NDArray
) -> Reliability:
    edges, bin_of = bins
    count = np.bincount(bin_of, minlength=edges.size - 1)
    with np.errstate(invalid="ignore"):  # 0/0, an empty bin, is NaN
        confidence = np.bincount(bin_of, confidences.ravel(), edges.size - 1) / count
        accuracy = np.bincount(bin_of, correct.ravel(), edges.size - 1) / count
    return Reliability(edges, count, confidence, accuracy)


def _error(diagram: Reliability) -> float:
    distance = np.abs(diagram.accuracy - diagram.confidence)
    return float(np.nansum(distance * diagram.count) / diagram.count.sum())
