"""Lesson 11: the entropy of each channel of a palette."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax


def _bits(p: np.ndarray, axis: int = 1) -> np.ndarray:
    with np.errstate(all="ignore"):  # where p is 0, it is nan
        return -(p * np.log2(p)).sum(axis=axis)


def _rows(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


WARM_UP = Exercise(
    solution=solutions.palette_entropy,
    arguments=[
        {
            "logits": np.array([[1.0, 2.0, 3.0, 5.0], [0.5, 0.5, 2.0, 1.0], [4.0, 1.0, 1.5, 3.0]]),
            "temperature": 0.5,
        },
        {"logits": np.array([[3.0, 1.0, 2.0], [1.0, 6.0, 4.0]]), "temperature": 3.0},
        {"logits": np.array([[3.0, 3.0, 2.0], [1.0, 6.0, 4.0]]), "temperature": 0.001},
    ],
    mistakes={
        "Right, but for very low temperatures, where you return nan: 0 times minus"
        " infinity, or np.exp of too large a number. Use softmax, and np.log2(np.maximum(p,"
        " 1e-300)).": lambda logits, temperature: _bits(softmax(logits, temperature)),
        "The temperature has no effect. Divide the logits by it, before np.exp. Dividing the"
        " colors' values changes no probability.": lambda logits, temperature: _bits(
            softmax(logits)
        ),
        "You divided the numbers by the temperature and by their sum, and the temperature"
        " canceled. Take np.exp in between.": lambda logits, temperature: _bits(
            _rows(logits / temperature)
        ),
        "You divided the probabilities by the temperature. Divide the logits, before"
        " np.exp.": lambda logits, temperature: _bits(softmax(logits) / temperature),
        "You divided the entropy by the temperature. Divide the"
        " logits.": lambda logits, temperature: _bits(softmax(logits)) / temperature,
        "You multiplied the entropy by the temperature. Divide the logits by"
        " it.": lambda logits, temperature: _bits(softmax(logits)) * temperature,
        "You multiplied by the temperature. Divide by it.": lambda logits, temperature: _bits(
            softmax(logits * temperature)
        ),
        "You went down the columns. Each row is a channel: take sums along"
        " axis=1.": lambda logits, temperature: _bits(
            softmax(logits / temperature, axis=0), axis=0
        ),
        "Your probabilities sum to 1 down the columns. Every row must:"
        " axis=1.": lambda logits, temperature: _bits(softmax(logits / temperature, axis=0)),
        "The probabilities are right, but you summed the entropy down the columns:"
        " axis=1.": lambda logits, temperature: _bits(softmax(logits / temperature), axis=0),
        "You divided by the temperature twice. softmax(logits, temperature) does it"
        " already.": lambda logits, temperature: _bits(softmax(logits / temperature, temperature)),
        "You added up all surprises, -log2 p, alike. Weight each with its probability first: p"
        " times it.": lambda logits, temperature: (
            -np.log2(np.maximum(softmax(logits, temperature), 1e-300)).sum(axis=1)
        ),
        "You took one softmax of the whole table. Every row is a distribution of its"
        " own.": lambda logits, temperature: _bits(softmax((logits / temperature).ravel()), axis=0),
        "You took one softmax of the whole table, so that the rows do not sum to 1. Divide every"
        " row by its own sum.": lambda logits, temperature: _bits(
            softmax((logits / temperature).ravel()).reshape(logits.shape)
        ),
        "These are nats. For bits take np.log2, or divide by ln 2.": lambda logits, temperature: (
            entropy(softmax(logits, temperature), base=np.e)
        ),
        "The sign is missing: the logarithm of a probability is negative, the entropy is"
        " not.": lambda logits, temperature: -_bits(softmax(logits, temperature)),
        "You took the mean over the channels. Return one number for"
        " each.": lambda logits, temperature: _bits(softmax(logits, temperature)).mean(),
        "You added up the channels. Return one number for each.": lambda logits, temperature: _bits(
            softmax(logits, temperature)
        ).sum(),
        "This is 2 to the power of the entropy, the effective number of values. The entropy is the"
        " exponent.": lambda logits, temperature: 2 ** _bits(softmax(logits, temperature)),
        "These are the probabilities. One step is missing: the entropy of every"
        " row.": lambda logits, temperature: softmax(logits, temperature),
    },
    praise="One number for each channel, in bits, cold and hot.",
)
