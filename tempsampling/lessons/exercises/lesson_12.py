"""Lesson 12: the slide's rule, with a confidence that comes from the model."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax


def _rule(confidence: Callable[[np.ndarray], float]) -> Callable:
    """Return a function that is right but for where its confidence comes from."""
    return lambda logits, low, high: low + (1 - confidence(logits)) * (high - low)


def _largest(logits: np.ndarray) -> float:
    return softmax(logits).max()


def _bits(logits: np.ndarray) -> float:
    return entropy(softmax(logits))


WARM_UP = Exercise(
    solution=solutions.adaptive_temperature,
    arguments=[
        {"logits": np.array([1.0, 2.0, 3.2, 0.5]), "low": 0.4, "high": 2.0},
        {"logits": np.array([4.0, -1.0, 2.0, 1.5, 0.0]), "low": 0.25, "high": 1.25},
    ],
    mistakes={
        "You took the largest logit for the confidence. It is above 1, and the temperature falls"
        " below low. Take the softmax first.": _rule(np.max),
        "Your temperature is always low: the largest logit, clamped, is 1. Take the largest"
        " probability; it needs no clamp.": _rule(lambda logits: np.clip(logits.max(), 0, 1)),
        "Your rule heats where the model is sure. Use 1 minus the"
        " confidence.": lambda logits, low, high: low + _largest(logits) * (high - low),
        "You took the mean probability. That is 1 divided by the number of tokens, whatever the"
        " model says. Take the largest.": _rule(lambda logits: softmax(logits).mean()),
        "You took the smallest probability. Confidence is the largest.": _rule(
            lambda logits: softmax(logits).min()
        ),
        "You took the first token's probability. Take the largest, wherever it stands.": _rule(
            lambda logits: softmax(logits)[0]
        ),
        "argmax is the position of the largest logit. Take its probability.": _rule(np.argmax),
        "You took the entropy for the confidence. It is large where the model is unsure. Take the"
        " largest probability.": _rule(_bits),
        "You took the entropy, which is no number from 0 to 1. Take 1 minus the largest"
        " probability.": lambda logits, low, high: low + _bits(logits) * (high - low),
        "This is llama.cpp's rule, with the entropy. The slide's takes 1 minus the largest"
        " probability.": lambda logits, low, high: (
            low + _bits(logits) / np.log2(logits.size) * (high - low)
        ),
        "You forgot to add low: a certain model would get T = 0.": lambda logits, low, high: (
            (1 - _largest(logits)) * (high - low)
        ),
        "You forgot to subtract low: a model without any idea would get low +"
        " high.": lambda logits, low, high: low + (1 - _largest(logits)) * high,
        "You left low out. T runs from low to high: low + (1 - confidence) * (high -"
        " low).": lambda logits, low, high: (1 - _largest(logits)) * high,
        "You took the probabilities at T = high. Take them at T = 1, as the model gives"
        " them.": lambda logits, low, high: low + (1 - softmax(logits, high).max()) * (high - low),
        "You took the probabilities at T = low. Take them at T = 1, as the model gives"
        " them.": lambda logits, low, high: low + (1 - softmax(logits, low).max()) * (high - low),
        "You have one temperature for each token. Take the largest probability alone: one"
        " temperature for the step.": lambda logits, low, high: (
            low + (1 - softmax(logits)) * (high - low)
        ),
        "Put 1 - confidence in parentheses: both, and not the confidence alone, are multiplied by"
        " high - low.": lambda logits, low, high: low + 1 - _largest(logits) * (high - low),
        "You took the lead of the likeliest token over the second. The slide's confidence is the"
        " largest probability itself.": _rule(
            lambda logits: np.diff(np.sort(softmax(logits))[-2:]).item()
        ),
        "This is the confidence. Turn it into a temperature from low to"
        " high.": lambda logits, low, high: _largest(logits),
        "You rounded to a whole number. A temperature may be anything"
        " between.": lambda logits, low, high: round(low + (1 - _largest(logits)) * (high - low)),
    },
    praise="Cold where the model is sure, hot where it is not, and never outside low to high.",
)
