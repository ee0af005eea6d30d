"""Exported pages and slides move from a file, with the network off and without a kernel."""

import os
import shutil
from pathlib import Path

import pytest
from browser import ROOT, Demo, lesson_explorers
from export import export
from gallery import NUMBER, write_gallery

from tempsampling.encode import COARSE_STEP

LESSON = "01_understanding_temperature.ipynb"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder with lesson 1 and the gallery; it stays, so that npm is asked only once."""
    if shutil.which("npm") is None:
        message = "no npm on this machine; it fetches the browser's libraries"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    gallery = tmp_path_factory.mktemp("gallery") / "gallery.ipynb"
    write_gallery(gallery)
    folder = ROOT / "build" / "test-export"
    export([gallery, ROOT / "notebooks" / LESSON], folder)
    return folder


@pytest.fixture(params=[".html", ".slides.html"], ids=["page", "slides"])
def ending(request):
    return request.param


@pytest.fixture
def opened(browser, exported):
    """A function that opens an exported file; at the end, nothing was asked of any network."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    asked = []

    def open_file(name: str):
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((exported / name).as_uri())
        page.locator(".tempsampling [role=status]").first.wait_for(state="attached")
        page.wait_for_timeout(500)
        return page

    yield open_file
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def go_to(page, box):
    """Turn to the slide with a demo, by the keyboard; on a page, scroll."""
    slides = page.locator(".reveal").count()
    for _ in range(30):
        if not slides or box.evaluate("box => !!box.closest('section.present')"):
            break
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    page.wait_for_timeout(900 if slides else 0)  # the slide moves in
    box.scroll_into_view_if_needed()


def screen_of(box):
    return box.locator("[role=status]").inner_text().strip()


@pytest.mark.parametrize("number", [0, 1], ids=["five words", "SmolLM2"])
def test_a_lesson_slider_moves_to_the_right_frame_by_keyboard_and_mouse(opened, ending, number):
    page = opened(Path(LESSON).stem + ending)
    demo = Demo(page, number, lesson_explorers(LESSON)[number])
    go_to(page, demo.box)
    address = page.url
    assert demo.value() == 1
    demo.handle.focus()
    for key, value in [("ArrowRight", 1.05), ("ArrowLeft", 1), ("Home", 0.05), ("End", 3)]:
        demo.handle.press(key)
        assert demo.value() == value
        assert demo.difference(value) < COARSE_STEP + 8
    track = demo.track.bounding_box()
    page.mouse.click(track["x"] + track["width"] * 20 / 59, track["y"] + track["height"] / 2)
    assert demo.value() == 1.05
    assert demo.difference(1.05) < COARSE_STEP + 8
    assert page.url == address  # the arrow keys did not turn the slide
    page.close()


def test_a_presenters_clicker_turns_the_slide_even_from_a_focused_slider(opened):
    page = opened("gallery.slides.html")
    first, second = (page.locator(".tempsampling").nth(number) for number in range(2))
    go_to(page, first)
    slider = first.get_by_role("slider").first
    before = slider.get_attribute("aria-valuenow")
    present = "box => box.closest('section.present')"
    slider.focus()
    page.keyboard.press("PageDown")
    page.wait_for_function(present, arg=second.element_handle())
    second.get_by_role("slider").focus()
    page.keyboard.press("PageUp")
    page.wait_for_function(present, arg=first.element_handle())
    assert slider.get_attribute("aria-valuenow") == before
    page.close()


def test_two_sliders_choose_one_frame_of_both(opened, ending):
    page = opened("gallery" + ending)
    box = page.locator(".tempsampling").nth(NUMBER["two sliders"])
    go_to(page, box)
    first, second = box.get_by_role("slider").all()
    second.press("ArrowRight")
    first.press("Home")
    first.press("ArrowRight")
    assert box.locator("img").get_attribute("alt") == "a = 1, b = 1.0: a 25.0%, b 100%"
    second.press("Home")
    assert box.locator("img").get_attribute("alt") == "a = 1, b = 0.0: a 25.0%, b 0%"
    page.close()


def test_menus_toggles_and_buttons_choose_among_texts(opened, ending):
    page = opened("gallery" + ending)
    box = page.locator(".tempsampling").nth(NUMBER["menu, toggle, button"])
    go_to(page, box)
    assert screen_of(box) == "small, False, seed 1"
    size, loud = box.get_by_role("combobox").all()
    size.select_option("large")
    loud.select_option("yes")
    box.get_by_role("slider").press("ArrowRight")
    assert screen_of(box) == "large, True, seed 2"
    page.close()


def test_a_play_button_sweeps_to_the_end(opened, ending):
    page = opened("gallery" + ending)
    box = page.locator(".tempsampling").nth(NUMBER["played"])
    go_to(page, box)
    assert screen_of(box) == "T = 1.00"
    box.get_by_role("button").first.click()
    page.wait_for_function("box => box.innerText.includes('T = 2.00')", arg=box.element_handle())
    page.close()


def test_the_signs_on_a_play_button_show_without_a_network(opened, ending):
    page = opened("gallery" + ending)
    go_to(page, page.locator(".tempsampling").nth(NUMBER["played"]))
    fonts = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert any("Font Awesome" in family for family in fonts)
    page.close()


def test_a_text_on_a_slide_can_be_read_from_afar(opened):
    page = opened("gallery.slides.html")
    box = page.locator(".tempsampling").nth(NUMBER["played"])
    go_to(page, box)
    size = box.locator("pre").evaluate("pre => parseFloat(getComputedStyle(pre).fontSize)")
    assert size >= 24
    page.close()


def test_a_demo_takes_less_than_a_megabyte(exported, ending):
    stem = Path(LESSON).stem
    without = 500_000  # the style sheets that nbconvert writes into every page, and the lesson
    assert (exported / (stem + ending)).stat().st_size < without + 2 * 1_000_000
