"""Checks of arguments: each returns the checked value, or raises an error that says what is wrong.

The message names the argument, what would be right, and the value that was given. A value of the
wrong kind is a TypeError, a value out of range a ValueError.
"""

import math
import re
from collections.abc import Collection, Iterable
from numbers import Integral, Number, Real
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import ArrayLike, NDArray

MOST = 10**7  # numbers that a call may ask for: beyond that, the kernel could run out of memory
MASKED = {np.ma.MaskedArray, type(np.ma.masked)}
BOUNDS = {"[": "at least", "(": "greater than", "]": "at most", ")": "less than"}


def plain_array(values: ArrayLike, name: str) -> NDArray:
    """Return an array of any type; it may share memory with `values`, so never write to it."""
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


def real_array(values: ArrayLike, name: str, axis: int | None = None) -> NDArray:
    """Return an array of integers or floats; with an axis, one that is not empty along it.

    It may share memory with `values`, so never write to it.
    """
    array = plain_array(values, name)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, got {shorten(values)}")
    if axis is None:
        return array
    if array.ndim == 0:
        raise ValueError(f"{name} must have at least one axis, got the single number {array}")
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


def logit_array(values: ArrayLike, axis: int = -1) -> NDArray:
    """Return logits: finite or minus infinity, with something finite along `axis`.

    32- and 64-bit floats keep their type, so that a large array of them is not copied;
    everything else becomes float64.
    """
    array = real_array(values, "logits", axis)
    if array.dtype.kind != "f" or array.itemsize not in (4, 8):
        array = array.astype(np.float64)
    largest = np.maximum.reduce(array, axis=axis)  # NaN wins over numbers: this finds it as well
    if not np.isfinite(largest).all():
        wrong = array[np.isnan(array) | (array == np.inf)]
        if wrong.size:
            raise ValueError(f"logits must be finite or minus infinity, got {wrong[0]}")
        raise ValueError(
            f"logits must hold at least one finite value along axis {axis}, got only -inf"
        )
    return array


def probability_array(values: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Return probabilities as float64: not negative, with sum 1 along `axis`.

    The sum may miss 1 by what the type of `values` rounds away: in half precision, 0.001 or more.
    """
    given = real_array(values, "probabilities", axis)
    p = given.astype(np.float64)
    each_fits(p, np.isfinite(p) & (p >= 0), "probabilities", "from 0 to 1")
    tolerance = 1e-4
    if given.dtype.kind == "f":
        info = np.finfo(given.dtype)
        tolerance += float(info.eps) + p.shape[axis] * float(info.smallest_subnormal)
    total = p.sum(axis=axis)
    if np.any(np.abs(total - 1) > tolerance):
        worst = np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))]
        raise ValueError(f"probabilities must sum to 1 along axis {axis}, got a sum of {worst:.6g}")
    return p


def index_array(values: ArrayLike, name: str, below: int) -> NDArray[np.intp]:
    """Return an array of whole numbers from 0 up to, not including, `below`; not empty."""
    array = plain_array(values, name)
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers, got {shorten(values)}")
    each_fits(array, (array >= 0) & (array < below), name, f"from 0 to {below - 1}")
    return array.astype(np.intp)


def real_number(
    value: float, name: str, low: float = -math.inf, high: float = math.inf, ends: str = "[]"
) -> float:
    """Return a real number as a Python float, from `low` to `high`.

    `ends` says in mathematics' notation which of the two belongs to the range: "(]" only `high`.

    >>> real_number(0, "p", 0, 1, "(]")
    Traceback (most recent call last):
    ValueError: p must be a number greater than 0 and at most 1, got 0
    """
    if not isinstance(value, float):  # to ask for other kinds of numbers takes a microsecond
        value = _scalar(value, name, Real, "a real number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name} must fit into a float, got {shorten(value)}") from None
    above = number >= low if ends[0] == "[" else number > low
    below = number <= high if ends[1] == "]" else number < high
    if not (above and below):  # NaN is neither
        bounds = [(ends[0], low), (ends[1], high)]
        said = [f"{BOUNDS[end]} {bound:g}" for end, bound in bounds]
        wanted = f"from {low:g} to {high:g}" if ends == "[]" else " and ".join(said)
        wanted = wanted.replace("inf", "infinity")
        raise ValueError(f"{name} must be a number {wanted}, got {shorten(value)}")
    return number


def whole_number(value: int, name: str, least: int = 1, most: float = math.inf) -> int:
    """Return an integer from `least` to `most` as a Python int."""
    number = _scalar(value, name, Integral, "a whole number")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {shorten(value)}")
    if number > most:
        raise ValueError(f"{name} must be at most {most}, got {shorten(value)}")
    return int(number)


def _scalar(value: Any, name: str, kind: type, wanted: str) -> Any:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}, got {shorten(value)}")
    return value


def generator(rng: int | np.random.Generator | None, name: str = "rng") -> np.random.Generator:
    """Turn a seed, a generator or None into a generator, as Scientific Python's SPEC 7 has it."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    try:
        return np.random.default_rng(whole_number(rng, name, least=0))
    except TypeError:
        raise TypeError(
            f"{name} must be a seed, a numpy.random.Generator or None, got {shorten(rng)}"
        ) from None


def listed(values: Iterable, name: str) -> list:
    """Return an iterable, but not a string, as a list that is not empty."""
    scalar = isinstance(values, np.ndarray) and values.ndim == 0
    if scalar or isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list, got {shorten(values)}")
    values = list(values)
    if not values:
        raise ValueError(f"{name} must not be empty, got {values}")
    return values


def string(value: str, name: str, *, whole: bool = False) -> str:
    """Return a string; a whole one holds no half of a character, so it can be written anywhere."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {shorten(value)}")
    if whole:
        try:
            value.encode()
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
