"""Checks of arguments, shared by the numerical modules.

Each returns the checked value or raises an error that names the argument, the value and what
would be right. Wrong kinds of values raise TypeError, wrong values ValueError.
"""

import math
import re
from collections.abc import Collection
from numbers import Integral, Number, Real
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import ArrayLike, NDArray

# Beyond these, memory may be full, and then the kernel is killed, which says nothing.
MOST = 10**7  # numbers
SEQUENCES = 1000  # texts written at once
MASKED = {np.ma.MaskedArray, type(np.ma.masked)}


def plain_array(values: ArrayLike, name: str) -> NDArray:
    """Return `values` as an array of whatever kind; it may share memory: never write to it."""
    rows = values if isinstance(values, list | tuple) else [values]
    if type(values) is not np.ndarray and not MASKED.isdisjoint(map(type, rows)):
        raise TypeError(f"{name} must be a plain array, got a masked one: fill it first")
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be rectangular, got {shorten(values)}") from None


def each_fits(array: NDArray, fits: NDArray[np.bool], name: str, wanted: str) -> None:
    """Raise ValueError with the first number that does not fit, if there is one."""
    if not fits.all():
        raise ValueError(f"{name} must be {wanted}, got {array[~fits].flat[0]}")


def real_numbers(values: ArrayLike, name: str) -> NDArray:
    """Return one number or any array of integers or floats; it may share memory."""
    array = plain_array(values, name)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, got {shorten(values)}")
    return array


def real_array(values: ArrayLike, name: str, axis: int = -1) -> NDArray:
    """Return `values` as an array of integers or floats that is not empty along `axis`.

    The result may share memory with the input: never write to it.
    """
    array = real_numbers(values, name)
    if array.ndim == 0:
        raise ValueError(f"{name} must have at least one axis, got the single number {array}")
    if axis != -1 or type(axis) is not int:
        try:
            axis = normalize_axis_index(axis, array.ndim)
        except (TypeError, ValueError, OverflowError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(
                f"axis must be one of {name} of shape {array.shape}, got {shorten(axis)}"
            ) from None
    if array.shape[axis] == 0:
        raise ValueError(f"{name} must not be empty along axis {axis}, got shape {array.shape}")
    return array


def logit_array(values: ArrayLike, name: str = "logits", axis: int = -1) -> NDArray:
    """Return logits: finite or minus infinity, with something finite along `axis`.

    32- and 64-bit floats keep their type, so that a large array of them is not copied;
    everything else becomes float64.
    """
    array = real_array(values, name, axis)
    if array.dtype.kind != "f" or array.itemsize not in (4, 8):
        array = array.astype(np.float64)
    largest = np.maximum.reduce(array, axis=axis)  # NaN wins over numbers: this finds it as well
    # The sum of squares is the quicker question, where all is well.
    if not math.isfinite(np.vdot(largest, largest)) and not np.isfinite(largest).all():
        wrong = array[np.isnan(array) | (array == np.inf)]
        if wrong.size:
            raise ValueError(f"{name} must be finite or minus infinity, got {wrong[0]}")
        raise ValueError(
            f"{name} must hold at least one finite value along axis {axis}, got only -inf"
        )
    return array


def probability_array(values: ArrayLike, name: str, axis: int = -1) -> NDArray[np.float64]:
    """Return probabilities as float64: not negative, with sum 1 along `axis`."""
    p = real_array(values, name, axis).astype(np.float64)
    each_fits(p, np.isfinite(p) & (p >= 0), name, "from 0 to 1")
    total = p.sum(axis=axis)
    if np.any(np.abs(total - 1) > 1e-4):
        worst = np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))]
        raise ValueError(f"{name} must sum to 1 along axis {axis}, got a sum of {worst:.6g}")
    return p


def label_array(values: ArrayLike, name: str, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return one index of a token for each row of logits of `shape`, as a flat array."""
    array = plain_array(values, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers, got {shorten(values)}")
    if array.shape != shape[:-1]:
        raise ValueError(
            f"{name} must have the leading shape of the logits, {shape[:-1]}, got {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    each_fits(array, (array >= 0) & (array < shape[-1]), name, f"from 0 to {shape[-1] - 1}")
    return array.astype(np.intp).ravel()


def real_number(value: float, name: str) -> float:
    """Return a real number as a Python float."""
    if type(value) is float:  # the usual case; the checks below cost a microsecond
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {shorten(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must fit into a float, got {shorten(value)}") from None


def whole_number(value: int, name: str, least: int = 1, most: float = math.inf) -> int:
    """Return an integer from `least` to `most` as a Python int."""
    if type(value) is int and least <= value <= most:  # the usual case
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {shorten(value)}")
    if value > most:
        raise ValueError(f"{name} must be at most {most}, got {shorten(value)}")
    return int(value)


def temperature_number(value: float, name: str = "temperature") -> float:
    """Return a temperature: a real number from 0 to infinity, both included."""
    number = real_number(value, name)
    if not number >= 0:
        raise ValueError(f"{name} must be a number from 0 to infinity, got {shorten(value)}")
    return number


def share(value: float, name: str, zero: bool = False) -> float:
    """Return a real number from 0 to 1; 0 itself only where it has a meaning."""
    number = real_number(value, name)
    if not 0 <= number <= 1 or (number == 0 and not zero):
        bounds = "from 0 to 1" if zero else "greater than 0 and at most 1"
        raise ValueError(f"{name} must be {bounds}, got {shorten(value)}")
    return number


def open_share(value: float, name: str) -> float:
    """Return a real number between 0 and 1, both excluded."""
    number = real_number(value, name)
    if not 0 < number < 1:
        raise ValueError(f"{name} must be greater than 0 and less than 1, got {shorten(value)}")
    return number


def finite_number(value: float, name: str, zero: bool = True) -> float:
    """Return a real number from 0 to below infinity; 0 itself only where it has a meaning."""
    number = real_number(value, name)
    if not 0 <= number < np.inf or (number == 0 and not zero):
        least = "at least 0" if zero else "greater than 0"
        raise ValueError(f"{name} must be finite and {least}, got {shorten(value)}")
    return number


def generator(rng: int | np.random.Generator | None, name: str = "rng") -> np.random.Generator:
    """Turn a seed, a generator or None into a generator, as in Scientific Python's SPEC 7."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    try:
        return np.random.default_rng(whole_number(rng, name, least=0))
    except TypeError:
        raise TypeError(
            f"{name} must be a seed, a numpy.random.Generator or None, got {shorten(rng)}"
        ) from None


def uniforms(leading: tuple[int, ...], size: Any, rng: Any, noise: Any) -> NDArray[np.float64]:
    """Return the uniform numbers to draw with, checked if they came from the caller."""
    if noise is None:
        rng, shape = generator(rng), _shape(size) + leading
        if math.prod(shape) > MOST:
            raise ValueError(f"size must ask for at most {MOST} tokens, got {shorten(size)}")
        return np.asarray(rng.random(shape))
    if size is not None or rng is not None:
        raise ValueError("noise replaces size and rng: give either noise or those, not both")
    u = real_numbers(noise, "noise")
    if u.shape[max(u.ndim - len(leading), 0) :] != leading:
        raise ValueError(
            f"noise must end in the leading shape of the logits, {leading}, got shape {u.shape}"
        )
    u = u.astype(np.float64)
    each_fits(u, (u >= 0) & (u < 1), "noise", "from 0 up to, not including, 1")
    return u


def _shape(size: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if size is None:
        return ()
    lengths = size if isinstance(size, tuple | list) else [size]
    return tuple(whole_number(length, "size", least=0) for length in lengths)


def string(value: str, name: str) -> str:
    """Return a string of any characters."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {shorten(value)}")
    return value


def whole_text(value: str, name: str) -> str:
    """Return a string in which every character is whole, so that it can be written anywhere."""
    try:
        string(value, name).encode()
    except UnicodeEncodeError as error:
        half = value[error.start]
        raise ValueError(f"{name} must not hold half a character, got {half!r}") from None
    return value


def one_of(value: str, name: str, known: Collection[str]) -> str:
    """Return a string that is one of those that are known."""
    if string(value, name) not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {shorten(value)}")
    return value


def shorten(value: object) -> str:
    """Return how a value is written, in one line, cut to fit into an error message."""
    try:
        text = re.sub(r"\n\s*", " ", str(value) if isinstance(value, Number) else repr(value))
    except Exception:  # a number of thousands of digits, or a repr of the caller's own
        text = f"{type(value).__name__} that cannot be written out"
    return text if len(text) <= 60 else text[:57] + "..."
