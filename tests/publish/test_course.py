"""`tools/course.py` leaves a complete environment or none, and says in a sentence what went wrong.

The tests run it with the real venv and the real pip, which finds no package anywhere.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
# As on a machine whose texts are in another encoding: Windows has cp1252, this is narrower still.
NO_UTF8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PROJECT = """
[project]
name = "nothing"
version = "1"
requires-python = ">=3.{lowest},<3.{beyond}"
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The course's set-up in a folder of its own, cut off from every package."""
    tmp_path = tmp_path / "Übung für den 1. Kurs"
    tmp_path.mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "course.py", tmp_path / "tools")
    (tmp_path / "constraints.txt").write_text("")
    write_project(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def write_project(folder, lowest=0, beyond=99):
    (folder / "pyproject.toml").write_text(PROJECT.format(lowest=lowest, beyond=beyond))


def run(course, command="test"):
    return subprocess.run(
        [sys.executable, str(course / "tools" / "course.py"), command],
        capture_output=True,
        text=True,
    )


def is_one_sentence_of_ours(text):
    return "Traceback" not in text and len(text.strip().splitlines()) == 1


def test_an_unsupported_python_is_named_with_those_that_work(course):
    write_project(course, lowest=2, beyond=5)
    result = run(course)
    assert result.returncode != 0
    assert "needs Python 3.2 to 3.4" in result.stderr
    assert is_one_sentence_of_ours(result.stderr)
    assert not (course / ".venv").exists()


@pytest.mark.parametrize("settings", [{}, NO_UTF8], ids=["UTF-8", "ASCII"])
def test_a_failed_download_says_so_and_leaves_nothing_behind(course, monkeypatch, settings):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    if settings:  # there, Python's venv takes no other names
        course = course.rename(course.with_name("a folder with spaces"))
    result = run(course)
    assert result.returncode != 0
    assert "could not be downloaded" in result.stderr
    assert "setuptools" in result.stderr  # the first package that pip asks for
    assert is_one_sentence_of_ours(result.stderr)
    assert not list(course.glob(".venv*"))


@pytest.mark.rare
def test_a_failed_download_keeps_the_environment_that_was_there(course):
    (course / ".venv").mkdir()
    (course / ".venv" / "complete.json").write_text(json.dumps({"fingerprint": "", "extras": []}))
    (course / ".venv" / "mine").write_text("kept")
    assert run(course).returncode != 0
    assert (course / ".venv" / "mine").read_text() == "kept"
    assert not (course / ".venv-previous").exists()


@pytest.mark.rare
def test_a_half_made_environment_is_made_anew(course):
    (course / ".venv").mkdir()
    (course / ".venv" / "half").write_text("made")
    run(course)
    assert not (course / ".venv").exists()


@pytest.mark.rare
@pytest.mark.parametrize("stamp", ["", '{"fingerprint": '])
def test_a_stamp_that_was_not_written_to_its_end_counts_as_none(course, stamp):
    venv = course / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / "complete.json").write_text(stamp)
    result = run(course)
    assert "could not be downloaded" in result.stderr
    assert is_one_sentence_of_ours(result.stderr)


def test_an_unknown_command_is_answered_with_the_known_ones(course):
    result = run(course, "tset")
    known = "lab|test|test-all|test-lowest|test-newest|repeat|bench|faults|parity|notebooks"
    assert known in result.stderr


def test_the_environment_of_this_run_has_the_versions_it_was_built_with():
    built_with = Path(sys.prefix) / "constraints.txt"  # pinned, or with test-lowest the lowest
    wanted = built_with if built_with.exists() else ROOT / "constraints.txt"
    for line in wanted.read_text().splitlines():
        if "==" in line and not line.startswith(("#", "setuptools==")):
            pinned = Requirement(line)
            with suppress(PackageNotFoundError):  # of an extra that this run does without
                assert pinned.specifier.contains(version(pinned.name)), pinned


def test_no_pinned_version_asks_for_more_than_the_first_release_of_python_3_11():
    # Debian 12, for one, stays at Python 3.11.2.
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if "==" not in line or line.startswith("#"):
            continue
        pinned = Requirement(line)
        with suppress(PackageNotFoundError):
            if pinned.specifier.contains(version(pinned.name)):  # not so with test-newest
                needed = SpecifierSet(metadata(pinned.name)["Requires-Python"] or "")
                assert needed.contains("3.11.0"), f"{line} needs Python {needed}"


@pytest.mark.rare
@pytest.mark.parametrize("lesson", ["01_understanding_temperature", "14_additional_resources"])
def test_a_lesson_runs_where_texts_are_in_another_encoding(lesson):
    command = [sys.executable, "-m", "pytest", "-q", f"notebooks/{lesson}.ipynb"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | NO_UTF8, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
