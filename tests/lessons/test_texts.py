"""What lessons measure on comes with the course, whatever else is installed."""

import json
import sys

import pytest
from browser import ROOT
from test_notebooks import LESSONS

from tempsampling import shipped_texts

SOURCES = json.loads((ROOT / "tempsampling" / "lessons" / "texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SOURCES)
def test_every_text_says_where_it_comes_from_and_may_be_shipped(name):
    assert "Copyright" in SOURCES[name]["source"] or "public domain" in SOURCES[name]["source"]
    assert len(set(shipped_texts(name))) == len(shipped_texts(name)) > 10


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_lesson_reads_what_happens_to_be_installed(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    for word in (
        "__doc__",
        "getdoc",
        "getsource",
        "__file__",
        "__version__",
        "environ",
        "platform",
    ):
        assert word not in code
    used = {
        line.split()[1].split(".")[0] for line in code.splitlines() if line.startswith("import ")
    }
    assert used <= {"matplotlib", "numpy"} | set(sys.stdlib_module_names)
