"""How sure is a mean? Every ± of the course is this margin: half of a 95 % interval."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import each_fits, real_array


def mean_and_margin(
    values: ArrayLike, axis: int = 0
) -> tuple[float, float] | tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean along an axis, and half of its 95 % interval by Student's t.

    There is one value for each unit that varies by chance, at least two: a prompt, a question, a
    repetition. Where two settings saw the same prompts, give their differences.

    Source: Student (1908), "The probable error of a mean", Biometrika 6.

    Examples
    --------
    >>> mean, margin = mean_and_margin([1.0, 2.0, 3.0])
    >>> print(f"{mean:.2f} ± {margin:.2f}")
    2.00 ± 2.48
    """
    x = real_array(values, "values", axis).astype(np.float64)
    each_fits(x, np.isfinite(x), "values", "finite")
    if x.shape[axis] < 2:
        raise ValueError(f"values must be at least two along axis {axis}, got shape {x.shape}")
    error = x.std(axis=axis, ddof=1) / np.sqrt(x.shape[axis])
    mean, margin = x.mean(axis=axis), _student(x.shape[axis] - 1) * error
    return (float(mean), float(margin)) if mean.ndim == 0 else (mean, margin)


def _student(degrees: int) -> float:
    """Return what Student's t exceeds in 2.5 % of cases.

    With t = sqrt(degrees) tan(angle), the angle has the density cos(angle)^(degrees - 1).
    """
    angle = np.linspace(0, np.pi / 2, 20_001)
    density = np.cos(angle) ** (degrees - 1)
    below = np.append(0.0, np.cumsum(density[1:] + density[:-1]))
    return float(np.sqrt(degrees) * np.tan(np.interp(0.95, below / below[-1], angle)))
