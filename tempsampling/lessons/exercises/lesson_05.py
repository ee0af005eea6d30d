"""Lesson 5: distinct-n of the generated part, and a text that fools the measures."""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import Judgment, judging, raised
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.lessons.texts import shipped_texts
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.distributions import log_softmax
from tempsampling.numerics.metrics import distinct_n


def _grams(tokens: list, n: int, step: int = 1) -> list[tuple]:
    return [tuple(tokens[i : i + n]) for i in range(0, len(tokens) - n + 1, step)]


def _share(grams: list[tuple]) -> float:
    return len(set(grams)) / len(grams)


def _draw(rng: np.random.Generator) -> dict:
    prompt_length, n = int(rng.integers(0, 9)), int(rng.integers(1, 6))
    written = int(rng.choice([n, n + 1, n + rng.integers(60)]))  # one n-gram at least
    kinds = rng.choice([1, 2, 5, 49_152])
    tokens = rng.integers(kinds, size=prompt_length + written).tolist()
    return {"tokens": tokens, "prompt_length": prompt_length, "n": n}


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
    draw=_draw,
    praise="It counts what the model wrote, every n-gram of it, and nothing else.",
)


HALF, PIECES = 20, slice(60, 80)  # tokens of a text, and of a tale that the lesson does not read
NEW, SAVED, READ = 0.9, 0.5, 2000  # the bars, and how many characters are read
KIND = "Return a text, as a string."
SHORT = f"The text needs at least {2 * HALF} tokens, in its first {READ:,} characters."
AGAIN = "Its beginning saves enough, but too many of its pairs come again."
UNFORESEEN = "Its pairs are new, but its beginning saves too little. What goes on in only one way?"
NEITHER = "Neither: too many of its pairs come again, and yet its beginning saves too little."


@cache
def _pieces() -> list[list[int]]:
    """Pieces of tales; the lesson reads the first 50 tokens of each."""
    tales = shipped_texts("stories")[::4]
    return [SmolLM2.load().tokenize(tale)[PIECES] for tale in tales]


def _saved(tokens: list[int]) -> float:
    """Return the share of its end's surprise that the beginning of a text saves."""
    begin, end = tokens[:HALF], tokens[HALF:]
    rows = [[*before, *end] for before in (begin, *_pieces())]
    read = SmolLM2.load().logits_for(rows)[:, HALF - 1 : -1]
    own, *apart = [-log_softmax(each)[np.arange(HALF), end].sum() for each in read]
    return 1 - own / np.mean(apart)


@judging
def _judge(text: Any) -> Judgment:
    if not isinstance(text, str):
        return f"Not yet: {KIND}", None
    try:
        tokens = SmolLM2.load().tokenize(text[:READ])[: 2 * HALF]
    except ValueError as error:  # not every string is text
        return f"Not yet: SmolLM2 {raised(error)}", None
    if len(tokens) < 2 * HALF:
        return f"Not yet: {SHORT}", None
    new, saved = distinct_n([tokens], 2), _saved(tokens)
    verdict = {(False, True): AGAIN, (True, False): UNFORESEEN, (False, False): NEITHER}
    wrong = verdict.get((new >= NEW, saved >= SAVED))
    sentence = f"Not yet: {wrong}" if wrong else f"Correct. {SECOND.praise}"
    measured = f"Of the first {2 * HALF} tokens: distinct-2 {new:.2f}, its beginning saves"
    return sentence, lambda: print(f"{measured} {saved:.0%}.")


SECOND = Exercise(
    solution=solutions.hollow,
    mistakes={
        KIND: lambda: ["one", "two", "three"],
        SHORT: lambda: "one, two, three",
        AGAIN: lambda: ", ".join(map(str, range(1, 60))),
        UNFORESEEN: lambda: (
            "Yesterday I went to the market to buy some bread and cheese. On the way home I met an"
            " old friend, who told me about her new job in a hospital near the sea, and about the"
            " long nights there."
        ),
        NEITHER: lambda: 50 * "hello ",
    },
    judge=_judge,
    praise="No tale above saves as much. Measures that say nothing about sense can be fooled.",
)
