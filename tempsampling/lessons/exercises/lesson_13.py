"""Lesson 13: the best temperature for k tries, and those as good as can be told."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax
from tempsampling.numerics.metrics import pass_at_k
from tempsampling.numerics.uncertainty import mean_and_margin

TEMPERATURES = np.array([0.2125, 0.5125, 0.8125, 1.1125, 1.4125, 1.7125])  # rounding shows


def _choose_by(score: Callable[[np.ndarray, int], np.ndarray]) -> Callable:
    """Return an answer that chooses the temperature with the largest `score(p_right, k)`."""
    return lambda p_right, temperatures, k: temperatures[score(p_right, k).argmax()]


def _draw(rng: np.random.Generator) -> dict:
    """Any table whose best temperature is no tie: one that a model could give, or any numbers."""
    while True:
        questions, columns = (int(n) for n in rng.integers([1, 2], [30, 9]))
        temperatures = np.round(np.linspace(0, rng.choice([1, 2, 3.7]), columns), 4)
        p_right = rng.beta(*rng.choice([0.2, 1, 3], size=2), size=(questions, columns))
        if rng.random() < 0.7:
            answers = [3 * rng.normal(size=5) for _ in range(questions)]  # the first is right
            p_right = np.array([[softmax(z, T)[0] for T in temperatures] for z in answers])
        k = int(rng.choice([1, 2, 4, 10, 100]))
        *_, second, best = np.sort(pass_at_k(p_right, k).mean(axis=0))
        if best - second > 1e-6:
            return {"p_right": p_right, "temperatures": temperatures, "k": k}


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
    draw=_draw,
    praise="Your function gives every task the temperature that its own k needs.",
)


def _draw_more(rng: np.random.Generator) -> dict:
    """At least two questions, and no loss that is its margin but for rounding."""
    while True:
        given = _draw(rng)
        loss, margin = _loss(given["p_right"], given["k"]) if len(given["p_right"]) > 1 else (0, 0)
        if np.sum(np.abs(loss - margin) < 1e-6) == 1 and len(given["p_right"]) > 1:
            return given


def _best(chances: np.ndarray) -> int:
    return chances.mean(axis=0).argmax()


def _loss(p_right: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """What is lost against the best T, with its margin over the questions."""
    chances = pass_at_k(p_right, k)
    return mean_and_margin(chances[:, [_best(chances)]] - chances)


def _kept(which: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable:
    """Return an answer that keeps the temperatures which loss and margin tell it to."""
    return lambda p_right, temperatures, k: temperatures[which(*_loss(p_right, k))]


def _within_its_band(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    mean, margin = mean_and_margin(pass_at_k(p_right, k))
    return temperatures[mean >= (mean - margin)[mean.argmax()]]


def _bands_meet(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    mean, margin = mean_and_margin(pass_at_k(p_right, k))
    return temperatures[mean + margin >= (mean - margin)[mean.argmax()]]


def _against_own_best(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    chances = pass_at_k(p_right, k)
    loss, margin = mean_and_margin(chances.max(axis=1, keepdims=True) - chances)
    return temperatures[loss <= margin]


def _against_best_for_one(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    chances = pass_at_k(p_right, k)
    loss, margin = mean_and_margin(chances[:, [_best(p_right)]] - chances)
    return temperatures[loss <= margin]


def _all_right(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    loss, margin = mean_and_margin(p_right[:, [_best(p_right**k)]] ** k - p_right**k)
    return temperatures[loss <= margin]


def _normal(p_right: np.ndarray, temperatures: np.ndarray, k: int) -> np.ndarray:
    chances = pass_at_k(p_right, k)
    losses = chances[:, [_best(chances)]] - chances
    error = losses.std(axis=0, ddof=1) / np.sqrt(len(losses))
    return temperatures[losses.mean(axis=0) <= 1.96 * error]


SECOND = Exercise(
    solution=solutions.good_enough,
    arguments=[
        {
            "p_right": np.array(
                [[0, 1, 4, 6, 2], [1, 1, 5, 10, 6], [0, 8, 9, 10, 1], [10, 2, 6, 0, 0]]
            )
            / 10,
            "temperatures": TEMPERATURES[:5],
            "k": 2,
        },
        {
            "p_right": np.array(
                [[4, 2, 1, 0, 3], [1, 1, 2, 4, 0], [3, 3, 2, 5, 2], [5, 2, 2, 5, 2]]
            )
            / 10,
            "temperatures": TEMPERATURES[:5],
            "k": 3,
        },
    ],
    mistakes={
        "You compared without k: one try for each question. Take pass@k of every entry"
        " first.": lambda p_right, temperatures, k: temperatures[np.less_equal(*_loss(p_right, 1))],
        "This is the best T alone. Others may lose so little that the questions cannot tell: return"
        " those, too.": lambda p_right, temperatures, k: temperatures[
            [_best(pass_at_k(p_right, k))]
        ],
        "This is the best T alone, without its brackets. Return an array of all that are as good as"
        " can be told.": lambda p_right, temperatures, k: temperatures[
            _best(pass_at_k(p_right, k))
        ],
        "The best T itself is missing: its loss and its margin are both 0. Take <= instead of"
        " <.": _kept(np.less),
        "These are the temperatures that *are* measurably worse. Turn the comparison"
        " around.": _kept(np.greater),
        "These are the best temperature and those that are measurably worse. Turn the comparison"
        " around.": _kept(np.greater_equal),
        "These are positions in the list. Return the temperatures that stand"
        " there.": lambda p_right, temperatures, k: np.flatnonzero(
            np.less_equal(*_loss(p_right, k))
        ),
        "These are marks, true or false. Return the temperatures that they mark:"
        " temperatures[marks].": lambda p_right, temperatures, k: np.less_equal(*_loss(p_right, k)),
        "You compared with the margin of the best curve, which is wide because questions differ."
        " Take the differences question by question first, then their margin.": _within_its_band,
        "You asked whether two margins overlap. They are wide because questions differ. Take the"
        " differences question by question first, and then their margin.": _bands_meet,
        "You compared every question with its own best T. The best T is one for all: that of the"
        " largest mean.": _against_own_best,
        "You compared with the best T for one try. Take that for k tries.": _against_best_for_one,
        "P^k is the chance that all k tries are right. One right try is enough: 1 − (1 −"
        " P)^k.": _all_right,
        "1.96 standard errors are the margin of many questions. With few it is larger, by Student's"
        " t: take mean_and_margin.": _normal,
        "You return all temperatures. Leave out those that lose more than their"
        " margin.": lambda p_right, temperatures, k: temperatures,
        "These are the losses. Return the temperatures at which they are at most their"
        " margin.": lambda p_right, temperatures, k: _loss(p_right, k)[0],
    },
    draw=_draw_more,
    praise="A range, as wide as the questions leave it.",
)
