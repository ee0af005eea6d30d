"""`check(answer)`: is a learner's function right, and if not, which mistake is it?"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from tempsampling.lessons.calls import (
    NOTHING,
    TooLongError,
    call,
    little_printed,
    one_line,
    raised,
)
from tempsampling.lessons.exercises import EXERCISES, Exercise


def check(answer: Callable) -> None:
    """Print one sentence on a learner's function: not done yet, correct, or what the mistake is.

    >>> from tempsampling.lessons.solutions import scale_and_normalize
    >>> check(scale_and_normalize)
    Correct. Your function gives the right probabilities, hot and cold.
    """
    with little_printed():
        sentence, show_picture = diagnosis(answer)
    print(sentence)
    if show_picture:
        show_picture()


def diagnosis(answer: Callable) -> tuple[str, Callable[[], None] | None]:
    """Return the sentence that `check` prints, and what shows its picture, if it has one."""
    name = getattr(answer, "__name__", "")
    if not callable(answer) or name not in EXERCISES:
        known = " or ".join(f"check({name})" for name in EXERCISES)
        return f"Give check the function you wrote, by the name it had: {known}.", None
    exercise = EXERCISES[name]
    if exercise.judge:
        return exercise.judge(answer)
    for arguments in exercise.arguments:
        problem = _problem(exercise, answer, arguments)
        if problem:
            return problem, None
    return f"Correct. {exercise.praise}", None


def _problem(exercise: Exercise, answer: Callable, arguments: dict[str, Any]) -> str | None:
    given = copy.deepcopy(arguments)
    shown = ", ".join(f"{name}={one_line(repr(value))}" for name, value in arguments.items())
    expected = exercise.solution(**arguments)
    try:
        result = call(answer, given)
    except TooLongError:
        return f"Not yet: {answer.__name__}({shown}) does not end. Look at its loops."
    except (Exception, SystemExit) as error:
        return f"Not yet: {answer.__name__}({shown}) {raised(error)}."
    if result is None or result is ...:
        return NOTHING.format(answer.__name__)
    for name, value in arguments.items():
        if not _unchanged(given[name], value):
            return f"Not yet: your function changes its argument {name}. Make a new one instead."
    try:
        if np.iscomplexobj(result):
            raise TypeError
        result = np.asarray(result, dtype=float)
    except Exception:  # an object can raise anything
        return f"Not yet: return an array of numbers; yours is of type {type(result).__name__}."
    if same(result, expected):
        return None
    for sentence, mistake in exercise.mistakes.items():
        if same(result, mistake(**arguments)):
            return f"Not yet: {sentence}"
    if np.shape(result) == np.shape(expected) and np.allclose(result, expected, atol=2e-3):
        return "Not yet: right to two or three digits only. Do not round inside the function."
    wanted, got = (one_line(str(np.round(a, 3))) for a in (expected, result))
    return f"Not yet: {answer.__name__}({shown}) must return {wanted}; yours returns {got}."


def _unchanged(given: Any, value: Any) -> bool:
    if type(given) is not type(value):
        return False
    if isinstance(value, list):
        return len(given) == len(value) and all(map(_unchanged, given, value))
    return np.array_equal(given, value)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether two results are equal, but for rounding."""
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)
