"""Lesson 8: top-p for one distribution; settings that are diverse and seldom slip."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import Judgment, judging, raised
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.lessons.texts import shipped_texts
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.distributions import entropy, softmax
from tempsampling.numerics.sampling import truncate


@np.errstate(invalid="ignore")  # 0 / 0 is the mistake
def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def _where(probabilities: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return np.where(kept, probabilities, 0.0)


def _first(probabilities: np.ndarray, ranking: np.ndarray, count: int) -> np.ndarray:
    """Keep the first `count` tokens of a ranking."""
    return _where(probabilities, np.isin(np.arange(probabilities.size), ranking[:count]))


def _ranked(probabilities: np.ndarray) -> np.ndarray:
    return np.argsort(-probabilities)


def _reached(probabilities: np.ndarray) -> np.ndarray:
    """The running sums from the likeliest down."""
    return np.cumsum(np.sort(probabilities)[::-1])


def _before(probabilities: np.ndarray) -> np.ndarray:
    """The running sums without the token itself."""
    return _reached(probabilities) - np.sort(probabilities)[::-1]


def _size(probabilities: np.ndarray, p: float) -> int:
    return int((_reached(probabilities) < p).sum()) + 1


def _nucleus(probabilities: np.ndarray, p: float) -> np.ndarray:
    return _first(probabilities, _ranked(probabilities), _size(probabilities, p))


def _without_crossing(probabilities: np.ndarray, p: float) -> np.ndarray:
    below = int((_reached(probabilities) <= p).sum())
    return _first(probabilities, _ranked(probabilities), below)


def _in_given_order(probabilities: np.ndarray, p: float) -> np.ndarray:
    count = int((np.cumsum(probabilities) < p).sum()) + 1
    return _first(probabilities, np.arange(probabilities.size), count)


def _sorted(probabilities: np.ndarray, p: float) -> np.ndarray:
    return -np.sort(-_normalize(_nucleus(probabilities, p)))


def _draw(rng: np.random.Generator) -> dict:
    n = int(rng.integers(1, 30))
    weights = rng.exponential(size=n) ** rng.choice([1, 8]) + 1e-9
    if rng.random() < 0.2 and n > 2:
        weights = np.array([8.0, 4.0, 2.0, 1.0, 1.0])[rng.permutation(5)]  # exact hits
        return {"probabilities": weights / 16, "p": float(rng.choice([0.5, 0.75, 0.875]))}
    return {"probabilities": weights / weights.sum(), "p": float(rng.uniform(0.01, 0.99))}


WARM_UP = Exercise(
    solution=solutions.nucleus,
    arguments=[
        {"probabilities": np.array([0.1, 0.5, 0.04, 0.2, 0.16]), "p": 0.8},
        {"probabilities": np.array([0.125, 0.5, 0.0625, 0.25, 0.0625]), "p": 0.75},
    ],
    mistakes={
        "You dropped the token that crosses p. Keep it: what you kept does not reach p without"
        " it.": lambda probabilities, p: _normalize(_without_crossing(probabilities, p)),
        "Two things: keep the token that crosses p as well, and then divide by the sum of what is"
        " kept.": _without_crossing,
        "The right tokens are kept, but they do not sum to 1. Divide by their sum.": _nucleus,
        "You divided by p. The kept tokens have more than p together: divide by their"
        " sum.": lambda probabilities, p: _nucleus(probabilities, p) / p,
        "You cut in the order in which the tokens were given. Rank them first:"
        " np.argsort(-probabilities).": lambda probabilities, p: _normalize(
            _in_given_order(probabilities, p)
        ),
        "Right numbers, but sorted: nobody knows which token is which. Put each probability back"
        " where its token stands.": _sorted,
        "You returned only the kept tokens, sorted. Return one number for each token, in the order"
        " given, with 0 for the dropped ones.": lambda probabilities, p: _sorted(probabilities, p)[
            : _size(probabilities, p)
        ],
        "You sorted twice instead of putting back. result[ranking] = ... writes each number where"
        " its token stands; ...[ranking] reads, which sorts.": lambda probabilities, p: _sorted(
            probabilities, p
        )[_ranked(probabilities)],
        "You took a softmax of probabilities. They are no logits: divide the kept ones by their"
        " sum.": lambda probabilities, p: softmax(_nucleus(probabilities, p)),
        "You gave the dropped tokens minus infinity. That is for logits; the probability of what"
        " is dropped is 0.": lambda probabilities, p: np.where(
            _nucleus(probabilities, p) > 0, _normalize(_nucleus(probabilities, p)), -np.inf
        ),
        "You took ranks for tokens: the first sum is that of the likeliest token, not"
        " of the first one given. kept = ranking[before < p] says which tokens they"
        " are.": lambda probabilities, p: _normalize(
            _where(probabilities, _before(probabilities) < p)
        ),
        "This is min-p: you compared each token with the likeliest. Top-p compares the running sum"
        " with p.": lambda probabilities, p: _normalize(
            _where(probabilities, probabilities >= p * probabilities.max())
        ),
        "You kept the tokens that have more than p, and there is none: 0 / 0 is nan. Compare the"
        " running sum with p.": lambda probabilities, p: _normalize(
            _where(probabilities, probabilities > p)
        ),
        "You kept the tokens that have more than p, and there is none. Compare the running sum"
        " with p.": lambda probabilities, p: _where(probabilities, probabilities > p),
        "You kept a share p of the tokens. Keep a share p of the"
        " probability.": lambda probabilities, p: _normalize(
            _first(probabilities, _ranked(probabilities), round(p * probabilities.size))
        ),
        "Nothing is dropped. Rank from the likeliest, with a minus: np.argsort(-probabilities),"
        " and stop when p is reached.": lambda probabilities, p: probabilities,
        "You returned which tokens are kept. Return their probabilities, divided by their"
        " sum.": lambda probabilities, p: (_nucleus(probabilities, p) > 0).astype(float),
        "You returned the places of the kept tokens. Return their probabilities, divided by their"
        " sum, and 0 elsewhere.": lambda probabilities, p: np.flatnonzero(
            _nucleus(probabilities, p)
        ),
        "Right, but for an exact hit: 0.5 + 0.25 reaches 0.75, so the nucleus is"
        " complete. Keep a token if the sum before it is less than p, not if it is"
        " equal.": lambda probabilities, p: _normalize(
            _first(
                probabilities,
                _ranked(probabilities),
                int((_reached(probabilities) <= p).sum()) + 1,
            )
        ),
    },
    draw=_draw,
    praise="Your nucleus has the crossing token, sums to 1, and every token stands in its place.",
)


SETTINGS = ("temperature", "top_k", "top_p", "min_p", "order")
BITS, SLIPS = 3.5, 0.01
KIND = "Return a dictionary of settings, such as {'temperature': 0.9, 'top_k': 40}."
UNKNOWN = f"Use only the settings of truncate: {', '.join(SETTINGS)}."
TAME = "Too tame: the entropy is too small. Heat it, or cut less, and look at the slips again."
WILD = "Diverse enough, but it slips too often. Which cut bounds what is unlikely, however hot?"
NEITHER = "Neither: too little entropy, and yet it slips too often. Look at the figure above."


@cache
def _held_back() -> np.ndarray:
    """Logits at places of the tales that the lesson does not use."""
    model, places = SmolLM2.load(), np.array([14, 24, 34])
    tales = shipped_texts("stories")[::2]
    read = (model.logits_for(model.tokenize(tale)[: places.max() + 1]) for tale in tales)
    return np.concatenate([logits[places] for logits in read])


@judging
def _judge(settings: Any) -> Judgment:
    if not isinstance(settings, Mapping):
        return f"Not yet: {KIND}", None
    if not set(settings) <= set(SETTINGS):
        return f"Not yet: {UNKNOWN}", None
    try:
        q = truncate(_held_back(), **settings)
    except Exception as error:  # a value can be anything
        return f"Not yet: truncate {raised(error)}", None
    bits = entropy(q).mean()
    slips = (q * (softmax(_held_back()) < 0.001)).sum(axis=1).mean()
    measured = f"At places of the tales that the lesson does not use: {bits:.2f} bits"
    verdict = {(False, True): TAME, (True, False): WILD, (False, False): NEITHER}
    wrong = verdict.get((bits >= BITS, slips <= SLIPS))
    sentence = f"Not yet: {wrong}" if wrong else f"Correct. {SECOND.praise}"
    return sentence, lambda: print(f"{measured}, slips {slips:.2%}.")


SECOND = Exercise(
    solution=solutions.tamed,
    mistakes={
        KIND: lambda: [1.5, 0.1],
        UNKNOWN: lambda: {"T": 1.5, "min_p": 0.1},
        TAME: lambda: {"temperature": 0.7, "min_p": 0.1},
        WILD: lambda: {"temperature": 1.5, "top_p": 0.9},
        NEITHER: lambda: {"temperature": 0.8},
    },
    judge=_judge,
    praise="Your settings are diverse and seldom slip, at places that you did not see.",
)
