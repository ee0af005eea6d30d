"""A class in a repository: what a lecturer puts at an address, changes, and sends to students."""

import re
import shutil
from pathlib import Path

from links import at_github, binder_link, colab_link, hub_link, write_into_lesson
from pages import PAGES, taught
from questions import lesson_paths

ROOT = Path(__file__).resolve().parents[2]
COPIED = ["notebooks", "tempsampling", "tools", "Makefile", "pyproject.toml", "constraints.txt"]
COPIED += ["environment.yml", "postBuild", "start", "LICENSE", ".gitignore"]
# Not the kit: with the seed it would tell students the answers.
LEFT = shutil.ignore_patterns("kit", "__pycache__", ".ipynb_checkpoints", ".passed_checks.json")


def repository_address(text: str) -> str:
    """Return an address for which Binder and Colab have links; ValueError for another."""
    if at_github(text) != text:
        raise ValueError(f"--address must be https://github.com/OWNER/NAME, got {text!r}")
    return text


def write_class(folder: Path, assignments: Path, address: str, hub: str | None):
    """Write the course, its assignments as students get them, and a page with links to all."""
    folder.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / "assignments").mkdir()
    rows = []
    for number, path in lesson_paths().items():
        assignment = f"assignments/lesson-{number:02d}.ipynb"
        shutil.copy(
            assignments / f"lesson-{number:02d}" / Path(assignment).name, folder / assignment
        )
        files = {"lesson": f"notebooks/{path.name}", "assignment": assignment}
        where = {what: places(address, hub, file) for what, file in files.items()}
        rows.append({"number": number, "title": taught(number).title, "where": where})
        for file in files.values():
            write_into_lesson(folder / file, address)
    readme = PAGES.get_template("readme.md.j2").render(rows=rows, address=address, hub=hub)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    set_address(folder / "pyproject.toml", address)
    print(f"written: a class for {address}", flush=True)


def set_address(project: Path, address: str):
    """Let pyproject.toml name the class's address: the course's own tools make links of it."""
    text = project.read_text(encoding="utf-8")
    text = re.sub(r"\[project\.urls\]\n(?:.+\n)*\n?", "", text)
    urls = f'[project.urls]\nRepository = "{address}"\n\n[project.optional-dependencies]'
    project.write_text(text.replace("[project.optional-dependencies]", urls), encoding="utf-8")


def places(address: str, hub: str | None, file: str) -> dict[str, str]:
    """Return the links that open a notebook, by the names of the places."""
    found = {"Binder": binder_link(address, lesson=file), "Colab": colab_link(address, file)}
    return found | ({"JupyterHub": hub_link(address, hub, lesson=file)} if hub else {})
