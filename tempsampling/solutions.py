"""The solutions of the exercises, the one place where they stand.

Each is written as a learner would write it, with what its lesson has taught; the lesson shows the
same text in a fold. Its name is the name of the lesson's exercise.
"""

import numpy as np


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


def agreement(answers):
    """Lesson 7: the share of pairs of answers that are equal."""
    same, pairs = 0, 0
    for i in range(len(answers)):
        for j in range(i):
            same += answers[i] == answers[j]
            pairs += 1
    return same / pairs
