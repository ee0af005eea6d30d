"""`make notebooks` changes nothing in git if nothing changed in the course."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from notebooks import normalize

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_committed_lesson_is_written_as_make_notebooks_writes_it(lesson):
    text = lesson.read_text(encoding="utf-8")
    assert nbformat.writes(normalize(nbformat.reads(text, as_version=4))) + "\n" == text


@pytest.mark.rare
def test_a_lesson_executed_twice_is_the_same_file_twice(tmp_path):
    lesson = shutil.copy(LESSONS[1], tmp_path)  # no model writes in it
    before = nbformat.read(lesson, as_version=4)
    files = []
    for _ in range(2):
        command = [sys.executable, str(ROOT / "tools" / "lessons" / "notebooks.py"), lesson]
        subprocess.run(command, check=True, capture_output=True)
        files.append(Path(lesson).read_bytes())
    assert files[0] == files[1]
    after = nbformat.read(lesson, as_version=4)
    for old, new in zip(before.cells, after.cells, strict=True):
        printed = [[o.get("text") for o in cell.get("outputs", [])] for cell in (old, new)]
        assert printed[0] == printed[1]
        assert (old.id, old.source, old.metadata) == (new.id, new.source, new.metadata)
