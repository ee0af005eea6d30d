"""Pages and slides move from a file, with the network off and without a kernel."""

import re
import shutil
from math import prod

import numpy as np
import pytest
from browser import ROOT, Demo, lesson_explorers
from executed import executed, fingerprint
from gallery import NUMBER, write_gallery
from playwright.sync_api import expect
from print_slides import print_deck
from publish import Lesson, write_site, write_slides
from published import FAULTS, films, move_all, npm_is_there, without_a_network

from tempsampling.widgets.controls import DRAWS, choices
from tempsampling.widgets.png import COLOR_STEP

LESSON = "01_understanding_temperature"


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    npm_is_there()
    gallery = tmp_path_factory.mktemp("gallery") / "gallery.ipynb"
    write_gallery(gallery)
    return [Lesson(gallery), Lesson(ROOT / "notebooks" / f"{LESSON}.ipynb")]


@pytest.fixture(scope="module")
def site(lessons, tmp_path_factory):
    """A site of the gallery and lesson 1."""
    folder = tmp_path_factory.mktemp("site")
    write_site(lessons, folder)
    return folder


@pytest.fixture(scope="module")
def explorers():
    """The live demos of lesson 1."""
    return lesson_explorers(f"{LESSON}.ipynb")


@pytest.fixture(params=["page", "slides"])
def folder(request, site):
    return site if request.param == "page" else site / "slides"


@pytest.fixture
def opened(browser):
    with without_a_network(browser) as open_file:
        yield open_file


@pytest.fixture(scope="module", params=["page", "slides"])
def gallery(request, browser, site):
    """The gallery, opened once: each test moves a demo of its own."""
    with without_a_network(browser) as open_file:
        yield open_file((site if request.param == "page" else site / "slides") / "gallery.html")


def demo_in(gallery, name):
    """Turn to one of the gallery's demos."""
    box = gallery.locator(".tempsampling").nth(NUMBER[name])
    turn_to(gallery, box)
    return box


def turn_to(page, box):
    box.evaluate(
        "box => window.Reveal ? Reveal.slide(Reveal.getIndices(box.closest('section')).h)"
        " : box.scrollIntoView()"
    )


def go_to(page, box):
    """Turn to the slide with a demo, by the keyboard; on a page, scroll."""
    slides = page.locator(".reveal").count()
    for _ in range(30):
        if not slides or box.evaluate("box => !!box.closest('section.present')"):
            break
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    box.locator(".knobs").scroll_into_view_if_needed()


def screen_of(box):
    return box.locator("[role=status]").inner_text().strip()


def test_where_no_guess_can_be_written_none_is_shown(lessons, folder):
    text = (folder / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "your guess for the fourth at T = 0.5: None" in lessons[1].path.read_text("utf-8")
    assert "at T = 0.5: None" not in text and "guess: None" not in text


@pytest.mark.parametrize(
    "folder", ["page", pytest.param("slides", marks=pytest.mark.rare)], indirect=True
)
def test_a_lesson_slider_moves_to_the_right_frame_by_keyboard_and_mouse(opened, folder, explorers):
    page = opened(folder / f"{LESSON}.html")
    for number, explorer in enumerate(explorers):  # five words, SmolLM2
        demo = Demo(page, number, explorer)
        page.evaluate("document.activeElement.blur()")
        go_to(page, demo.box)
        address = page.url
        assert demo.value() == 0.5
        demo.handle.focus()
        for key, value in [("ArrowRight", 0.55), ("ArrowLeft", 0.5), ("Home", 0.05), ("End", 3)]:
            demo.handle.press(key)
            assert demo.value() == value
            assert demo.difference(value) < COLOR_STEP
        track = demo.track.bounding_box()
        page.mouse.click(track["x"] + track["width"] * 20 / 59, track["y"] + track["height"] / 2)
        assert demo.value() == pytest.approx(1.05, abs=0.05)
        assert demo.difference(demo.value()) < COLOR_STEP
        assert page.url == address  # the arrow keys did not turn the slide
    page.close()


ON_SLIDES = pytest.mark.parametrize("gallery", ["slides"], indirect=True)


def test_every_position_of_every_control_shows_its_frame(gallery, lessons):
    made = films(executed(lessons[0].path), ["slide"])
    for number, film in enumerate(made):
        box = gallery.locator("[data-film]").nth(number)
        turn_to(gallery, box)
        assert move_all(gallery, box, film) == [len(labels) for labels in film.labels]


def test_a_lesson_has_all_positions_of_its_live_controls_each_with_a_picture_of_its_own(
    lessons, explorers
):
    made = films(executed(lessons[1].path), ["-"])
    assert len(made) == len(explorers) == 2
    for film, explorer in zip(made, explorers, strict=True):
        live = [len(choices(control)) for control in explorer.controls.values()]
        assert [len(labels) for labels in film.labels] == live
        assert len({film.number(*at) for at in np.ndindex(*live)}) == prod(live)


@ON_SLIDES
def test_a_presenters_clicker_turns_the_slide_even_from_a_focused_slider(gallery):
    first, second = (
        demo_in(gallery, "menu, toggle, button"),
        gallery.locator(".tempsampling").nth(2),
    )
    slider = first.get_by_role("combobox").first
    before = slider.input_value()
    present = "box => box.closest('section.present')"
    slider.focus()
    gallery.keyboard.press("PageDown")
    gallery.wait_for_function(present, arg=second.element_handle())
    second.get_by_role("slider").focus()
    gallery.keyboard.press("PageUp")
    gallery.wait_for_function(present, arg=first.element_handle())
    assert slider.input_value() == before


def test_two_sliders_choose_one_frame_of_both(gallery):
    box = demo_in(gallery, "two sliders")
    first, second = box.get_by_role("slider").all()
    picture = box.get_by_role("img")
    second.press("ArrowRight")
    first.press("Home")
    first.press("ArrowRight")
    expect(picture).to_have_accessible_name("a = 1, b = 1.0: a 25.0%, b 100%")
    second.press("Home")
    expect(picture).to_have_accessible_name("a = 1, b = 0.0: a 25.0%, b 0%")


def test_menus_toggles_and_buttons_choose_among_texts(gallery):
    box = demo_in(gallery, "menu, toggle, button")
    assert screen_of(box) == "small, False, seed 1"
    box.get_by_role("combobox").select_option("large")
    box.get_by_role("checkbox").check()
    again = box.get_by_role("button", name="draw again")
    again.press("Enter")
    assert screen_of(box) == "large, True, seed 2"
    for _ in range(DRAWS):
        again.click()
    assert screen_of(box) == "large, True, seed 2"


def test_where_a_prompt_could_be_written_a_menu_offers_some(gallery):
    box = demo_in(gallery, "own prompt")
    assert box.get_by_role("textbox").count() == 0
    box.get_by_role("combobox").select_option("One, two,")
    picture = box.get_by_role("img")
    expect(picture).to_have_accessible_name(re.compile("One, two,: ␣or 38"))
    box.get_by_role("slider").press("Home")  # cooler
    expect(picture).to_have_accessible_name(re.compile("One, two,: ␣or 6"))


def test_a_play_button_sweeps_to_the_end(gallery):
    box = demo_in(gallery, "played")
    assert screen_of(box) == "T = 1.00"
    box.get_by_role("button", name="play").click()
    gallery.wait_for_function("box => box.innerText.includes('T = 2.00')", arg=box.element_handle())


@ON_SLIDES
def test_a_text_on_a_slide_can_be_read_from_afar(gallery):
    pre = demo_in(gallery, "played").locator("pre")
    assert pre.evaluate("pre => parseFloat(getComputedStyle(pre).fontSize)") >= 28


def test_two_demos_take_less_than_a_megabyte(site):
    assert (site / "films" / f"{LESSON}.js").stat().st_size < 1_000_000


def test_the_cell_that_installs_the_course_is_on_no_page(site):
    for page in (site / f"{LESSON}.html", site / "slides" / f"{LESSON}.html"):
        text = page.read_text(encoding="utf-8")
        assert "from" in text and "find_spec" not in text


def test_a_lesson_is_executed_once_for_pages_and_slides(lessons, capsys):
    for lesson in lessons:
        first = executed(lesson.path)
        capsys.readouterr()
        assert executed(lesson.path).cells == first.cells
        assert "executing" not in capsys.readouterr().out


def test_a_changed_lesson_is_executed_again(tmp_path):
    copy = tmp_path / "lesson.ipynb"
    write_gallery(copy)
    before = fingerprint(copy)
    assert fingerprint(copy) == before
    copy.write_text(copy.read_text().replace("0.25", "0.5"))
    assert fingerprint(copy) != before


@pytest.mark.parametrize("name", ["glossary.txt", "capstone.json", "course.mplstyle", "toys.py"])
def test_a_lesson_is_executed_again_when_a_file_of_the_package_changed(name, tmp_path, monkeypatch):
    package = tmp_path / "tempsampling"
    shutil.copytree(ROOT / "tempsampling", package)
    shutil.copy(ROOT / "constraints.txt", tmp_path)
    monkeypatch.setattr("executed.ROOT", tmp_path)
    lesson = ROOT / "notebooks" / "14_additional_resources.ipynb"
    before = fingerprint(lesson)
    with (package / name).open("a") as file:
        file.write("\n")
    assert fingerprint(lesson) != before


def test_the_speakers_window_opens_without_a_network_and_shows_the_notes(opened, site):
    page = opened(site / "slides" / f"{LESSON}.html")
    with page.context.expect_page() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    expect(popup.value.locator("#current-slide iframe")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2000)  # the two windows greet each other
    for words in ("Step 2: exponentiate", "Practically one word"):  # this in a folded answer
        for _ in range(15):
            if words not in notes.text_content():
                page.keyboard.press("ArrowRight")
                page.wait_for_timeout(1000)
        expect(notes).to_contain_text(words)
    popup.value.close()
    page.close()


def test_type_has_one_size_for_each_role(opened, site):
    page = opened(site / "slides" / f"{LESSON}.html")
    roles = ["h2", ".statement p", ".sight > .body > .prose p", ".knob label", ".ts-row label"]
    for role in [*roles, ".slide pre"]:
        elements = f"[...document.querySelectorAll('{role}')].filter((e) => e.closest('.slide'))"
        sizes = page.evaluate(f"{elements}.map((element) => getComputedStyle(element).fontSize)")
        assert len(set(sizes)) == 1, role
    page.close()


def test_what_is_cut_off_or_too_small_on_a_slide_is_found(opened, site):
    page = opened(site / "slides" / f"{LESSON}.html")
    slide = page.locator(".slide").nth(1)
    page.evaluate("Reveal.slide(1)")
    assert slide.evaluate(FAULTS) == []
    for size, fault in [("90px", "px beyond the slide"), ("25px", "px: ")]:
        slide.evaluate("(slide, size) => { slide.style.fontSize = size; }", size)
        assert any(fault in found for found in slide.evaluate(FAULTS)), size
    page.close()


def test_a_deck_is_printed_with_a_page_for_each_slide(browser, lessons, tmp_path):
    write_slides(lessons, tmp_path)
    deck = tmp_path / f"{LESSON}.html"
    printed = print_deck(browser, deck).read_bytes()
    assert len(re.findall(rb"/Type /Page\b", printed)) == deck.read_text().count("<section>")
    assert set(re.findall(rb"/MediaBox \[([^\]]+)\]", printed)) == {b"0 0 1440 810"}


def test_an_answer_waits_for_one_more_press_and_is_printed(opened, site, tmp_path):
    page = opened(site / "slides" / f"{LESSON}.html")
    slide = page.locator("section", has=page.locator(".fragment")).first
    number = slide.evaluate("s => [...s.parentElement.children].indexOf(s)")
    page.evaluate("number => Reveal.slide(number)", number)
    answer = slide.locator(".fragment")
    expect(answer).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(answer).to_be_visible()
    assert page.evaluate("Reveal.getIndices().h") == number
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == number + 1
    page.goto(f"{page.url.partition('#')[0]}?print-pdf")
    page.locator("html[data-ready]").wait_for(state="attached")
    assert page.locator(".fragment").count() > 0
    for printed in page.locator(".fragment").all():
        expect(printed).to_be_visible()
    page.close()


def test_a_demo_on_a_prompt_leads_to_the_live_page_which_knows_that_prompt(opened, site):
    page = opened(site / f"{LESSON}.html")
    page.get_by_role("link", name="Open this in the live page").click()
    expect(page.locator("#prompt")).to_have_value("My cat likes to")
    expect(page.locator("#bars li").first).to_contain_text("␣eat 16")
    page.close()
