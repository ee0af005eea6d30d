"""Lesson 6: how many different outcomes to expect in n draws."""

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy


def _seen(probabilities: np.ndarray, n: int) -> np.ndarray:
    return 1 - (1 - probabilities) ** n


WARM_UP = Exercise(
    solution=solutions.expected_different,
    arguments=[
        {"probabilities": np.array([0.5, 0.3, 0.15, 0.05, 0.0]), "n": 7},
        {"probabilities": np.array([0.0, 0.7, 0.2, 0.1]), "n": 5},
    ],
    mistakes={
        "These are the chances of each outcome to come up. Add them up: one number.": _seen,
        "You took ten draws, whatever n is. Ten have no special right: use the argument"
        " n.": lambda probabilities, n: _seen(probabilities, 10).sum(),
        "Your result is 1, whatever n is. Raise the chance of missing an outcome to the power of"
        " n.": lambda probabilities, n: _seen(probabilities, 1).sum(),
        "p ** n is the chance that all n draws give this outcome. That all miss it has the chance"
        " (1 - p) ** n.": lambda probabilities, n: (1 - probabilities**n).sum(),
        "You have the chance that all n draws are alike. Ask for each outcome whether all n draws"
        " miss it.": lambda probabilities, n: (probabilities**n).sum(),
        "You counted the outcomes that do not come up. Subtract each chance from 1"
        " first.": lambda probabilities, n: ((1 - probabilities) ** n).sum(),
        "You subtracted the sum from 1. Subtract each chance from 1, and then add"
        " up.": lambda probabilities, n: 1 - ((1 - probabilities) ** n).sum(),
        "You weighted each outcome with its probability. Every outcome that comes up counts 1,"
        " however rare.": lambda probabilities, n: (probabilities * _seen(probabilities, n)).sum(),
        "You took the mean. The number of different outcomes is the"
        " sum.": lambda probabilities, n: _seen(probabilities, n).mean(),
        "You multiplied the chances. The number of different outcomes is their"
        " sum.": lambda probabilities, n: _seen(probabilities, n).prod(),
        "You counted the draws: n times p is how often an outcome comes up. Count each outcome"
        " once, with its chance to come up at all.": lambda probabilities, n: (
            n * probabilities
        ).sum(),
        "n * p counts an outcome again each time it comes up, and cutting it off at 1 does not"
        " mend that. Take the chance that the outcome comes up at all.": lambda probabilities, n: (
            np.minimum(1, n * probabilities).sum()
        ),
        "This is how many outcomes are possible. n draws need not show them"
        " all.": lambda probabilities, n: np.count_nonzero(probabilities),
        "This is how many outcomes are listed. n draws need not show them"
        " all.": lambda probabilities, n: len(probabilities),
        "2 ** entropy, the effective number, does not know how often you draw. Use"
        " n.": lambda probabilities, n: 2 ** entropy(probabilities),
    },
    praise="Your function knows what n draws will show, before a single one is made.",
)
