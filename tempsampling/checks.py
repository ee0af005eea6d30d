"""`check(answer)`: is a learner's function right, and if not, which mistake is it?

An exercise is a solution, arguments to try, and the usual mistakes. A mistake is a function too: if
the learner's results are the mistake's results, its sentence says what went wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tempsampling import solutions


@dataclass(frozen=True)
class Exercise:
    """What a right answer returns, and what the usual wrong ones return."""

    solution: Callable
    arguments: list[dict[str, Any]]  # each call must tell every mistake from the solution
    mistakes: list[tuple[Callable, str]]  # a wrong function, and the sentence that helps
    praise: str


def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


EXERCISES = {
    "scale_and_normalize": Exercise(
        solution=solutions.scale_and_normalize,
        arguments=[
            {"logits": np.array([1.0, 2.0, 3.0, 4.0]), "temperature": 0.25},
            {"logits": np.array([2.0, 0.5, -1.0]), "temperature": 3.0},
        ],
        mistakes=[
            (
                lambda logits, temperature: _normalize(np.exp(logits * temperature)),
                "You multiplied by the temperature. Divide by it: a high temperature must bring"
                " the logits closer together.",
            ),
            (
                lambda logits, temperature: np.exp(logits / temperature),
                "Your values do not sum to 1. Divide each weight by the sum of all weights.",
            ),
            (
                lambda logits, temperature: np.exp(logits * temperature),
                "Two things: divide by the temperature instead of multiplying, and then divide each"
                " weight by the sum of all weights.",
            ),
            (
                lambda logits, temperature: _normalize(np.exp(logits / 0.5)),
                "You divided by 0.5, whatever the temperature. Use the argument temperature.",
            ),
            (
                lambda logits, temperature: np.exp(logits / temperature) / np.exp(logits).sum(),
                "You divided by the sum of other weights. Sum the weights of the scaled logits.",
            ),
            (
                lambda logits, temperature: np.exp((logits - logits.max()) / temperature),
                "Your largest value is 1. Divide by the sum of the weights, not by the largest.",
            ),
            (
                lambda logits, temperature: _normalize(np.exp(logits)) / temperature,
                "You divided the probabilities by the temperature. Divide the logits, before"
                " np.exp.",
            ),
            (
                lambda logits, temperature: _normalize(np.exp(logits)),
                "The temperature has no effect. Divide the logits by it before np.exp; a factor"
                " after np.exp cancels when you divide by the sum.",
            ),
            (
                lambda logits, temperature: _normalize(logits / temperature),
                "You divided the scaled logits by their sum. Take np.exp of them first: it makes"
                " every weight positive.",
            ),
            (
                lambda logits, temperature: logits / temperature,
                "These are the scaled logits. Two steps are missing: np.exp, and dividing by the"
                " sum.",
            ),
        ],
        praise="Your function gives the right probabilities, hot and cold.",
    ),
}


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
    call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
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
    wanted, got = (" ".join(str(np.round(a, 3)).split()) for a in (expected, result))
    return f"Not yet: {answer.__name__}({call}) must return {wanted}; yours returns {got}."


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9)
