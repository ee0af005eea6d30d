"""Tests that nbval does not have, in the kernel in which it has run and compared a lesson's cells.

The first pass is the real one: the model writes everything. It is remembered, so that what follows
takes little time: the cells in their order once more, all sliders moved and typed into, and then
the cells backward and in a random order. What a learner gets is a result or a sentence.
"""

import ast
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
START = f"import sys; sys.path.insert(0, {str(HERE)!r}); import in_kernel"
REMEMBER = f"{START}; in_kernel.remember_texts(); del in_kernel, sys"
EMPTY = (
    "get_ipython().reset(new_session=False)\nimport matplotlib.pyplot as p; p.close('all'); del p"
)
WIDGET = "application/vnd.jupyter.widget-view+json"
SHOWN = ("display_data", "execute_result")
LOOPS_OF_THEIR_OWN = {
    "05",
    "07",
    "11",
    "12",
    "14",
}  # what these lessons compute in them is not remembered
BEGINNING = 2  # cells: one installs the course where it is not, the next one imports
EXPECTED = {"result", "NameError", "sentence of ours"}


class LessonItem(pytest.Item):
    """A test in the kernel of a lesson, after the tests of its cells."""

    def __init__(self, *, test, after, **options):
        super().__init__(**options)
        self.test, self.after = test, after

    def runtest(self):
        cells, kernel = code_cells(self.path), Kernel(self.parent.kernel.kc)
        if self.test is not in_order_again:
            return self.test(kernel, cells)
        outputs = [shown(item.test_outputs) for item in self.after]
        self.test(kernel, cells, dict(zip([cell for cell, _ in cells], outputs, strict=True)))

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


def lesson_items(file, after):
    """The tests that follow the tests of a lesson's cells."""
    for test in (in_order_again, sliders_are_moved, sliders_are_typed_into, backward, shuffled):
        item = LessonItem.from_parent(file, name=test.__name__, test=test, after=after)
        if test in (in_order_again, shuffled) and file.path.name[:2] in LOOPS_OF_THEIR_OWN:
            item.add_marker(pytest.mark.rare)
        yield item


def prepare(file):
    """Let a lesson's kernel remember texts, and tell it of which cell nbval runs the code."""
    Kernel(file.kernel.kc).right(REMEMBER)
    cell_of = {source: cell for cell, source in code_cells(file.path)}

    def execute(source, allow_stdin=None):
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        metadata = {"cellId": cell_of[source]}
        message = file.kernel.kc.session.msg("execute_request", content, metadata=metadata)
        file.kernel.kc.shell_channel.send(message)
        return message["header"]["msg_id"]

    file.kernel.execute_cell_input = execute


class Kernel:
    """A kernel that runs cells and returns their outputs, and the exception or None."""

    def __init__(self, client):
        self.client = client

    def run(self, source, cell="a cell"):
        content = {"code": source, "silent": False, "store_history": True}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        outputs, error = [], None
        while True:
            seen = self.client.get_iopub_msg(timeout=600)  # no hang, on a busy machine either
            if seen["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            content = seen["content"]
            if seen["msg_type"] == "error":
                error = content
            elif seen["msg_type"] == "stream":
                outputs.append(content["text"])
            elif seen["msg_type"] in SHOWN and WIDGET not in content["data"]:
                outputs.append(content["data"])
            elif content.get("execution_state") == "idle":
                return _merged(outputs), error

    def right(self, source, cell="a cell"):
        """Run what must give a result, and return its outputs."""
        outputs, error = self.run(source, cell)
        assert error is None, f"{cell}: {error['ename']}: {error['evalue']}"
        return outputs

    def calls(self, function):
        """Call a function of `in_kernel`, and return what it prints."""
        return self.right(f"{START}; in_kernel.{function}()")[0]

    def begin(self, cells):
        """Begin in an empty namespace, with the cells that install and import."""
        self.right(EMPTY)
        for cell, source in cells[:BEGINNING]:
            self.right(source, cell)


def shown(outputs):
    """What a cell showed, by nbval's account of it, as `Kernel.run` returns it."""
    found = [each.get("text") or each.get("data") for each in outputs]
    return _merged([each for each in found if isinstance(each, str) or WIDGET not in each])


def _merged(outputs):
    """What was printed as one text, and then what was shown: how they are mixed is chance."""
    texts = [output for output in outputs if isinstance(output, str)]
    return ["".join(texts), *(output for output in outputs if not isinstance(output, str))]


def code_cells(path):
    """The code cells of a lesson, as (name, source)."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return [(c["id"], "".join(c["source"])) for c in cells if c["cell_type"] == "code"]


def names_given(cells):
    """The variables that the cells of a lesson define, at their top level."""
    named = set()
    for _, source in cells:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                named.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                named.add(node.id)
    return named


def outcome(error, given):
    """What a cell ended with: a result, the learner's own NameError, or a sentence of ours."""
    if error is None:
        return "result"
    missing = re.match("name '(.+?)' is not defined", error["evalue"])
    if error["ename"] == "NameError" and missing and missing[1] in given:
        return "NameError"
    files = re.findall(r"File (.+?):\d+", re.sub(r"\x1b\[[\d;]*m", "", "".join(error["traceback"])))
    ours = files and re.search(r"tempsampling[/\\].*\w+\.py$", files[-1])
    kind = error["ename"] in ("ValueError", "TypeError", "RuntimeError")
    if ours and kind and re.search(r"\b(must|has|needs)\b", error["evalue"]):
        return "sentence of ours"
    return f"{error['ename']}: {error['evalue']}"


def in_order_again(kernel, cells, first):
    """All cells once more show the same, and leave no widget and no figure behind."""
    before = kernel.calls("count")
    second = {cell: kernel.right(source, cell) for cell, source in cells}
    assert [cell for cell in first if first[cell] != second[cell]] == []
    assert kernel.calls("count") == before


def sliders_are_moved(kernel, cells):
    """Every slider moves after the last cell; going back to any cell breaks none of them."""
    moved = kernel.calls("move_every_slider")
    assert int(moved) >= 2
    kernel.calls("hurry")
    for cell, source in random.Random(1).sample(cells[BEGINNING:], 5):
        kernel.run(source, cell)
    assert kernel.calls("move_every_slider") == moved


def sliders_are_typed_into(kernel, cells):
    """Whatever is typed beside a slider is shown, or refused by name."""
    kernel.calls("type_beside_every_slider")


def backward(kernel, cells):
    """Each cell before those that it needs gives a result or a sentence."""
    assert in_some_order(kernel, cells, cells[: BEGINNING - 1 : -1]) == []


def shuffled(kernel, cells, seed=1):
    """So it does in a random order."""
    order = random.Random(seed).sample(cells[BEGINNING:], len(cells) - BEGINNING)
    assert in_some_order(kernel, cells, order) == []


def in_some_order(kernel, cells, order):
    """Run cells in an order, from an empty namespace on; return what was not to be expected."""
    kernel.calls("hurry")
    kernel.begin(cells)
    given = names_given(cells)
    found = [(cell, outcome(kernel.run(source, cell)[1], given)) for cell, source in order]
    print(dict(Counter(what for _, what in found)))
    return [(cell, what) for cell, what in found if what not in EXPECTED]
