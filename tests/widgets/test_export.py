"""A demo drawn beforehand has the frames of the live one, and not too many of them."""

import base64
import re
from io import BytesIO
from math import prod

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from tempsampling.widgets.controls import (
    DRAWS,
    choices,
    draw_again,
    make_controls,
    play,
    text_box,
)
from tempsampling.widgets.export import MOST_BYTES, MOST_FRAMES, film
from tempsampling.widgets.plots import ProbabilityBars
from tempsampling.widgets.png import COARSE_STEP
from tempsampling.widgets.rendering import Drawing


def shot(update, figure=None, **controls):
    return film(Drawing(figure, update), make_controls(update, controls))


def knobs(box):
    rows = [
        child.children[0] if isinstance(child, widgets.HBox) else child for child in box.children
    ]
    return [row for row in rows if hasattr(row, "options")]


def frames(page):
    """The frames below a stack, as nested lists."""
    if isinstance(page, widgets.HTML):
        return re.sub("<[^>]*>", "", page.value)
    return [frames(child) for child in page.children]


def screen(box):
    return box.children[-2]


def shown_in(frame):
    """The pixels of a frame's picture."""
    webp = base64.b64decode(re.search(r'base64,([^"]+)"', frame.value)[1])
    return np.asarray(Image.open(BytesIO(webp)).convert("RGB")).astype(int)


def drawn(figure):
    """The pixels of a figure drawn whole."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def test_there_is_a_frame_for_each_value_and_the_first_is_shown():
    box = shot(lambda T=1.0: f"T = {T:.1f}", T=(0.5, 2.0, 0.5))
    assert frames(screen(box)) == ["T = 0.5", "T = 1.0", "T = 1.5", "T = 2.0"]
    (knob,) = knobs(box)
    assert [label for label, _ in knob.options] == ["0.50", "1.00", "1.50", "2.00"]
    assert knob.index == screen(box).selected_index == 1


def test_two_controls_are_stacks_in_a_stack():
    box = shot(lambda a=1, b="y": f"{a}{b}", a=(0, 2), b=["x", "y"])
    assert frames(screen(box)) == [["0x", "0y"], ["1x", "1y"], ["2x", "2y"]]
    assert [knob.index for knob in knobs(box)] == [1, 1]
    assert [inner.selected_index for inner in screen(box).children] == [1, 1, 1]


def test_every_kind_of_control_has_choices():
    controls = {"a": True, "b": draw_again(), "c": play(0, 1, 0.5), "d": {"one": 1}, "e": "text"}
    made = make_controls(lambda a, b, c, d, e: "", controls)
    made["f"] = widgets.FloatLogSlider(min=-1, max=1, step=1)
    made["g"] = widgets.fixed(7)
    found = {name: [value for _, value in choices(control)] for name, control in made.items()}
    assert found == {
        "a": [False, True],
        "b": list(range(1, DRAWS + 1)),
        "c": [0, 0.5, 1],
        "d": [1],
        "e": ["text"],
        "f": [0.1, 1, 10],
        "g": [7],
    }


@pytest.mark.parametrize(
    "controls",
    [
        {"a": (0, 1000)},
        {"a": (0, 60), "b": (0.0, 3.0, 0.05)},
        {"a": (0, 60), "b": (0.0, 3.0, 0.05), "c": list("xyz")},
    ],
)
def test_of_too_many_values_the_ends_and_the_first_one_shown_are_kept(controls):
    starts = {"a": 37, "b": 0.35, "c": "y"}

    def update(a=37, b=0.35, c="y"):
        return ""

    box = shot(update, **controls)
    assert prod(len(knob.options) for knob in knobs(box)) <= MOST_FRAMES
    for name, knob in zip(controls, knobs(box), strict=True):
        values = [value for _, value in knob.options]
        assert knob.value == starts[name]
        assert values == sorted(set(values))
        if name != "c":
            assert (values[0], values[-1]) == (0, controls[name][1])


def test_the_first_one_shown_is_kept_where_only_two_values_are_left():
    names = "abcdef"
    box = shot(lambda a=4, b=5, c=6, d=7, e=8, f=9: "", **dict.fromkeys(names, (0, 20)))
    assert [knob.value for knob in knobs(box)] == [4, 5, 6, 7, 8, 9]
    for start, knob in zip(range(4, 10), knobs(box), strict=True):
        assert [value for _, value in knob.options] == [start, 20]


def test_large_frames_are_fewer():
    for letters, most in [(10, MOST_FRAMES), (MOST_BYTES // 10, 10), (MOST_BYTES, 2)]:
        box = shot(lambda a=7, letters=letters: letters * "x", a=(0, 99))
        (knob,) = knobs(box)
        assert most - 1 <= len(knob.options) <= most
        assert 7 in [value for _, value in knob.options]


PROMPTS = ("one", "two", "three", "four", "five")


def test_a_box_for_a_text_is_a_menu_of_its_texts_each_with_its_frame():
    box = shot(lambda a="three": f"read: {a}", a=text_box(*PROMPTS))
    assert frames(screen(box)) == [f"read: {text}" for text in PROMPTS]
    (menu,) = knobs(box)
    assert isinstance(menu, widgets.Dropdown)
    assert menu.options == tuple((text, text) for text in PROMPTS)
    assert (menu.value, menu.index, screen(box).selected_index) == ("three", 2, 2)


@pytest.mark.parametrize("letters", [10, 20_000, 60_000], ids=["small", "large", "huge"])
@pytest.mark.parametrize("more", [(), ("six", "seven", "eight")], ids=["five", "eight"])
def test_of_the_texts_five_stay_whatever_stands_beside_them(letters, more):
    box = shot(
        lambda prompt="two", temperature=1.0: f"{prompt} {temperature}" + letters * " ",
        prompt=text_box(*PROMPTS, *more),
        temperature=(0.05, 3.0, 0.05),
    )
    menu, slider = knobs(box)
    assert len(menu.options) >= 5
    assert more or [text for _, text in menu.options] == list(PROMPTS)
    assert len(slider.options) >= (12 if letters == 10 and not more else 2)
    assert (menu.value, slider.value) == ("two", 1.0)
    most = max(10, min(MOST_FRAMES, MOST_BYTES // letters))
    assert len(menu.options) * len(slider.options) <= most
    for text, row in zip(menu.options, screen(box).children, strict=True):
        for T, frame in zip(slider.options, row.children, strict=True):
            assert f"{text[1]} {T[1]} " in frame.value


def test_half_a_character_or_markup_among_the_texts_does_no_harm():
    texts = ("<b>bold</b>", "$x$ &amp;", "🌡", "\0")
    box = shot(lambda a="<b>bold</b>": a, a=text_box(*texts))
    shown = [frame.value for frame in screen(box).children]
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown[0] and "<b>" not in shown[0]
    assert "$x$ &amp;amp;" in shown[1] and "🌡" in shown[2] and "\\x00" in shown[3]


def test_a_picture_of_too_many_colors_for_a_palette_is_near_enough():
    figure, axes = plt.subplots(figsize=(2, 1.5), dpi=80)
    noise = np.random.default_rng(0).random((30, 40, 3))
    shown, _ = axes.imshow(noise), axes.set_axis_off()
    box = shot(lambda p=0.5: shown.set_data(noise**p), figure, p=(0.5, 1.0, 0.5))
    for p, frame in zip([0.5, 1], screen(box).children, strict=True):
        pixels = shown_in(frame)
        shown.set_data(noise**p)
        assert 0 < np.abs(pixels - drawn(figure)).max() <= 8
        assert pixels[0, 0].tolist() == [255, 255, 255]


def test_what_the_values_do_not_allow_is_said_in_their_frame():
    box = shot(lambda p=1: f"{1 // p}", p=(0, 2))
    assert frames(screen(box))[1:] == ["1", "0"]
    assert frames(screen(box))[0].startswith("ZeroDivisionError: integer")


def test_a_frame_is_the_picture_of_its_value_and_has_its_words():
    bars, twin = (ProbabilityBars(["heads", "tails"], [0.5, 0.5]) for _ in range(2))
    box = shot(lambda p=0.5: bars.update([p, 1 - p]), bars.figure, p=(0.0, 1.0, 0.25))
    for p, frame in zip([0, 0.25, 0.5, 0.75, 1], screen(box).children, strict=True):
        words = twin.update([p, 1 - p])
        assert f'alt="{words}"' in frame.value
        pixels = shown_in(frame)
        assert np.abs(pixels - drawn(twin.figure)).max() < COARSE_STEP + 8
        assert pixels[0, 0].tolist() == [255, 255, 255]
