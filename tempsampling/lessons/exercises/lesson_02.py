"""Lesson 2: a softmax for tables that never overflows; a curve of entropy with two steps."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import Judgment, judging
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax
from tempsampling.widgets.plots import COURSE_STYLE, show


def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


@np.errstate(invalid="ignore")  # nan is the mistake
def _rows(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


@np.errstate(over="ignore")
def _exp(x: np.ndarray) -> np.ndarray:
    return np.exp(x)


def _columns(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=0)


def _shifted(logits: np.ndarray, temperature: float) -> np.ndarray:
    return np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)


def _draw(rng: np.random.Generator) -> dict:
    rows, tokens = rng.integers(1, 6), rng.integers(1, 9)
    logits = rng.normal(size=(rows, tokens)).round(int(rng.integers(0, 4)))  # ties, too
    logits = logits * rng.choice([1.0, 10.0, 1000.0])
    logits = logits + rng.choice([0.0, 1000.0, -9000.0], size=(rows, 1))
    temperature = rng.choice([1e-300, 0.05, 0.5, 1.0, 2.0, 50.0, 500.0])
    return {"logits": logits, "temperature": float(temperature)}


WARM_UP = Exercise(
    solution=solutions.stable_softmax,
    arguments=[
        {"logits": np.array([[1000.0, 1001.0, 1002.0], [1.0, 2.0, 4.0]]), "temperature": 0.5},
        {"logits": np.array([[0.0, 2.0, 7.0], [-9000.0, -9002.0, -9001.0]]), "temperature": 3.0},
    ],
    mistakes={
        "A row is nan: its exponentials are infinite or all 0. Subtract each row's largest logit"
        " before np.exp.": lambda logits, temperature: _rows(_exp(logits / temperature)),
        "You subtracted the largest logit of the whole table, and a row far below it became 0 / 0."
        " Subtract each row's own: max(axis=1, keepdims=True).": lambda logits, temperature: _rows(
            np.exp((logits - logits.max()) / temperature)
        ),
        "Your columns sum to 1, not your rows. Take max and sum along"
        " axis=1.": lambda logits, temperature: _columns(
            np.exp((logits - logits.max(axis=0)) / temperature)
        ),
        "Your columns sum to 1, not your rows. The sum, too, goes along"
        " axis=1.": lambda logits, temperature: _columns(_shifted(logits, temperature)),
        "The whole table sums to 1. Every row must: sum(axis=1,"
        " keepdims=True).": lambda logits, temperature: _normalize(_shifted(logits, temperature)),
        "Each row's largest value is 1. One step is missing: divide every row by its"
        " sum.": lambda logits, temperature: _shifted(logits, temperature),
        "You multiplied by the temperature. Divide by it.": lambda logits, temperature: _rows(
            _shifted(logits, 1 / temperature)
        ),
        "The temperature has no effect. Divide the shifted logits by it before"
        " np.exp.": lambda logits, temperature: _rows(_shifted(logits, 1.0)),
    },
    draw=_draw,
    praise="Every row sums to 1, and neither 1,000 nor -9,000 is too much for it.",
)


FOUR = "Return four finite numbers, the logits of four tokens: np.array([...])."
TIE = (
    "At T = 0.01 the entropy is not below 0.05 bits: your largest logits tie, and equal logits have"
    " odds of 1 at every T. Set them a little apart."
)
TOO_CLOSE = (
    "At T = 0.01 the entropy is not below 0.05 bits: your two largest logits are too close."
    " Their distance, divided by 0.01, must be large."
)
ONE_STEP = (
    "The entropy is below 0.95 bits at T = 1 and above 1.05 at T = 10: no rest near 1 bit. Two"
    " logits must lie close together, and the other two far from them."
)
LATE = (
    "At T = 1 the entropy is below 0.95 bits: the first step comes too late. Your two largest"
    " logits are too far apart. Their distance, divided by 1, must be small."
)
EARLY = (
    "At T = 10 the entropy is above 1.05 bits: the second step comes too early. A third logit is"
    " too close to the largest. Its distance, divided by 10, must be large."
)
FAR = (
    "At T = 1,000 the entropy is not above 1.95 bits: the second step comes too late. A logit is"
    " too far from the largest. Its distance, divided by 1,000, must be small."
)


def _problem(logits: np.ndarray) -> str | None:
    """Say which step of a staircase is missing; the entropy never falls, so its ends suffice."""
    cold, first, last, hot = (entropy(softmax(logits, t)) for t in (0.01, 1.0, 10.0, 1000.0))
    if not cold < 0.05:
        return TIE if (logits == logits.max()).sum() > 1 else TOO_CLOSE
    if first < 0.95:
        return ONE_STEP if last > 1.05 else LATE
    if last > 1.05:
        return EARLY
    return None if hot > 1.95 else FAR


@judging
def _judge(result: Any) -> Judgment:
    try:
        logits = np.zeros(0) if np.iscomplexobj(result) else np.asarray(result, dtype=float)
    except Exception:  # an object can raise anything
        return f"Not yet: {FOUR}", None
    if logits.shape != (4,) or not np.all(np.isfinite(logits)):
        return f"Not yet: {FOUR}", None
    problem = _problem(logits)
    sentence = f"Not yet: {problem}" if problem else f"Correct. {SECOND.praise}"
    return sentence, lambda: _show(logits)


def _show(logits: np.ndarray) -> None:
    """Draw the curve of four logits, and where a staircase must pass."""
    temperatures = np.geomspace(1e-3, 1e4, 300)
    with plt.style.context(COURSE_STYLE):
        figure, axes = plt.subplots(figsize=(8, 3))
        axes.plot(temperatures, [entropy(softmax(logits, t)) for t in temperatures])
        for ends, bits in (((1e-3, 1e-2), 0), ((1, 10), 1), ((1e3, 1e4), 2)):
            axes.fill_between(ends, bits - 0.05, bits + 0.05, color="C1", alpha=0.4)
        axes.set(xscale="log", xlabel="temperature", ylabel="entropy in bits")
        axes.minorticks_off()
    seen = ", ".join(f"{entropy(softmax(logits, t)):.2f}" for t in (0.01, 1.0, 10.0, 1000.0))
    show(figure, f"Your curve, and where it must pass. At T = 0.01, 1, 10, 1,000: {seen} bits.")
    plt.close(figure)


SECOND = Exercise(
    solution=solutions.staircase,
    arguments=[{}],
    mistakes={
        FOUR: lambda: [0.0, -0.2, -100.0],
        TIE: lambda: [0.0, 0.0, -100.0, -100.0],
        TOO_CLOSE: lambda: [0.0, -0.01, -100.0, -100.0],
        ONE_STEP: lambda: [0.0, -3.0, -6.0, -9.0],
        LATE: lambda: [0.0, -2.0, -100.0, -100.0],
        EARLY: lambda: [0.0, -0.2, -20.0, -20.0],
        FAR: lambda: [0.0, -0.2, -900.0, -900.0],
    },
    judge=_judge,
    praise="Two steps: what is far at one temperature is near at another.",
)
