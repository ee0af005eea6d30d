"""Lesson 9: the effective number of recipes that independent slots write."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax

Slots = list[list[float]]


def _bits(slots: Slots, temperature: float) -> list[float]:
    return [entropy(softmax(scores, temperature)) for scores in slots]


def _of_bits(function: Callable[[np.ndarray], float]) -> Callable:
    """Return the mistake that does the right thing up to the slots' entropies, in bits."""
    return lambda slots, temperature: function(np.array(_bits(slots, temperature)))


WARM_UP = Exercise(
    solution=solutions.effective_recipes,
    arguments=[
        {"slots": [[3.0, 2.0, 1.0], [0.5, 2.5], [1.0, 0.0, 4.0, 2.0]], "temperature": 2.0},
        {"slots": [[0.0, 1.0], [2.0, 1.5, 0.0, -1.0]], "temperature": 0.5},
    ],
    mistakes={
        "You averaged the entropies. That is one typical slot; independent slots add"
        " theirs.": _of_bits(lambda bits: 2 ** bits.mean()),
        "You added up the slots' effective numbers. Every choice in one slot goes with every"
        " choice in the others: multiply, or add the entropies first.": _of_bits(
            lambda bits: (2**bits).sum()
        ),
        "You averaged the slots' effective numbers. Every choice in one slot goes with every"
        " choice in the others: multiply, or add the entropies first.": _of_bits(
            lambda bits: (2**bits).mean()
        ),
        "These are the effective numbers of each slot. Recipes combine them: multiply them to one"
        " number.": _of_bits(lambda bits: 2**bits),
        "These are the entropies of each slot. Add them up, and raise 2 to that power.": _of_bits(
            lambda bits: bits
        ),
        "This is the entropy of a recipe, in bits. One step is missing: 2 to that power.": _of_bits(
            lambda bits: bits.sum()
        ),
        "You multiplied the entropies. Entropies add, and the effective numbers"
        " multiply.": _of_bits(lambda bits: 2 ** bits.prod()),
        "You took only the most varied slot. All of them make the recipe: add the"
        " entropies.": _of_bits(lambda bits: 2 ** bits.max()),
        "You raised e to a number of bits. Bits go with 2, nats with e.": _of_bits(
            lambda bits: np.exp(bits.sum())
        ),
        "You raised 2 to a number of nats. Nats go with e, bits with 2.": _of_bits(
            lambda bits: 2 ** (bits.sum() * np.log(2))
        ),
        "This is how many recipes are possible. They are not equally likely: use the"
        " entropy.": lambda slots, temperature: float(np.prod([len(scores) for scores in slots])),
        "The temperature has no effect. Give it to softmax.": lambda slots, temperature: (
            2 ** sum(_bits(slots, 1.0))
        ),
        "You multiplied by the temperature. Divide the scores by it.": lambda slots, temperature: (
            2 ** sum(_bits(slots, 1 / temperature))
        ),
        "You put all slots into one softmax, so that they compete. Each slot has its"
        " own.": lambda slots, temperature: (
            2 ** entropy(softmax(np.concatenate(slots), temperature))
        ),
    },
    praise="Entropies add, and the effective numbers multiply.",
)
