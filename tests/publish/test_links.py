"""Badges stand where the repository's address is known, and nowhere else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from links import BADGE, COLAB_BADGE, INSTALL, LESSON, WEIGHTS, at_github

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://github.com/someone/temperature-course"


LESSONS = list((ROOT / "notebooks").glob("*.ipynb"))
COLAB = f"https://colab.research.google.com/github/someone/temperature-course/blob/HEAD/{LESSON}"
WRITTEN = ["README.md", "CITATION.cff", *sorted(str(p.relative_to(ROOT)) for p in LESSONS)]


@pytest.fixture
def course(tmp_path):
    """A copy of the files that have to do with links, without an address and a remote."""
    for name in ("tools/publish/links.py", "pyproject.toml", *WRITTEN):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
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


def written(course):
    return [(course / name).read_text(encoding="utf-8") for name in WRITTEN]


def cells(course):
    return json.loads((course / LESSON).read_text(encoding="utf-8"))["cells"]


def git(course, *arguments):
    subprocess.run(["git", "-C", str(course), *arguments], check=True, capture_output=True)


def between(text, name):
    return text.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]


def test_the_files_say_what_the_address_makes_of_them(course):
    """The one that they name: whoever clones a clone has another remote."""
    address = yaml.safe_load(citation(ROOT)).get("repository-code")
    if address:
        set_address(course, address)
    assert run(course).returncode == 0
    assert written(course) == written(ROOT)


def test_without_an_address_there_is_no_link(course):
    assert run(course).returncode == 0
    assert between(readme(course), "badges") == between(readme(course), "hub") == ""
    for text in written(course):
        for word in (
            BADGE,
            COLAB_BADGE,
            "mybinder.org/v2",
            "git-pull",
            "repository-code",
            "Open in Colab",
        ):
            assert word not in text


def test_one_line_and_one_command_bring_all_links(course):
    set_address(course)
    assert run(course).returncode == 0
    link = f"https://mybinder.org/v2/gh/someone/temperature-course/HEAD?urlpath=lab/tree/{LESSON}"
    badge = f"[![Open lesson 1 on Binder]({BADGE})]({link})\n"
    colab = f"[![Open lesson 1 in Colab]({COLAB_BADGE})]({COLAB})"
    assert between(readme(course), "badges") == f"{colab}\n{badge}"
    table = re.findall(
        r"^\| (\d+) \| \[[^]]+\]\((\S+)\) \[!\[(.+?)\]\S+\((\S+)\) \|", readme(course), re.M
    )
    assert len(table) == len(LESSONS)
    for number, lesson, name, opened in table:
        assert name == f"Open lesson {number} in Colab"
        assert opened == COLAB.replace(LESSON, lesson)
    title, first = ("".join(cell["source"]) for cell in cells(course)[:2])
    assert f" · [Open in Colab]({COLAB})" in title
    assert first == INSTALL.format(course=f"{ADDRESS}/archive/HEAD.zip", weights=WEIGHTS)
    hub = re.search(
        r"^https://YOUR-HUB/hub/user-redirect/.+$", between(readme(course), "hub"), re.M
    )
    assert parse_qs(urlsplit(hub[0]).query)["repo"] == [ADDRESS]
    assert yaml.safe_load(citation(course))["repository-code"] == ADDRESS
    once = written(course)
    run(course)
    assert written(course) == once


def test_the_links_go_when_the_address_goes(course):
    project = (course / "pyproject.toml").read_text(encoding="utf-8")
    run(course)
    before = written(course)
    set_address(course)
    run(course)
    assert all(new != old for new, old in zip(written(course), before, strict=True))
    (course / "pyproject.toml").write_text(project, encoding="utf-8")
    run(course)
    assert written(course) == before


def test_a_fork_has_its_own_links_after_one_command(course):
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", "git@github.com:someone/temperature-course.git")
    assert run(course).returncode == 0
    of_the_remote = written(course)
    set_address(course)
    run(course)
    assert written(course) == of_the_remote
    set_address_again = (course / "pyproject.toml").read_text(encoding="utf-8")
    other = set_address_again.replace("someone/", "another/")
    (course / "pyproject.toml").write_text(other, encoding="utf-8")
    run(course)  # what is set goes first
    assert f"{ADDRESS}/" not in "".join(written(course))


def test_a_clone_of_a_folder_and_a_copy_within_another_repository_have_no_address(course):
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", "/srv/git/course")
    assert "need an address" in run(course, "v0.1.0").stderr
    git(course, "remote", "set-url", "origin", ADDRESS)
    assert "need an address" not in run(course, "v0.1.0").stderr
    copy = shutil.copytree(course, course / "copy", ignore=shutil.ignore_patterns(".git"))
    assert "need an address" in run(copy, "v0.1.0").stderr


@pytest.mark.parametrize(
    "spelling",
    [ADDRESS, f"{ADDRESS}.git", f"{ADDRESS.replace('//', '//me@')}.git"]
    + [
        f"{start}someone/temperature-course.git"
        for start in ("git@github.com:", "ssh://git@github.com/")
    ],
)
def test_all_spellings_of_a_remote_are_one_address(spelling):
    assert at_github(spelling) == ADDRESS


@pytest.mark.parametrize(
    "other", ["", "/srv/git/course", "https://gitlab.com/someone/course", f"{ADDRESS}/tree/main"]
)
def test_what_is_not_at_github_is_no_address(other):
    assert at_github(other) is None


def test_a_lesson_that_someone_writes_gets_the_first_cell(course):
    path = course / LESSON
    before = path.read_text(encoding="utf-8")
    lesson = json.loads(before)
    del lesson["cells"][1]
    path.write_text(json.dumps(lesson), encoding="utf-8")
    run(course)
    address = yaml.safe_load(citation(ROOT)).get("repository-code")
    assert address or path.read_text(encoding="utf-8") == before


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
