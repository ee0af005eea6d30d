"""The exercises, a file for each: what a right answer returns, and the sentences for mistakes.

A mistake is a function: if a learner's results are the mistake's results, its sentence says what
went wrong. More specific mistakes stand before more general ones.
"""

from importlib import import_module
from pkgutil import iter_modules

from tempsampling.lessons.exercises.exercise import Exercise

__all__ = ["EXERCISES", "Exercise"]

_LESSONS = [
    import_module(f"{__name__}.{file.name}")
    for file in iter_modules(__path__)
    if file.name.startswith("lesson_")
]
EXERCISES = {lesson.EXERCISE.solution.__name__: lesson.EXERCISE for lesson in _LESSONS}
