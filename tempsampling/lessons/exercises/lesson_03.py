"""Lesson 3: a softmax that works down to T = 0; how often two texts of a table agree."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import softmax


def _softmax(scaled: np.ndarray) -> np.ndarray:
    weights = np.exp(scaled - scaled.max())
    return weights / weights.sum()


def _first(logits: np.ndarray) -> np.ndarray:
    return np.eye(logits.size)[np.argmax(logits)]


def _best(logits: np.ndarray) -> np.ndarray:
    return logits == logits.max()


def _shared(logits: np.ndarray) -> np.ndarray:
    return _best(logits) / _best(logits).sum()


@np.errstate(all="ignore")  # nan is the mistake
def _divided_by_zero(logits: np.ndarray, temperature: float) -> np.ndarray:
    weights = np.exp((logits - logits.max()) / temperature)
    return weights / weights.sum()


@np.errstate(all="ignore")
def _unshifted(logits: np.ndarray, temperature: float) -> np.ndarray:
    weights = np.exp(logits / temperature)
    return weights / weights.sum()


def _only_if_hot(cold: object) -> object:
    """Return a function that is right above T = 0, and `cold(logits)` there."""
    return lambda logits, temperature: (
        _softmax(logits / temperature) if temperature else cold(logits)
    )


def _draw(rng: np.random.Generator) -> dict:
    logits = rng.normal(size=int(rng.integers(1, 9))).round(int(rng.integers(0, 4)))  # ties, too
    scale = rng.choice([1e-9, 1e-9, 1.0, 10.0, 1000.0])  # nearly ties, too
    logits = logits * scale + rng.choice([0.0, 1000.0, -1000.0]) * (scale >= 1)
    temperature = rng.choice([0.0, 0.0, 0.0, 0.005, 0.05, 0.5, 1.0, 2.0, 50.0, 500.0])
    return {"logits": logits, "temperature": float(temperature)}


WARM_UP = Exercise(
    solution=solutions.probabilities_at,
    arguments=[
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0},
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0.5},
        {"logits": np.array([2.0, 5.0, -1.0, 5.0]), "temperature": 0.005},
        {"logits": np.array([1.0, 1.001, 0.0]), "temperature": 0},
        {"logits": np.array([1.0, 1.001, 0.0]), "temperature": 0.005},
    ],
    mistakes={
        "You divided by zero, and nan came out. Treat temperature == 0 before you"
        " divide.": _divided_by_zero,
        "At T = 0.005 np.exp overflows, and nan came out. Subtract the largest logit"
        " first.": lambda logits, temperature: (
            _unshifted(logits, temperature) if temperature else _shared(logits)
        ),
        "Infinite divided by infinite is nan: you divided by zero, or by something tiny"
        " without subtracting the largest logit first. Treat temperature == 0 before you"
        " divide.": _unshifted,
        "At T = 0 you gave everything to the first of two equal logits. Equal logits share: logits"
        " == logits.max() finds them both.": _only_if_hot(_first),
        "At T = 0 your values do not sum to 1. Divide them by how many largest logits there"
        " are.": _only_if_hot(_best),
        "At T = 0 you left the logits undivided, which is T = 1. The largest must get"
        " everything.": _only_if_hot(_softmax),
        "At T = 0 you made all equal. That is the other end, T = infinity.": _only_if_hot(
            lambda logits: np.full(logits.size, 1 / logits.size)
        ),
        "At T = 0 you returned which logit is largest. Return the probabilities of"
        " all.": _only_if_hot(np.argmax),
        "You are greedy at every temperature. Only T = 0 gives everything to the"
        " largest.": lambda logits, temperature: _shared(logits),
        "T = 0 is right. At T = 0.5 you multiplied by the temperature; divide by"
        " it.": lambda logits, temperature: (
            _softmax(logits * temperature) if temperature else _shared(logits)
        ),
        "T = 0 is right. At T = 0.5 your values do not sum to 1: divide by the sum of the"
        " weights.": lambda logits, temperature: (
            np.exp((logits - logits.max()) / temperature) if temperature else _shared(logits)
        ),
    },
    draw=_draw,
    praise="It works hot, cold, and at zero, where ties share.",
)


def _of_table(chance: Callable[[np.ndarray, int], object]) -> Callable:
    """Return an answer that takes a softmax as it should, and goes on as `chance` does."""
    return lambda logits, temperature, length: chance(softmax(logits, temperature), length)


def _agreeing(p: np.ndarray, length: int) -> np.ndarray:
    """The chance of `length` equal words, for each word to begin after."""
    return np.linalg.matrix_power(p**2, length).sum(axis=1)


def _likeliest(p: np.ndarray, length: int) -> float:
    word, chance = 0, 1.0
    for _ in range(length):
        word, chance = p[word].argmax(), chance * p[word].max()
    return chance


def _draw_table(rng: np.random.Generator) -> dict:
    words = int(rng.integers(1, 5))
    logits = rng.normal(size=(words, words)).round(int(rng.integers(0, 4)))
    return {
        "logits": logits * rng.choice([1.0, 3.0, 10.0]),
        "temperature": float(rng.choice([0.05, 0.5, 1.0, 2.0, 50.0])),
        "length": int(rng.integers(1, 7)),
    }


def _forgetful(p: np.ndarray, length: int) -> float:
    """Square the ordinary chances at each place, as if nothing had been agreed on before."""
    chance, row = 1.0, p[0]
    for _ in range(length):
        chance, row = chance * (row**2).sum(), row @ p
    return chance


def _along_the_likeliest(p: np.ndarray, length: int) -> float:
    """Take any word to agree on, but go on after the likeliest."""
    chance, word = 1.0, 0
    for _ in range(length):
        chance, word = chance * (p[word] ** 2).sum(), p[word].argmax()
    return chance


SECOND = Exercise(
    solution=solutions.chance_to_agree,
    arguments=[
        {"logits": np.array([[1.0, 0.0], [0.0, 3.0]]), "temperature": 0.5, "length": 3},
        {
            "logits": np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 4.0], [2.0, 2.0, 0.0]]),
            "temperature": 2.0,
            "length": 2,
        },
    ],
    mistakes={
        "Your result is always 1. Did you square? Each word must be drawn twice, once in each text:"
        " p * p.": _of_table(lambda p, length: 1.0),
        "You used row 0 for every word. After the first word both texts are at another one, and"
        " its row counts.": _of_table(lambda p, length: (p[0] ** 2).sum() ** length),
        "You looked at the first word only. All the words must be the same.": _of_table(
            lambda p, length: (p[0] ** 2).sum()
        ),
        "You averaged over all words to begin after. Both texts begin after word 0.": _of_table(
            lambda p, length: _agreeing(p, length).mean()
        ),
        "You returned a chance for each word to begin after. Both texts begin after word 0: return"
        " that one.": _of_table(_agreeing),
        "You took a column for a row. p[i, j] belongs to word j after word i.": _of_table(
            lambda p, length: _agreeing(p.T, length)[0]
        ),
        "Your softmax goes down the columns. Each row is a distribution: softmax(logits,"
        " temperature) goes along the rows.": lambda logits, temperature, length: _agreeing(
            softmax(logits, temperature, axis=0), length
        )[0],
        "This is the chance that the last words agree. The words before them must agree,"
        " too.": _of_table(lambda p, length: (np.linalg.matrix_power(p, length)[0] ** 2).sum()),
        "This is the chance of one text, that of the likeliest words. Two texts may agree on any"
        " text: sum over all of them.": _of_table(_likeliest),
        "This is the chance that both write the likeliest word each time. They may agree on any"
        " text: sum over all of them.": _of_table(lambda p, length: _likeliest(p, length) ** 2),
        "You squared the ordinary chance of each word at each place. Texts that agreed so far are"
        " more often at likely words: carry p * p from word to word, not p.": _of_table(_forgetful),
        "You went on after the likeliest word alone. The texts may agree on any word: go on after"
        " each, and add up.": _of_table(_along_the_likeliest),
        "This is the mean chance that one more word agrees, to the power of the length. Which row"
        " counts depends on the words before.": _of_table(
            lambda p, length: (p**2).sum(axis=1).mean() ** length
        ),
        "This is for one word more. Count from no word, where the chance is 1: the loop runs length"
        " times.": _of_table(lambda p, length: _agreeing(p, length + 1)[0]),
        "This is for one word less. Count from no word, where the chance is 1: the loop runs length"
        " times.": _of_table(lambda p, length: _agreeing(p, length - 1)[0]),
        "The temperature has no effect. Give it to softmax, together with the"
        " logits.": lambda logits, temperature, length: _agreeing(softmax(logits), length)[0],
        "You multiplied by the temperature. Divide the logits by it: softmax(logits, temperature)"
        " does.": lambda logits, temperature, length: _agreeing(
            softmax(logits * temperature), length
        )[0],
        "This is the chance that they differ. Subtract it from 1.": _of_table(
            lambda p, length: 1 - _agreeing(p, length)[0]
        ),
    },
    draw=_draw_table,
    praise="Exact, and no text was drawn: it adds up all texts that both may write.",
)
