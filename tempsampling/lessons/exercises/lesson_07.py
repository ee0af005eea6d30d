"""Lesson 7: how often two answers agree."""

from collections import Counter
from itertools import pairwise

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


def _equal_pairs(answers: list[str]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(answers).values())


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
    praise="Every pair counts once, and no answer is compared with itself.",
)
