"""What a learner has passed: one small file beside the notebooks, and a map of the course."""

import json
import os
from contextlib import suppress
from pathlib import Path

from IPython.core.getipython import get_ipython
from IPython.display import Markdown

from tempsampling.lessons.exercises import EXERCISES, LESSON_OF
from tempsampling.lessons.glossary import LESSONS

FILE = ".passed_checks.json"
PLACE = "TEMPSAMPLING_PASSED"  # in the environment: another file


def remember(name: str) -> None:
    """Note that the check of an exercise was passed, in a notebook only."""
    known = _passed()
    if name not in known and hasattr(get_ipython(), "kernel"):
        with suppress(OSError):  # a folder that cannot be written to: the map stays as it is
            _file().write_text(json.dumps(sorted({*known, name})), encoding="utf-8")


def course_map(*, forget: bool = False) -> Markdown:
    """Return the course's exercises as a table with links, those marked whose checks were passed.

    What was passed stands in one small file beside the notebooks, and nowhere else.
    `forget=True` deletes it.

    >>> print(course_map().data.splitlines()[2])
    | lesson | warm-up | second exercise |
    """
    if forget and _file().is_file():
        _file().unlink()
    passed, rows = _passed(), {}
    for name, number in LESSON_OF.items():
        _, _, what = EXERCISES[name].solution.__doc__.partition(": ")
        mark = "✓" if name in passed else "☐"
        rows.setdefault(number, []).append(f"{mark} {what.rstrip('.')}")
    lines = [f"{len(passed)} of {len(EXERCISES)} exercises passed.", ""]
    lines += ["| lesson | warm-up | second exercise |", "|:---|:---|:---|"]
    lines += [
        f"| {_link(number)} | {' | '.join([*both, ''][:2])} |" for number, both in rows.items()
    ]
    return Markdown("\n".join(lines))


def _link(number: int) -> str:
    name = LESSONS[number - 1]
    title = name.partition("_")[2].replace("_", " ").capitalize()
    return f"[{number} · {title}]({name}.ipynb)"


def _file() -> Path:
    return Path(os.environ.get(PLACE) or FILE)


def _passed() -> set[str]:
    try:
        known = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # not there, or not what was written
        return set()
    return {name for name in EXERCISES if isinstance(known, list) and name in known}
