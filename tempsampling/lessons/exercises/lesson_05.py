"""Lesson 5: distinct-n of the generated part."""

from collections import Counter

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise


def _grams(tokens: list, n: int, step: int = 1) -> list[tuple]:
    return [tuple(tokens[i : i + n]) for i in range(0, len(tokens) - n + 1, step)]


def _share(grams: list[tuple]) -> float:
    return len(set(grams)) / len(grams)


WARM_UP = Exercise(
    solution=solutions.distinct,
    arguments=[
        {"tokens": list("abcdbababdabdba"), "prompt_length": 4, "n": 3},
        {"tokens": [7, 5, 2, 5, 7, 2, 5, 2, 7, 2, 5, 2, 7, 2, 7, 5], "prompt_length": 6, "n": 4},
    ],
    mistakes={
        "You counted the prompt, which the model did not write. Begin at"
        " tokens[prompt_length:].": lambda tokens, prompt_length, n: _share(_grams(tokens, n)),
        "You measured the prompt. The generated part is the rest:"
        " tokens[prompt_length:].": lambda tokens, prompt_length, n: _share(
            _grams(tokens[:prompt_length], n)
        ),
        "Some of your n-grams begin in the prompt. Cut the prompt off first, and make n-grams of"
        " what is left.": lambda tokens, prompt_length, n: _share(
            _grams(tokens[prompt_length - n + 1 :], n)
        ),
        "You divided by the number of tokens. Divide by the number of n-grams, which is smaller by"
        " n - 1: then 1 means that all are different.": lambda tokens, prompt_length, n: (
            len(set(_grams(tokens[prompt_length:], n))) / len(tokens[prompt_length:])
        ),
        "You divided by the number of all tokens, prompt included. Divide by the number of n-grams"
        " in the generated part.": lambda tokens, prompt_length, n: (
            len(set(_grams(tokens[prompt_length:], n))) / len(tokens)
        ),
        "You counted single tokens, whatever n is. Take n neighbors together, as a"
        " tuple.": lambda tokens, prompt_length, n: _share(_grams(tokens[prompt_length:], 1)),
        "You counted pairs, whatever n is. Take n neighbors together: tokens[i : i +"
        " n].": lambda tokens, prompt_length, n: _share(_grams(tokens[prompt_length:], 2)),
        "Your n-grams do not overlap. One begins at every token, not at every"
        " n-th.": lambda tokens, prompt_length, n: _share(
            _grams(tokens[prompt_length:], n, step=n)
        ),
        "The last n-gram is missing. m tokens have m - n + 1 n-grams: range(m - n) ends one too"
        " soon.": lambda tokens, prompt_length, n: _share(_grams(tokens[prompt_length:-1], n)),
        "Your last tuples are shorter than n. m tokens have m - n + 1 n-grams, not"
        " m.": lambda tokens, prompt_length, n: _share(
            [tuple(tokens[i : i + n]) for i in range(prompt_length, len(tokens))]
        ),
        "This is the share that is repeated. Distinct-n is 1 minus it: different n-grams divided"
        " by all.": lambda tokens, prompt_length, n: 1 - _share(_grams(tokens[prompt_length:], n)),
        "You counted the n-grams that occur exactly once. Count each different one, also if it"
        " comes again: len(set(...)).": lambda tokens, prompt_length, n: (
            list(Counter(_grams(tokens[prompt_length:], n)).values()).count(1)
            / (len(tokens) - prompt_length - n + 1)
        ),
        "This is a count, and it grows with the length. Divide by the number of all"
        " n-grams.": lambda tokens, prompt_length, n: len(set(_grams(tokens[prompt_length:], n))),
        "This is the number of all n-grams. Count the different ones, and divide by"
        " it.": lambda tokens, prompt_length, n: len(_grams(tokens[prompt_length:], n)),
    },
    praise="It counts what the model wrote, every n-gram of it, and nothing else.",
)
