"""`check(answer)`: is a learner's function right, and if not, which mistake is it?"""

import copy
from collections.abc import Callable
from textwrap import shorten
from typing import Any

import numpy as np

from tempsampling.lessons.calls import Judgment, little_printed, one_line, tried
from tempsampling.lessons.exercises import EXERCISES, Exercise
from tempsampling.lessons.progress import remember

DRAWN = 30  # calls of an answer beside those that are easy to read
MOST_SHOWN = 150  # characters of a call's arguments, and of its result


def check(answer: Callable) -> None:
    """Print one sentence on a learner's function: not done yet, correct, or what the mistake is.

    >>> from tempsampling.lessons.solutions import scale_and_normalize
    >>> check(scale_and_normalize)
    Correct. Your function gives the right probabilities, hot and cold.
    """
    with little_printed():
        sentence, show_picture = diagnosis(answer)
    if sentence.startswith("Correct."):
        remember(answer.__name__)
    print(sentence)
    if show_picture:
        show_picture()


def diagnosis(answer: Callable, seed: int = 0) -> Judgment:
    """Return the sentence that `check` prints, and what shows its picture, if it has one.

    Who grades takes a `seed` other than 0: it draws as many calls again. (Where many answers are
    right, they are judged as `check` does, whatever the seed.)
    """
    name = getattr(answer, "__name__", "")
    if not callable(answer) or name not in EXERCISES:
        known = " or ".join(f"check({name})" for name in EXERCISES)
        return f"Give check the function you wrote, by the name it had: {known}.", None
    exercise = EXERCISES[name]
    if exercise.judge:
        return exercise.judge(answer)
    return _problem(exercise, answer, seed) or f"Correct. {exercise.praise}", None


def _problem(exercise: Exercise, answer: Callable, seed: int) -> str | None:
    trials = _trials(exercise, seed)
    with np.errstate(all="ignore"):
        expected = [exercise.solution(**arguments) for arguments in trials]
    results, problems = [], []
    for i, arguments in enumerate(trials):
        result, problem = _result(answer, arguments)
        if problem and (result is not None or i < len(exercise.arguments)):
            return problem
        results.append(result)
        if result is None or not same(result, expected[i]):
            problems.append(problem or _difference(answer, arguments, expected[i], result))
    if not problems:
        return None
    for sentence, mistake in exercise.mistakes.items():
        if _agree(mistake, trials, results):
            return f"Not yet: {sentence}"
    if all(map(_close, results, expected)):
        return (
            "Not yet: right to two or three digits only. Do not round or clip inside the function."
        )
    return problems[0]


def _trials(exercise: Exercise, seed: int) -> list[dict[str, Any]]:
    """Return arguments to call an answer with: those that are easy to read first."""
    seeds = dict.fromkeys([0, seed]) if exercise.draw else {}
    rngs = [np.random.default_rng(each) for each in seeds]
    drawn = [exercise.draw(rng) for rng in rngs for _ in range(DRAWN)]
    return [*exercise.arguments, *drawn]


def _result(answer: Callable, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    """Return what an answer returns as an array, None where it raises, and what is wrong with it.

    What can be judged from one call alone is wrong with it; a value that is not right is not.
    """
    given = copy.deepcopy(arguments)
    result, problem = tried(answer, given, lambda: _called(answer, arguments))
    if problem:
        return result, problem
    for name, value in arguments.items():
        if not _unchanged(given[name], value):
            told = f"your function changes its argument {name}. Make a new one instead."
            return ..., f"Not yet: {told}"
    try:
        if np.iscomplexobj(result):
            raise TypeError
        return np.asarray(result, dtype=float), None
    except Exception:  # an object can raise anything
        kind = type(result).__name__
        return ..., f"Not yet: return an array of numbers; yours is of type {kind}."


def _difference(answer: Callable, arguments: dict[str, Any], expected: Any, result: Any) -> str:
    wanted, got = (
        shorten(one_line(str(np.round(each, 3))), MOST_SHOWN, placeholder=" …")
        for each in (expected, result)
    )
    called = _called(answer, arguments)
    return f"Not yet: {called} must return {wanted}; yours returns {got}."


def _called(answer: Callable, arguments: dict[str, Any]) -> str:
    shown = {name: getattr(v, "__name__", one_line(repr(v))) for name, v in arguments.items()}
    pairs = ", ".join(f"{name}={value}" for name, value in shown.items())
    return f"{answer.__name__}({shorten(pairs, MOST_SHOWN, placeholder=' …')})"


def _agree(mistake: Callable, trials: list[dict[str, Any]], results: list[Any]) -> bool:
    """Say whether an answer made one mistake wherever it was tried."""
    for arguments, result in zip(trials, results, strict=True):
        try:
            with np.errstate(all="ignore"):
                made = mistake(**arguments)
        except Exception:
            made = None
        if (made is None) != (result is None) or (made is not None and not same(made, result)):
            return False
    return True


def _close(result: Any, expected: Any) -> bool:
    if result is None or np.shape(result) != np.shape(expected):
        return False
    return bool(np.allclose(result, expected, atol=2e-3))


def _unchanged(given: Any, value: Any) -> bool:
    if type(given) is not type(value):
        return False
    if isinstance(value, list):
        return len(given) == len(value) and all(map(_unchanged, given, value))
    return np.array_equal(given, value)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether two results are equal, but for rounding."""
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)
