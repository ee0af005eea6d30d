"""The solutions of the exercises, the one place where they stand.

Each is written as a learner would write it, with what its lesson has taught; the lesson shows the
same text in a fold. Its name is the name of the lesson's exercise.
"""

import numpy as np

from tempsampling.distributions import softmax


def scale_and_normalize(logits, temperature):
    """Lesson 1: probabilities at a temperature."""
    scaled = logits / temperature
    weights = np.exp(scaled)
    return weights / weights.sum()


def stable_softmax(logits, temperature):
    """Lesson 2: probabilities of every row at a temperature, without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    weights = np.exp(shifted / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def probabilities_at(logits, temperature):
    """Lesson 3: probabilities at a temperature, zero included."""
    if temperature == 0:
        best = logits == logits.max()
        return best / best.sum()
    weights = np.exp((logits - logits.max()) / temperature)
    return weights / weights.sum()


def mass_outside_top(logits, temperature, k):
    """Lesson 4: the probability of all tokens but the k likeliest."""
    ranked = np.sort(softmax(logits, temperature))[::-1]
    return ranked[k:].sum()


def expected_different(probabilities, n):
    """Lesson 6: how many different outcomes to expect in n draws."""
    missed = (1 - probabilities) ** n
    return (1 - missed).sum()


def adaptive_temperature(logits, low, high):
    """Lesson 12: a temperature from the model's confidence, cold where it is sure."""
    confidence = softmax(logits).max()
    return low + (1 - confidence) * (high - low)
