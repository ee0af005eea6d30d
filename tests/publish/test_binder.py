"""Binder builds the course from the files here; each mistake that it would stumble over is seen.

repo2docker, which is what Binder runs, writes down what it would do and does nothing. What it would
do after that, `tools/publish/rehearse_binder.py` does.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import json5
import pytest
from rehearse_binder import read_environment

ROOT = Path(__file__).resolve().parents[2]
FILES = ["environment.yml", "postBuild", "start", "pyproject.toml", "constraints.txt"]


@pytest.fixture
def course(tmp_path):
    """A copy of what Binder reads, to be spoiled."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def plan(course):
    """What repo2docker would do: a Dockerfile, and a line for what it found."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(course)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def assert_repo2docker_builds_the_course(course):
    text = plan(course)
    assert "Building conda environment for python=3.11\n" in text
    places = [
        text.index(step)
        for step in (
            "COPY --chown=0:0 src/ ${REPO_DIR}/",  # before -c constraints.txt and -e . are read
            '--file "environment.yml"',
            "RUN ./postBuild",
            'ENV R2D_ENTRYPOINT="${REPO_DIR}/start"',
        )
    ]
    assert places == sorted(places)


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def assert_pip_is_given_what_the_course_needs(course):
    _, lines = read_environment(course / "environment.yml")
    named = dict(line.split("==") for line in lines if not line.startswith("-"))
    pinned = dict(re.findall(r"^([\w.-]+)==(.+)$", (course / "constraints.txt").read_text(), re.M))
    pinned = {plain(name): version for name, version in pinned.items()}
    project = tomllib.loads((course / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["lab"]
    assert {plain(name) for name in named} == {plain(re.match(r"[\w.-]+", n)[0]) for n in needed}
    for name, version in named.items():
        assert version == pinned[plain(name)], name
    assert lines[0] == "-c constraints.txt"  # for what those need in turn
    assert lines[-1] == "-e .[lab]"


def change(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_repo2docker_finds_the_python_the_packages_and_both_scripts():
    assert_repo2docker_builds_the_course(ROOT)


def test_every_package_is_named_in_the_version_that_is_tested():
    assert_pip_is_given_what_the_course_needs(ROOT)


def test_the_python_is_the_lowest_that_the_package_allows():
    python, _ = read_environment(ROOT / "environment.yml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"].startswith(f">={python},")


@pytest.mark.parametrize("folder", ["binder", ".binder"])
def test_an_empty_folder_that_hides_everything_is_seen(course, folder):
    (course / folder).mkdir()
    with pytest.raises(AssertionError, match=r"for python=3\.11"):
        assert_repo2docker_builds_the_course(course)
    assert not any((ROOT / name).exists() for name in ("binder", ".binder"))


def test_another_python_is_seen(course):
    change(course / "environment.yml", "python=3.11", "python=3.12")
    with pytest.raises(AssertionError, match=r"for python=3\.11"):
        assert_repo2docker_builds_the_course(course)


def test_a_missing_postbuild_is_seen(course):
    (course / "postBuild").unlink()
    with pytest.raises(ValueError, match="substring not found"):
        assert_repo2docker_builds_the_course(course)


def test_a_package_installed_before_the_files_are_there_is_seen(course):
    change(course / "environment.yml", "      - -c constraints.txt\n", "")
    change(course / "environment.yml", "      - -e .[lab]\n", "")
    with pytest.raises(AssertionError):
        assert_repo2docker_builds_the_course(course)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("matplotlib==", "matplotlob=="),
        ("      - jupyterlab==4.6.6\n", ""),
        ("      - -e .[lab]\n", ""),
        ("      - -c constraints.txt\n", ""),
    ],
    ids=["misspelt", "left out", "without the course", "without constraints"],
)
def test_a_list_that_is_not_the_course_s_is_seen(course, old, new):
    change(course / "environment.yml", old, new)
    with pytest.raises(AssertionError):
        assert_pip_is_given_what_the_course_needs(course)


def test_a_version_that_is_not_the_tested_one_is_seen(course):
    text = (course / "environment.yml").read_text()
    (course / "environment.yml").write_text(re.sub(r"numpy==[\d.]+", "numpy==2.2.0", text))
    with pytest.raises(AssertionError, match="numpy"):
        assert_pip_is_given_what_the_course_needs(course)


def test_start_puts_the_arrays_beside_python_and_passes_the_command_on():
    names = ["TEMPSAMPLING_CACHE", "OPENBLAS_NUM_THREADS"]
    wanted = f"import os; print(*map(os.environ.get, {names}), sep='\\n')"
    done = subprocess.run(
        [str(ROOT / "start"), "python3", "-c", wanted],
        env={"PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{sys.prefix}/share/tempsampling", "1"]


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_both_scripts_can_be_run(script):
    assert os.access(ROOT / script, os.X_OK)


def test_jupyterlab_has_the_course_s_settings_on_binder_and_at_home():
    settings = (ROOT / "tools" / "publish" / "jupyterlab.json5").read_text(encoding="utf-8")
    read = json5.loads(settings)
    assert read["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    place = "share/jupyter/lab/settings/overrides.d/tempsampling.json5"
    assert (
        f'tools/publish/jupyterlab.json5 \\\n    "$prefix/{place}"'
        in (ROOT / "postBuild").read_text()
    )
    assert (Path(sys.prefix) / place).read_text(encoding="utf-8") == settings
