"""Lesson 1: scale and normalize; read the temperature from a chart."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def _draw(rng: np.random.Generator) -> dict:
    logits = rng.normal(size=int(rng.integers(1, 9)))
    logits = np.round(logits, int(rng.integers(0, 4))) * rng.choice([1.0, 5.0])  # ties, too
    return {"logits": logits, "temperature": float(rng.choice([0.2, 0.5, 1.0, 2.0, 50.0]))}


WARM_UP = Exercise(
    solution=solutions.scale_and_normalize,
    arguments=[
        {"logits": np.array([1.0, 2.0, 3.0, 4.0]), "temperature": 0.25},
        {"logits": np.array([2.0, 0.5, -1.0]), "temperature": 3.0},
    ],
    mistakes={
        "You multiplied by the temperature. Divide by it: a high temperature must bring the logits"
        " closer together.": lambda logits, temperature: _normalize(np.exp(logits * temperature)),
        "Your values do not sum to 1. Divide each weight by the sum of all"
        " weights.": lambda logits, temperature: np.exp(logits / temperature),
        "Two things: divide by the temperature instead of multiplying, and then divide each weight"
        " by the sum of all weights.": lambda logits, temperature: np.exp(logits * temperature),
        "You divided by 0.5, whatever the temperature. Use the argument"
        " temperature.": lambda logits, temperature: _normalize(np.exp(logits / 0.5)),
        "You divided by the sum of other weights. Sum the weights of the scaled"
        " logits.": lambda logits, temperature: np.exp(logits / temperature) / np.exp(logits).sum(),
        "Your largest value is 1. Divide by the sum of the weights, not by the"
        " largest.": lambda logits, temperature: np.exp((logits - logits.max()) / temperature),
        "You divided the probabilities by the temperature. Divide the logits, before"
        " np.exp.": lambda logits, temperature: _normalize(np.exp(logits)) / temperature,
        "The temperature has no effect. Divide the logits by it before np.exp; a factor after"
        " np.exp cancels when you divide by the sum.": lambda logits, temperature: _normalize(
            np.exp(logits)
        ),
        "You divided by the sum of the scaled logits. Divide by the sum of the weights, which come"
        " after np.exp.": lambda logits, temperature: (
            np.exp(logits / temperature) / (logits / temperature).sum()
        ),
        "There is a minus too much before the logits: the largest must get the largest"
        " probability.": lambda logits, temperature: _normalize(np.exp(-logits / temperature)),
        "You divided by the sum before np.exp. Take np.exp first, then divide by the"
        " sum.": lambda logits, temperature: np.exp(_normalize(logits / temperature)),
        "You divided the scaled logits by their sum. Take np.exp of them first: it makes every"
        " weight positive.": lambda logits, temperature: _normalize(logits / temperature),
        "These are the scaled logits. Two steps are missing: np.exp, and dividing by the"
        " sum.": lambda logits, temperature: logits / temperature,
    },
    draw=_draw,
    praise="Your function gives the right probabilities, hot and cold.",
)


def _chart(logits: np.ndarray, temperature: float) -> dict:
    weights = np.exp((logits - logits.max()) / temperature)
    return {"logits": logits, "probabilities": _normalize(weights)}


def _draw_chart(rng: np.random.Generator) -> dict:
    logits = rng.normal(size=int(rng.integers(2, 9))).round(int(rng.integers(0, 4)))
    logits[rng.integers(logits.size)] += 3  # at least two differ
    logits[0] += np.ptp(logits) == 0
    if rng.random() < 0.5:
        logits = np.sort(logits)[:: rng.choice([-1, 1])]
    return _chart(logits + rng.choice([-1000.0, 0.0, 5.0]), float(np.exp(rng.uniform(-2, 3))))


def _ends(logits: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """The gap of the largest to the smallest logit, and the odds."""
    i, j = logits.argmax(), logits.argmin()
    return logits[i] - logits[j], probabilities[i] / probabilities[j]


def _inverse(logits: np.ndarray, probabilities: np.ndarray) -> float:
    gap, odds = _ends(logits, probabilities)
    return np.log(odds) / gap


def _without_log(logits: np.ndarray, probabilities: np.ndarray) -> float:
    gap, odds = _ends(logits, probabilities)
    return gap / odds


def _bits(logits: np.ndarray, probabilities: np.ndarray) -> float:
    gap, odds = _ends(logits, probabilities)
    return gap / np.log2(odds)


def _upside_down(logits: np.ndarray, probabilities: np.ndarray) -> float:
    gap, odds = _ends(logits, probabilities)
    return gap / np.log(1 / odds)


def _difference(logits: np.ndarray, probabilities: np.ndarray) -> float:
    gap, _ = _ends(logits, probabilities)
    return gap / np.ptp(probabilities)


def _first_two(logits: np.ndarray, probabilities: np.ndarray) -> float:
    return (logits[0] - logits[1]) / np.log(probabilities[0] / probabilities[1])


def _first_and_last(logits: np.ndarray, probabilities: np.ndarray) -> float:
    return (logits[0] - logits[-1]) / np.log(probabilities[0] / probabilities[-1])


def _as_if_logs(logits: np.ndarray, probabilities: np.ndarray) -> float:
    return logits.max() / np.log(probabilities.max())


SECOND = Exercise(
    solution=solutions.temperature_of,
    arguments=[
        _chart(np.array([1.0, 2.0, 3.0, 4.0]), 0.5),
        _chart(np.array([1.0, 1.0, 0.0, 1.0]), 2.0),
    ],
    mistakes={
        "This is 1 / T. The logarithm of the odds is the gap between two logits divided by T: solve"
        " for T.": _inverse,
        "The odds are exp(gap / T), not gap / T. Take np.log of them first.": _without_log,
        "np.log2 counts in bits; softmax uses e. Take np.log.": _bits,
        "Your T is negative: gap and odds must be of the same two tokens in the same"
        " order.": _upside_down,
        "You divided by a difference of probabilities. What T sets is how many *times* as likely"
        " one token is: divide them, and take np.log.": _difference,
        "You compared the first two tokens. Where their logits are equal, their odds are 1 at every"
        " T. Compare two that differ, such as the likeliest and the least likely.": _first_two,
        "You compared the first and the last token. Where their logits are equal, their odds are 1"
        " at every T. Compare two that differ.": _first_and_last,
        "One token alone does not tell T: its probability holds the sum of all weights. In the"
        " *ratio* of two it cancels.": _as_if_logs,
    },
    draw=_draw_chart,
    praise="You can read the temperature off any chart that shows its logits.",
)
