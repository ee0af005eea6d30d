"""Lesson 14: a sampler of one's own, judged on held-out prompts."""

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
        problems.IMPOSSIBLE: lambda logits, rng: rng.integers(logits.size),
        problems.CHANGED: _in_place,
        problems.GREEDY: lambda logits, rng: logits.argmax(),
        problems.STUCK: lambda logits, rng: _draw(softmax(logits), np.random.default_rng(1)),
        problems.UNSEEDED: lambda logits, rng: _draw(softmax(logits), np.random),
        problems.RANK: _ranked,
        problems.BLIND: lambda logits, rng: _draw(truncate(-logits, top_k=9), rng),
        problems.SHIFTED: _cut_to_zero,
        problems.NAN: _overflowing,
    },
    praise="",  # where it stands is said instead
    judge=judge_exercise,
)
