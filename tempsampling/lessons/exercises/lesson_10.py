"""Lesson 10: the temperature with the largest log-likelihood."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.calibration import expected_calibration_error
from tempsampling.numerics.distributions import softmax

Measure = Callable[[np.ndarray, np.ndarray], float]
Answer = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def _scores(measure: Measure) -> Callable[[np.ndarray, np.ndarray, np.ndarray], list[float]]:
    """Return a function that gives `measure(p, labels)` at each temperature."""
    return lambda logits, labels, temperatures: [
        measure(softmax(logits, temperature), labels) for temperature in temperatures
    ]


def _choose_by(measure: Measure, wrongly: Callable = np.positive) -> Answer:
    """Return an answer that chooses the temperature with the largest `measure(p, labels)`.

    The measure is taken at `wrongly(temperatures)`.
    """
    scores = _scores(measure)
    return lambda logits, labels, temperatures: temperatures[
        np.argmax(scores(logits, labels, wrongly(temperatures)))
    ]


def _of_labels(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return p[np.arange(len(labels)), labels]


def _log_likelihood(p: np.ndarray, labels: np.ndarray) -> float:
    return np.log(_of_labels(p, labels)).mean()


def _accuracy(p: np.ndarray, labels: np.ndarray) -> float:
    return (p.argmax(axis=1) == labels).mean()


def _error(p: np.ndarray, labels: np.ndarray) -> float:
    return expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == labels)


# In each call, every mistake gives another result. The candidates are in no order.
WARM_UP = Exercise(
    solution=solutions.best_temperature,
    arguments=[
        {
            "logits": np.array([[3.0, 0, -1], [2, -3, 1], [0, 2, 1], [2, 4, -6], [6, 2, 5]]),
            "labels": np.array([0, 2, 1, 1, 2]),
            "temperatures": np.array(
                [0.4375, 0.5625, 0.3125, 3.4375, 0.8125, 1.4375, 1.0625, 1.9375, 2.5625]
            ),
        },
        {
            "logits": np.array([[2.0, -1, -3], [-2, -4, 1], [0, 1, -1], [-2, -1, 0], [-1, -3, 0]]),
            "labels": np.array([0, 2, 1, 1, 0]),
            "temperatures": np.array(
                [0.4375, 2.5625, 1.0625, 1.9375, 1.4375, 0.5625, 3.4375, 0.8125, 0.3125]
            ),
        },
    ],
    mistakes={
        "You return the coldest candidate: it makes the model most confident, right or wrong. Take"
        " the probability of the label, not of the likeliest answer, and the largest mean"
        " logarithm, not the smallest.": _choose_by(lambda p, labels: p.max(axis=1).mean()),
        "You return the first candidate: the accuracy is the same at every temperature. Use the"
        " log-likelihood of the labels.": _choose_by(_accuracy),
        "You chose by the smallest calibration error, which depends on the bins. Use the"
        " log-likelihood of the labels.": _choose_by(lambda p, labels: -_error(p, labels)),
        "You averaged the probabilities of the labels. Take np.log of them first: it makes a"
        " confident mistake costly.": _choose_by(lambda p, labels: _of_labels(p, labels).mean()),
        "You multiplied by the temperature. Divide: softmax(logits, temperature) does.": _choose_by(
            _log_likelihood, np.reciprocal
        ),
        "You divided by the temperature twice. softmax(logits, temperature) does it"
        " already.": _choose_by(_log_likelihood, np.square),
        "You took the mean over all answers, and got the hottest candidate. Only the label's"
        " probability counts: one number from each row.": _choose_by(
            lambda p, labels: np.log(p).mean()
        ),
        "You return the place of the best temperature. Return the temperature itself:"
        " temperatures[place].": lambda *a, **k: int(np.argmax(_scores(_log_likelihood)(*a, **k))),
        "You return the largest log-likelihood. Return the temperature that has"
        " it.": lambda *a, **k: max(_scores(_log_likelihood)(*a, **k)),
        "You return the log-likelihoods of all candidates. Return the temperature with the largest"
        " one: temperatures[np.argmax(...)].": _scores(_log_likelihood),
    },
    praise="Your function finds the temperature at which the labels are likeliest.",
)
