"""What stands in teaching.toml fits the lessons: steps are there and in order, times add up."""

import json
import re

import pytest
from pages import parts, taught, teaching
from questions import closing_questions
from variants import TEMPLATES

LESSONS = range(1, 15)
PATHS = teaching()["path"]
SAID = ("do", "truth")


def test_there_are_notes_for_every_lesson_in_order():
    assert [notes["number"] for notes in teaching()["lesson"]] == list(LESSONS)


@pytest.mark.parametrize("number", LESSONS)
def test_the_steps_take_the_minutes_that_the_lesson_promises(number):
    lesson = taught(number)
    assert sum(step.minutes for step in lesson.steps) == lesson.minutes


@pytest.mark.parametrize("number", LESSONS)
def test_every_step_is_at_a_slide_or_an_exercise_and_they_come_in_order(number):
    lesson = taught(number)
    order = [cell.id for cell in lesson.cells]
    at = [order.index(step.cell) for step in lesson.steps]
    exercises = [step for step in lesson.steps if step.place.startswith("notebook")]
    assert len(set(at)) == len(at)
    assert len(exercises) == 1
    in_class = [i for i, step in zip(at, lesson.steps, strict=True) if step not in exercises]
    assert in_class == sorted(in_class)
    for notes, i in zip(lesson.notes["step"], at, strict=True):
        if "show" in notes:
            assert order.index(notes["show"]) >= i, (
                f"{notes['cell']} is answered before it is asked"
            )


def test_a_step_at_a_cell_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="lesson 1 has no cell 'nowhere'"):
        taught(1).place("nowhere")


@pytest.mark.parametrize("number", LESSONS)
def test_a_note_names_no_slide_but_by_a_cell_that_is_on_it(number):
    lesson = taught(number)
    for note in ("needs", "skip"):
        assert not re.search(r"slides? \d", lesson.notes[note])
        assert "{" not in lesson.said(note) and "notebook" not in lesson.said(note)


@pytest.mark.parametrize("number", LESSONS)
def test_every_misconception_has_its_question(number):
    closing = [q for q in closing_questions() if (q.lesson, q.kind) == (number, "closing")]
    assert len(taught(number).notes["beliefs"]) == len(closing) == 2
    beliefs = [
        *taught(number).notes["beliefs"],
        *(t.belief for t in TEMPLATES if t.lesson == number),
    ]
    assert len(set(beliefs)) == len(beliefs) == 5


@pytest.mark.parametrize("number", LESSONS)
def test_the_answer_to_the_first_question_is_that_of_the_lesson(number):
    (asked,) = (step for step in taught(number).steps if step.cell == "question")
    assert re.search(r"\d", asked.truth)
    assert "guess" not in asked.truth and "None" not in asked.truth


@pytest.mark.parametrize("number", LESSONS)
def test_every_number_that_the_notes_say_is_one_of_the_lesson(number):
    lesson = taught(number)
    notes = lesson.notes
    said = [notes["idea"], *(step.get(part, "") for step in notes["step"] for part in SAID)]
    numbers = {each.rstrip(".,") for each in re.findall(r"\d[\d.,]*%?", " ".join(said))}
    text = " ".join([cell.source for cell in lesson.cells])
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    text += json.dumps(outputs, ensure_ascii=False)
    missing = [each for each in numbers if not re.search(rf"(?<![\d.]){re.escape(each)}", text)]
    assert not missing


@pytest.mark.parametrize("number", LESSONS)
def test_a_room_predicts_in_every_lesson_before_it_sees(number):
    predicted = [step for step in taught(number).steps if step.expect and step.show]
    assert len(predicted) >= 2


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path["minutes"])
def test_the_parts_of_a_class_add_up_to_its_minutes(path):
    found = parts(path)
    assert sum(part.step.minutes for part in found) == path["minutes"]
    assert found[-1].begins + found[-1].step.minutes == path["minutes"]


def test_there_are_classes_of_45_90_and_180_minutes_and_of_a_day():
    assert [path["minutes"] for path in PATHS] == [45, 90, 180, 360]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path["minutes"])
def test_nobody_sits_longer_than_100_minutes_without_a_break(path):
    since = 0
    for part in parts(path):
        since = 0 if part.step.do in ("Break", "Lunch") else since + part.step.minutes
        assert since <= 100
