"""The exercises, a file for each lesson: what a right answer returns, and sentences for mistakes.

A mistake is a function: if a learner's results are the mistake's results, its sentence says what
went wrong. More specific mistakes stand before more general ones.
"""

from importlib import import_module
from pkgutil import iter_modules

from tempsampling.lessons.exercises.exercise import Exercise

__all__ = ["EXERCISES", "LESSON_OF", "Exercise"]

_FILES = sorted(file.name for file in iter_modules(__path__) if file.name.startswith("lesson_"))
_LESSONS = {int(name[-2:]): import_module(f"{__name__}.{name}") for name in _FILES}
_BY_LESSON = {
    number: [getattr(lesson, which) for which in ("WARM_UP", "SECOND") if hasattr(lesson, which)]
    for number, lesson in _LESSONS.items()
}
EXERCISES = {each.solution.__name__: each for both in _BY_LESSON.values() for each in both}
LESSON_OF = {each.solution.__name__: number for number, both in _BY_LESSON.items() for each in both}
