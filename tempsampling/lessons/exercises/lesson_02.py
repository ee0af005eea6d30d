"""Lesson 2: a softmax for tables that never overflows."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


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


WARM_UP = Exercise(
    solution=solutions.stable_softmax,
    arguments=[
        {"logits": np.array([[1000.0, 1001.0, 1002.0], [1.0, 2.0, 4.0]]), "temperature": 0.5},
        {"logits": np.array([[0.0, 2.0, 7.0], [-9000.0, -9002.0, -9001.0]]), "temperature": 3.0},
    ],
    mistakes={
        "One row is nan: its exponentials are infinite or all 0. Subtract each row's largest logit"
        " before np.exp.": lambda logits, temperature: _rows(_exp(logits / temperature)),
        "You subtracted the largest logit of the whole table, and a row far below it became 0 / 0."
        " Subtract each row's own: max(axis=1, keepdims=True).": lambda logits, temperature: _rows(
            np.exp((logits - logits.max()) / temperature)
        ),
        "Your columns sum to 1, not your rows. Take max and sum along"
        " axis=1.": lambda logits, temperature: _columns(
            np.exp((logits - logits.max(axis=0)) / temperature)
        ),
        "Your columns sum to 1, not your rows. The sum, too, goes along"
        " axis=1.": lambda logits, temperature: _columns(_shifted(logits, temperature)),
        "The whole table sums to 1. Every row must: sum(axis=1,"
        " keepdims=True).": lambda logits, temperature: _normalize(_shifted(logits, temperature)),
        "Each row's largest value is 1. One step is missing: divide every row by its"
        " sum.": lambda logits, temperature: _shifted(logits, temperature),
        "You multiplied by the temperature. Divide by it.": lambda logits, temperature: _rows(
            _shifted(logits, 1 / temperature)
        ),
        "The temperature has no effect. Divide the shifted logits by it before"
        " np.exp.": lambda logits, temperature: _rows(_shifted(logits, 1.0)),
    },
    praise="Every row sums to 1, and neither 1,000 nor -9,000 is too much for it.",
)
