"""What the workflow files call is there."""

import re
import tomllib

import pytest
import yaml
from browser import ROOT
from course import COMMANDS

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def steps(request):
    jobs = yaml.safe_load(request.param.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_every_command_is_one_that_is_there(steps):
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    targets = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[
        1
    ].split()
    assert targets == list(COMMANDS)
    for command in commands:
        program, argument, *more = command.split()
        assert program in ("make", "bash", "python")
        assert argument in targets if program == "make" else (ROOT / argument).is_file()
        assert not more or more[0] in targets


def test_actions_are_the_official_ones_at_a_major_version(steps):
    for action in (step["uses"] for step in steps if "uses" in step):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action), action


def test_every_python_that_the_course_supports_is_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest, beyond = map(int, re.findall(r"3\.(\d+)", project["requires-python"]))
    named = re.findall(
        r'python(?:-version)?: "3\.(\d+)"',
        "".join(workflow.read_text(encoding="utf-8") for workflow in WORKFLOWS),
    )
    assert set(map(int, named)) == set(range(lowest, beyond))


def test_what_is_tried_elsewhere_is_there():
    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))[
        "jobs"
    ]
    for machine in jobs["elsewhere"]["strategy"]["matrix"]["include"]:
        assert all((ROOT / name).is_dir() for name in machine.get("only", "").split())
