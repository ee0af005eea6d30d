"""`check(answer)`: is a learner's function right, and if not, which mistake is it?"""

import copy
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from tempsampling.exercises import EXERCISES, Exercise

MOST_STEPS = 1_000_000  # lines that an answer may run: a second or two


class _TooLong(BaseException):
    """Raised within an answer that does not end; not an Exception, which it might catch."""


def check(answer: Callable) -> None:
    """Print one sentence on a learner's function: not done yet, correct, or what the mistake is.

    >>> from tempsampling.solutions import scale_and_normalize
    >>> check(scale_and_normalize)
    Correct. Your function gives the right probabilities, hot and cold.
    """
    print(verdict(answer))


def verdict(answer: Callable) -> str:
    """Return the sentence that `check` prints."""
    name = getattr(answer, "__name__", "")
    if not callable(answer) or name not in EXERCISES:
        known = " or ".join(f"check({name})" for name in EXERCISES)
        return f"Give check the function you wrote, by the name it had: {known}."
    exercise = EXERCISES[name]
    for arguments in exercise.arguments:
        problem = _problem(exercise, answer, arguments)
        if problem:
            return problem
    return f"Correct. {exercise.praise}"


def _problem(exercise: Exercise, answer: Callable, arguments: dict[str, Any]) -> str | None:
    given = copy.deepcopy(arguments)
    call = ", ".join(f"{name}={_one_line(repr(value))}" for name, value in arguments.items())
    expected = exercise.solution(**arguments)
    try:
        with np.errstate(all="ignore"):
            result = _run(answer, given)
    except _TooLong:
        return f"Not yet: {answer.__name__}({call}) does not end. Look at its loops."
    except Exception as error:
        return f"Not yet: {answer.__name__}({call}) raised {type(error).__name__}: {error}."
    if result is None or result is ...:
        return (
            f"Not done yet: {answer.__name__} returns nothing. Replace the dots with your code,"
            " and end with return."
        )
    for name, value in arguments.items():
        if not _unchanged(given[name], value):
            return f"Not yet: your function changes its argument {name}. Make a new one instead."
    try:
        if np.iscomplexobj(result):
            raise TypeError
        result = np.asarray(result, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return f"Not yet: return an array of numbers; yours is of type {type(result).__name__}."
    if _same(result, expected):
        return None
    for mistake, sentence in exercise.mistakes:
        if _same(result, mistake(**arguments)):
            return f"Not yet: {sentence}"
    if np.shape(result) == np.shape(expected) and np.allclose(result, expected, atol=2e-3):
        return "Not yet: right to two or three digits only. Do not round inside the function."
    wanted, got = (_one_line(str(np.round(a, 3))) for a in (expected, result))
    return f"Not yet: {answer.__name__}({call}) must return {wanted}; yours returns {got}."


def _run(answer: Callable, arguments: dict[str, Any]) -> Any:
    """Call an answer, and stop it after so many lines: the same on every machine, unlike a time."""
    steps = 0

    def count(frame: FrameType, event: str, arg: Any) -> Callable:
        nonlocal steps
        steps += 1
        if steps > MOST_STEPS:
            raise _TooLong
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        return answer(**arguments)
    finally:
        sys.settrace(before)


def _unchanged(given: Any, value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return np.array_equal(given, value)
    return bool(given == value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)
