"""Lesson 6: how many different outcomes to expect in n draws; the loop in which a model writes."""

from collections.abc import Callable

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax


def _seen(probabilities: np.ndarray, n: int) -> np.ndarray:
    return 1 - (1 - probabilities) ** n


def _draw(rng: np.random.Generator) -> dict:
    weights = rng.exponential(size=int(rng.integers(1, 12))) ** rng.choice([1, 6])
    weights[rng.random(weights.size) < 0.2] = 0
    weights[0] += weights.sum() == 0
    return {"probabilities": weights / weights.sum(), "n": int(rng.choice([0, 1, 2, 10, 1000]))}


WARM_UP = Exercise(
    solution=solutions.expected_different,
    arguments=[
        {"probabilities": np.array([0.5, 0.3, 0.15, 0.05, 0.0]), "n": 7},
        {"probabilities": np.array([0.0, 0.7, 0.2, 0.1]), "n": 5},
    ],
    mistakes={
        "These are the chances of each outcome to come up. Add them up: one number.": _seen,
        "You took ten draws, whatever n is. Ten have no special right: use the argument"
        " n.": lambda probabilities, n: _seen(probabilities, 10).sum(),
        "Your result is 1, whatever n is. Raise the chance of missing an outcome to the power of"
        " n.": lambda probabilities, n: _seen(probabilities, 1).sum(),
        "p ** n is the chance that all n draws give this outcome. That all miss it has the chance"
        " (1 - p) ** n.": lambda probabilities, n: (1 - probabilities**n).sum(),
        "You have the chance that all n draws are alike. Ask for each outcome whether all n draws"
        " miss it.": lambda probabilities, n: (probabilities**n).sum(),
        "You counted the outcomes that do not come up. Subtract each chance from 1"
        " first.": lambda probabilities, n: ((1 - probabilities) ** n).sum(),
        "You subtracted the sum from 1. Subtract each chance from 1, and then add"
        " up.": lambda probabilities, n: 1 - ((1 - probabilities) ** n).sum(),
        "You weighted each outcome with its probability. Every outcome that comes up counts 1,"
        " however rare.": lambda probabilities, n: (probabilities * _seen(probabilities, n)).sum(),
        "You took the mean. The number of different outcomes is the"
        " sum.": lambda probabilities, n: _seen(probabilities, n).mean(),
        "You multiplied the chances. The number of different outcomes is their"
        " sum.": lambda probabilities, n: _seen(probabilities, n).prod(),
        "You counted the draws: n times p is how often an outcome comes up. Count each outcome"
        " once, with its chance to come up at all.": lambda probabilities, n: (
            n * probabilities
        ).sum(),
        "n * p counts an outcome again each time it comes up, and cutting it off at 1 does not"
        " mend that. Take the chance that the outcome comes up at all.": lambda probabilities, n: (
            np.minimum(1, n * probabilities).sum()
        ),
        "This is how many outcomes are possible. n draws need not show them"
        " all.": lambda probabilities, n: np.count_nonzero(probabilities),
        "This is how many outcomes are listed. n draws need not show them"
        " all.": lambda probabilities, n: len(probabilities),
        "2 ** entropy, the effective number, does not know how often you draw. Use"
        " n.": lambda probabilities, n: 2 ** entropy(probabilities),
    },
    draw=_draw,
    praise="Your function knows what n draws will show, before a single one is made.",
)


def _model(size: int, shift: float) -> Callable:
    """A toy of a model: logits that depend on the last tokens."""

    def toy_logits(text: list) -> np.ndarray:
        last, before = text[-1], text[-2] if len(text) > 1 else 0
        return 3 * np.cos(np.arange(size) * (1 + last) + before + shift * len(text))

    return toy_logits


def _drawer(height: float) -> Callable:
    """What takes the token in which a height between 0 and 1 falls: a draw without chance."""

    def draw(p: np.ndarray) -> int:
        return int(np.argmax(np.cumsum(p) >= height * np.sum(p)))

    return draw


def _writing(size: int, shift: float, height: float, temperature: float, length: int) -> dict:
    return {
        "tokens": [1, 0, 2],
        "next_logits": _model(size, shift),
        "draw": _drawer(height),
        "temperature": temperature,
        "length": length,
    }


def _draw_writing(rng: np.random.Generator) -> dict:
    temperature = float(rng.choice([0.0, 0.3, 1.0, 2.0, np.inf]))
    size, length = int(rng.integers(3, 20)), int(rng.choice([0, 1, 5, 20]))
    return _writing(size, rng.random(), rng.random(), temperature, length)


def _loop(
    next_token: Callable, start: Callable = list, result: Callable = lambda text, _: text
) -> Callable:
    def write(
        tokens: list, next_logits: Callable, draw: Callable, temperature: float, length: int
    ) -> list:
        text = start(tokens)
        for _ in range(length):
            text.append(next_token(text, tokens, next_logits, draw, temperature))
        return result(text, tokens)

    return write


def _right(text: list, _: list, next_logits: Callable, draw: Callable, T: float) -> int:
    return draw(softmax(next_logits(text), T))


SECOND = Exercise(
    solution=solutions.write_on,
    arguments=[_writing(5, 0.3, 0.6, 0.5, 6), _writing(7, 0.1, 0.9, 2.0, 4)],
    mistakes={
        "The model reads the prompt at every step, never what was written. Give next_logits the"
        " list that grows.": _loop(lambda text, tokens, z, draw, T: draw(softmax(z(tokens), T))),
        "You return the new tokens alone. Begin with those of the prompt.": _loop(
            _right, result=lambda text, tokens: text[len(tokens) :]
        ),
        "You take the likeliest token each time. Let draw take one.": _loop(
            lambda text, tokens, z, draw, T: int(np.argmax(softmax(z(text), T)))
        ),
        "The temperature has no effect. Give it to softmax, together with the logits.": _loop(
            lambda text, tokens, z, draw, T: draw(softmax(z(text)))
        ),
        "You multiplied by the temperature. Divide the logits by it: softmax(logits, temperature)"
        " does.": _loop(lambda text, tokens, z, draw, T: draw(softmax(z(text), np.divide(1.0, T)))),
        "The model reads the last token alone. Give next_logits the whole list.": _loop(
            lambda text, tokens, z, draw, T: draw(softmax(z(text[-1:]), T))
        ),
        "Your list has length tokens in all. They come after the prompt.": (
            lambda tokens, length, **k: solutions.write_on(
                tokens, length=max(0, length - len(tokens)), **k
            )
        ),
        "One token too many: range(length) already counts them.": lambda length, **k: (
            solutions.write_on(length=length + 1, **k)
        ),
    },
    draw=_draw_writing,
    praise="That is all a language model's program does. Try it on SmolLM2.",
)
