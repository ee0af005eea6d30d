"""Lesson 12: the slide's rule, its confidence from the model; a prompt that keeps it cold."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import Judgment, judging, one_line
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.distributions import entropy, softmax
from tempsampling.numerics.sampling import sample
from tempsampling.numerics.uncertainty import mean_and_margin
from tempsampling.writing.labels import percent, visible


def _rule(confidence: Callable[[np.ndarray], float]) -> Callable:
    """Return a function that is right but for where its confidence comes from."""
    return lambda logits, low, high: low + (1 - confidence(logits)) * (high - low)


def _largest(logits: np.ndarray) -> float:
    return softmax(logits).max()


def _bits(logits: np.ndarray) -> float:
    return entropy(softmax(logits))


def _draw(rng: np.random.Generator) -> dict:
    logits = rng.normal(size=int(rng.integers(1, 12))) * rng.choice([1.0, 5.0, 1000.0])
    if rng.random() < 0.3:
        logits = np.round(logits)  # ties
    low = float(rng.choice([0.05, 0.5, 1.0]))
    return {"logits": logits, "low": low, "high": low + float(rng.choice([0.0, 0.7, 1.5, 50.0]))}


WARM_UP = Exercise(
    solution=solutions.adaptive_temperature,
    arguments=[
        {"logits": np.array([1.0, 2.0, 3.2, 0.5]), "low": 0.4, "high": 2.0},
        {"logits": np.array([4.0, -1.0, 2.0, 1.5, 0.0]), "low": 0.25, "high": 1.25},
    ],
    mistakes={
        "You took the largest logit for the confidence. It is no probability, and T can leave the"
        " range from low to high. Take the softmax first.": _rule(np.max),
        "You clamped the largest logit. It says nothing without the others: take the largest"
        " probability, which needs no clamp.": _rule(lambda logits: np.clip(logits.max(), 0, 1)),
        "Your rule heats where the model is sure. Use 1 minus the"
        " confidence.": lambda logits, low, high: low + _largest(logits) * (high - low),
        "You took the mean probability. That is 1 divided by the number of tokens, whatever the"
        " model says. Take the largest.": _rule(lambda logits: softmax(logits).mean()),
        "You took the smallest probability. Confidence is the largest.": _rule(
            lambda logits: softmax(logits).min()
        ),
        "You took the first token's probability. Take the largest, wherever it stands.": _rule(
            lambda logits: softmax(logits)[0]
        ),
        "argmax is the position of the largest logit. Take its probability.": _rule(np.argmax),
        "You took the entropy for the confidence. It is large where the model is unsure. Take the"
        " largest probability.": _rule(_bits),
        "You took the entropy, which is no number from 0 to 1. Take 1 minus the largest"
        " probability.": lambda logits, low, high: low + _bits(logits) * (high - low),
        "This is llama.cpp's rule, with the entropy. The slide's takes 1 minus the largest"
        " probability.": lambda logits, low, high: (
            low + _bits(logits) / np.log2(logits.size) * (high - low)
        ),
        "You forgot to add low: at a confidence of 1, T must be low, and yours is"
        " 0.": lambda logits, low, high: (1 - _largest(logits)) * (high - low),
        "You forgot to subtract low: at a confidence of 0, T must be high, and yours is low +"
        " high.": lambda logits, low, high: low + (1 - _largest(logits)) * high,
        "You left low out. T runs from low to high: low + (1 - confidence) * (high -"
        " low).": lambda logits, low, high: (1 - _largest(logits)) * high,
        "You took the probabilities at T = high. Take them at T = 1, as the model gives"
        " them.": lambda logits, low, high: low + (1 - softmax(logits, high).max()) * (high - low),
        "You took the probabilities at T = low. Take them at T = 1, as the model gives"
        " them.": lambda logits, low, high: low + (1 - softmax(logits, low).max()) * (high - low),
        "You have one temperature for each token. Take the largest probability alone: one"
        " temperature for the step.": lambda logits, low, high: (
            low + (1 - softmax(logits)) * (high - low)
        ),
        "Put 1 - confidence in parentheses: both, and not the confidence alone, are multiplied by"
        " high - low.": lambda logits, low, high: low + 1 - _largest(logits) * (high - low),
        "You took the lead of the likeliest token over the second. The slide's confidence is the"
        " largest probability itself.": _rule(
            lambda logits: np.diff(np.sort(softmax(logits))[-2:]).item()
        ),
        "This is the confidence. Turn it into a temperature from low to"
        " high.": lambda logits, low, high: _largest(logits),
        "You rounded to a whole number. A temperature may be anything"
        " between.": lambda logits, low, high: round(low + (1 - _largest(logits)) * (high - low)),
    },
    draw=_draw,
    praise="Cold where the model is sure, hot where it is not, and never outside low to high.",
)


TEXTS, TOKENS, LONGEST = 8, 16, 300
TEXT = "Not yet: return a text, your prompt; yours is of type {}."
TOO_LONG = f"Your prompt is longer than {LONGEST} characters. A pattern shows sooner."
SPACE = (
    "Your prompt ends in a space, which the model expects at the beginning of the next word, and"
    " the rule stays hot. Remove it."
)
UNSURE = (
    "After your prompt the rule begins above T = 1, for the model gives no next token 67%, and its"
    " mean is above 1, too. You may know how to go on; the model does not. The end of a sentence"
    " is such a place, and so is a list that might be over."
)
HEATS = (
    "The rule begins below T = 1, but its mean over the texts is above. What goes on after your"
    " prompt does not stay sure for 16 tokens: look in the trace where it heats up."
)
CLOSE = (
    "The mean T of the eight texts is below 1, but not by more than its margin: they differ too"
    " much. Look for a pattern to which the model returns after an odd token."
)


def _temperatures(prompt: str) -> np.ndarray:
    """The T of the slide's rule from 0.5 to 2 at each token of each text that it writes."""
    model = SmolLM2.load()
    noise = np.random.default_rng(seed=1912).random((TOKENS, TEXTS))
    logits, memory = model.next_logits([model.tokenize(prompt)] * TEXTS)
    chosen = []
    for numbers in noise:
        logits[:, list(model.end_tokens)] = -np.inf
        chosen.append([solutions.adaptive_temperature(z, 0.5, 2.0) for z in logits])
        rows = zip(logits, chosen[-1], numbers, strict=True)
        tokens = [[int(sample(z, temperature=T, noise=u))] for z, T, u in rows]
        logits, memory = model.next_logits(tokens, memory)
    return np.array(chosen)


def _judged(prompt: str) -> Judgment:
    if not prompt:
        return "Not yet: your prompt is empty.", None
    if len(prompt) > LONGEST:
        return f"Not yet: {TOO_LONG}", None
    try:
        found = _temperatures(prompt)
    except ValueError as error:  # it is no text that can be read
        return f"Not yet: {one_line(str(error))}.", None
    mean, margin = mean_and_margin(found.mean(axis=0))
    if mean + margin < 1:
        return f"Correct. {SECOND.praise}", lambda: print(_measured(prompt, mean, margin))
    wrong = CLOSE if mean < 1 else HEATS if found[0, 0] < 1 else UNSURE
    if wrong != CLOSE and prompt.endswith(" "):
        wrong = SPACE
    return f"Not yet: {wrong}", lambda: print(_measured(prompt, mean, margin))


def _measured(prompt: str, mean: float, margin: float) -> str:
    """Say at which T the rule wrote, and how sure the model is at first."""
    model = SmolLM2.load()
    p = softmax(model.logits(prompt))
    first = f"{visible(model.decode([int(p.argmax())]))} with {percent(p.max())}"
    return f"Mean T {mean:.2f} ± {margin:.2f}; after your prompt the likeliest token is {first}."


@judging
def _judge(prompt: Any) -> Judgment:
    if not isinstance(prompt, str):
        return TEXT.format(type(prompt).__name__), None
    return _judged(prompt)


SECOND = Exercise(
    solution=solutions.cold_prompt,
    mistakes={
        TOO_LONG: lambda: "one two three " * 40,
        SPACE: lambda: "The future of AI is ",
        UNSURE: lambda: "The future of AI is",
        HEATS: lambda: "2, 4, 8, 16, 32,",
        CLOSE: lambda: "2 + 2 = 4, 3 + 3 = 6, 4 + 4 =",
    },
    praise="The rule stays cold after your prompt, with random numbers that you had not seen.",
    judge=_judge,
)
