"""Lesson 13: the best temperature for k tries."""

import numpy as np

from tempsampling import solutions
from tempsampling.exercises.exercise import Exercise
from tempsampling.metrics import pass_at_k

TEMPERATURES = np.arange(10) / 6  # 0, 1/6, … 1.5

EXERCISE = Exercise(
    solution=solutions.temperature_for_tries,
    arguments=[
        {
            "p_right": np.array(
                [
                    [0.69, 0.03, 0.06, 0.0, 0.53, 0.1, 0.78, 0.49, 0.78, 0.02],
                    [0.06, 0.73, 0.57, 0.51, 0.42, 0.08, 0.01, 0.71, 0.04, 0.89],
                    [0.23, 0.0, 0.93, 0.52, 0.06, 0.28, 0.15, 0.76, 0.45, 0.16],
                    [0.04, 0.51, 0.08, 0.47, 0.29, 0.69, 0.87, 0.0, 0.64, 0.59],
                ]
            ),
            "temperatures": TEMPERATURES,
            "k": 5,
        },
        {
            "p_right": np.array(
                [
                    [0.0, 0.43, 0.43, 0.82, 0.23, 0.93, 0.22, 0.0, 0.62, 0.25],
                    [0.7, 0.73, 0.57, 0.06, 0.34, 0.01, 0.2, 0.87, 0.74, 0.91],
                    [0.4, 0.0, 0.15, 0.72, 0.16, 0.59, 0.01, 0.01, 0.08, 0.04],
                    [0.82, 0.92, 0.51, 0.47, 0.31, 0.32, 0.04, 0.85, 0.63, 0.29],
                ]
            ),
            "temperatures": TEMPERATURES,
            "k": 3,
        },
    ],
    mistakes=[
        (
            lambda p_right, temperatures, k: temperatures[p_right.mean(axis=0).argmax()],
            "This is the best temperature for one try, whatever k is: one T for all. Take pass@k of"
            " every entry first, and the mean over the questions afterwards; the pass@k of a mean"
            " is largest where the mean is, and k times a mean, too.",
        ),
        (
            lambda p_right, temperatures, k: pass_at_k(p_right, k).mean(axis=0).argmax(),
            "This is the position in the list. Return the temperature that stands there:"
            " temperatures[position].",
        ),
        (
            lambda p_right, temperatures, k: pass_at_k(p_right, k).mean(axis=0).max(),
            "This is the largest mean chance. Return the temperature at which it is reached:"
            " argmax gives its position.",
        ),
        (
            lambda p_right, temperatures, k: pass_at_k(p_right, k).mean(axis=0),
            "These are the mean chances at all temperatures. Return the one temperature at which"
            " they are largest.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[
                pass_at_k(p_right, k).mean(axis=0).argmin()
            ],
            "This is the worst temperature: there, the mean chance is smallest. If you left out"
            " the 1 − in front of (1 − P)^k, you have the chance that all tries are wrong.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[(p_right**k).mean(axis=0).argmax()],
            "P^k is the chance that all k tries are right. One right try is enough: 1 − (1 − P)^k.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[
                np.minimum(1, k * p_right).mean(axis=0).argmax()
            ],
            "You took k · P, cut at 1. That counts twice what two tries both get right. The chance"
            " of at least one is 1 − (1 − P)^k.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[
                pass_at_k(p_right, k).max(axis=0).argmax()
            ],
            "You took the largest chance over the questions, that of the easiest one. Take their"
            " mean.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[
                pass_at_k(p_right, k).min(axis=0).argmax()
            ],
            "You took the smallest chance over the questions, that of the hardest one. Take their"
            " mean.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[
                pass_at_k(p_right, k).mean(axis=1).argmax()
            ],
            "You averaged over the temperatures, and found the best question. The questions are"
            " the rows: axis=0 averages over them.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[p_right.argmax(axis=1)].mean(),
            "You averaged the best temperatures of the single questions. Average their chances at"
            " each temperature first, and then look for the largest.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[0],
            "This is the first of the temperatures, whatever the table says. Look for the largest"
            " mean chance.",
        ),
        (
            lambda p_right, temperatures, k: temperatures[-1],
            "This is the last of the temperatures, whatever the table says. Look for the largest"
            " mean chance.",
        ),
    ],
    praise="Your function gives every task the temperature that its own k needs.",
)
