"""Lesson 7: how often two answers agree, word for word and in meaning."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax


def _equal_pairs(answers: list[str]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(answers).values())


def _draw_answers(rng: np.random.Generator) -> dict:
    replies = rng.choice(["yes", "Yes", "yes ", "no", "No, never.", "", "Hi!", "42"], size=8)
    kinds, n = int(rng.integers(1, 9)), int(rng.choice([2, 3, 4, 6, 15, 60]))
    return {"answers": rng.choice(replies[:kinds], size=n).tolist()}


WARM_UP = Exercise(
    solution=solutions.agreement,
    arguments=[
        {"answers": ["See you!"] * 3 + ["Hey!", "Farewell!"] + ["Hey!"] * 3},
        {"answers": ["yes", "no", "yes", "no", "yes", "yes", "no", "yes", "yes", "yes"]},
    ],
    mistakes={
        "You compared each answer with itself, too, and those pairs always agree. Take only pairs"
        " of two different places in the list.": lambda answers: (
            sum(n * n for n in Counter(answers).values()) / len(answers) ** 2
        ),
        "You compared each answer with itself, too: range(i) ends before i, range(i + 1) does"
        " not.": lambda answers: (
            (_equal_pairs(answers) + len(answers)) / (len(answers) * (len(answers) + 1) / 2)
        ),
        "This is the share of the most frequent answer. Two answers can agree on another one, too:"
        " count pairs.": lambda answers: max(Counter(answers).values()) / len(answers),
        "This is the number of different answers divided by the number of answers. Count pairs"
        " that are equal.": lambda answers: len(set(answers)) / len(answers),
        "This is 1 minus the share of different answers. It knows how many answers are repeated,"
        " not how many pairs agree: count pairs.": lambda answers: (
            1 - len(set(answers)) / len(answers)
        ),
        "You compared neighbors in the list only. Every answer forms a pair with every"
        " other.": lambda answers: sum(a == b for a, b in pairwise(answers)) / (len(answers) - 1),
        "You compared all answers with the first one only. Every answer forms a pair with every"
        " other.": lambda answers: (answers.count(answers[0]) - 1) / (len(answers) - 1),
        "You counted the pairs that are equal. For the share, divide by the number of all"
        " pairs.": _equal_pairs,
        "You divided by the number of answers. Divide by the number of pairs: n · (n − 1) / 2 for"
        " n answers.": lambda answers: _equal_pairs(answers) / len(answers),
        "Your result is half of what it must be. If each pair counts once above the fraction, it"
        " counts once below: n · (n − 1) / 2 pairs.": lambda answers: (
            _equal_pairs(answers) / (len(answers) * (len(answers) - 1))
        ),
        "This is the share of pairs that differ. Count those that are equal.": lambda answers: (
            1 - _equal_pairs(answers) / (len(answers) * (len(answers) - 1) / 2)
        ),
    },
    draw=_draw_answers,
    praise="Every pair counts once, and no answer is compared with itself.",
)


def _shares(p: np.ndarray, meanings: list[str]) -> np.ndarray:
    """The probability of each meaning."""
    names, place = np.unique(meanings, return_inverse=True)
    return np.bincount(place, weights=p, minlength=names.size)


def _of_shares(function: Callable[[np.ndarray], float | np.ndarray]) -> Callable:
    """Return the mistake that does the right thing up to the meanings' probabilities."""
    return lambda logits, temperature, meanings: function(
        _shares(softmax(logits, temperature), meanings)
    )


def _merged_first(merge: Callable[[np.ndarray], float]) -> Callable:
    """Return the mistake that makes one logit of those of a meaning."""

    def mistake(logits: np.ndarray, temperature: float, meanings: list[str]) -> float:
        each = np.array(meanings)
        merged = [merge(logits[each == meaning]) for meaning in np.unique(each)]
        return np.sum(softmax(np.array(merged), temperature) ** 2)

    return mistake


def _one_of_each(logits: np.ndarray, temperature: float, meanings: list[str]) -> float:
    kept = dict(zip(meanings, softmax(logits, temperature), strict=True))
    return sum(p**2 for p in kept.values())


def _pairs(p: np.ndarray, meanings: list[str], same_reply: bool) -> float:
    """Add up the pairs of two different replies that mean the same, each pair once."""
    n = len(meanings)
    return sum(
        p[i] * p[j] for i in range(n) for j in range(i + same_reply) if meanings[i] == meanings[j]
    )


def _draw_meanings(rng: np.random.Generator) -> dict:
    n = int(rng.integers(1, 9))
    logits = rng.normal(size=n) * rng.choice([1.0, 10.0, 1000.0])
    if rng.random() < 0.2:
        logits[:] = logits[0]  # ties
    kinds = int(rng.integers(1, 6))
    names = rng.permutation(["late", "early", "", "never", "I do not know"])[:kinds]
    return {
        "logits": logits,
        "temperature": float(rng.choice([0.05, 0.5, 1.0, 2.0, 50.0])),
        "meanings": rng.choice(names, size=n).tolist(),
    }


SECOND = Exercise(
    solution=solutions.agreement_in_meaning,
    arguments=[
        {
            "logits": np.array([2.0, 1.0, 1.5, 0.0, 0.5]),
            "temperature": 2.0,
            "meanings": ["late", "late", "never", "late", "never"],
        },
        {
            "logits": np.array([0.0, 3.0, 1.5, 2.2]),
            "temperature": 0.8,
            "meanings": ["yes", "no", "yes", "maybe"],
        },
    ],
    mistakes={
        "This is the agreement word for word, the sum of the squares of all probabilities. Replies"
        " that mean the same agree, too: add up their probabilities before you"
        " square.": lambda logits, temperature, meanings: np.sum(softmax(logits, temperature) ** 2),
        "Your result is always 1: these are all probabilities, added up. Square the probability of"
        " each meaning: both replies must have it.": _of_shares(lambda shares: 1.0),
        "Your result is always 0. If you compared meanings == meaning: a list is not compared entry"
        " by entry; np.array(meanings) == meaning is.": lambda logits, temperature, meanings: 0.0,
        "These are the probabilities of the meanings. Square them, for both replies, and add them"
        " up.": _of_shares(lambda shares: shares),
        "These are the chances that both replies have this meaning, or that. Add them"
        " up.": _of_shares(np.square),
        "This is the probability of the likeliest meaning. Two replies can agree on another one,"
        " too.": _of_shares(np.max),
        "You squared the likeliest meaning's probability only. Two replies can agree on another"
        " meaning, too: add up.": _of_shares(lambda shares: shares.max() ** 2),
        "This is the chance that the two differ. It is asked how likely they mean the"
        " same.": _of_shares(lambda shares: 1 - np.sum(shares**2)),
        "The temperature has no effect. Give it to softmax, together with the"
        " logits.": lambda logits, temperature, meanings: np.sum(
            _shares(softmax(logits), meanings) ** 2
        ),
        "You multiplied by the temperature. Divide the logits by it: softmax(logits, temperature)"
        " does.": lambda logits, temperature, meanings: np.sum(
            _shares(softmax(logits, 1 / temperature), meanings) ** 2
        ),
        "You added up the logits of a meaning. Logits do not add; take softmax first, and add up"
        " the probabilities.": _merged_first(np.sum),
        "You averaged the logits of a meaning. Take softmax first, and add up the"
        " probabilities.": _merged_first(np.mean),
        "You took the largest logit of a meaning. Its other replies count, too: take softmax first,"
        " and add up the probabilities.": _merged_first(np.max),
        "You kept one reply of each meaning, the last. Add up the probabilities of all that share"
        " it.": _one_of_each,
        "You counted replies. They are not equally likely: add up their"
        " probabilities.": lambda logits, temperature, meanings: np.sum(
            _shares(np.full(logits.size, 1 / logits.size), meanings) ** 2
        ),
        "You counted each pair of different replies once. The first person can get the one or the"
        " other: count it twice.": lambda logits, temperature, meanings: _pairs(
            softmax(logits, temperature), meanings, same_reply=True
        ),
        "You left out that both people can get the very same reply, and counted each pair of"
        " different replies once, not twice.": lambda logits, temperature, meanings: _pairs(
            softmax(logits, temperature), meanings, same_reply=False
        ),
        "You left out that both can get the very same reply. Count it"
        " too.": lambda logits, temperature, meanings: (
            2 * _pairs(softmax(logits, temperature), meanings, same_reply=False)
        ),
    },
    draw=_draw_meanings,
    praise="Replies of one meaning pool their probabilities, and pooling comes before squaring.",
)
