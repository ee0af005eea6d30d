"""All pages and all slides of all lessons, in a browser without a network.

They take minutes: `make test-all` runs them, or only these with
python3 tools/course.py test-all tests/publish/test_whole_site.py
"""

import json
import re

import pytest
from browser import ROOT
from executed import executed
from libraries import unpack
from playwright.sync_api import expect
from publish import Lesson, write_site
from published import FAULTS, films, knobs_of, move_all, put, without_a_network
from try_page import write_weights

pytestmark = pytest.mark.rare
LESSONS = [Lesson(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
OPEN_FOLDS = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
SHOWN = ["slide", "-", "fragment"]
SIZES = [(1920, 1080), (1280, 720)]


@pytest.fixture(scope="module")
def site():
    folder = ROOT / "build" / "site"
    write_site(LESSONS, folder)
    write_weights(folder / "weights")
    return folder


@pytest.fixture(params=LESSONS, ids=lambda lesson: lesson.stem)
def lesson(request):
    return request.param


def pages(site):
    return [*sorted(site.glob("*.html")), site / "slides" / "index.html"]


def test_the_site_is_small_enough_for_any_host(site):
    files = [file for file in site.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 150e6


def test_every_link_within_the_site_leads_somewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        targets = re.findall(r'(?:href|src)="(?!https?:|data:)([^"]*)"', text)
        assert targets
        for target in targets:
            name, _, anchor = target.partition("#")
            name = name.partition("?")[0]
            other = (page.parent / name) if name else page
            assert other.is_file(), f"{page.name}: {target}"
            if anchor and name != "try.html":  # there it is no anchor, but a state of the page
                assert f'id="{anchor}"' in other.read_text(encoding="utf-8"), target


def test_the_index_leads_to_every_lesson_and_to_every_deck(site):
    for folder in (site, site / "slides"):
        text = (folder / "index.html").read_text(encoding="utf-8")
        assert all(f'href="{lesson.stem}.html"' in text for lesson in LESSONS)


@pytest.mark.parametrize("kind", ["page", "slides"])
def test_every_control_moves_to_the_right_frame(browser, site, lesson, kind, record_property):
    slides = kind == "slides"
    made = films(executed(lesson.path), SHOWN if slides else [*SHOWN, "skip"])
    assert made
    with without_a_network(browser) as open_file:
        page = open_file(site / ("slides" if slides else "") / f"{lesson.stem}.html")
        boxes = page.locator("[data-film]")
        assert boxes.count() == len(made)
        for number, film in enumerate(made):
            box = boxes.nth(number)
            if slides:
                turn_to(page, box)
            address = page.url
            counted = move_all(page, box, film)
            assert page.url == address  # the arrow keys moved the control, and no slide
            different = ", ".join(map("{} of {}".format, counted, map(len, film.labels)))
            record_property("counted", f"demo {number + 1}, different frames: {different}")
            assert sum(counted) > 1 or not film.labels


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_demo_takes_less_than_a_megabyte(site, lesson):
    films = (site / "films" / f"{lesson.stem}.js").read_text(encoding="utf-8")
    for film in json.loads(films.removeprefix("const FILMS = ").removesuffix(";\n")).values():
        assert len(json.dumps(film)) < 1_000_000


def turn_to(page, box):
    number = "box => [...document.querySelectorAll('.slides > section')].findIndex("
    show_whole(page, box.evaluate(f"{number}s => s.contains(box))"))
    expect(box.locator("xpath=ancestor::section[contains(@class, 'present')]")).to_have_count(1)
    expect(knobs_of(box).first).to_be_visible()


def show_whole(page, number):
    """Turn to a slide, and press on until nothing of it waits to be shown."""
    page.evaluate("number => Reveal.slide(number)", number)
    while page.evaluate("Reveal.availableFragments().next"):
        page.keyboard.press("PageDown")
    assert page.evaluate("Reveal.getIndices().h") == number


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_on_a_slide_is_cut_off_or_too_small(browser, site, lesson, size):
    faults = []
    with without_a_network(browser, *size) as open_file:
        page = open_file(site / "slides" / f"{lesson.stem}.html")
        slides = page.locator(".slides > section")
        assert slides.count() >= 5
        for number in range(slides.count()):
            show_whole(page, number)
            slide = slides.nth(number).locator(".slide")
            found = slide.evaluate(FAULTS)
            for fold in slide.locator("details:visible").all():  # code without room is left out
                fold.locator("summary").press("Enter")
                expect(fold).to_have_attribute("open", "")
                found += slide.evaluate(FAULTS)
            for knob in knobs_of(slide.locator("[data-film]:not(:has(img, canvas))")).all():
                last = knob.evaluate("knob => Number(knob.max || knob.length - 1 || 1)")
                for index in range(last + 1):
                    put(knob, index)
                    found += slide.evaluate(FAULTS)
            faults += [f"slide {number + 1}: {fault}" for fault in dict.fromkeys(found)]
    assert not faults, "\n".join(faults)


def test_a_phone_shows_every_page_without_scrolling_sideways(browser, site):
    with without_a_network(browser, 320, 700) as open_file:
        for path in pages(site):
            page = open_file(path)
            page.evaluate(OPEN_FOLDS)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path.name
            for part in page.locator(".tempsampling :is(img, input, select)").all():
                box = part.bounding_box()
                assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 320), path.name
            page.close()


def test_every_page_passes_the_accessibility_checker(browser, site, tmp_path):
    unpack("axe-core@4.14.1", ["axe.min.js"], tmp_path)
    axe = (tmp_path / "axe.min.js").read_text(encoding="utf-8")
    violations = []
    with without_a_network(browser) as open_file:
        for path in pages(site):
            page = open_file(path)
            page.evaluate(OPEN_FOLDS)
            page.evaluate(axe)
            for found in page.evaluate("async () => (await axe.run({preload: false})).violations"):
                where = [node["html"][:150] for node in found["nodes"]]
                violations.append(f"{path.name}: {found['id']} {len(where)} times: {where[:3]}")
            page.close()
    assert not violations, "\n".join(violations)
