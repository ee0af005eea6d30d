"""The lessons' texts and results, for the tests that hold one against the other."""

import json
import re

import replicate
from browser import ROOT


def cells(number):
    """The cells of a lesson as it is committed."""
    (path,) = (ROOT / "notebooks").glob(f"{number:02d}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def cell(number, cell_id):
    """One cell of a lesson."""
    (found,) = (cell for cell in cells(number) if cell["id"] == cell_id)
    return found


def source(number, cell_id):
    """The text or the code of one cell."""
    return "".join(cell(number, cell_id)["source"])


def prose(number):
    """All text of a lesson, folds included."""
    texts = ("".join(cell["source"]) for cell in cells(number) if cell["cell_type"] == "markdown")
    return "\n".join(texts)


def folded_answers(number):
    """The folded answers of a lesson, as one text."""
    return " ".join(re.findall(r"<details>.*?</details>", prose(number), flags=re.DOTALL))


def printed(number, cell_id):
    """What a cell printed or showed, as plain text."""
    outputs = cell(number, cell_id)["outputs"]
    parts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return "".join("".join(part) for part in parts)


def verdicts(number):
    """The words of a lesson's verdicts, each by its claim."""
    (path,) = (ROOT / "notebooks").glob(f"{number:02d}_*.ipynb")
    return replicate.read_lesson(path).claims
