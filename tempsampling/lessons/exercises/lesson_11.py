"""Lesson 11: the entropy of each channel of a palette; a thermometer for pictures."""

from collections.abc import Callable
from functools import cache

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import tried
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax


def _bits(p: np.ndarray, axis: int = 1) -> np.ndarray:
    return -(p * np.log2(np.maximum(p, 1e-300))).sum(axis=axis)


@np.errstate(all="ignore")  # where p is 0, it is nan
def _unguarded(p: np.ndarray) -> np.ndarray:
    return -(p * np.log2(p)).sum(axis=1)


def _rows(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


def _draw(rng: np.random.Generator) -> dict:
    shape = tuple(rng.integers([1, 1], [5, 13]))
    logits = rng.normal(size=shape) * rng.choice([1.0, 10.0, 1000.0])
    if rng.random() < 0.2:
        logits = logits.round()  # ties
    return {"logits": logits, "temperature": float(rng.choice([0.001, 0.05, 0.5, 1.0, 3.0, 50.0]))}


WARM_UP = Exercise(
    solution=solutions.palette_entropy,
    arguments=[
        {
            "logits": np.array([[1.0, 2.0, 3.0, 5.0], [0.5, 0.5, 2.0, 1.0], [4.0, 1.0, 1.5, 3.0]]),
            "temperature": 0.5,
        },
        {"logits": np.array([[3.0, 1.0, 2.0], [1.0, 6.0, 4.0]]), "temperature": 3.0},
        {"logits": np.array([[3.0, 3.0, 2.0], [1.0, 6.0, 4.0]]), "temperature": 0.001},
    ],
    mistakes={
        "Right, but where a probability is 0 for the computer you return nan: 0 times minus"
        " infinity. Take np.log2(np.maximum(p, 1e-300)).": lambda logits, temperature: _unguarded(
            softmax(logits, temperature)
        ),
        "Right, but where np.exp of too large a number is infinity, you return nan: softmax"
        " subtracts the largest logit first.": lambda logits, temperature: _bits(
            _rows(np.exp(logits / temperature))
        ),
        "Right, but for large logits over T you return nan. Use softmax, and np.log2(np.maximum(p,"
        " 1e-300)).": lambda logits, temperature: _unguarded(_rows(np.exp(logits / temperature))),
        "The temperature has no effect. Divide the logits by it, before np.exp. Dividing the"
        " colors' values changes no probability.": lambda logits, temperature: _bits(
            softmax(logits)
        ),
        "You divided the numbers by the temperature and by their sum, and the temperature"
        " canceled. Take np.exp in between.": lambda logits, temperature: _bits(
            _rows(logits / temperature)
        ),
        "You divided the probabilities by the temperature. Divide the logits, before"
        " np.exp.": lambda logits, temperature: _bits(softmax(logits) / temperature),
        "You divided the entropy by the temperature. Divide the"
        " logits.": lambda logits, temperature: _bits(softmax(logits)) / temperature,
        "You multiplied the entropy by the temperature. Divide the logits by"
        " it.": lambda logits, temperature: _bits(softmax(logits)) * temperature,
        "You multiplied by the temperature. Divide by it.": lambda logits, temperature: _bits(
            softmax(logits * temperature)
        ),
        "You went down the columns. Each row is a channel: take sums along"
        " axis=1.": lambda logits, temperature: _bits(
            softmax(logits / temperature, axis=0), axis=0
        ),
        "Your probabilities sum to 1 down the columns. Every row must:"
        " axis=1.": lambda logits, temperature: _bits(softmax(logits / temperature, axis=0)),
        "The probabilities are right, but you summed the entropy down the columns:"
        " axis=1.": lambda logits, temperature: _bits(softmax(logits / temperature), axis=0),
        "You divided by the temperature twice. softmax(logits, temperature) does it"
        " already.": lambda logits, temperature: _bits(softmax(logits / temperature, temperature)),
        "You added up all surprises, -log2 p, alike. Weight each with its probability first: p"
        " times it.": lambda logits, temperature: (
            -np.log2(np.maximum(softmax(logits, temperature), 1e-300)).sum(axis=1)
        ),
        "You took one softmax of the whole table. Every row is a distribution of its"
        " own.": lambda logits, temperature: _bits(softmax((logits / temperature).ravel()), axis=0),
        "You took one softmax of the whole table, so that the rows do not sum to 1. Divide every"
        " row by its own sum.": lambda logits, temperature: _bits(
            softmax((logits / temperature).ravel()).reshape(logits.shape)
        ),
        "These are nats. For bits take np.log2, or divide by ln 2.": lambda logits, temperature: (
            entropy(softmax(logits, temperature), base=np.e)
        ),
        "The sign is missing: the logarithm of a probability is negative, the entropy is"
        " not.": lambda logits, temperature: -_bits(softmax(logits, temperature)),
        "You took the mean over the channels. Return one number for"
        " each.": lambda logits, temperature: _bits(softmax(logits, temperature)).mean(),
        "You added up the channels. Return one number for each.": lambda logits, temperature: _bits(
            softmax(logits, temperature)
        ).sum(),
        "This is 2 to the power of the entropy, the effective number of values. The entropy is the"
        " exponent.": lambda logits, temperature: 2 ** _bits(softmax(logits, temperature)),
        "These are the probabilities. One step is missing: the entropy of every"
        " row.": lambda logits, temperature: softmax(logits, temperature),
    },
    draw=_draw,
    praise="One number for each channel, in bits, cold and hot.",
)


TEMPERATURES = (2.2, 2.6, 3.2, 4.0)
PICTURES, SWEEPS = 6, 80  # at each temperature; to settle
NEAR = 0.08  # by how much of the temperature a mean may miss: three times the noise, or more

NUMBER = "Return one number, the temperature."
UNDEFINED = "For some pictures your number is nan or infinite."
NEGATIVE = "Your thermometer goes below 0. Is the likelier color in the numerator of your odds?"
HALF = (
    "Your thermometer shows about half of every temperature. The two logits of a pixel are h and"
    " -h, and their difference is 2 h."
)
DOUBLE = (
    "Your thermometer shows about twice every temperature. Which difference of logits, divided by"
    " T, is the logarithm of your odds?"
)
INVERSE = (
    "Your thermometer shows about 1 / T. The logarithm of the odds is 2 h / T: solve it for T."
)
FLAT = (
    "At T = 2.6, 3.2 and 4 your thermometer shows about the same. The share of dark pixels is one"
    " half at all three; how often a pixel is like its neighbors is not."
)


@cache
def _pictures() -> dict[float, list[np.ndarray]]:
    """Pictures of 128 x 128 pixels that the lesson does not show, a few at each temperature."""
    rng = np.random.default_rng(seed=11)
    squares = np.indices((128, 128)).sum(axis=0) % 2
    taken = {}
    for temperature in TEMPERATURES:
        pixels = np.ones((PICTURES, 128, 128), np.int8)
        if temperature > 2.3:
            pixels = rng.choice(np.array([-1, 1], np.int8), size=pixels.shape)
        for _ in range(SWEEPS):
            noise = rng.logistic(scale=temperature / 2, size=pixels.shape)
            for color in (0, 1):
                h = sum(np.roll(pixels, step, axis) for step in (1, -1) for axis in (1, 2))
                drawn = np.where(h > noise, 1, -1).astype(np.int8)
                pixels = np.where(squares == color, drawn, pixels)
        taken[temperature] = list(pixels)
    return taken


def _readings(answer: Callable) -> np.ndarray | str:
    """The mean that a thermometer shows at each temperature, or what is wrong with it."""
    means, called = [], lambda: f"{answer.__name__}(pixels)"
    for pictures in _pictures().values():
        shown = []
        for picture in pictures:
            given = picture.copy()
            result, problem = tried(answer, {"pixels": given}, called)
            if problem:
                return problem
            if not np.array_equal(given, picture):
                return "Not yet: your function changes its argument pixels. Make a new one instead."
            try:
                (number,) = np.asarray(result, dtype=float).reshape(1)
            except Exception:  # an object can raise anything
                return f"Not yet: {NUMBER}"
            if not np.isfinite(number):
                return f"Not yet: {UNDEFINED}"
            shown.append(number)
        means.append(np.mean(shown))
    return np.array(means)


def _judge(answer: Callable) -> tuple[str, None]:
    shown = _readings(answer)
    if isinstance(shown, str):
        return shown, None
    right = np.array(TEMPERATURES)
    off = np.abs(shown / right - 1)
    if np.all(off <= NEAR):
        return f"Correct. {SECOND.praise}", None
    if np.all(shown < 0):
        return f"Not yet: {NEGATIVE}", None
    for factor, sentence in [(right / 2, HALF), (right * 2, DOUBLE), (1 / right, INVERSE)]:
        if np.all(np.abs(shown / factor - 1) <= NEAR):
            return f"Not yet: {sentence}", None
    if np.ptp(shown[1:]) <= NEAR * np.abs(shown[1:]).mean():
        return f"Not yet: {FLAT}", None
    worst = off.argmax()
    told = f"at T = {right[worst]} your thermometer shows {shown[worst]:.2f} on average"
    return f"Not yet: {told}; it may miss by {NEAR:.0%}.", None


def _odds(pixels: np.ndarray) -> float:
    """Dark to bright, of pixels with three dark neighbors and a bright one."""
    h = sum(np.roll(pixels, step, axis) for step in (1, -1) for axis in (0, 1))
    dark = np.mean(pixels[h == 2] == 1)
    return dark / (1 - dark)


SECOND = Exercise(
    solution=solutions.thermometer,
    mistakes={
        NUMBER: lambda pixels: pixels.mean(axis=0),
        UNDEFINED: lambda pixels: np.nan,
        NEGATIVE: lambda pixels: 4 / np.log(1 / _odds(pixels)),
        HALF: lambda pixels: 2 / np.log(_odds(pixels)),
        DOUBLE: lambda pixels: 8 / np.log(_odds(pixels)),
        INVERSE: lambda pixels: np.log(_odds(pixels)) / 4,
        FLAT: lambda pixels: 2 / np.arcsinh((1 - min(abs(pixels.mean()), 0.99) ** 8) ** -0.25),
    },
    judge=_judge,
    praise="Each pixel and its neighbors tell the temperature, where the number of dark ones does"
    " not.",
)
