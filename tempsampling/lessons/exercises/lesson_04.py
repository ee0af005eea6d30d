"""Lesson 4: the probability outside the k likeliest tokens, and how much heat it allows."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax
from tempsampling.numerics.metrics import tail_mass


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


def _tails(logits: np.ndarray, temperatures: list, k: int) -> list[float]:
    return [tail_mass(softmax(logits, temperature), k) for temperature in temperatures]


def _highest(allowed: Callable) -> Callable:
    """Return the function that picks the highest temperature whose tail is allowed, in a sense."""

    def answer(logits: np.ndarray, temperatures: list, k: int, length: int) -> float:
        tails = _tails(logits, temperatures, k)
        return max(
            T for T, m in zip(temperatures, tails, strict=True) if allowed(min(m, 1), length)
        )

    return answer


def _good(logits: np.ndarray, temperatures: list, k: int, length: int) -> list:
    tails = _tails(logits, temperatures, k)
    chances = [(1 - min(m, 1)) ** length for m in tails]
    return [T for T, chance in zip(temperatures, chances, strict=True) if chance >= 0.5]


def _nearest(logits: np.ndarray, temperatures: list, k: int, length: int) -> float:
    tails = _tails(logits, temperatures, k)
    return temperatures[np.argmin([abs((1 - m) ** length - 0.5) for m in tails])]


def _chance(logits: np.ndarray, temperatures: list, k: int, length: int) -> float:
    T = solutions.hottest(logits, temperatures, k, length)
    return (1 - tail_mass(softmax(logits, T), k)) ** length


def _heats(rng: np.random.Generator) -> dict:
    while True:
        n = int(rng.integers(2, 60))
        highest = rng.choice([1.0, 4.0, 50.0])
        drawn = {
            "logits": rng.normal(size=n) * rng.choice([1.0, 4.0, 1000.0]),
            "temperatures": rng.uniform(0.05, highest, size=rng.integers(1, 30)).tolist(),
            "k": int(rng.choice([1, rng.integers(1, n + 1), n])),
            "length": int(rng.choice([1, 2, 5, 20, 1000])),
        }
        tails = _tails(drawn["logits"], drawn["temperatures"], drawn["k"])
        chances = (1 - np.array(tails)) ** drawn["length"]
        decided = np.abs(chances - 0.5).min() > 1e-4  # by more than rounding
        if decided and chances.max() > 0.5 and (chances.min() < 0.5 or rng.random() < 0.1):
            return drawn


SECOND = Exercise(
    solution=solutions.hottest,
    arguments=[
        {
            "logits": np.array([30.0, 20.0, 10.0, 0.0, -5.0, 5.0]),
            "temperatures": [2.0, 6.0, 1.0, 3.0, 8.0, 4.0, 12.0, 20.0],
            "k": 3,
            "length": 5,
        },
        {
            "logits": np.array([0.0, 40.0, 60.0, 10.0, 5.0]),
            "temperatures": [9.0, 5.0, 12.0, 4.0, 7.0, 10.0, 30.0, 11.0, 15.0, 8.0],
            "k": 2,
            "length": 20,
        },
    ],
    mistakes={
        "You looked at one draw. A text of length draws stays out of the tail only if all of them"
        " do.": _highest(lambda m, length: 1 - m >= 0.5),
        "You added up the tails of all draws, which counts a text twice that meets the tail twice."
        " All draws stay out with (1 - m) ** length.": _highest(
            lambda m, length: 1 - length * m >= 0.5
        ),
        "You returned the lowest of the temperatures that allow it. Return the"
        " highest.": lambda **given: min(_good(**given)),
        "You returned the first that allows it, and the temperatures are in any order. Return the"
        " highest.": lambda **given: _good(**given)[0],
        "You returned the last that allows it, and the temperatures are in any order. Return the"
        " highest.": lambda **given: _good(**given)[-1],
        "You returned the highest of all temperatures. Leave out those at which the text meets the"
        " tail too often.": lambda logits, temperatures, k, length: max(temperatures),
        "You returned the temperature whose chance is nearest to one half, and it may be less."
        " Return the highest with at least one half.": _nearest,
        "You returned all temperatures that allow it. Return the highest of them.": _good,
        "You returned the chance. Return the temperature that has it.": _chance,
        "You returned the place in the list. Return the temperature that stands"
        " there.": lambda logits, temperatures, k, length: temperatures.index(
            solutions.hottest(logits, temperatures, k, length)
        ),
    },
    draw=_heats,
    praise="A longer text must be colder, or its tail cut off.",
)
