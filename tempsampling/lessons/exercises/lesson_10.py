"""Lesson 10: the temperature with the largest log-likelihood; overconfident, or by chance?"""

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


def _apart(scores: list[float]) -> bool:
    """Say whether the two largest scores differ by more than rounding."""
    return len(scores) == 1 or -np.diff(np.sort(scores)[::-1])[0] > 1e-7


def _draw(rng: np.random.Generator) -> dict:
    """Return questions to which one candidate is the best, whichever way it is computed."""
    while True:
        shape = int(rng.choice([1, 2, 7, 60, 2000])), int(rng.integers(2, 6))
        logits = rng.normal(size=shape).round(1) * rng.choice([1.0, 4.0])  # ties, too
        labels = rng.integers(shape[1], size=shape[0])
        heats = [0.05, 0.3, 0.7, 1.0, 1.3, 2.0, 5.0, 50.0]
        temperatures = rng.permutation(heats)[: rng.integers(1, 7)]
        scores = _scores(_log_likelihood)(logits, labels, temperatures)
        confident = _scores(lambda p, labels: p.max(axis=1).mean())(logits, labels, temperatures)
        if np.isfinite(scores).all() and _apart(scores) and _apart(confident):
            far = rng.choice([-1000.0, 0.0, 1000.0])
            return {"logits": logits + far, "labels": labels, "temperatures": temperatures}


# Every mistake shows in one of these calls. The candidates are in no order.
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
        {  # the product of the two probabilities is too small for a number
            "logits": np.array([[0.0, 600.0], [1000.0, 400.0]]),
            "labels": np.array([0, 1]),
            "temperatures": np.array([1.0, 1.25, 1.125]),
        },
    ],
    mistakes={
        "You return the coldest candidate: it makes the model most confident, right or wrong. Take"
        " the probability of the label, not of the likeliest answer.": _choose_by(
            lambda p, labels: p.max(axis=1).mean()
        ),
        "You return the candidate with the smallest log-likelihood. It is below 0: the largest is"
        " the one nearest to 0.": _choose_by(lambda p, labels: -_log_likelihood(p, labels)),
        "You return the first candidate, whatever the others do. A return within the loop does"
        " that; so does choosing by accuracy, which is the same at every"
        " temperature.": _choose_by(_accuracy),
        "You multiplied the probabilities of the labels. Of many answers the product is too small"
        " for a number, and becomes 0: add up their logarithms.": _choose_by(
            lambda p, labels: _of_labels(p, labels).prod()
        ),
        "You chose by the smallest calibration error, which depends on the bins. Use the"
        " log-likelihood of the labels.": _choose_by(lambda p, labels: -_error(p, labels)),
        "You averaged the probabilities of the labels. Take np.log of them first: it makes a"
        " confident mistake costly.": _choose_by(lambda p, labels: _of_labels(p, labels).mean()),
        "You multiplied by the temperature. Divide: softmax(logits, temperature) does.": _choose_by(
            _log_likelihood, np.reciprocal
        ),
        "You divided by the temperature twice. softmax(logits, temperature) does it"
        " already.": _choose_by(_log_likelihood, np.square),
        "You return the hottest candidate. The mean of ln p over all answers does that. Only the"
        " label's probability counts: one number from each row.": _choose_by(
            lambda p, labels: np.log(p).mean()
        ),
        "You return the place of the best temperature. Return the temperature itself:"
        " temperatures[place].": lambda *a, **k: int(np.argmax(_scores(_log_likelihood)(*a, **k))),
        "You return the largest log-likelihood. Return the temperature that has"
        " it.": lambda *a, **k: max(_scores(_log_likelihood)(*a, **k)),
        "You return the log-likelihoods of all candidates. Return the temperature with the largest"
        " one: temperatures[np.argmax(...)].": _scores(_log_likelihood),
    },
    draw=_draw,
    praise="Your function finds the temperature at which the labels are likeliest.",
)


def _draw_answers(rng: np.random.Generator) -> dict:
    n = int(rng.choice([1, 2, 5, 40, 3000]))
    confidence = rng.uniform(rng.choice([0.001, 0.5, 0.99]), 0.999, size=n)
    right = (rng.random(n) < confidence ** rng.choice([0.3, 1, 3])).astype(int)
    right[:] = rng.choice([0, 1]) if rng.random() < 0.2 else right  # none is right, or all
    return {"confidence": confidence, "right": right if rng.random() < 0.5 else right > 0}


def _sums(confidence: np.ndarray, right: np.ndarray) -> float:
    return confidence.sum() - right.sum()


def _spread(confidence: np.ndarray) -> float:
    return np.sqrt((confidence * (1 - confidence)).sum())


def _binomial(confidence: np.ndarray, share: float) -> float:
    """The standard deviation of a number of right answers that all have one probability."""
    return np.sqrt(confidence.size * share * (1 - share))


def _estimated(confidence: np.ndarray, right: np.ndarray, ddof: int) -> float:
    """The excess, with a standard deviation that is taken from the differences."""
    n = confidence.size
    if n <= ddof:
        return np.nan
    return _sums(confidence, right) / (np.std(confidence - right, ddof=ddof) * np.sqrt(n))


ESTIMATED = (
    "You estimated the spread from the differences between confidence and right. A perfect model's"
    " need not be estimated: each answer has the variance c(1 - c){}."
)

SECOND = Exercise(
    solution=solutions.deviations,
    arguments=[
        {"confidence": np.array([0.9, 0.8, 0.6, 0.7]), "right": np.array([1, 0, 1, 0])},
        {"confidence": np.array([0.5, 0.6, 0.9, 0.95, 0.3]), "right": np.array([1, 1, 0, 1, 1])},
    ],
    mistakes={
        "Your sign is the other way round: an overconfident model must get a number above"
        " 0.": lambda confidence, right: -_sums(confidence, right) / _spread(confidence),
        "You divided by the variance. The standard deviation is its square"
        " root.": lambda confidence, right: _sums(confidence, right) / _spread(confidence) ** 2,
        "This is the excess of confidence, in answers. Divide it by its standard deviation: that"
        " of a perfect model.": _sums,
        "This is confidence minus accuracy. How far chance reaches is missing: take sums, and"
        " divide by the standard deviation of a perfect model's.": lambda confidence, right: (
            _sums(confidence, right) / confidence.size
        ),
        "You divided a difference of means by the standard deviation of a sum. Take sums in"
        " both.": lambda confidence, right: (
            _sums(confidence, right) / confidence.size / _spread(confidence)
        ),
        "This is the standard deviation alone. Divide the excess of confidence by"
        " it.": lambda confidence, right: _spread(confidence),
        "You gave all answers the mean confidence. Each has its own c: add up c(1 - c).": (
            lambda confidence, right: (
                _sums(confidence, right) / _binomial(confidence, confidence.mean())
            )
        ),
        "You took the accuracy for the probability. In a perfect model each answer is right with"
        " its own confidence c: add up c(1 - c).": lambda confidence, right: (
            _sums(confidence, right) / _binomial(confidence, right.mean())
        ),
        "You added standard deviations. Of independent answers the variances add up; take the"
        " square root of their sum.": lambda confidence, right: (
            _sums(confidence, right) / np.sqrt(confidence * (1 - confidence)).sum()
        ),
        "You took the mean of the variances for that of the sum. The variances of all answers add"
        " up.": lambda confidence, right: (
            _sums(confidence, right) / _spread(confidence) * np.sqrt(confidence.size)
        ),
        "You took c for the variance of an answer. It is c(1 - c), which is small near 1,"
        " too.": lambda confidence, right: _sums(confidence, right) / np.sqrt(confidence.sum()),
        "You lost the sign. It says whether the model is over- or"
        " underconfident.": lambda confidence, right: (
            abs(_sums(confidence, right)) / _spread(confidence)
        ),
        "You divided by how far the confidences lie apart. A perfect model's answers are tosses,"
        " each with the variance c(1 - c).": lambda confidence, right: (
            _sums(confidence, right) / (confidence.std() * np.sqrt(confidence.size))
        ),
        ESTIMATED.format(""): lambda confidence, right: _estimated(confidence, right, 1),
        ESTIMATED.format(", and they add up"): lambda confidence, right: _estimated(
            confidence, right, 0
        ),
    },
    draw=_draw_answers,
    praise="A perfect model is rarely beyond 2, above or below 0.",
)
