"""What the tests of pages and slides share: a page without a network, and what it must show."""

import hashlib
import os
import re
import shutil
from contextlib import contextmanager

import numpy as np
import pytest
from films import Film

from tempsampling.widgets.export import FILM

# What a demo shows: its HTML with the canvas empty, and the canvas's pixels, digested.
SHOWN = """async (box) => {
    const screen = box.querySelector("[role=status]").cloneNode(true);
    const canvas = box.querySelector("canvas");
    if (!canvas) { return [screen.innerHTML, null]; }
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
    const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
    return [screen.innerHTML, digits.join("")];
}"""

# What of a slide is cut off, or too small to be read from afar, and whether its sight is large. A
# superscript may be smaller.
FAULTS = """(slide) => {
    const zoom = Reveal.getScale(), faults = [], [frame] = slide.getClientRects();
    const at1080 = 1080 / innerHeight;
    const bottom = frame.bottom - 8 * zoom;
    for (const element of slide.querySelectorAll("*")) {
        const style = getComputedStyle(element), [box] = element.getClientRects();
        const unseen = !box || style.opacity === "0" || style.visibility === "hidden";
        if (unseen || element.closest(".MJX_Assistive_MathML")) { continue; }
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
        const small = texts.length && !raised && size < 27.9;
        if (small) { faults.push(`${size.toFixed(1)} px: ${name}`); }
        if (["IMG", "CANVAS"].includes(element.tagName)) {
            const drawn = element.getAttribute("width"); // an <img> says the width to show it
            const shown = element.tagName === "IMG" ? drawn : parseFloat(element.style.width);
            const [width, height] = [shown, element.getAttribute("height") * shown / drawn];
            const scale = Math.min(box.width / width, box.height / height) * at1080;
            const type = 13 / 72 * 100 * scale; // the smallest in a figure is 13 points
            if (type < 24) { faults.push(`a figure's type of ${type.toFixed(1)} px: ${name}`); }
            const knobs = element.closest("[data-film]")?.querySelector(".knobs")
                .getBoundingClientRect();
            const seen = [width, height].map((side) => side * scale / at1080);
            const wide = Math.max(seen[0], knobs?.width || 0);
            const high = knobs?.height ? box.top + seen[1] - knobs.top : seen[1];
            const share = wide * high / (frame.width * frame.height);
            const asWide = wide > 0.9 * frame.width; // a flat figure cannot be larger
            const alone = !slide.querySelector(".jp-RenderedText pre");
            if (share < 0.6 && alone && !asWide) {
                faults.push(`a sight of ${(100 * share).toFixed()}%: ${name}`);
            }
        }
    }
    const body = slide.querySelector(".body");
    const more = body.scrollHeight - body.clientHeight;
    if (more > 1) { faults.push(`${more} px more than there is room for`); }
    const over = slide.querySelector(".sight > .body > .prose");
    const style = getComputedStyle(slide);
    const lines = over && over.getBoundingClientRect().height / zoom / parseFloat(style.lineHeight);
    if (lines > 2.2) { faults.push(`${lines.toFixed(1)} lines over a sight`); }
    return faults;
}"""


def npm_is_there():
    """Leave a test out where there is no npm; on CI that is a fault."""
    if shutil.which("npm") is None:
        message = "no npm on this machine; it fetches what pages are built with"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


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


def films(notebook, kinds: list[str]) -> list[Film]:
    """Return the films in an executed lesson's cells of some kinds of slide, in their order."""
    return [
        Film(output["data"])
        for cell in notebook.cells
        if cell.metadata["slideshow"]["slide_type"] in kinds
        for output in cell.get("outputs", [])
        if FILM in output.get("data", {})
    ]


def move_all(page, box, film: Film) -> list[int]:
    """Move each control of a demo through all its positions, and see the right frame each time.

    Return how many different frames each of them showed.
    """
    knobs, counted = knobs_of(box), []
    assert knobs.count() == len(film.labels)
    at = [position(knob) for knob in knobs.all()]
    for number, labels in enumerate(film.labels):
        knob, start, seen = knobs.nth(number), at[number], set()
        put(knob, (start + 1) % len(labels))  # until it is moved, the page shows what it began with
        for index in range(len(labels)):
            put(knob, index)
            at[number] = index
            shows(box, film, at)
            seen.add(tuple(map(str, box.evaluate(SHOWN))))
        counted.append(len(seen))
        put(knob, start)
        at[number] = start
    return counted


def knobs_of(box):
    return box.locator(".knob :is(input, select, button:not(.play))")


def position(knob) -> int:
    return knob.evaluate("position")


def put(knob, index: int):
    """Bring a control to a position, as somebody does who has but a keyboard."""
    knob.focus()
    kind = knob.evaluate("knob => knob.type")
    if kind == "select-one":
        return knob.select_option(index=index)
    if kind == "checkbox":
        return knob.set_checked(bool(index))
    if kind == "range" and abs(position(knob) - index) > 1:
        knob.press("Home")
    for _ in range(1000):
        ahead = index - position(knob)
        if not ahead:
            return None
        knob.press("Enter" if kind == "submit" else "ArrowRight" if ahead > 0 else "ArrowLeft")
    raise AssertionError(f"the control does not come to {index}")


def shows(box, film: Film, at: list[int]):
    """See that a demo shows the frame of some positions, pixel for pixel."""
    html, digest = box.evaluate(SHOWN)
    as_read = "(box, html) => Object.assign(box.cloneNode(), { innerHTML: html }).innerHTML"
    wanted = box.evaluate(as_read, film.frame(*at))
    assert re.sub(r' (width|height)="\d+"(?=[^<]*></canvas>)', "", html) == wanted
    if digest:
        picture = film.picture(*at)
        opaque = np.full((*picture.shape[:2], 1), 255)
        pixels = np.concatenate([picture, opaque], axis=2).astype(np.uint8)
        assert digest == hashlib.sha256(pixels.tobytes()).hexdigest()
