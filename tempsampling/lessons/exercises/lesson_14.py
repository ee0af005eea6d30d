"""Lesson 14: a sampler of one's own, judged on held-out prompts."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.capstone import problems
from tempsampling.lessons.capstone.report import judge_exercise
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax
from tempsampling.numerics.sampling import truncate


def _draw(p: np.ndarray, rng: np.random.Generator) -> int:
    return rng.choice(p.size, p=p)


def _search(weights: np.ndarray, rng: np.random.Generator) -> int:
    return np.searchsorted(weights.cumsum(), rng.random(), side="right")


def _cut(weights: np.ndarray, share: float = 0.5) -> np.ndarray:
    return np.where(weights >= share * weights.max(), weights, 0)


def _in_place(logits: np.ndarray, rng: np.random.Generator) -> int:
    logits /= 2
    return _draw(softmax(logits), rng)


def _ranked(logits: np.ndarray, rng: np.random.Generator) -> int:
    return _draw(np.sort(softmax(logits))[::-1], rng)


def _cut_to_zero(logits: np.ndarray, rng: np.random.Generator) -> int:
    kept = np.where(logits > logits.max() - 1, logits, 0)
    return _draw(softmax(kept), rng)


def _kept(logits: np.ndarray, rng: np.random.Generator) -> int:
    return _draw(softmax(logits[logits > logits.max() - 3]), rng)


def _overflowing(logits: np.ndarray, rng: np.random.Generator) -> int:
    weights = np.exp(logits.astype(float))
    return _search(weights / weights.sum(), rng)


WARM_UP = Exercise(
    solution=solutions.my_sampler,
    arguments=[
        {"logits": logits, "rng": np.random.default_rng(seed)}
        for seed in range(20)
        for logits in (problems.FLAT, problems.HILLY, problems.CERTAIN)
    ],
    mistakes={
        problems.LOGIT: lambda logits, rng: logits[_draw(softmax(logits), rng)],
        problems.MANY: lambda logits, rng: softmax(logits, 0.7),
        problems.BEYOND: lambda logits, rng: _search(_cut(softmax(logits)), rng),
        problems.IMPOSSIBLE: lambda logits, rng: _draw(
            softmax(np.where(np.isinf(logits), 0, logits)), rng
        ),
        problems.NEIGHBOR: lambda logits, rng: _draw(softmax(logits), rng) + 1,
        problems.CHANGED: _in_place,
        problems.GREEDY: lambda logits, rng: logits.argmax(),
        problems.STUCK: lambda logits, rng: _draw(softmax(logits), np.random.default_rng(1)),
        problems.UNSEEDED: lambda logits, rng: _draw(softmax(logits), np.random),
        problems.RANK: _ranked,
        problems.BLIND: lambda logits, rng: _draw(truncate(-logits, top_k=9), rng),
        problems.SHIFTED: _cut_to_zero,
        problems.PLACE: _kept,
        problems.FAR: lambda logits, rng: _draw(softmax(logits, max(1, logits.max() / 40)), rng),
        problems.OVERFLOW: _overflowing,
    },
    praise="",  # where it stands is said instead
    judge=judge_exercise,
)


def _share(beats: Callable) -> Callable:
    """Return the function that counts by whom a sampler is beaten, in some sense of the word."""

    def answer(likelihood: np.ndarray, diversity: np.ndarray) -> np.ndarray:
        more = likelihood[:, None] - likelihood, diversity[:, None] - diversity
        return beats(*more).mean(axis=0)  # of all, who stand in a row, over each column

    return answer


def _sorted(likelihood: np.ndarray, diversity: np.ndarray) -> np.ndarray:
    order = np.argsort(likelihood)
    return solutions.beaten_by(likelihood[order], diversity[order])


def _samplers(rng: np.random.Generator) -> dict:
    n = int(rng.integers(1, 13))
    steps = rng.choice([4, 100])  # few, so that many are equal; or hardly any
    return {
        "likelihood": -rng.integers(0, steps, size=n) * 4.0 / steps,
        "diversity": rng.integers(0, steps + 1, size=n) / steps,
    }


SECOND = Exercise(
    solution=solutions.beaten_by,
    arguments=[
        {"likelihood": np.array([-2.0, -1.5, -3.0]), "diversity": np.array([0.5, 0.6, 0.7])},
        {
            "likelihood": np.array([-2.0, -1.0, -2.0, -1.5, -1.0, -1.8]),
            "diversity": np.array([0.6, 0.1, 0.6, 0.1, 0.0, 0.05]),
        },
    ],
    mistakes={
        "You counted those that each sampler beats. Count those that beat it.": _share(
            lambda dL, dD: (dL <= 0) & (dD <= 0) & ((dL < 0) | (dD < 0))
        ),
        "This is the share that does not beat it. Subtract it from 1.": lambda **given: (
            1 - solutions.beaten_by(**given)
        ),
        "You counted those that beat it. Divide by the number of all"
        " samplers.": lambda likelihood, diversity: (
            solutions.beaten_by(likelihood, diversity) * likelihood.size
        ),
        "You divided by the number of the others. Divide by the number of"
        " all.": lambda likelihood, diversity: (
            solutions.beaten_by(likelihood, diversity) * likelihood.size / (likelihood.size - 1)
        ),
        "You say only whether it is beaten. Return the share of samplers that beat"
        " it.": lambda likelihood, diversity: solutions.beaten_by(likelihood, diversity) > 0,
        "With you each sampler beats itself, being as likely and as diverse. To beat, one must also"
        " be better in one of the two.": _share(lambda dL, dD: (dL >= 0) & (dD >= 0)),
        "Two samplers that are equal in both do not beat each other: ask that one of the two"
        " differs.": _share(lambda dL, dD: (dL >= 0) & (dD >= 0) & ~np.eye(len(dL), dtype=bool)),
        "With you only one that is better in both beats another. As likely and more diverse is"
        " enough, and so is as diverse and likelier.": _share(lambda dL, dD: (dL > 0) & (dD > 0)),
        "One that is as likely and more diverse beats another, too: with you it must be"
        " likelier.": _share(lambda dL, dD: (dL > 0) & (dD >= 0)),
        "One that is as diverse and likelier beats another, too: with you it must be more"
        " diverse.": _share(lambda dL, dD: (dL >= 0) & (dD > 0)),
        "With you one that is better in one of the two beats another, even if it is worse in the"
        " other. That is a trade: ask that it is at least as good in both.": _share(
            lambda dL, dD: (dL > 0) | (dD > 0)
        ),
        "You compared the diversity alone. One that is less likely does not beat another.": _share(
            lambda dL, dD: dD > 0
        ),
        "You compared the likelihood alone. One that is less diverse does not beat"
        " another.": _share(lambda dL, dD: dL > 0),
        "You sorted the samplers by likelihood. Return the shares in the order in which they were"
        " given.": _sorted,
    },
    draw=_samplers,
    praise="One setting of each sampler says no more. Of two that nobody beats, each is better in"
    " one thing, or they are equal.",
)
