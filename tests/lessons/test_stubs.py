"""Whatever a learner makes of an exercise's stub gets one sentence."""

import re

import pytest
from lessons import cells

from tempsampling import check

STUBS = {
    f"{number}, {cell['id']}": "".join(cell["source"])
    for number in range(1, 15)
    for cell in cells(number)
    if cell["id"] in ("exercise", "exercise-2")
}


@pytest.fixture(params=STUBS.values(), ids=STUBS)
def stub(request):
    """The cell of an exercise, and the name of its function."""
    return request.param, re.search(r"def (\w+)\(", request.param)[1]


def arguments(source):
    return re.search(r"def \w+\((.*)\):", source)[1]


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


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_stub_badly_edited_gets_one_sentence_and_no_flood(stub, body, capsys):
    source, name = stub
    given = arguments(source)
    first = given.split(",")[0] or "[]"  # what has no argument has none to change
    body = body.format(name=name, arguments=given, first=first)
    run_exercise(source.replace("    ...\n", f"    {body}\n"))
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    (sentence,) = (line for line in printed if re.match("Not (done )?yet: ", line))
    assert printed.index(sentence) >= len(printed) - 2  # what was measured may follow
    printed.remove(sentence)
    assert len(sentence) < 600
    assert sum(map(len, printed)) < 3000


def test_another_number_of_arguments_is_told_as_python_tells_it(stub, capsys):
    source, name = stub
    given = "" if arguments(source) else "extra"
    run_exercise(re.sub(r"def \w+\(.*\):", f"def {name}({given}):", source))
    assert "raised TypeError" in capsys.readouterr().out


def test_a_function_renamed_or_deleted_is_told(stub, capsys):
    source, name = stub
    with pytest.raises(NameError, match=name):
        run_exercise(source.replace(f"def {name}", "def mine"))
    run_exercise(source.replace(name, "mine"))
    assert f"check({name})" in capsys.readouterr().out


def run_exercise(source):
    exec(compile(source, "a cell", "exec"), {"__name__": "__main__", "check": check})
