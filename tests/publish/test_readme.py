"""What README and CONTRIBUTING name is there, and the table says what the lessons say."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "CONTRIBUTING.md"]
CODE = re.compile(r"```\n(.+?)```|`(.+?)`", re.DOTALL)
PATH = re.compile(r"[\w*.-]+(/[\w*.-]*)+|\w+\.(cff|gif|md|mplstyle|py|toml|txt|yml)")
WRITTEN_BY_COMMANDS = ("build/", ".venv")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code(name):
    return ["".join(found).replace("\\", "/") for found in CODE.findall(read(name))]


def words_of_code(name):
    return [word for text in code(name) for word in text.split()]


def lessons_in_the_table():
    table = re.search(r"## Lessons\n+((?:\|.*\n)+)", read("README.md"))[1]
    return [line.strip("| \n").split(" | ") for line in table.splitlines()[2:]]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_there(page):
    calls = re.compile(r"\b(?:make|tools/course\.py) (\w+)")
    called = {command for text in code(page) for command in calls.findall(text)}
    targets = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)[1].split()
    usage = [sys.executable, str(ROOT / "tools" / "course.py")]
    said = subprocess.run(usage, capture_output=True, text=True).stderr
    assert called >= {"lab", "test"} if page == "README.md" else {"test", "notebooks"}
    assert called <= set(targets)
    assert called <= set(said.split()[-1].split("|"))


@pytest.mark.parametrize("page", PAGES)
def test_every_file_is_there(page):
    links = re.findall(r"\]\((?!https:)([^)]+)\)", read(page))
    paths = [word for word in words_of_code(page) if PATH.fullmatch(word)]
    named = [path for path in paths + links if not path.startswith(WRITTEN_BY_COMMANDS)]
    assert len(named) >= 5
    for path in named:
        assert any(ROOT.glob(path.replace("NN", "*"))), path


def test_every_room_of_the_package_is_named():
    named = {Path(word).name for word in words_of_code("CONTRIBUTING.md")}
    assert {path.parent.name for path in (ROOT / "tempsampling").glob("*/__init__.py")} <= named


def test_the_table_has_a_row_for_each_lesson_with_what_the_lesson_says_of_itself():
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    rows = lessons_in_the_table()
    assert len(rows) == len(lessons)
    for path, (number, link, *columns, minutes) in zip(lessons, rows, strict=True):
        title = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        assert title.startswith(f"# {number} · ")
        named = f"[{title.splitlines()[0].split(' · ')[1]}](notebooks/{path.name})"
        assert link.partition(" [![")[0] == named  # behind it may stand a badge
        assert len(columns) == 3
        assert f"\n{minutes} minutes · " in title


def test_the_picture_moves_and_is_small():
    picture = ROOT / re.search(r"!\[[^\]]{50,}\]\((\w+\.gif)\)", read("README.md"))[1]
    assert picture.stat().st_size < 500_000
    with Image.open(picture) as frames:
        assert frames.n_frames == 20


def test_the_citation_is_valid_and_of_this_version():
    check = ["check_jsonschema", "--builtin-schema", "vendor.citation-file-format", "CITATION.cff"]
    done = subprocess.run([sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    citation = yaml.safe_load(read("CITATION.cff"))
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert citation["version"] == project["version"]
    assert " AND ".join(citation["license"]) == project["license"]
    assert read("README.md").startswith(f"# {citation['title']}\n")
