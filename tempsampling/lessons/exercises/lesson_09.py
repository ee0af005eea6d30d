"""Lesson 9: the effective number of recipes of independent slots; who wrote which sheet."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import Judgment, judging
from tempsampling.lessons.exercises.exercise import Exercise
from tempsampling.numerics.distributions import entropy, softmax

Slots = list[list[float]]


def _bits(slots: Slots, temperature: float) -> list[float]:
    return [entropy(softmax(scores, temperature)) for scores in slots]


@np.errstate(all="ignore")  # 0 times minus infinity is nan
def _unguarded(p: np.ndarray) -> float:
    return -(p * np.log2(p)).sum()


def _of_bits(function: Callable[[np.ndarray], float]) -> Callable:
    """Return the mistake that does the right thing up to the slots' entropies, in bits."""
    return lambda slots, temperature: function(np.array(_bits(slots, temperature)))


def _draw(rng: np.random.Generator) -> dict:
    sizes = rng.integers(1, 7, size=rng.integers(1, 5))
    spread = rng.choice([1.0, 3.0, 1000.0])
    slots = [(rng.normal(size=n) * spread).round(2).tolist() for n in sizes]
    if rng.random() < 0.2:
        slots[0] = [slots[0][0]] * len(slots[0])  # all alike
    return {"slots": slots, "temperature": float(rng.choice([0.05, 0.5, 1.0, 2.0, 50.0]))}


WARM_UP = Exercise(
    solution=solutions.effective_recipes,
    arguments=[
        {"slots": [[3.0, 2.0, 1.0], [0.5, 2.5], [1.0, 0.0, 4.0, 2.0]], "temperature": 2.0},
        {"slots": [[0.0, 1.0], [2.0, 1.5, 0.0, -1.0]], "temperature": 0.5},
        {"slots": [[0.0, 900.0], [1.0, 2.0]], "temperature": 1.0},
    ],
    mistakes={
        "Right, but for large scores over T you return nan. Use softmax and"
        " entropy.": lambda slots, temperature: (
            2 ** sum(_unguarded(softmax(scores, temperature)) for scores in slots)
        ),
        "You averaged the entropies. That is one typical slot; independent slots add"
        " theirs.": _of_bits(lambda bits: 2 ** bits.mean()),
        "You added up the slots' effective numbers. Every choice in one slot goes with every"
        " choice in the others: multiply, or add the entropies first.": _of_bits(
            lambda bits: (2**bits).sum()
        ),
        "You averaged the slots' effective numbers. Every choice in one slot goes with every"
        " choice in the others: multiply, or add the entropies first.": _of_bits(
            lambda bits: (2**bits).mean()
        ),
        "These are the effective numbers of each slot. Recipes combine them: multiply them to one"
        " number.": _of_bits(lambda bits: 2**bits),
        "These are the entropies of each slot. Add them up, and raise 2 to that power.": _of_bits(
            lambda bits: bits
        ),
        "This is the entropy of a recipe, in bits. One step is missing: 2 to that power.": _of_bits(
            lambda bits: bits.sum()
        ),
        "You multiplied the entropies. Entropies add, and the effective numbers"
        " multiply.": _of_bits(lambda bits: 2 ** bits.prod()),
        "You took only the most varied slot. All of them make the recipe: add the"
        " entropies.": _of_bits(lambda bits: 2 ** bits.max()),
        "You raised e to a number of bits. Bits go with 2, nats with e.": _of_bits(
            lambda bits: np.exp(bits.sum())
        ),
        "You raised 2 to a number of nats. Nats go with e, bits with 2.": _of_bits(
            lambda bits: 2 ** (bits.sum() * np.log(2))
        ),
        "This is how many recipes are possible. They are not equally likely: use the"
        " entropy.": lambda slots, temperature: float(np.prod([len(scores) for scores in slots])),
        "The temperature has no effect. Give it to softmax.": lambda slots, temperature: (
            2 ** sum(_bits(slots, 1.0))
        ),
        "You multiplied by the temperature. Divide the scores by it.": lambda slots, temperature: (
            2 ** sum(_bits(slots, 1 / temperature))
        ),
        "You put all slots into one softmax, so that they compete. Each slot has its"
        " own.": lambda slots, temperature: (
            2 ** entropy(softmax(np.concatenate(slots), temperature))
        ),
    },
    draw=_draw,
    praise="Entropies add, and the effective numbers multiply.",
)


# Of 1,000 recipes: Boil the eggs, Boil the cheese, Chop the eggs, Chop the cheese.
SHEETS = {"A": [395, 269, 188, 148], "B": [600, 131, 22, 247], "C": [721, 206, 60, 13]}
WRITTEN_AT = {"A": 2.95, "B": None, "C": 0.79}  # by slots at a temperature, or by the model
NEAR = 0.1  # a temperature may miss by so much of itself: the sheets say it no better

THREE = "Return a list of three, for A, B and C: a temperature above 0, or None for the model."


def _boiled_and_eggs(sheet: str) -> tuple[int, int]:
    both, cheese, chopped, _ = SHEETS[sheet]
    return both + cheese, both + chopped


def _against_slots(sheet: str) -> str:
    boiled, eggs = _boiled_and_eggs(sheet)
    return (
        f"Slots would not write sheet {sheet}: with {boiled} of 1,000 boiled, and {eggs} times"
        f" eggs, they write Boil the eggs about {boiled * eggs / 1000:.0f} times. Here it stands"
        f" {SHEETS[sheet][0]} times."
    )


def _against_model(sheet: str) -> str:
    boiled, eggs = _boiled_and_eggs(sheet)
    return (
        f"Sheet {sheet} looks like the work of slots: {boiled} of 1,000 are boiled, {eggs} are"
        f" eggs, and {boiled / 1000:.3f} times {eggs / 1000:.3f} is"
        f" {boiled * eggs / 1e6:.3f}. Boil the eggs stands there {SHEETS[sheet][0]} times."
    )


def _against_temperature(sheet: str, temperature: float) -> str:
    boiled, eggs = (softmax([score, 0.0], temperature)[0] for score in (2.0, 1.0))
    there = "{} and {}".format(*_boiled_and_eggs(sheet))
    return (
        f"At T = {temperature:.3g} slots would boil {1000 * boiled:.0f} of 1,000 and take eggs"
        f" {1000 * eggs:.0f} times. On sheet {sheet} it is {there} times."
    )


def _against(sheet: str, answer: float | None) -> str | None:
    """What on a sheet speaks against an answer, if anything does."""
    right = WRITTEN_AT[sheet]
    if answer is None or right is None:
        if answer is right:
            return None
        return _against_model(sheet) if answer is None else _against_slots(sheet)
    near = abs(answer / right - 1) <= NEAR
    return None if near else _against_temperature(sheet, answer)


def _temperatures(result: Any) -> list[float | None]:
    """The three numbers that were returned; an exception if they are not."""
    one, two, three = result
    numbers = [None if each is None else float(each) for each in (one, two, three)]
    in_order = isinstance(result, list | tuple | np.ndarray)
    if not in_order or not all(each is None or 0 < each < np.inf for each in numbers):
        raise ValueError
    return numbers


@judging
def _judge(result: Any) -> Judgment:
    try:
        given = _temperatures(result)
    except Exception:  # an object can raise anything
        return f"Not yet: {THREE}", None
    found = (_against(sheet, each) for sheet, each in zip(SHEETS, given, strict=True))
    wrong = next(filter(None, found), None)
    return f"Not yet: {wrong}" if wrong else f"Correct. {SECOND.praise}", None


SECOND = Exercise(
    solution=solutions.who_wrote_it,
    mistakes={
        THREE: lambda: {"A": 2.95, "C": 0.79},
        _against_slots("B"): lambda: [2.95, 2.0, 0.79],
        _against_model("A"): lambda: [None, None, 0.79],
        _against_model("C"): lambda: [2.95, None, None],
        _against_temperature("A", 1 / 2.95): lambda: [1 / 2.95, None, 1 / 0.79],
        _against_temperature("A", 0.79): lambda: [0.79, None, 2.95],
    },
    judge=_judge,
    praise="Slots leave products of their frequencies; the hotter, the nearer to 250 each.",
)
