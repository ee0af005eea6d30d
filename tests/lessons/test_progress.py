"""Passed checks are remembered in one file, in a notebook only, and forgotten with one call."""

import json
import os
from types import SimpleNamespace

import pytest
from browser import ROOT

from tempsampling import check, course_map
from tempsampling.lessons import progress
from tempsampling.lessons.exercises import EXERCISES, LESSON_OF
from tempsampling.lessons.glossary import LESSONS
from tempsampling.lessons.progress import remember
from tempsampling.lessons.solutions import nucleus, scale_and_normalize


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file of a notebook's kernel."""
    monkeypatch.delenv(progress.PLACE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "get_ipython", lambda: SimpleNamespace(kernel="a kernel"))
    return tmp_path / progress.FILE


def passed():
    return course_map().data.count("✓")


def test_a_passed_check_is_marked_and_one_that_fails_is_not(file, capsys):
    check(scale_and_normalize)
    check(scale_and_normalize)

    def stable_softmax(logits, temperature):
        return logits

    check(stable_softmax)
    assert passed() == 1
    assert course_map().data.startswith(f"1 of {len(EXERCISES)} exercises passed.")
    (row,) = (line for line in course_map().data.splitlines() if "✓" in line)
    assert row.startswith("| [1 · Understanding temperature](01_understanding_temperature.ipynb) |")
    assert "✓ probabilities at a temperature" in row


def test_nothing_else_is_in_the_file_and_no_other_file_is_made(file, capsys):
    check(scale_and_normalize)
    check(nucleus)
    assert json.loads(file.read_text()) == ["nucleus", "scale_and_normalize"]
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["Python", "IPython"])
def test_it_is_remembered_in_a_notebook_only(shell, file, monkeypatch, capsys):
    monkeypatch.setattr(progress, "get_ipython", lambda: shell)
    check(scale_and_normalize)
    assert not file.exists()
    assert passed() == 0


@pytest.mark.parametrize(
    "text",
    ["", "[", "null", "3", '"nucleus"', '{"nucleus": 1}', '[["nucleus"], {}, null]', "[" * 10**5],
)
def test_a_file_that_is_broken_counts_as_empty_and_is_mended_by_the_next_check(text, file):
    file.write_text(text)
    assert passed() == 0
    remember("nucleus")
    assert json.loads(file.read_text()) == ["nucleus"]


def test_a_file_of_other_bytes_counts_as_empty(file):
    file.write_bytes(b"\xff\xfe\x00")
    assert passed() == 0


def test_names_that_are_no_exercise_are_left_out(file):
    file.write_text(json.dumps(["nucleus", "from_another_version", "<script>", 7]))
    assert passed() == 1
    assert "another" not in course_map().data
    remember("scale_and_normalize")
    assert json.loads(file.read_text()) == ["nucleus", "scale_and_normalize"]


def test_a_file_that_cannot_be_written_or_read_stops_no_check(file, monkeypatch, capsys):
    blocked = file.parent / "a file"
    blocked.write_text("")
    for place in [blocked / "within", file.parent, file.parent / "no folder" / "x"]:
        monkeypatch.setenv(progress.PLACE, str(place))
        check(scale_and_normalize)
        assert capsys.readouterr().out.startswith("Correct.")
        assert passed() == course_map(forget=True).data.count("✓") == 0


def test_forget_deletes_the_file_and_says_so_by_an_empty_map(file):
    remember("nucleus")
    assert passed() == 1
    assert "✓" not in course_map(forget=True).data
    assert not file.exists()
    assert "✓" not in course_map(forget=True).data  # nothing to forget


def test_forget_deletes_no_device(monkeypatch):
    monkeypatch.setenv(progress.PLACE, os.devnull)
    course_map(forget=True)
    assert os.path.exists(os.devnull)


def test_the_map_has_a_row_for_each_lesson_with_its_title_and_all_exercises():
    _, _, _, _, *rows = course_map().data.splitlines()
    assert len(rows) == len(LESSONS)
    for number, row in enumerate(rows, start=1):
        _, lesson, *exercises, _ = row.split("|")
        name = LESSONS[number - 1]
        notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
        title = "".join(notebook["cells"][0]["source"]).splitlines()[0].removeprefix("# ")
        assert lesson.strip() == f"[{title}]({name}.ipynb)"
        assert len(exercises) == 2
        marked = [each for each in exercises if each.strip()]
        assert len(marked) == list(LESSON_OF.values()).count(number)
        assert all(each.strip().startswith("☐ ") for each in marked)


def test_the_file_is_ignored_by_git():
    assert f"/notebooks/{progress.FILE}" in (ROOT / ".gitignore").read_text().splitlines()
