"""What the tests of pages and slides share: a page without a network, and what it must show."""

import re
from contextlib import contextmanager
from dataclasses import dataclass

from publish import STATE

# Wait for a demo to show a frame, compared node by node; and say what stands there instead.
SHOWS = """([box, html]) => {
    const wanted = document.createElement("template");
    wanted.innerHTML = html;
    const shown = box.querySelector("[role=status]");
    return shown && wanted.content.firstElementChild.isEqualNode(shown);
}"""

# What of a slide is cut off, or too small to be read from afar. A superscript may be smaller.
FAULTS = """(slide) => {
    const zoom = Reveal.getScale(), faults = [], [frame] = slide.getClientRects();
    const at1080 = 1080 / innerHeight;
    const bottom = frame.bottom - 44 * zoom; // below stand the lesson's title and the number
    for (const element of slide.querySelectorAll(":not(footer)")) {
        const style = getComputedStyle(element), [box] = element.getClientRects();
        const unseen = !box || style.opacity === "0" || style.visibility === "hidden";
        if (unseen || element.closest(".MJX_Assistive_MathML, .noUi-handle")) { continue; }
        const name = `${element.tagName} ${element.className} `
            + (element.innerText || "").slice(0, 50);
        const texts = [...element.childNodes].filter(
            (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const lines = texts.flatMap((node) => {
            const range = document.createRange();
            range.selectNodeContents(node);
            return [...range.getClientRects()];
        });
        const beyond = Math.max(...[box, ...lines].map((part) => Math.max(
            part.right - frame.right, frame.left - part.left, part.bottom - bottom)));
        if (beyond > 1) { faults.push(`${beyond.toFixed()} px beyond the slide: ${name}`); }
        const hidden = Math.max(element.scrollWidth - element.clientWidth,
            element.scrollHeight - element.clientHeight);
        if (style.overflowX !== "visible" && style.display !== "contents" && hidden > 1) {
            faults.push(`${hidden} px to scroll: ${name}`);
        }
        const raised = element.closest("sup, sub, .mjx-chtml, .MathJax_CHTML");
        const size = parseFloat(style.fontSize) * zoom * at1080;
        if (texts.length && !raised && size < 24) { faults.push(`${size.toFixed(1)} px: ${name}`); }
        if (element.tagName === "IMG") {
            const [width, height] = ["width", "height"].map((side) => element.getAttribute(side));
            const scale = Math.min(box.width / width, box.height / height) * at1080;
            const type = 13 / 72 * 100 * scale; // the smallest in a figure is 13 points
            if (type < 24) { faults.push(`a figure's type of ${type.toFixed(1)} px: ${name}`); }
        }
    }
    return faults;
}"""


@contextmanager
def without_a_network(browser, width=1280, height=720):
    """A function that opens a file; nothing is asked of any network, and no error said."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    context.set_default_timeout(60_000)
    asked, said = [], []

    def open_file(path):
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append((message.type, message.text)))
        page.on("pageerror", lambda error: said.append(("error", str(error))))
        page.goto(path.as_uri())
        if page.locator("main#lesson, .reveal").count():
            page.locator("html[data-ready]").wait_for(state="attached")
        return page

    yield open_file
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not [text for kind, text in said if kind == "error"]


@dataclass
class Demo:
    """A demo as it was made: for each control its labels, and a frame for each choice of all."""

    knobs: list[list[str]]
    start: list[int]
    _frames: dict
    _state: dict

    def frame(self, at: list[int]) -> str:
        model = self._frames
        for index in at:
            model = _child(self._state, model["state"]["children"][index])
        return model["state"]["value"]


def demos(notebook, kinds: list[str]) -> list[Demo]:
    """Return the demos in an executed lesson's cells of some kinds of slide, in their order."""
    state = notebook.metadata.widgets[STATE]["state"]
    view = "application/vnd.jupyter.widget-view+json"
    found = []
    for cell in notebook.cells:
        shown = cell.metadata["slideshow"]["slide_type"] in kinds
        for output in cell.get("outputs", []) if shown else []:
            if view in output.get("data", {}):
                found.append(_demo(state, state[output["data"][view]["model_id"]]))
    return found


def _demo(state, box) -> Demo:
    *rows, frames, _ = (_child(state, each) for each in box["state"]["children"])
    knobs = []
    for row in rows:
        children = [_child(state, each) for each in row["state"].get("children", [])]
        knobs.append(children[0] if children else row)
    labels = [knob["state"]["_options_labels"] for knob in knobs]
    return Demo(labels, [knob["state"]["index"] for knob in knobs], frames, state)


def _child(state, reference):
    return state[re.sub("^IPY_MODEL_", "", reference)]


def move_all(page, box, demo: Demo):
    """Move each control of a demo by keyboard and mouse, and see the right frame each time."""
    at = list(demo.start)
    shows(page, box, demo, at)
    knobs = box.locator("[role=slider], select")
    assert knobs.count() == len(demo.knobs)
    for number, labels in enumerate(demo.knobs):
        knob, last = knobs.nth(number), len(labels) - 1
        knob.focus()
        slider = knob.get_attribute("role") == "slider"
        forth, back = ("ArrowRight", "ArrowLeft") if slider else ("ArrowDown", "ArrowUp")
        for key, index in [("Home", 0), (forth, 1), ("End", last), (back, last - 1)]:
            knob.press(key)
            at[number] = index
            shows(page, box, demo, at)
        if slider:
            at[number] = max(1, last // 3)
            click_at(page, knob, at[number] / last)
        else:
            knob.select_option(index=last)
            at[number] = last
        shows(page, box, demo, at)


def click_at(page, knob, share: float):
    """Click a place on a slider's track; the very end is the handle's when it is there."""
    track = knob.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
    across = track["width"] * min(share, 0.98)
    page.mouse.click(track["x"] + across, track["y"] + track["height"] / 2)


def shows(page, box, demo: Demo, at: list[int]):
    arguments = [box.element_handle(), demo.frame(at)]
    page.wait_for_function(SHOWS, arg=arguments, polling=20)
