"""Write the links that need the repository's public address, or print those for a class.

    python3 tools/publish/links.py                               (into README.md and CITATION.cff)
    python3 tools/publish/links.py v0.1.0                        (Binder with this tag)
    python3 tools/publish/links.py v0.1.0 https://hub.example.edu    (and a JupyterHub)

The address stands in pyproject.toml alone, as `Repository` under `[project.urls]`. Without it no
link is written: none would lead anywhere.
"""

import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]
LESSON = "notebooks/01_understanding_temperature.ipynb"
BADGE = "https://mybinder.org/badge_logo.svg"
HUB = "https://YOUR-HUB"  # what a reader of the README replaces


def main():
    address = repository(ROOT)
    if len(sys.argv) == 1:
        write_into_readme(ROOT / "README.md", address)
        write_into_citation(ROOT / "CITATION.cff", address)
    elif address is None:
        sys.exit("Set the address first: Repository under [project.urls] in pyproject.toml")
    else:
        tag, hubs = sys.argv[1], sys.argv[2:]
        print(binder_link(address, tag))
        for hub in hubs:
            print(hub_link(address, hub))


def repository(root: Path) -> str | None:
    """Return the repository's address, or None if none is set.

    Raises ValueError for one that is not `https://github.com/OWNER/NAME`: Binder's links are made
    for those.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository")
    if address is not None and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise ValueError(f"Repository must be https://github.com/OWNER/NAME, got {address!r}")
    return address


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
    """Put the links between the README's marks, or nothing if there is no address."""
    text = page.read_text(encoding="utf-8")
    badge = hub = ""
    if address:
        badge = f"[![Open lesson 1 on Binder]({BADGE})]({binder_link(address)})\n"
        hub = f"On a JupyterHub with nbgitpuller:\n\n```\n{hub_link(address, HUB)}\n```\n"
    text = between_marks(text, "binder", badge)
    page.write_text(between_marks(text, "hub", hub), encoding="utf-8")


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


if __name__ == "__main__":
    main()
