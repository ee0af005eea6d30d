"""The question bank: what the lessons ask at their ends, and questions whose numbers vary.

The first are read from the notebooks, where each option stands with its feedback, so that nothing
is written twice; the right one begins with "Right". The others come from `variants.py`.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from zlib import crc32

import nbformat
import numpy as np
from variants import TEMPLATES, Template, variant

ROOT = Path(__file__).resolve().parents[2]
QUESTION = re.compile(
    r"\*\*(?P<number>\d+)\. (?P<text>.+?)\*\*(?: \(lesson \[(?P<lesson>\d+)\]\(\w+\.ipynb\)\))?\n+"
    r"(?P<options>(?:<details>.+?</details>\n*)+)",
    re.DOTALL,
)
OPTION = re.compile(r"<details><summary>[A-Z]\. (.+?)</summary>(.+?)</details>", re.DOTALL)


@dataclass(frozen=True)
class Option:
    """What can be answered, and what is said to who answers it."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question with one right option; texts are Markdown, formulas stand between dollars."""

    name: str
    lesson: int
    kind: str  # of a closing question "closing"; of variants, the name that they share
    text: str
    options: tuple[Option, ...]
    belief: str = ""  # the wrong belief that it uncovers


@cache
def lesson_paths() -> dict[int, Path]:
    """Return the notebooks by their numbers."""
    return {int(path.name[:2]): path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}


@cache
def closing_questions() -> tuple[Question, ...]:
    """Return the questions that the lessons ask at their ends, and those that close the course."""
    found = []
    for lesson, path in lesson_paths().items():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "markdown":
                continue
            for match in QUESTION.finditer(cell.source):
                about = int(match["lesson"] or lesson)
                kind = "review" if match["lesson"] else "closing"
                name = f"lesson-{about:02d}-{kind}" + (
                    "" if kind == "review" else f"-{match['number']}"
                )
                options = tuple(
                    Option(text, feedback, feedback.startswith("Right"))
                    for text, feedback in OPTION.findall(match["options"])
                )
                text = f"(After lesson {about}.) {match['text']}"
                found.append(Question(name, about, kind, text, options))
    return tuple(found)


def bank(seed: int, count: int) -> list[Question]:
    """Return all questions, lesson after lesson: closing ones first, then variants."""
    found = [*closing_questions(), *varied_questions(seed, count)]
    return sorted(found, key=lambda each: each.lesson)


@cache
def varied_questions(seed: int, count: int) -> tuple[Question, ...]:
    """Return `count` variants of every template; another seed gives other numbers.

    As long as there are enough, their right answers differ, too.

    Raises ValueError for a count that a template has not, or a negative seed.
    """
    for name, value, least in [("seed", seed, 0), ("count", count, 1)]:
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    found = []
    for template in TEMPLATES:
        # Each template has numbers of its own, so that a new one leaves the others as they are.
        rng = np.random.default_rng([seed, crc32(template.name.encode())])
        drawn = {each.text: each for each in (varied(template, rng) for _ in range(50 * count))}
        by_answer = {right_answer(each): each for each in reversed(drawn.values())}
        several = dict.fromkeys([*by_answer.values(), *drawn.values()])
        if len(several) < count:
            raise ValueError(
                f"count must be at most {len(several)}, got {count}: {template.name} has no more"
            )
        for i, question in enumerate(list(several)[:count], 1):
            found.append(replace(question, name=f"{question.name}-{seed}-{i}"))
    return tuple(found)


def right_answer(question: Question) -> str:
    (right,) = (option.text for option in question.options if option.right)
    return right


def varied(template: Template, rng: np.random.Generator) -> Question:
    """Return one variant of a template, its options in a random order."""
    drawn = variant(template, rng)
    value, why = drawn.right
    options = [Option(drawn.shown(value), f"Right. {why}", right=True)]
    options += [Option(drawn.shown(value), why, right=False) for value, why in drawn.wrong]
    name = f"lesson-{template.lesson:02d}-{template.name}"
    order = rng.permutation(len(options))
    shuffled = tuple(options[i] for i in order)
    return Question(name, template.lesson, template.name, drawn.text, shuffled, template.belief)
