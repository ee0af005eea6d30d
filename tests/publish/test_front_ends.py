"""In each front end a demo is one picture: the living one, or where none can live the still.

Colab and VS Code cannot be started here. Their elements were read off saved pages and off VS Code's
sources (`webviewPreloads.ts`), as was its policy on what a page may load (`backLayerWebView.ts`).
Chromium shows a notebook's real outputs in such elements, with and without the library that brings
widgets to life. JupyterLab and Notebook 7 are started in other tests.
"""

import json
from html import escape

import nbformat
import pytest
from libraries import unpack
from nbclient import NotebookClient
from playwright.sync_api import expect
from published import npm_is_there

WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
CELLS = [
    "import matplotlib.pyplot as plt\nfrom tempsampling import ProbabilityBars, explore, show\n"
    "one, two = (ProbabilityBars(['a', 'b'], [0.5, 0.5]) for _ in range(2))\nplt.close('all')",
    "print('above')\nshow(one.figure, 'no slider')",
    "print('before')\nexplore(one.figure, lambda p=0.5: one.update([p, 1 - p]), p=(0.0, 1.0))",
    "explore(lambda p=0.5: f'a text for {p}', p=(0.0, 1.0))\n"
    "explore(two.figure, lambda p=0.5: two.update([p, 1 - p]), p=(0.0, 1.0))",
    "show(one.figure, 'no slider')",
]
PICTURES, DEMOS = [0, 1, 1, 1, 1], 3
FOREGROUND = "rgb(204, 204, 204)"
VSCODE_DARK = f"""<meta http-equiv="Content-Security-Policy" content="default-src 'none';
script-src file: 'unsafe-inline' 'unsafe-eval'; style-src file: 'unsafe-inline';
img-src file: https: http: data:; font-src file: https:; connect-src https:">
<style>
:root {{ --vscode-foreground: {FOREGROUND} }}
body {{ background: #1e1e1e; color: {FOREGROUND} }}
.cell-output-ipywidget-background {{ background: white !important }}
</style>"""


def in_colab(outputs):
    rows = "".join(
        f'<div class="display_data output-id-{i}"><div class="output_subarea">{shown}</div></div>'
        for i, (_, shown) in enumerate(outputs)
    )
    return f'<div class="cell" id="output-body">{rows}</div>'


def in_vscode(outputs):
    white = {"widget": " cell-output-ipywidget-background"}
    rows = "".join(
        f'<div class="output_container"><div class="output{white.get(kind, "")}">'
        f"{f'<div>{shown}</div>' if kind == 'html' else shown}</div></div>"
        for kind, shown in outputs
    )
    return f'<div class="cell cell_container">{rows}</div>'


def in_jupyterlab(outputs):
    rows = "".join(
        '<div class="jp-OutputArea-child"><div class="jp-OutputPrompt"></div>'
        f'<div class="jp-OutputArea-output">{shown}</div></div>'
        for _, shown in outputs
    )
    area = f'<div class="jp-Cell-outputArea">{rows}</div>'
    return f'<div class="cell"><div class="jp-Cell-outputWrapper">{area}</div></div>'


@pytest.fixture(scope="module")
def notebook():
    """Cells with all that they show, and the state of their widgets."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    return NotebookClient(notebook, kernel_name="python3").execute()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the libraries."""
    npm_is_there()
    folder = tmp_path_factory.mktemp("front-ends")
    unpack("requirejs@2.1.10", ["require.js"], folder)
    unpack("@jupyter-widgets/html-manager@1.0.15", ["dist/embed-amd.js"], folder)
    return folder


def shown(output):
    """What all front ends make of an output: its kind, and HTML."""
    data = output.get("data", {})
    if WIDGET in data:
        return "widget", f'<script type="{WIDGET}">{json.dumps(data[WIDGET])}</script>'
    if "image/png" in data:
        alt = escape(output["metadata"]["image/png"]["alt"])
        return "png", f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"]}">'
    if "text/html" in data:
        return "html", data["text/html"]
    return "text", f"<pre>{escape(output.get('text') or data['text/plain'])}</pre>"


def page_of(cells, state, head=""):
    """A page with some cells; with a state, their widgets live."""
    scripts = ""
    if state:
        scripts = f'<script type="{STATE}">{json.dumps(state)}</script>'.replace(
            "</style", r"<\/style"
        )
        scripts += '<script src="require.js"></script><script src="dist/embed-amd.js"></script>'
    return f'<!DOCTYPE html><meta charset="utf-8">{head}<div id="container">{cells}</div>{scripts}'


@pytest.mark.parametrize("living", [True, False], ids=["living", "still"])
@pytest.mark.parametrize(
    ("around", "head"),
    [(in_colab, ""), (in_vscode, VSCODE_DARK), (in_jupyterlab, "")],
    ids=["Colab", "VS Code", "JupyterLab"],
)
def test_a_demo_is_one_picture_and_nothing_else_is_hidden(
    browser, notebook, folder, around, head, living
):
    state = notebook.metadata.widgets[STATE] if living else None
    cells = [around([shown(output) for output in cell.outputs]) for cell in notebook.cells]
    # In Colab a cell has a frame, and so a document, of its own.
    documents = cells if around is in_colab else ["".join(cells)]
    pictures, words, demos, text = [], 0, 0, ""
    page = browser.new_page()
    for document in documents:
        path = folder / "page.html"
        path.write_text(page_of(document, state, head), encoding="utf-8")
        page.goto(path.as_uri())
        if living:
            expect(page.locator(".tempsampling")).to_have_count(document.count(WIDGET))
            for screen in page.locator(".tempsampling [role=status]").all():
                screen.wait_for()
        pictures += [cell.locator("img:visible").count() for cell in page.locator(".cell").all()]
        text += page.inner_text("body")
        words += page.locator(".tempsampling-words:visible").count()
        demos += page.locator(".tempsampling:visible").count()
        if around is in_vscode:
            for label in page.locator(".tempsampling .widget-label").all():
                assert label.evaluate("(it) => getComputedStyle(it).color") == FOREGROUND
    page.close()
    assert pictures == PICTURES
    assert (words, demos) == ((0, DEMOS) if living else (DEMOS, 0))
    for line in ("above", "before", "a text for 0.5"):
        assert text.count(line) == 1, line
