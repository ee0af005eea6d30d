"""Badges stand where the repository's address is known, and nowhere else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from links import BADGE, LESSON, repository

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://github.com/someone/temperature-course"


@pytest.fixture
def course(tmp_path):
    """A copy of the files that have to do with links, without an address."""
    (tmp_path / "tools" / "publish").mkdir(parents=True)
    for name in ("tools/publish/links.py", "README.md", "CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "[project.urls]" not in project or repository(ROOT)
    project = re.sub(r"\[project\.urls\]\n(.+\n)*", "", project)
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    return tmp_path


def set_address(course, address=ADDRESS):
    with (course / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write(f'\n[project.urls]\nRepository = "{address}"\n')


def run(course, *arguments):
    return subprocess.run(
        [sys.executable, str(course / "tools" / "publish" / "links.py"), *arguments],
        capture_output=True,
        text=True,
    )


def readme(course):
    return (course / "README.md").read_text(encoding="utf-8")


def citation(course):
    return (course / "CITATION.cff").read_text(encoding="utf-8")


def between(text, name):
    return text.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]


def test_the_files_say_what_the_address_makes_of_them(course):
    if repository(ROOT):
        set_address(course, repository(ROOT))
    assert run(course).returncode == 0
    assert readme(course) == readme(ROOT)
    assert citation(course) == citation(ROOT)


def test_without_an_address_there_is_no_link(course):
    assert run(course).returncode == 0
    assert between(readme(course), "binder") == between(readme(course), "hub") == ""
    for text in (readme(course), citation(course)):
        for word in (BADGE, "mybinder.org/v2", "git-pull", "repository-code"):
            assert word not in text


def test_one_line_and_one_command_bring_all_links(course):
    set_address(course)
    assert run(course).returncode == 0
    link = f"https://mybinder.org/v2/gh/someone/temperature-course/HEAD?urlpath=lab/tree/{LESSON}"
    badge = f"[![Open lesson 1 on Binder]({BADGE})]({link})\n"
    assert between(readme(course), "binder") == badge
    hub = re.search(
        r"^https://YOUR-HUB/hub/user-redirect/.+$", between(readme(course), "hub"), re.M
    )
    assert parse_qs(urlsplit(hub[0]).query)["repo"] == [ADDRESS]
    assert yaml.safe_load(citation(course))["repository-code"] == ADDRESS
    once = readme(course), citation(course)
    run(course)
    assert (readme(course), citation(course)) == once


def test_the_links_go_when_the_address_goes(course):
    project = (course / "pyproject.toml").read_text(encoding="utf-8")
    run(course)
    before = readme(course), citation(course)
    set_address(course)
    run(course)
    assert (readme(course), citation(course)) != before
    (course / "pyproject.toml").write_text(project, encoding="utf-8")
    run(course)
    assert (readme(course), citation(course)) == before


def test_a_readme_without_its_marks_is_named(course):
    text = readme(course).replace("<!-- /hub -->", "")
    (course / "README.md").write_text(text, encoding="utf-8")
    result = run(course)
    assert result.returncode != 0
    assert "must have the marks <!-- hub --> and <!-- /hub -->" in result.stderr
    assert readme(course) == text


def test_the_links_of_a_class_name_the_tag_the_lesson_and_the_hub(course):
    set_address(course)
    result = run(course, "v0.1.0", "https://hub.example.edu/")
    binder, hub = result.stdout.split()
    assert urlsplit(binder).path == "/v2/gh/someone/temperature-course/v0.1.0"
    assert parse_qs(urlsplit(binder).query) == {"urlpath": [f"lab/tree/{LESSON}"]}
    assert hub.startswith("https://hub.example.edu/hub/user-redirect/git-pull?")
    assert parse_qs(urlsplit(hub).query) == {
        "repo": [ADDRESS],
        "branch": ["main"],  # nbgitpuller cannot update a tag
        "urlpath": [f"lab/tree/temperature-course/{LESSON}?autodecode"],
    }
    assert (ROOT / LESSON).is_file()


def test_the_links_of_a_class_need_the_address(course):
    result = run(course, "v0.1.0")
    assert result.returncode != 0
    assert result.stderr.strip().endswith("Repository under [project.urls] in pyproject.toml")


@pytest.mark.parametrize("address", ["https://example.org/course", f"{ADDRESS}/", ""])
def test_an_address_that_binder_cannot_use_is_named(course, address):
    set_address(course, address)
    result = run(course)
    assert result.returncode != 0
    assert f"must be https://github.com/OWNER/NAME, got {address!r}" in result.stderr
