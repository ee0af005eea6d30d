"""Every lesson has the same rhythm, is committed executed, and agrees with the package."""

import dis
import inspect
import json
import re
from pathlib import Path
from types import CodeType

import numpy as np
import pytest

from notebooks import FOLDED
from tempsampling.lessons.check import EXERCISES

LESSONS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
LONGEST = 80  # characters of a line of code
SECTIONS = ["# ", "## A question first", "## Exercise", "## Two questions", "## Summary"]
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def sources(lesson, kind):
    return ["".join(c["source"]) for c in lesson["cells"] if c["cell_type"] == kind]


def outputs(lesson):
    return [o for c in lesson["cells"] if c["cell_type"] == "code" for o in c["outputs"]]


def test_there_are_lessons():
    assert [path.name[:3] for path in LESSONS] == [f"{i + 1:02d}_" for i in range(len(LESSONS))]


def test_sections_come_in_order(lesson):
    text = "\n".join(sources(lesson, "markdown"))
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)


def test_the_summary_answers_each_objective(lesson):
    title, summary = (
        next(text for text in sources(lesson, "markdown") if heading in text)
        for heading in ("**You will be able to**", "## Summary")
    )
    numbers = re.compile(r"^\d+(?=\. )", re.MULTILINE)
    assert numbers.findall(title) == numbers.findall(summary) == ["1", "2", "3"]


def test_it_links_to_its_neighbors_and_to_files_that_are_there(request, lesson):
    at = LESSONS.index(request.node.callspec.params["lesson"])
    title, *_, sources_cell = sources(lesson, "markdown")
    if at > 0:
        assert f"Previous: [{at} · " in title
        assert f"]({LESSONS[at - 1].name})" in title
    if at + 1 < len(LESSONS):
        for text in (title, sources_cell):
            assert f"Next: [{at + 2} · " in text
            assert f"]({LESSONS[at + 1].name})" in text
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", "\n".join(sources(lesson, "markdown"))):
        assert (LESSONS[at].parent / target).exists(), target


def test_cells_are_short(lesson):
    for source in sources(lesson, "code"):
        assert len([line for line in source.splitlines() if line.strip()]) <= 15, source
    for source in sources(lesson, "markdown"):
        open_text = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
        assert len(open_text.split()) <= 80, source


def test_code_is_plain_python(lesson):
    for source in sources(lesson, "code"):
        compile(source, "cell", "exec")  # no magics, no shell


def test_no_later_cell_takes_a_name_that_a_slider_uses(lesson):
    cells = [compile(source, "cell", "exec") for source in sources(lesson, "code")]
    functions = {code.co_name: code for cell in cells for code in within(cell)}
    for i, cell in enumerate(cells):
        called = names(cell, "LOAD_NAME") if "explore" in names(cell, "LOAD_NAME") else set()
        needed = set()
        waiting = [functions[name] for name in called & set(functions)]
        waiting += [code for code in within(cell) if called and code.co_name == "<lambda>"]
        while waiting:
            new = {n for code in within(waiting.pop()) for n in names(code, "LOAD_GLOBAL")} - needed
            waiting += [functions[name] for name in new & set(functions)]
            needed |= new
        for later in cells[i + 1 :]:
            taken = needed & names(later, "STORE_NAME")
            assert not taken, (
                f"moved after the last cell, the slider of code cell {i} meets {taken}"
            )


def within(code):
    """A code object, and those of the functions that stand in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from within(each)


def names(code, operation):
    return {step.argval for step in dis.get_instructions(code) if step.opname == operation}


def test_it_is_committed_executed_in_order_without_errors(lesson):
    counts = [c["execution_count"] for c in lesson["cells"] if c["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for o in outputs(lesson) if o["output_type"] == "error"]
    assert not [o for o in outputs(lesson) if o.get("name") == "stderr"]


def test_no_state_of_widgets_is_committed(lesson):
    assert "widgets" not in lesson["metadata"]
    assert not [o for o in outputs(lesson) if WIDGET in o.get("data", {})]


def test_every_slider_stands_as_a_picture_and_every_picture_has_a_text(lesson):
    figure = re.compile(r"^explore\(\s*(?!show_|lambda)", re.MULTILINE)  # others show texts
    sliders = [source for source in sources(lesson, "code") if figure.search(source)]
    pictures = [o for o in outputs(lesson) if "image/png" in o.get("data", {})]
    assert len(sliders) >= 2
    assert len(pictures) >= len(sliders)
    for picture in pictures:
        assert len(picture["metadata"]["image/png"]["alt"]) > 10


def test_every_cell_says_whether_the_room_sees_it(lesson):
    types = [cell["metadata"]["slideshow"]["slide_type"] for cell in lesson["cells"]]
    assert set(types) <= {"slide", "-", "fragment", "skip"}
    assert types.count("slide") >= 5


def test_what_continues_a_slide_does_so_in_jupyterlab_too(lesson):
    # jupyterlab-slideshow says it in its own way: see tools/lessons/notebooks.py.
    for cell in lesson["cells"]:
        continues = cell["metadata"]["slideshow"]["slide_type"] == "-"
        layer = cell["metadata"].get("jupyterlab-slideshow", {}).get("layer")
        assert layer == ("slide" if continues else None), cell["source"]


def stubs(lesson):
    """The exercises of a lesson: the name of each, and the fold with its solution."""
    names = [re.search(r"^check\((\w+)\)", text, re.M) for text in sources(lesson, "code")]
    folded = [text for text in sources(lesson, "markdown") if "<summary>Solution" in text]
    return list(zip([name[1] for name in filter(None, names)], folded, strict=True))


def test_the_solutions_in_the_folds_are_those_that_the_checks_accept(lesson):
    assert len(stubs(lesson)) == 2
    for name, fold in stubs(lesson):
        solution = inspect.getsource(EXERCISES[name].solution).strip()
        assert f"```python\n{solution}\n```" in fold


def test_the_solution_of_the_second_exercise_stands_nowhere_before_it(lesson):
    for name, _ in stubs(lesson)[1:]:
        cells = lesson["cells"]
        here = next(i for i, c in enumerate(cells) if f"check({name})" in "".join(c["source"]))
        before = {line for c in cells[:here] for line in written(c["source"])}
        _, _, body = inspect.getsource(EXERCISES[name].solution).partition('"""\n')
        lines = written(body.splitlines())
        assert lines
        shown = [line for line in lines if line in before]
        assert len(shown) <= len(lines) / 3, shown


def test_the_guess_stands_beside_the_truth_before_the_summary(lesson):
    ids = [cell["id"] for cell in lesson["cells"]]
    at = ids.index("guess-again")
    assert at < ids.index("summary")
    assert "my_guess" in "".join(lesson["cells"][at]["source"])


def written(source):
    """The lines that say something, whatever their spaces."""
    lines = (re.sub(r"\s|#.*", "", line) for line in source)
    return [line for line in lines if len(line) > 12]


def test_code_that_only_sets_up_is_folded_and_no_page_cuts_a_line(lesson):
    for cell in lesson["cells"]:
        hidden = is_folded(cell)
        assert cell["metadata"].get("jupyter", {}) == ({"source_hidden": True} if hidden else {})
    code = [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]
    lines = [[line for line in "".join(c["source"]).splitlines() if line.strip()] for c in code]
    assert max(len(line) for each in lines for line in each) <= LONGEST
    seen = [n for c, n in zip(code, map(len, lines), strict=True) if not is_folded(c)]
    assert np.median(seen) <= 5


def is_folded(cell):
    return bool(FOLDED & set(cell["metadata"].get("tags", [])))
