"""Lesson 1 as slides inside JupyterLab, with live sliders, as a lecturer shows it."""

import json

import pytest
from browser import ROOT, Demo, lesson_explorers, run_lesson, running_jupyterlab
from playwright.sync_api import expect

from tempsampling.widgets.png import COLOR_STEP

LESSON = "01_understanding_temperature.ipynb"
SECONDS = 1000
# What stands on the screen beyond its lower or right edge, and the smallest letters on it.
MEASURE = """() => {
    const cells = [...document.querySelectorAll(".jp-Cell.jp-deck-mod-visible")];
    const boxes = cells.map((cell) => cell.getBoundingClientRect());
    const sizes = [];
    for (const cell of cells) {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const [node, parent] = [walker.currentNode, walker.currentNode.parentElement];
            if (node.data.trim() && parent.checkVisibility({ visibilityProperty: true })) {
                sizes.push(parseFloat(getComputedStyle(parent).fontSize));
            }
        }
    }
    return {
        bottom: Math.max(...boxes.map((box) => box.bottom)),
        right: Math.max(...cells.map((cell) => cell.scrollWidth + cell.getBoundingClientRect().x)),
        smallest: Math.min(...sizes),
    };
}"""


@pytest.fixture(scope="module")
def slides(browser, tmp_path_factory):
    """The lesson's page, all cells run, as slides; in a JupyterLab of its own, which keeps them."""
    with running_jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        page = run_lesson(browser, address, LESSON)
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.locator(".jp-Cell").first.click()
        page.locator("[data-command='deck:toggle']").first.click()
        expect(page.locator("body[data-jp-deck-mode=presenting] .jp-Deck")).to_be_visible(
            timeout=60 * SECONDS
        )
        yield page
        page.close()


@pytest.fixture
def from_the_first(slides):
    """The same page, at the first slide, reached as a lecturer would: click on text, then keys."""
    headings = slide_headings()
    at = next(i for i, heading in enumerate(headings) if on_screen(slides, heading).is_visible())
    on_screen(slides, headings[at]).locator("h1, h2, p").first.click()
    for heading in reversed(headings[:at]):
        slides.keyboard.press("Shift+Space")
        wait_for(slides, heading)
    return slides


def on_screen(page, text):
    return page.locator(".jp-Cell.jp-deck-mod-visible", has_text=text)


def wait_for(page, text):
    expect(on_screen(page, text).first).to_be_visible(timeout=30 * SECONDS)


def slider_of(page):
    """Turn from the title to the slide with the slider."""
    turn_to_the_slider(page, "ArrowRight")
    return Demo(page, 0, lesson_explorers(LESSON)[0])


def assert_shows(demo, value):
    expect(demo.readout).to_have_text(f"{value:.2f}", timeout=30 * SECONDS)
    for _ in range(300):
        if demo.difference(value) < COLOR_STEP:
            return
        demo.page.wait_for_timeout(100)
    raise AssertionError(f"the picture is not the one for temperature {value}")


def slide_headings(kinds=("slide",)):
    """The first lines of slides, or also of what a further press shows on them."""
    cells = json.loads((ROOT / "notebooks" / LESSON).read_text(encoding="utf-8"))["cells"]
    slides = [c for c in cells if c["metadata"]["slideshow"]["slide_type"] in kinds]
    return [cell["source"][0].lstrip("# ").replace("*", "").strip() for cell in slides]


def turn_to_the_slider(page, key):
    headings = slide_headings()
    for heading in headings[1 : headings.index("Move it yourself") + 1]:
        page.keyboard.press(key)
        wait_for(page, heading)


def test_on_its_slide_a_slider_moves_the_picture_and_its_keys_do_not_turn_the_slide(
    from_the_first,
):
    page = from_the_first
    demo = slider_of(page)
    assert_shows(demo, 0.5)
    demo.handle.focus()
    for key, value in [("ArrowRight", 0.55), ("ArrowLeft", 0.5), ("ArrowUp", 0.55), ("End", 3.0)]:
        demo.handle.press(key)
        assert_shows(demo, value)
        expect(on_screen(page, "Move it yourself")).to_be_visible()


def test_after_a_slider_was_dragged_the_arrow_keys_move_it_on(from_the_first):
    page = from_the_first
    demo = slider_of(page)
    handle, track = demo.handle.bounding_box(), demo.track.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + 0.5 * track["width"], handle["y"], steps=5)
    page.mouse.up()
    before = demo.value()
    assert abs(before - 1.5) < 0.1
    page.keyboard.press("ArrowRight")
    assert_shows(demo, round(before + 0.05, 2))
    expect(on_screen(page, "Move it yourself")).to_be_visible()


def test_the_space_bar_turns_the_slide_even_from_a_focused_slider(from_the_first):
    page = from_the_first
    turn_to_the_slider(page, "Space")
    demo = Demo(page, 0)
    demo.handle.focus()
    before = demo.value()
    page.keyboard.press("Space")
    wait_for(page, "The same on a real model")
    page.keyboard.press("Shift+Space")
    wait_for(page, "Move it yourself")
    assert demo.value() == before


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), pytest.param(1280, 720, marks=pytest.mark.rare)]
)
def test_each_press_shows_the_next_slide_whole_and_in_letters_for_the_last_row(
    from_the_first, width, height
):
    page = from_the_first
    page.set_viewport_size({"width": width, "height": height})
    headings = slide_headings(("slide", "fragment"))
    for number, heading in enumerate(headings):
        wait_for(page, heading)
        for later in headings[number + 1 :]:
            assert later == heading or not on_screen(page, later).count(), later
        page.wait_for_timeout(300)  # the pictures take their size
        seen = page.evaluate(MEASURE)
        assert seen["bottom"] <= height, heading
        assert seen["right"] <= width, heading
        assert seen["smallest"] >= 24 * height / 1080, heading
        page.keyboard.press("PageDown")
    for heading in reversed(headings[:-1]):
        page.keyboard.press("PageUp")
        wait_for(page, heading)
    assert len(headings) == 17  # 14 slides and three answers that wait for a press
    page.set_viewport_size({"width": 1920, "height": 1080})


def test_a_slide_with_a_slider_shows_no_code(from_the_first):
    page = from_the_first
    turn_to_the_slider(page, "PageDown")
    expect(page.locator(".jp-deck-mod-visible .tempsampling")).to_be_visible()
    expect(page.locator(".jp-deck-mod-visible .jp-CodeMirrorEditor:visible")).to_have_count(0)


def test_the_button_and_the_escape_key_bring_the_lesson_back(slides):
    presenting = slides.locator("body[data-jp-deck-mode=presenting]")
    slides.locator(".jp-Deck-Remote .jp-deck-mod-stop").first.click()
    expect(presenting).to_have_count(0, timeout=30 * SECONDS)
    expect(slides.get_by_text("File", exact=True).first).to_be_visible()
    slides.locator("[data-command='deck:toggle']").first.click()
    expect(presenting).to_have_count(1, timeout=30 * SECONDS)
    expect(slides.locator(".jp-Deck .jp-Cell.jp-mod-active")).to_be_focused(timeout=30 * SECONDS)
    slides.keyboard.press("Escape")
    expect(presenting).to_have_count(0, timeout=30 * SECONDS)
