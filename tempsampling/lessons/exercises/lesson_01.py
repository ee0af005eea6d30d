"""Lesson 1: scale and normalize."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


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
    praise="Your function gives the right probabilities, hot and cold.",
)
