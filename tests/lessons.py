"""The lessons' texts, for the tests that hold them against what their cells compute."""

import json
import re

from browser import ROOT


def folded_answers(number):
    """The folded answers of a lesson, as one text."""
    (path,) = (ROOT / "notebooks").glob(f"{number:02d}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return " ".join(re.findall(r"<details>.*?</details>", text, flags=re.DOTALL))
