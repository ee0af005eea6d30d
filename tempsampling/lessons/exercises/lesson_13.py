"""Lesson 13: the best temperature for k tries."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.metrics import pass_at_k

TEMPERATURES = np.array([0.2125, 0.5125, 0.8125, 1.1125, 1.4125, 1.7125])  # rounding shows


def _choose_by(score: Callable[[np.ndarray, int], np.ndarray]) -> Callable:
    """Return an answer that chooses the temperature with the largest `score(p_right, k)`."""
    return lambda p_right, temperatures, k: temperatures[score(p_right, k).argmax()]


WARM_UP = Exercise(
    solution=solutions.temperature_for_tries,
    arguments=[  # small tables, which fit into a sentence, and in which all mistakes differ
        {
            "p_right": np.array([[0, 4, 3, 0, 5, 0], [3, 4, 3, 6, 7, 9], [9, 2, 3, 4, 1, 10]]) / 10,
            "temperatures": TEMPERATURES,
            "k": 2,
        },
        {
            "p_right": np.array([[6, 3, 3, 5, 8, 6], [7, 9, 10, 1, 10, 2], [4, 9, 3, 0, 0, 7]])
            / 10,
            "temperatures": TEMPERATURES,
            "k": 4,
        },
    ],
    mistakes={
        "This is the best temperature for one try, whatever k is: one T for all. Take pass@k of"
        " every entry first, and the mean over the questions afterwards; the pass@k of a mean is"
        " largest where the mean is, and k times a mean, too.": _choose_by(
            lambda p_right, k: p_right.mean(axis=0)
        ),
        "This is the position in the list. Return the temperature that stands there:"
        " temperatures[position].": lambda p_right, temperatures, k: (
            pass_at_k(p_right, k).mean(axis=0).argmax()
        ),
        "This is the largest mean chance. Return the temperature at which it is reached: argmax"
        " gives its position.": lambda p_right, temperatures, k: (
            pass_at_k(p_right, k).mean(axis=0).max()
        ),
        "These are the mean chances at all temperatures. Return the one temperature at which they"
        " are largest.": lambda p_right, temperatures, k: pass_at_k(p_right, k).mean(axis=0),
        "This is the worst temperature: there, the mean chance is smallest. If you left out the 1"
        " − in front of (1 − P)^k, you have the chance that all tries are wrong.": _choose_by(
            lambda p_right, k: -pass_at_k(p_right, k).mean(axis=0)
        ),
        "P^k is the chance that all k tries are right. One right try is enough: 1 − (1 −"
        " P)^k.": _choose_by(lambda p_right, k: (p_right**k).mean(axis=0)),
        "You took k · P, cut at 1. That counts twice what two tries both get right. The chance of"
        " at least one is 1 − (1 − P)^k.": _choose_by(
            lambda p_right, k: np.minimum(1, k * p_right).mean(axis=0)
        ),
        "You took the largest chance over the questions, that of the easiest one. Take their"
        " mean.": _choose_by(lambda p_right, k: pass_at_k(p_right, k).max(axis=0)),
        "You took the smallest chance over the questions, that of the hardest one. Take their"
        " mean.": _choose_by(lambda p_right, k: pass_at_k(p_right, k).min(axis=0)),
        "You averaged over the temperatures, and found the best question. The questions are the"
        " rows: axis=0 averages over them.": _choose_by(
            lambda p_right, k: pass_at_k(p_right, k).mean(axis=1)
        ),
        "You averaged the best temperatures of the single questions. Average their chances at each"
        " temperature first, and then look for the largest.": lambda p_right, temperatures, k: (
            temperatures[p_right.argmax(axis=1)].mean()
        ),
        "This is the first of the temperatures, whatever the table says. Look for the largest mean"
        " chance.": lambda p_right, temperatures, k: temperatures[0],
        "This is the last of the temperatures, whatever the table says. Look for the largest mean"
        " chance.": lambda p_right, temperatures, k: temperatures[-1],
    },
    praise="Your function gives every task the temperature that its own k needs.",
)
