"""No text of a learner's or of the model's becomes an element of a page, or runs there."""

from dataclasses import replace
from html.parser import HTMLParser

import ipywidgets as widgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from films import Film
from publish import Lesson, write_site
from published import without_a_network

from tempsampling import ProbabilityBars, SmolLM2, glossary, text_box, tint
from tempsampling.widgets import export
from tempsampling.widgets.chat import Turn, _as_html
from tempsampling.widgets.explore import Explorer, show_still
from tempsampling.widgets.playground import Panel
from tempsampling.widgets.rendering import Drawing, as_html
from tempsampling.widgets.write_along import WriteAlong
from tempsampling.writing.generation import Alternative, Continuation


def said(text, other="b"):
    """A continuation of one token, with an alternative, after a prompt of the same text."""
    one, token = np.array([0.05]), np.array([1])
    likeliest = ((Alternative(other, 0.9, 0), Alternative(text, 0.05, 1)),)
    return Continuation(text, text, (text,), token, one, one, one, likeliest, 1.0, ended=False)


HARMLESS = "plain"
INJECTED = [
    "<script>window.injected=1</script>",
    '"onmouseover="window.injected=1" autofocus onfocus="window.injected=1',
    "'onmouseover='window.injected=1' x='",
    "</pre><img src=x onerror=window.injected=1>",
    '"><img src="x" onerror="window.injected=1">',
    "</style></title></textarea><svg onload=window.injected=1>",
    "&lt;script&gt;window.injected=1&lt;/script&gt;",
    "{} {0} %s $<b>$",
]


def problem(text):
    """The line in which a demo says what went wrong."""

    def fails(a=1.0):
        if a > 1:
            raise ValueError(text)
        return "fine"

    explorer = Explorer(None, fails, {"a": (0.0, 2.0, 0.1)})
    explorer.controls["a"].value = 2.0
    return explorer._problem.value


def asked(text):
    """What a demo shows of a text of one's own."""
    explorer = Explorer(None, lambda a="b": a, {"a": text_box("b")})
    explorer.controls["a"].labeled.set_state({"value": text})
    return explorer._screen.value


def panel_of(text):
    """The playground with a prompt, before anything is written."""
    panel = Panel(SmolLM2.load(), text)
    plt.close(panel.bars.figure)
    return panel


def bars_of(text):
    """A chart whose label, title, and so its words in place of the picture, are a text."""
    bars = ProbabilityBars([text, "b"], [0.5, 0.5])
    return Drawing(bars.figure, lambda a=1: bars.update([0.5, 0.5], title=text))({"a": 1})


def exported(returned):
    """The page of an exported demo, and its only frame."""
    film = Film(export.film(Drawing(None, lambda: returned), {}))
    return film.page + film.frame()


def exported_label(text):
    """The same where the text is the label of a control."""
    menu = widgets.Dropdown(options=["x", text], description=text)
    return Film(export.film(Drawing(None, lambda a: "b"), {"a": menu})).page


def exported_words(text):
    """An exported frame whose words in place of the picture are a text."""
    bars = ProbabilityBars([text, "b"], [0.5, 0.5])
    update = lambda: bars.update([0.5, 0.5], title=text)  # noqa: E731
    return Film(export.film(Drawing(bars.figure, update), {})).frame()


def refused(text):
    """An exported frame for which `update` raised an error."""

    def fails(a):
        if a:
            raise ValueError(text)
        return "b"

    menu = widgets.Dropdown(options=[0, 1])
    return Film(export.film(Drawing(None, fails), {"a": menu})).frame(1)


def shown_still(text, monkeypatch):
    """What stands beside a demo for those who cannot see it."""
    outputs = []
    monkeypatch.setattr("tempsampling.widgets.explore.get_ipython", lambda: True)
    monkeypatch.setattr(
        "tempsampling.widgets.explore.display", lambda data, **_: outputs.append(data)
    )
    show_still({"text/plain": text}, {})
    return outputs[1]["text/html"]


def ended(text):
    """A continuation whose last token ends it."""
    return replace(said(text), ended=True)


PAGES = {
    "tint: prompt, token and card": lambda text: tint(said(text, text)).html,
    "tint: the end": lambda text: tint(ended(text)).html,
    "chat: message and reply": lambda text: _as_html([Turn(text, 1.0, said(text))], "SmolLM2"),
    "chat: who speaks, and how it ended": lambda text: _as_html([Turn("a", 1.0, None, text)], text),
    "write along: prompt": lambda text: WriteAlong(SmolLM2.load(), text, 1.0, 1).text.value,
    "write along: still": lambda text: WriteAlong(SmolLM2.load(), text, 1.0, 1).as_html(),
    "playground: prompt": lambda text: panel_of(text).as_html(),
    "demo: a text of one's own": asked,
    "demo: a text": lambda text: as_html(Drawing(None, lambda: text)({})),
    "demo: words of a picture": lambda text: as_html(bars_of(text)),
    "demo: what went wrong": problem,
    "demo: a glossary": lambda text: as_html(Drawing(None, glossary.look_up)({"part": text})),
    "exported: a text": exported,
    "exported: a label": exported_label,
    "exported: words of a picture": exported_words,
    "exported: what went wrong": refused,
}  # fmt: skip


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes, and all that can be read."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.read = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, [name for name, _ in attributes]))
        self.read += "".join(f" {value}" for _, value in attributes)

    def handle_data(self, data):
        self.read += data


@pytest.mark.parametrize("text", INJECTED)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_text_becomes_an_element_or_an_attribute(page, text):
    injected = Outline(page(text))
    if page is not PAGES["demo: a glossary"]:
        assert injected.elements == Outline(page(HARMLESS)).elements
        assert text in injected.read  # shown as it was typed
    assert not {"script", "svg"} & {tag for tag, _ in injected.elements}
    assert not any(name.startswith("on") for _, names in injected.elements for name in names)


@pytest.mark.parametrize("text", INJECTED)
def test_no_text_becomes_an_element_in_the_words_beside_a_demo(text, monkeypatch):
    injected = Outline(shown_still(text, monkeypatch))
    assert injected.elements == Outline(shown_still(HARMLESS, monkeypatch)).elements
    assert text in injected.read


def test_in_a_browser_nothing_injected_runs(browser):
    page = browser.new_page()
    whole = "".join(
        f"<section>{make(text)}</section>" for make in PAGES.values() for text in INJECTED
    )
    page.set_content(whole)
    page.wait_for_timeout(500)
    assert page.locator("section").count() == len(PAGES) * len(INJECTED)
    assert page.evaluate("window.injected") is None
    assert (
        page.evaluate("document.querySelectorAll('script, svg, [onerror], [onload]').length") == 0
    )
    page.set_content(INJECTED[3])  # what would have run, had it got through
    page.wait_for_function("window.injected === 1", timeout=10_000)
    page.close()


EVIL = """
from tempsampling import ProbabilityBars, SmolLM2, chat, explore, generate, show, tint
from tempsampling import text_box, write_along

evil = TEXT
model = SmolLM2.load()
text = generate(model, evil, temperature=0, max_tokens=3)[0]
-----
tint(text)
-----
bars = ProbabilityBars([evil, "b"], [0.5, 0.5])
show(bars.figure, bars.update([0.5, 0.5], title=evil))
-----
explore(bars.figure, lambda a=1: bars.update([0.5, 0.5], title=evil), a=(0, 2))
-----
explore(lambda a=1: [evil][a - 1], a=(0, 2))
-----
explore(lambda name: name, name=[evil, "b"])
-----
chat(model, first=evil, max_tokens=3)
-----
explore(lambda prompt: prompt, prompt=text_box(evil, "b"))
-----
write_along(model, evil)
-----
print(evil)
-----
evil
"""


@pytest.mark.rare
def test_on_an_exported_page_nothing_injected_runs(browser, tmp_path):
    text = (
        "</script></pre><script>window.injected=1</script><img src=x onerror='window.injected=1'>"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A lesson")])
    for cell in EVIL.replace("TEXT", repr(text)).split("-----"):
        notebook.cells.append(nbformat.v4.new_code_cell(cell.strip()))
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    nbformat.write(notebook, tmp_path / "evil.ipynb")
    write_site([Lesson(tmp_path / "evil.ipynb")], tmp_path / "site")
    with without_a_network(browser) as open_file:
        for folder in (tmp_path / "site", tmp_path / "site" / "slides"):
            page = open_file(folder / "evil.html")
            page.wait_for_timeout(2000)
            assert page.locator(".tempsampling [role=status]").count() >= 3
            assert "window.injected" in page.locator("body").inner_text()
            assert page.evaluate("window.injected") is None
            assert page.locator("[onerror]").count() == 0
