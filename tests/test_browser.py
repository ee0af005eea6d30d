"""Lesson 1 as a learner meets it: JupyterLab in a browser, all cells run, sliders moved."""

import numpy as np
import pytest
from browser import Demo, lesson_explorers, run_lesson

from tempsampling.encode import COLOR_STEP

LESSON = "01_understanding_temperature.ipynb"
LOWEST, HIGHEST, STEP, START = 0.05, 3.0, 0.05, 1.0


@pytest.fixture(scope="module")
def explorers():
    return lesson_explorers(LESSON)


@pytest.fixture(scope="module")
def lesson(browser, jupyterlab):
    page = run_lesson(browser, jupyterlab, LESSON)
    yield page
    page.close()


def assert_shows(demo, value):
    assert demo.value() == pytest.approx(value, abs=0.005)
    for _ in range(100):  # up to 10 s on a busy machine; how fast it is, `make bench` says
        if demo.difference(value) < COLOR_STEP:
            return
        demo.page.wait_for_timeout(100)
    raise AssertionError(f"the picture is not the one for temperature {value}")


@pytest.fixture(params=[0, 1], ids=["five words", "SmolLM2"])
def demo(request, lesson, explorers):
    assert lesson.locator(".tempsampling").count() == len(explorers) == 2
    return Demo(lesson, request.param, explorers[request.param])


def test_a_slider_starts_at_temperature_one(demo):
    assert_shows(demo, START)


def test_arrow_keys_move_by_one_step_to_the_right_picture(demo):
    demo.handle.focus()
    before = demo.value()
    demo.handle.press("ArrowRight")
    assert_shows(demo, before + STEP)
    demo.handle.press("ArrowLeft")
    assert_shows(demo, before)


def test_home_and_end_reach_both_ends(demo):
    demo.handle.focus()
    demo.handle.press("End")
    assert_shows(demo, HIGHEST)
    demo.handle.press("Home")
    assert_shows(demo, LOWEST)


def test_dragging_with_the_mouse_ends_on_the_right_picture(demo):
    handle, track = demo.handle.bounding_box(), demo.track.bounding_box()
    mouse, middle = demo.page.mouse, handle["y"] + handle["height"] / 2
    mouse.move(handle["x"] + handle["width"] / 2, middle)
    mouse.down()
    for share in np.linspace(0.1, 0.7, 40):
        mouse.move(track["x"] + share * track["width"], middle)
    mouse.up()
    value = demo.value()
    assert abs(value - (LOWEST + 0.7 * (HIGHEST - LOWEST))) < 2 * STEP
    assert_shows(demo, value)


def test_after_thirty_fast_presses_the_last_picture_is_right(demo):
    demo.handle.focus()
    demo.handle.press("Home")
    for _ in range(30):
        demo.handle.press("ArrowRight")
    assert_shows(demo, LOWEST + 30 * STEP)


def test_no_cell_of_the_lesson_shows_an_error(lesson):
    outputs = {
        kind: lesson.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']").count()
        for kind in ("stdout", "stderr", "error")
    }
    assert outputs.pop("stdout") >= 8  # so the outputs are on the page, under these names
    assert outputs == {"stderr": 0, "error": 0}
    assert lesson.get_by_text("Error displaying widget").count() == 0
    assert lesson.get_by_text("javascript error").count() == 0
