"""The pages of the kit, as a browser shows them, and the class that a lecturer sends around."""

import os
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest
from classroom import write_class
from grading import assignment
from libraries import unpack
from pages import HERE, print_page, taught, varied, write_pages
from published import without_a_network

ROOT = HERE.parents[1]
ADDRESS = "https://github.com/someone/a-class"
SEED = 2026


@pytest.fixture(scope="module")
def kit(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    write_pages(folder, SEED, address=None)
    for name in ("booklet", "sheets"):
        print_page(browser, folder / f"{name}.html")
    return folder


def test_every_page_passes_the_accessibility_checker(browser, kit, tmp_path):
    unpack("axe-core@4.14.1", ["axe.min.js"], tmp_path)
    axe = (tmp_path / "axe.min.js").read_text(encoding="utf-8")
    violations = []
    with without_a_network(browser, 320, 700) as open_file:
        for path in sorted(set(kit.glob("*.html")) - {kit / "booklet.html"}):
            page = open_file(path)
            page.evaluate(axe)
            for found in page.evaluate("async () => (await axe.run({preload: false})).violations"):
                where = [node["html"][:150] for node in found["nodes"]]
                violations.append(f"{path.name}: {found['id']} {len(where)} times: {where[:3]}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path.name
            page.close()
    assert not violations, "\n".join(violations)


def test_every_link_between_the_pages_leads_somewhere(kit):
    for path in kit.glob("*.html"):
        for link in re.findall(r'href="([^"#:]+)"', path.read_text(encoding="utf-8")):
            assert (kit / link).exists(), f"{path.name}: {link}"


def test_the_booklet_holds_every_page_and_is_printed(kit):
    booklet = (kit / "booklet.html").read_text(encoding="utf-8")
    for path in kit.glob("[acl]*.html"):
        title = re.search("<h1[^>]*>(.+?)</h1>", path.read_text(encoding="utf-8"))[1]
        assert f">{title}</h2>" in booklet
    assert (kit / "booklet.pdf").read_bytes().startswith(b"%PDF")


def test_a_sheet_asks_what_the_lessons_page_answers_and_gives_nothing_away(kit):
    sheets = (kit / "sheets.html").read_text(encoding="utf-8").split("<section>")[1:]
    for number, sheet in enumerate(sheets, 1):
        page = (kit / f"lesson-{number:02d}.html").read_text(encoding="utf-8")
        asked = re.findall(r"<p><strong>(\d+\. .+?)</strong></p>", sheet)
        assert len(asked) == len(taught(number).closing) + len(varied(taught(number), SEED))
        assert asked == re.findall(r"<p><strong>(\d+\. .+?)</strong></p>", page)
        options = re.findall("<li>(.+?)</li>", sheet)
        assert len(options) == len(re.findall("<li>[A-E]\\. .+? → .+?</li>", page))
        assert not any("→ " in option or "<strong>" in option for option in options)
    assert len(sheets) == 14
    assert (kit / "sheets.pdf").read_bytes().startswith(b"%PDF")


def test_no_page_shows_a_formula_as_its_source(kit):
    for path in kit.glob("*.html"):
        text = re.sub(r"<(pre|code).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"\$|\\[a-z(]", text), path.name


def test_every_test_that_the_accessibility_statement_names_is_there():
    statement = (HERE / "accessibility.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`(∗?)", statement)
    assert len(named) >= 12
    for file, test, rare in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert f"def {test}(" in source, f"{file}::{test}"
        only_rare = re.search(r"^pytestmark = pytest.mark.rare$", source, re.MULTILINE)
        assert bool(rare) == bool(only_rare), f"{file} is rare or not"


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for number in range(1, 15):
        path = folder / "release" / f"lesson-{number:02d}" / f"lesson-{number:02d}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(assignment(number, SEED), path)
    write_class(folder / "class", folder / "release", ADDRESS, "https://hub.example.edu")
    return folder / "class"


def test_a_class_has_the_course_the_assignments_and_its_own_address(classroom):
    lessons = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (classroom / "notebooks").glob("*.ipynb")} == lessons
    assert len(list((classroom / "assignments").glob("*.ipynb"))) == 14
    project = tomllib.loads((classroom / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["urls"] == {"Repository": ADDRESS}
    for name in ("environment.yml", "postBuild", "start", ".gitignore", "tools/course.py"):
        assert (classroom / name).exists()


def test_a_class_has_nothing_that_computes_the_answers_of_its_assignments(classroom):
    for path in classroom.rglob("*"):
        assert path.name not in ("kit", "variants.py", "grading.py"), path


def test_every_notebook_of_a_class_installs_the_course_from_its_address(classroom):
    for folder in ("notebooks", "assignments"):
        for path in (classroom / folder).glob("*.ipynb"):
            first = next(
                c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"
            )
            assert f'"{ADDRESS}/archive/HEAD.zip"' in first.source


def test_the_readme_of_a_class_opens_each_notebook_in_each_place(classroom):
    readme = (classroom / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\[(Binder|Colab|JupyterHub)\]\((https://\S+?)\)", readme)
    assert len(links) == 14 * 2 * 3
    for place, link in links:
        assert "someone" in link and "a-class" in link and "&amp;" not in link
        (file,) = re.findall(r"(?:notebooks|assignments)(?:/|%2F)[\w-]+\.ipynb", link)
        assert (classroom / file.replace("%2F", "/")).exists(), f"{place}: {link}"


def test_what_the_command_cannot_do_is_said_before_it_begins():
    options = ["--address", "https://gitlab.com/someone/course"]
    command = [sys.executable, str(ROOT / "tools" / "kit" / "kit.py"), *options]
    rooms = [str(ROOT / "tools" / room) for room in ("kit", "publish", "widgets")]
    own = os.environ | {"PYTHONPATH": os.pathsep.join(rooms)}
    said = subprocess.run(command, env=own, capture_output=True, text=True)
    assert said.returncode == 2
    assert "error: --address must be https://github.com/OWNER/NAME, got" in said.stderr
