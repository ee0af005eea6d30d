"""Lesson 1 in Jupyter Notebook 7: opened as it is committed, and run."""

import pytest
from browser import Demo, lesson_explorers, running_jupyterlab
from playwright.sync_api import expect
from test_browser import LESSON, START, STEP, assert_shows

pytestmark = pytest.mark.rare


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    with running_jupyterlab(tmp_path_factory.mktemp("nb7"), "notebook", "tree") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 16_000})
        page.goto(f"{address.removesuffix('tree')}notebooks/notebooks/{LESSON}")
        yield page
        page.close()


def test_before_it_is_run_each_demo_is_a_picture_with_its_words(page):
    expect(page.locator(".tempsampling-words")).to_have_count(2, timeout=120_000)
    stills = page.locator(".jp-OutputArea-child:has(+ * .tempsampling-words)")
    for i in range(2):
        expect(stills.nth(i).get_by_role("img")).to_be_visible()
        expect(page.locator(".tempsampling-words").nth(i)).to_be_visible()


def test_when_it_has_run_each_demo_lives_alone_and_moves(page):
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()
    expect(page.locator(".tempsampling")).to_have_count(2, timeout=300_000)
    running = page.locator(".jp-InputPrompt").filter(has_text="*")
    expect(running).to_have_count(0, timeout=300_000)
    for number, explorer in enumerate(lesson_explorers(LESSON)):
        demo = Demo(page, number, explorer)
        assert_shows(demo, START)
        # The arrow keys, Notebook 7 takes for itself (github.com/jupyter/notebook/issues/7716).
        demo.handle.press("PageUp")
        assert_shows(demo, START + 5 * STEP)
    assert page.locator(".tempsampling-words:visible").count() == 0
    assert page.locator(".jp-RenderedImage:visible").count() == 1  # a figure without a slider
    assert page.get_by_text("Error displaying widget").count() == 0
