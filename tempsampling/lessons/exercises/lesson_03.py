"""Lesson 3: a softmax that works down to T = 0."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


def _softmax(scaled: np.ndarray) -> np.ndarray:
    weights = np.exp(scaled - scaled.max())
    return weights / weights.sum()


def _first(logits: np.ndarray) -> np.ndarray:
    return np.eye(logits.size)[np.argmax(logits)]


def _best(logits: np.ndarray) -> np.ndarray:
    return logits == logits.max()


@np.errstate(all="ignore")  # nan is the mistake
def _divided_by_zero(logits: np.ndarray, temperature: float) -> np.ndarray:
    weights = np.exp((logits - logits.max()) / temperature)
    return weights / weights.sum()


@np.errstate(all="ignore")
def _unshifted(logits: np.ndarray, temperature: float) -> np.ndarray:
    weights = np.exp(logits / temperature)
    return weights / weights.sum()


def _only_if_hot(cold: object) -> object:
    """Return a function that is right above T = 0, and `cold(logits)` there."""
    return lambda logits, temperature: (
        _softmax(logits / temperature) if temperature else cold(logits)
    )


WARM_UP = Exercise(
    solution=solutions.probabilities_at,
    arguments=[
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0},
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0.5},
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0.005},
    ],
    mistakes={
        "You divided by zero, and nan came out. Treat temperature == 0 before you"
        " divide.": _divided_by_zero,
        "At T = 0.005 np.exp overflows, and nan came out. Subtract the largest logit"
        " first.": lambda logits, temperature: (
            _unshifted(logits, temperature) if temperature else _best(logits) / 2
        ),
        "Infinite divided by infinite is nan: you divided by zero, or by something tiny"
        " without subtracting the largest logit first. Treat temperature == 0 before you"
        " divide.": _unshifted,
        "At T = 0 you gave everything to the first of two equal logits. Equal logits share: logits"
        " == logits.max() finds them both.": _only_if_hot(_first),
        "At T = 0 your values do not sum to 1. Divide them by how many largest logits there"
        " are.": _only_if_hot(_best),
        "At T = 0 you left the logits undivided, which is T = 1. The largest must get"
        " everything.": _only_if_hot(_softmax),
        "At T = 0 you made all equal. That is the other end, T = infinity.": _only_if_hot(
            lambda logits: np.full(logits.size, 1 / logits.size)
        ),
        "At T = 0 you returned which logit is largest. Return the probabilities of"
        " all.": _only_if_hot(np.argmax),
        "You are greedy at every temperature. Only T = 0 gives everything to the"
        " largest.": lambda logits, temperature: _best(logits) / _best(logits).sum(),
        "T = 0 is right. At T = 0.5 you multiplied by the temperature; divide by"
        " it.": lambda logits, temperature: (
            _softmax(logits * temperature) if temperature else _best(logits) / 2
        ),
        "T = 0 is right. At T = 0.5 your values do not sum to 1: divide by the sum of the"
        " weights.": lambda logits, temperature: (
            np.exp((logits - logits.max()) / temperature) if temperature else _best(logits) / 2
        ),
    },
    praise="It works hot, cold, and at zero, where ties share.",
)
