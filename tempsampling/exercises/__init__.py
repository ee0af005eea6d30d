"""The exercises, a file for each: what a right answer returns, and the sentences for mistakes.

A mistake is a function: if a learner's results are the mistake's results, its sentence says what
went wrong. More specific mistakes stand before more general ones.
"""

from tempsampling.exercises import (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
)
from tempsampling.exercises.exercise import Exercise

__all__ = ["EXERCISES", "Exercise"]

LESSONS = (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
)
EXERCISES = {lesson.EXERCISE.solution.__name__: lesson.EXERCISE for lesson in LESSONS}
