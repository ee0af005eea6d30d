"""What the workflow files call is there."""

import re

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
        program, argument = command.split()
        assert program in ("make", "bash")
        assert argument in targets if program == "make" else (ROOT / argument).is_file()


def test_actions_are_the_official_ones_at_a_major_version(steps):
    for action in (step["uses"] for step in steps if "uses" in step):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action), action


def test_python_is_the_oldest_that_the_course_supports(steps):
    (version,) = (step["with"]["python-version"] for step in steps if "setup-python" in str(step))
    assert f">={version}," in (ROOT / "pyproject.toml").read_text()
