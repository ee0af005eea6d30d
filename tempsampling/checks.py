"""`check(answer)`: is a learner's function right, and if not, which mistake is it?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tempsampling.exercises import EXERCISES, Exercise


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
    given = {name: np.copy(value)[()] for name, value in arguments.items()}
    call = ", ".join(f"{name}={_one_line(repr(value))}" for name, value in arguments.items())
    expected = exercise.solution(**arguments)
    try:
        with np.errstate(all="ignore"):
            result = answer(**given)
    except Exception as error:
        return f"Not yet: {answer.__name__}({call}) raised {type(error).__name__}: {error}."
    if result is None or result is ...:
        return (
            f"Not done yet: {answer.__name__} returns nothing. Replace the dots with your code,"
            " and end with return."
        )
    for name, value in arguments.items():
        if not np.array_equal(given[name], value):
            return f"Not yet: your function changes its argument {name}. Make a new array instead."
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


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)
