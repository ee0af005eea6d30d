"""Assignments grade what `check` knows: a known mistake gets no point, and its sentence."""

import csv
import html
import json
import re
import shutil
from itertools import islice

import nbformat
import numpy as np
import pytest
from grading import (
    NBGRADER,
    OTTER,
    assignment,
    exercise_test,
    run,
    write_assignments,
    write_for_otter,
)
from questions import varied_questions

from tempsampling.lessons.exercises import EXERCISES, LESSON_OF

SEED = 2026
ASSIGNMENTS = {number: assignment(number, SEED) for number in range(1, 15)}
COMPARED = [name for name, exercise in EXERCISES.items() if not exercise.judge]
BEGUN = "from tempsampling.lessons.exercises import EXERCISES\n\n\n"
# An answer that makes one of the mistakes that the exercises know.
MISTAKEN = """def {name}(*given, **named):
    return list(EXERCISES["{name}"].mistakes.values())[{i}](*given, **named)
"""


def roles(notebook):
    """The cells that nbgrader knows, by their names."""
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell for cell in marked}


@pytest.mark.parametrize("number", ASSIGNMENTS)
def test_an_assignment_has_two_exercises_and_three_questions(number):
    cells = roles(ASSIGNMENTS[number])
    graded = [
        cell.metadata.nbgrader.points for cell in cells.values() if cell.metadata.nbgrader.grade
    ]
    assert graded == [3, 3, 1, 1, 1]
    assert {name for name, lesson in LESSON_OF.items() if lesson == number} < {
        name.removesuffix("-test") for name in cells
    }


@pytest.mark.parametrize("number", ASSIGNMENTS)
def test_what_students_see_holds_no_answer(number):
    for name, cell in roles(ASSIGNMENTS[number]).items():
        shown = re.sub(r"### BEGIN (\w+).*?### END \1", "...", cell.source, flags=re.DOTALL)
        if name.endswith("-test"):
            assert shown.split("\n") == ["# Graded when it is handed in.", "... TESTS"]
        else:
            assert not re.search(r"^ *return|'[A-E]'", shown, flags=re.MULTILINE)


def test_another_seed_is_another_assignment():
    assert assignment(1, 1) != assignment(1, 2)
    assert assignment(1, 1) == assignment(1, 1)
    assert exercise_test("nucleus", 1) != exercise_test("nucleus", 2)


def verdict(name, function):
    """What the hidden test of an exercise says to an answer, None if it is satisfied."""

    def answer(*given, **named):
        return function(*given, **named)

    answer.__name__ = name
    try:
        exec(exercise_test(name, SEED), {name: answer})
    except AssertionError as sentence:
        return str(sentence)


@pytest.mark.parametrize("name", COMPARED)
def test_a_hidden_test_lets_only_the_solution_pass(name):
    assert verdict(name, EXERCISES[name].solution) is None
    assert verdict(name, lambda *given, **named: None).startswith("Not done yet")
    for sentence, mistake in islice(EXERCISES[name].mistakes.items(), 3):  # all: test_check.py
        assert verdict(name, mistake) == f"Not yet: {sentence}"


@pytest.mark.parametrize("number", ASSIGNMENTS)
def test_the_letter_that_is_graded_as_right_is_the_right_option(number):
    cells = roles(ASSIGNMENTS[number])
    asked = [each for each in varied_questions(SEED, 1) if each.lesson == number]
    for i, question in enumerate(asked, 1):
        for letter, option in zip("ABCDE", question.options, strict=False):
            if option.right:
                for written in (letter, f"{letter.lower()}. "):
                    exec(cells[f"answer-{i}-test"].source, {f"answer_{i}": written})
            else:
                with pytest.raises(AssertionError, match=re.escape(option.feedback)):
                    exec(cells[f"answer-{i}-test"].source, {f"answer_{i}": letter})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An nbgrader course as the kit has it, for a class of its own."""
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    write_assignments(folder, SEED)
    return folder


@pytest.mark.rare
@pytest.mark.parametrize("number", ASSIGNMENTS)
def test_nbgrader_gives_right_empty_and_mistaken_submissions_what_they_deserve(course, number):
    assigned = f"lesson-{number:02d}"
    names = [name for name, lesson in LESSON_OF.items() if lesson == number]
    sentences = {name: list(EXERCISES[name].mistakes) for name in names}
    rng = np.random.default_rng(number)
    of_two = {name: rng.choice(len(each), 2, replace=False) for name, each in sentences.items()}
    hand_in(course, assigned, "right", dict.fromkeys(names, None), right=True)
    hand_in(course, assigned, "empty", {})
    for i in range(2):
        hand_in(course, assigned, f"mistaken-{i}", {name: of_two[name][i] for name in names})
    for step in (["autograde", assigned], ["generate_feedback", assigned], ["export"]):
        run(NBGRADER, ["nbgrader", *step, "--log-level=ERROR"], course)
    with (course / "grades.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == assigned]
    scores = {row["student_id"]: float(row["score"]) for row in rows}
    assert scores == {"right": 9, "empty": 0, "mistaken-0": 0, "mistaken-1": 0}
    for i in range(2):
        (page,) = (course / "feedback" / f"mistaken-{i}" / assigned).glob("*.html")
        text = html.unescape(re.sub(r"<[^>]+>|\s+", " ", page.read_text(encoding="utf-8")))
        said = re.sub(r"\s+", " ", text)
        for name in names:
            sentence = sentences[name][of_two[name][i]]
            assert re.sub(r"\s+", " ", f"Not yet: {sentence}") in said


@pytest.mark.rare
@pytest.mark.parametrize("number", [1, 9])
def test_otter_gives_right_empty_and_mistaken_submissions_what_they_deserve(tmp_path, number):
    name = f"lesson-{number:02d}"
    write_for_otter(tmp_path / "otter", SEED)
    run(OTTER, ["otter", "assign", "--no-run-tests", f"otter/{name}.ipynb", "made"], tmp_path)
    (autograder,) = (tmp_path / "made" / "autograder").glob("*.zip")
    answers = [
        cell.source
        for cell in nbformat.read(tmp_path / "otter" / f"{name}.ipynb", as_version=4).cells
        if "# BEGIN SOLUTION" in cell.source and cell.cell_type == "code"
    ]
    (exercise, *_) = [each for each, lesson in LESSON_OF.items() if lesson == number]
    mistaken = [BEGUN + MISTAKEN.format(name=exercise, i=1), *answers[1:]]
    deserved = {"right": (answers, 9), "empty": (None, 0), "mistaken": (mistaken, 6)}
    for student, (sources, points) in deserved.items():
        made = nbformat.read(tmp_path / "made" / "student" / f"{name}.ipynb", as_version=4)
        cells = [
            cell for cell in made.cells if "otter_answer_cell" in cell.metadata.get("tags", [])
        ]
        assert len(cells) == len(answers)
        for cell, source in zip(cells, sources or [cell.source for cell in cells], strict=True):
            cell.source = source
        nbformat.write(made, tmp_path / f"{student}.ipynb")
        (tmp_path / student).mkdir()
        grade = ["otter", "run", "-a", str(autograder), "-o", student, f"{student}.ipynb"]
        run(OTTER, grade, tmp_path)
        results = json.loads((tmp_path / student / "results.json").read_text())["tests"]
        assert sum(each.get("score", 0) for each in results) == points
        if student == "mistaken":
            said = " ".join(each.get("output", "") for each in results)
            assert list(EXERCISES[exercise].mistakes)[1] in said


def hand_in(course, assigned, student, mistakes, right=False):
    """Put a submission where nbgrader collects them: the release with some answers filled in."""
    file = f"{assigned}.ipynb"
    taught = roles(nbformat.read(course / "source" / assigned / file, as_version=4))
    notebook = nbformat.read(course / "release" / assigned / file, as_version=4)
    for name, cell in roles(notebook).items():
        if right and name.endswith("-answer"):
            cell.source = taught[name].source
        elif (exercise := name.removesuffix("-answer")) in mistakes:
            cell.source = BEGUN + MISTAKEN.format(name=exercise, i=mistakes[exercise])
    folder = course / "submitted" / student / assigned
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / file)
