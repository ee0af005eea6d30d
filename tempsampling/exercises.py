"""The exercises: what a right answer returns, and the sentences for the usual mistakes.

A mistake is a function: if a learner's results are the mistake's results, its sentence says what
went wrong. More specific mistakes stand before more general ones.
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


@np.errstate(invalid="ignore")  # nan is the mistake
def _rows(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


@np.errstate(over="ignore")
def _exp(x: np.ndarray) -> np.ndarray:
    return np.exp(x)


def _columns(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=0)


def _shifted(logits: np.ndarray, temperature: float) -> np.ndarray:
    return np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)


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
    "stable_softmax": Exercise(
        solution=solutions.stable_softmax,
        arguments=[
            {"logits": np.array([[1000.0, 1001.0, 1002.0], [1.0, 2.0, 4.0]]), "temperature": 0.5},
            {
                "logits": np.array([[0.0, 2.0, 7.0], [-9000.0, -9002.0, -9001.0]]),
                "temperature": 3.0,
            },
        ],
        mistakes=[
            (
                lambda logits, temperature: _rows(_exp(logits / temperature)),
                "One row is nan: its exponentials are infinite or all 0. Subtract each row's"
                " largest logit before np.exp.",
            ),
            (
                lambda logits, temperature: _rows(np.exp((logits - logits.max()) / temperature)),
                "You subtracted the largest logit of the whole table, and a row far below it became"
                " 0 / 0. Subtract each row's own: max(axis=1, keepdims=True).",
            ),
            (
                lambda logits, temperature: _columns(
                    np.exp((logits - logits.max(axis=0)) / temperature)
                ),
                "Your columns sum to 1, not your rows. Take max and sum along axis=1.",
            ),
            (
                lambda logits, temperature: _columns(_shifted(logits, temperature)),
                "Your columns sum to 1, not your rows. The sum, too, goes along axis=1.",
            ),
            (
                lambda logits, temperature: _normalize(_shifted(logits, temperature)),
                "The whole table sums to 1. Every row must: sum(axis=1, keepdims=True).",
            ),
            (
                lambda logits, temperature: _shifted(logits, temperature),
                "Each row's largest value is 1. One step is missing: divide every row by its sum.",
            ),
            (
                lambda logits, temperature: _rows(_shifted(logits, 1 / temperature)),
                "You multiplied by the temperature. Divide by it.",
            ),
            (
                lambda logits, temperature: _rows(_shifted(logits, 1.0)),
                "The temperature has no effect. Divide the shifted logits by it before np.exp.",
            ),
        ],
        praise="Every row sums to 1, and neither 1,000 nor -9,000 is too much for it.",
    ),
}
