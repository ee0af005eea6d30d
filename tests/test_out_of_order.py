"""Whatever the order in which a learner runs a lesson's cells, each gives a result or a sentence.

In a real kernel for each lesson. Every order begins in an empty namespace, with the imports cell.
"""

import ast
import os
import random
import re
from collections import Counter

import pytest
from jupyter_client.manager import run_kernel
from lessons import cells

ORDERS = 20
CI = bool(os.environ.get("CI"))
QUICK = {1, 2, 6, 8}  # lessons whose cells take the least time
WIDGET = "application/vnd.jupyter.widget-view+json"
SHOWN = ("display_data", "execute_result")
EMPTY = (
    "get_ipython().reset(new_session=False)\nimport matplotlib.pyplot as p; p.close('all'); del p"
)

# The same text from the same arguments is written once and not in every order. What raises is not
# remembered, and whoever gets a result gets a copy, so that nothing done to one reaches another.
# A generator or a cache among the arguments would change with the call: such a call is made anew.
REMEMBER = """
import copy, functools, pickle
import numpy as np
from tempsampling import continuation, generation
from tempsampling.smollm import SmolLM2

def remember(function):
    known = {}

    @functools.wraps(function)
    def call(model, *args, **kwargs):
        given = [*args, *kwargs.values()]
        if any(callable(x) or isinstance(x, np.random.Generator) for x in given):
            return function(model, *args, **kwargs)
        key = pickle.dumps((args, sorted(kwargs.items())))
        if key not in known:
            known[key] = function(model, *args, **kwargs)
        return copy.deepcopy(known[key])

    return call

generation.generate = remember(generation.generate)
continuation.score = remember(continuation.score)
SmolLM2.logits = remember(SmolLM2.logits)
"""

MOVE_EVERY_SLIDER = """
import ipywidgets
from tempsampling.controls import choices
from tempsampling.explore import Explorer

def move_every_slider():
    explorers = [w for w in list(ipywidgets.widgets.widget._instances.values())
                 if isinstance(w, Explorer)]
    for explorer in explorers:
        for name, control in explorer.controls.items():
            values = [value for _, value in choices(control)]
            for value in [values[-1], values[0], values[len(values) // 2]]:
                control.value = value
                assert not explorer._problem.value, (name, value, explorer._problem.value)
    return len(explorers)

print(move_every_slider())
"""
COUNT = """
import gc, ipywidgets, matplotlib.pyplot
gc.collect()
print(len(ipywidgets.widgets.widget._instances), len(matplotlib.pyplot.get_fignums()))
"""


def code(number):
    """The code cells of a lesson, as (name, source); the first imports."""
    return [(c["id"], "".join(c["source"])) for c in cells(number) if c["cell_type"] == "code"]


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
            seen = self.client.get_iopub_msg(timeout=300)  # no hang, on a busy machine either
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
                return merged(outputs), error

    def begin(self, lesson):
        self.run(EMPTY)
        _, error = self.run(lesson[0][1])
        assert error is None, error


def merged(outputs):
    """Outputs with neighboring texts joined: where a stream is cut is chance."""
    found = []
    for output in outputs:
        if found and isinstance(output, str) and isinstance(found[-1], str):
            found[-1] += output
        else:
            found.append(output)
    return found


def names_given(lesson):
    """The variables that the cells of a lesson define, at their top level."""
    named = set()
    for _, source in lesson:
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
    ours = files and re.search(r"tempsampling[/\\]\w+\.py$", files[-1])
    kind = error["ename"] in ("ValueError", "TypeError", "RuntimeError")
    if ours and kind and re.search(r"\b(must|has|needs)\b", error["evalue"]):
        return "sentence of ours"
    return f"{error['ename']}: {error['evalue']}"


def counted(outcomes):
    return ", ".join(f"{count} × {what}" for what, count in Counter(outcomes).most_common())


def unexpected(found):
    expected = {"result", "NameError", "sentence of ours"}
    return sorted({(cell, what) for cell, what in found if what not in expected})


@pytest.fixture(scope="module", params=range(1, 15))
def lesson(request):
    if not CI and request.param not in QUICK:
        pytest.skip("takes minutes for all lessons: runs where CI is set")
    return code(request.param)


@pytest.fixture(scope="module")
def kernel(lesson):
    with run_kernel(kernel_name="python3") as client:
        kernel = Kernel(client)
        _, error = kernel.run(f"exec({REMEMBER!r}, {{}})")  # its names outlive a reset
        assert error is None, error
        yield kernel


def test_a_cell_alone_gives_a_result_or_a_sentence(lesson, kernel, record_property):
    found, given = [], names_given(lesson)
    for cell, source in lesson[1:]:
        kernel.begin(lesson)
        found.append((cell, outcome(kernel.run(source, cell)[1], given)))
    record_property("counted", counted(what for _, what in found))
    assert not unexpected(found)


def test_cells_in_random_orders_give_results_or_sentences(lesson, kernel, record_property):
    found, given, chance = [], names_given(lesson), random.Random(1)
    for _ in range(ORDERS if CI else 1):
        kernel.begin(lesson)
        for cell, source in chance.sample(lesson[1:], len(lesson) - 1):
            found.append((cell, outcome(kernel.run(source, cell)[1], given)))
    record_property("counted", counted(what for _, what in found))
    assert not unexpected(found)


def test_after_a_restart_in_the_middle_the_rest_gives_results_or_sentences(lesson, kernel):
    kernel.begin(lesson)
    given = names_given(lesson)
    rest = lesson[len(lesson) // 2 :]
    assert not unexpected([(c, outcome(kernel.run(s, c)[1], given)) for c, s in rest])


@pytest.mark.parametrize("number", range(1, 15))
def test_all_cells_twice_show_the_same_and_going_back_breaks_nothing(number, record_property):
    if not CI and number != 1:
        pytest.skip("runs every lesson three times: where CI is set")
    lesson = code(number)
    with run_kernel(kernel_name="python3") as client:
        kernel = Kernel(client)

        def run(source, cell="another cell"):
            outputs, error = kernel.run(source, cell)
            assert error is None, f"{cell}: {error['ename']}: {error['evalue']}"
            return outputs

        first = {cell: run(source, cell) for cell, source in lesson}
        before = run(COUNT)
        second = {cell: run(source, cell) for cell, source in lesson}
        assert [cell for cell in first if first[cell] != second[cell]] == []
        assert run(COUNT) == before

        moved = run(MOVE_EVERY_SLIDER)  # also those of early cells, after the last
        for cell, source in random.Random(number).sample(lesson[1:], len(lesson) - 1):
            run(source, cell)
        assert run("print(move_every_slider())") == moved
        record_property("counted", f"{len(lesson)} cells, {moved[0].strip()} explorers")


def stub(number):
    """The exercise cell of a lesson, and the name of its function."""
    (source,) = (source for cell, source in code(number) if cell == "exercise")
    return source, re.search(r"def (\w+)\(", source)[1]


# What a learner may make of the stub's three dots.
BAD_BODIES = {
    "a text": "return 'half'",
    "no end": "while True:\n        print('still here ' * 20)",
    "prints masses": "for i in range(9999):\n        print(i)",
    "calls itself": "return {name}({arguments})",
    "yields": "yield 1",
    "leaves Python": "raise SystemExit",
    "lines in the message": "raise ValueError('one\\ntwo')",
    "a long message": "raise ValueError('x ' * 9999)",
    "no message": "raise type('Odd', (Exception,), dict(__str__=lambda self: 1 / 0))()",
    "no array": "return type('Odd', (), dict(__array__=lambda self, **k: 1 / 0))()",
    "time": "import numpy as np\n    return np.timedelta64(3)",
    "arrays put in": "import numpy as np\n    x = {first}\n    x[0] = np.ones(2).astype(object)\n"
    "    return 1",
    "emptied": "x = {first}\n    x[:] = [] if isinstance(x, list) else 0\n    return 1",
}


@pytest.mark.parametrize("number", range(1, 15))
@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_stub_badly_edited_gets_one_sentence_and_no_flood(number, body, capsys):
    source, name = stub(number)
    arguments = re.search(r"def \w+\((.*)\):", source)[1]
    body = body.format(name=name, arguments=arguments, first=arguments.split(",")[0])
    run_exercise(source.replace("    ...\n", f"    {body}\n"))
    *printed, sentence = capsys.readouterr().out.rstrip("\n").split("\n")
    assert re.match("Not (done )?yet: ", sentence)
    assert len(sentence) < 600
    assert sum(map(len, printed)) < 3000


@pytest.mark.parametrize("number", range(1, 15))
def test_another_number_of_arguments_is_told_as_python_tells_it(number, capsys):
    source, name = stub(number)
    run_exercise(re.sub(r"def \w+\(.*\):", f"def {name}():", source))
    assert "raised TypeError" in capsys.readouterr().out


@pytest.mark.parametrize("number", range(1, 15))
def test_a_function_renamed_or_deleted_is_told(number, capsys):
    source, name = stub(number)
    with pytest.raises(NameError, match=name):
        run_exercise(source.replace(f"def {name}", "def mine"))
    run_exercise(source.replace(name, "mine"))
    assert f"check({name})" in capsys.readouterr().out


def run_exercise(source):
    exec(compile(source, "a cell", "exec"), {"__name__": "__main__"} | imported())


def imported():
    from tempsampling.checks import check

    return {"check": check, "practice": None}
