"""The package is a house: one cheap door, five rooms, and imports that run downwards only."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import tempsampling as ts

PACKAGE = Path(ts.__file__).parent
ROOMS = ["numerics", "model", "writing", "widgets", "lessons"]  # from the lowest


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_lower_rooms_only(room):
    allowed = {"_memory", "_progress", "_validate", *ROOMS[: ROOMS.index(room) + 1]}
    if room == "model":
        allowed -= {"numerics"}  # a network knows nothing of sampling
    for file in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            for name in filter(None, names):
                house, _, inner = name.partition(".")
                outside = house != "tempsampling"
                assert outside or inner.split(".")[0] in allowed, f"{file.name} imports {name}"


def test_at_the_root_stand_the_rooms_and_little_else():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == {*ROOMS}
    assert len(list(PACKAGE.glob("*.py"))) <= 8


def test_the_door_loads_nothing_until_it_is_used():
    code = "import sys, tempsampling; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    heavy = {"numpy", "gguf", "ipywidgets", "matplotlib", "IPython", "tqdm", "tokenizers"}
    assert not heavy & set(result.stdout.split())


@pytest.mark.parametrize("name", sorted(set(ts.__all__) - {"TransformersModel"}))
def test_every_name_at_the_door_is_there(name):
    assert getattr(ts, name) is not None
    assert name in dir(ts)


def test_lessons_import_from_the_door_alone():
    for path in (PACKAGE.parent / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "from tempsampling import" in text
        assert "from tempsampling." not in text
        assert "import tempsampling" not in text


def test_every_fault_of_make_faults_can_be_put_in():
    root = PACKAGE.parent
    faults = runpy.run_path(str(root / "tools" / "faults.py"))["FAULTS"]
    assert len(faults) >= 20
    for fault in faults:
        assert (root / fault.file).read_text(encoding="utf-8").count(fault.before) == 1, fault.name
