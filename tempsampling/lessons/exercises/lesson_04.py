"""Lesson 4: the probability outside the k likeliest tokens."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax


def _ranked(logits: np.ndarray, temperature: float) -> np.ndarray:
    return np.sort(softmax(logits, temperature))[::-1]


def _weights(logits: np.ndarray, temperature: float) -> np.ndarray:
    return np.exp(np.sort(logits)[::-1] / temperature)


def _draw(rng: np.random.Generator) -> dict:
    n = int(rng.integers(2, 40))
    logits = rng.normal(size=n) * rng.choice([1.0, 10.0, 1000.0])
    return {
        "logits": logits,
        "temperature": float(rng.choice([0.05, 0.5, 1.0, 2.0, 50.0])),
        "k": int(rng.integers(1, n + 1)),
    }


WARM_UP = Exercise(
    solution=solutions.mass_outside_top,
    arguments=[
        {
            "logits": np.array([1.0, 4.0, 2.0, 3.0, 0.5, -1.0, 2.5, -2.0]),
            "temperature": 2.0,
            "k": 3,
        },
        {"logits": np.array([0.0, 3.0, -1.0, 1.5, 2.2, 0.7]), "temperature": 0.8, "k": 2},
    ],
    mistakes={
        "This is the mass inside the top k. Sum the others: those after the first"
        " k.": lambda logits, temperature, k: _ranked(logits, temperature)[:k].sum(),
        "The temperature has no effect. Give it to softmax, together with the"
        " logits.": lambda logits, temperature, k: _ranked(logits, 1.0)[k:].sum(),
        "You multiplied by the temperature. Divide the logits by it: softmax(logits, temperature)"
        " does.": lambda logits, temperature, k: _ranked(logits, 1 / temperature)[k:].sum(),
        "You left out the first k tokens of the list, not the k likeliest. Sort"
        " first.": lambda logits, temperature, k: softmax(logits, temperature)[k:].sum(),
        "You left out the k least likely tokens: np.sort begins with the smallest. Turn it around"
        " with [::-1].": lambda logits, temperature, k: np.sort(softmax(logits, temperature))[
            k:
        ].sum(),
        "This is the mass of the k least likely tokens. The tail is everything but the k"
        " likeliest, however many that are.": lambda logits, temperature, k: np.sort(
            softmax(logits, temperature)
        )[:k].sum(),
        "You left out one token too many. The first k have the positions 0 to k - 1, so the tail"
        " begins at position k.": lambda logits, temperature, k: _ranked(logits, temperature)[
            k + 1 :
        ].sum(),
        "You left out one token too few. The first k have the positions 0 to k - 1, so the tail"
        " begins at position k.": lambda logits, temperature, k: _ranked(logits, temperature)[
            k - 1 :
        ].sum(),
        "Your result is always 1: a softmax of the tail alone. Take the softmax of all logits"
        " first, and cut afterwards.": lambda logits, temperature, k: softmax(
            np.sort(logits)[::-1][k:], temperature
        ).sum(),
        "Your result is always 0: the softmax of the top k alone sums to 1. Take the softmax of"
        " all logits first, and cut afterwards.": lambda logits, temperature, k: (
            1 - softmax(np.sort(logits)[::-1][:k], temperature).sum()
        ),
        "You divided the tail's weight by that of the top k. Divide by the sum of all"
        " weights.": lambda logits, temperature, k: (
            _weights(logits, temperature)[k:].sum() / _weights(logits, temperature)[:k].sum()
        ),
        "These are weights, not probabilities. Divide by the sum of all weights, or use"
        " softmax.": lambda logits, temperature, k: _weights(logits, temperature)[k:].sum(),
        "You counted the tokens outside the top k. Add up their"
        " probabilities.": lambda logits, temperature, k: 1 - k / logits.size,
    },
    draw=_draw,
    praise="Your function adds up the tail, whatever the order of the tokens.",
)
