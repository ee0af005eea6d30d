"""From logits to probabilities: softmax with temperature, its logarithm, and entropy.

Temperature T divides the logits z before the softmax,

    p_i = exp(z_i / T) / sum_j exp(z_j / T),

the Boltzmann distribution of Ackley, Hinton and Sejnowski (1985), "A learning algorithm for
Boltzmann machines", with logits for negative energies. Both limits have a meaning here: T = 0 puts
all mass on the largest logit (shared equally among exact ties), and T = infinity is uniform over
the finite logits. A logit of minus infinity marks an impossible token; it has probability 0 at
every temperature.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import logit_array, probability_array, real_number


def softmax(logits: ArrayLike, temperature: float = 1.0, axis: int = -1) -> NDArray[np.float64]:
    """Turn logits into probabilities at a temperature.

    Parameters
    ----------
    logits : array of real numbers, any shape
        Scores; larger means likelier. Minus infinity means impossible; NaN, plus infinity, and no
        finite logit at all along the axis are a ValueError.
    temperature : real number from 0 to infinity, both included
    axis : the axis along which the probabilities sum to 1 (the vocabulary)

    Returns
    -------
    float64 array of the same shape.

    Examples
    --------
    >>> softmax([1.0, 2.0, 3.0], temperature=0.5).round(3)
    array([0.016, 0.117, 0.867])
    """
    weights = np.exp(_scaled(logits, temperature, axis))
    return weights / weights.sum(axis=axis, keepdims=True)


def log_softmax(logits: ArrayLike, temperature: float = 1.0, axis: int = -1) -> NDArray[np.float64]:
    """Return the natural logarithm of `softmax(logits, temperature, axis)`, without underflow.

    Where the probability is 0 in the limit (T = 0, or a logit of minus infinity), the result is
    minus infinity.

    Examples
    --------
    >>> log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    scaled = _scaled(logits, temperature, axis)
    return scaled - np.log(np.exp(scaled).sum(axis=axis, keepdims=True))


def entropy(
    probabilities: ArrayLike, base: float = 2, axis: int = -1
) -> float | NDArray[np.float64]:
    """Return Shannon's entropy, -sum p log p, with 0 log 0 = 0.

    The probabilities sum to 1 along `axis`, the vocabulary; the result is a float for one
    distribution, otherwise an array without `axis`. `base` is 2 for bits, `numpy.e` for nats.

    Source: Shannon (1948), "A mathematical theory of communication", section 6.

    Examples
    --------
    >>> entropy([0.5, 0.25, 0.25])
    1.5
    """
    p = probability_array(probabilities, axis)
    base = real_number(base, "base", 1, np.inf, "()")
    # log(1) stands in for log(0): 0 log 0 is 0. A sum just above 1 must not count as less than 0.
    nats = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=axis)
    result = np.where(nats > 0, nats, 0.0) / np.log(base)
    return float(result) if result.ndim == 0 else result


def _scaled(logits: ArrayLike, temperature: float, axis: int) -> NDArray[np.float64]:
    z = logit_array(logits, axis)
    temperature = real_number(temperature, "temperature", 0)
    return scaled(z, temperature, z.max(axis=axis, keepdims=True))


@np.errstate(over="ignore")  # a difference beyond float64 counts as minus infinity: exp gives 0
def scaled(z: NDArray, temperature: float, largest: ArrayLike) -> NDArray[np.float64]:
    """Logits over temperature, shifted so that the largest is 0 and `exp` cannot overflow.

    For use inside the package, on arguments that were checked.
    """
    if temperature == 0:
        return np.where(z == largest, 0.0, -np.inf)
    if temperature == np.inf:
        return np.where(z == -np.inf, -np.inf, 0.0)
    exponent = np.subtract(z, largest, dtype=np.float64)
    exponent /= temperature
    return exponent
