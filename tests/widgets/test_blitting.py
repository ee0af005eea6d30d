"""A fast frame is the picture that a full redraw gives, whatever an update changes."""

import os
import signal
import sys
from contextlib import nullcontext
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from tempsampling.widgets.blitting import Frames
from tempsampling.widgets.plots import ProbabilityBars
from tempsampling.widgets.png import BAND, COARSE_STEP, COLOR_STEP, PngEncoder


@pytest.fixture(autouse=True)
def style():
    with plt.style.context("tempsampling.course"):
        yield
    plt.close("all")


def decode(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def redrawn(figure):
    for _ in range(2):  # a constrained layout comes to rest the second time
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def scene():
    """A figure with a bit of everything, and the parts by name."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3), dpi=80)
    parts = {
        "bars": left.bar(range(3), [1, 2, 3]),
        "line": right.plot([0, 1, 2], [0, 1, 0], label="line")[0],
        "points": right.scatter([0, 1], [1, 0]),
        "text": left.text(0, 2.5, "text"),
        "note": right.annotate("note", (1, 1), (0.2, 0.5), arrowprops={"arrowstyle": "->"}),
        "title": left.set_title("title"),
        "legend": right.legend(loc="upper right"),
        "mesh": left.pcolormesh([0, 1], [0, 1], [[0.3]], vmin=0, vmax=2, zorder=2),
        "above": left.axhline(1.5, color="C3", linewidth=6, alpha=0.5),
        "suptitle": figure.suptitle("figure"),
        "supylabel": figure.supylabel("label"),
        "figure": figure,
        "left": left,
        "right": right,
    }
    return figure, parts


FORMULA = r"$\frac{1}{T}$"
FAST = {
    "a bar below a half-transparent line": lambda p, v: p["bars"][1].set_height(v),
    "a line": lambda p, v: p["line"].set_ydata([v, 0, v]),
    "points": lambda p, v: p["points"].set_offsets([[v, v], [1, 0]]),
    "numbers shown as colors": lambda p, v: p["mesh"].set_array([[v]]),
    "a text": lambda p, v: p["text"].set_text(f"{v:.2f}"),
    "an annotation": lambda p, v: p["note"].set_position((v / 2, 0.5)),
    "a title": lambda p, v: p["title"].set_text(f"T = {v:.2f}"),
    "a legend's text": lambda p, v: p["legend"].get_texts()[0].set_text(f"{v:.2f}"),
    "a color": lambda p, v: p["bars"][0].set_facecolor((v / 2, 0.3, 1 - v / 2)),
    "what is visible": lambda p, v: p["line"].set_visible(v > 1),
    "two axes at once": lambda p, v: (
        p["bars"][0].set_height(v),
        p["line"].set_ydata([0, v, 1]),
    ),
}
WHOLE = {
    "limits": lambda p, v: p["left"].set_ylim(0, 3 + v),
    "ticks": lambda p, v: p["left"].set_xticks([0, v]),
    "one tick label": lambda p, v: p["left"].get_xticklabels()[1].set_color((v / 2, 0, 0)),
    "an axis label": lambda p, v: p["right"].set_xlabel(f"{v:.2f}"),
    "a scale": lambda p, v: p["right"].set_yscale("linear" if v > 1 else "symlog"),
    "two lines of title": lambda p, v: p["title"].set_text("one" + "\ntwo" * (v > 1)),
    "a new artist": lambda p, v: p["left"].axvline(v),
    "a removed artist": lambda p, v: p["left"].lines[-1].remove(),
    "the place of an axes": lambda p, v: p["left"].set_position([0.1, 0.2, 0.2 + v / 10, 0.5]),
    "the background": lambda p, v: p["left"].set_facecolor((1, v / 2, 1)),
    "the order of drawing": lambda p, v: p["above"].set_zorder(0.8 if v > 1 else 2),
    "a text that leaves its axes and comes back": lambda p, v: p["text"].set_x(3 * v - 1),
    "the size of a title": lambda p, v: p["title"].set_fontsize(10 + 10 * v),
    "a tall formula in a title": lambda p, v: p["title"].set_text("T" if v < 1 else FORMULA),
    "whether a title is visible": lambda p, v: p["title"].set_visible(v > 1),
    "the place of a title": lambda p, v: p["title"].set_position((0.5, 1 + v / 10)),
    "the size of the figure's title": lambda p, v: p["suptitle"].set_fontsize(8 + 8 * v),
    "the size of the figure's label": lambda p, v: p["supylabel"].set_fontsize(8 + 8 * v),
    "the figure's legend": lambda p, v: p["outside"].get_texts()[0].set_text("x" * int(9 * v)),
    "what lies behind the axes": lambda p, v: p["behind"].set_x(v / 4),
    "a line that reaches into the next axes": lambda p, v: p["long"].set_xdata([0, 3 * v]),
    "the size": lambda p, v: p["figure"].set_size_inches(6, 3 + v / 10),
}

MANY_COLORS = ["the background", "the figure's legend"]  # in all frames, more than a palette holds


@pytest.mark.parametrize("change", [*FAST, *WHOLE])
def test_a_frame_equals_a_full_redraw(change):
    figure, parts = scene()
    twin, twin_parts = scene()
    for p in (parts, twin_parts):
        if change == "a removed artist":
            [p["left"].axvline(x) for x in (0.5, 1, 1.5, 2)]
        if change == "the figure's legend":
            handles = [p["line"]]
            p["outside"] = p["figure"].legend(handles, ["x"], loc="outside right upper")
        if change == "what lies behind the axes":
            band = Rectangle((0, 0.2), 0.5, 0.5, color="C1", zorder=-1)
            p["behind"] = p["figure"].add_artist(band)
        if change == "a line that reaches into the next axes":
            p["long"] = p["left"].plot([0, 1], [1, 1], clip_on=False, linewidth=9, scalex=False)[0]
    frames = Frames(figure)
    for value in (0.3, 1.7, 0.9):
        for p in (parts, twin_parts):
            (FAST | WHOLE)[change](p, value)
        bound = COARSE_STEP if change in MANY_COLORS else COLOR_STEP
        assert np.abs(decode(frames.png()) - redrawn(twin)).max() < bound


@pytest.mark.parametrize("change", FAST)
def test_what_only_moves_artists_soon_needs_no_full_redraw(change):
    figure, parts = scene()
    frames = Frames(figure)
    for value in (0.3, 0.35):  # the first frames find out what moves
        FAST[change](parts, value)
        frames.draw()
    before = frames.full_redraws
    for value in np.linspace(0.4, 1.9, 10):
        FAST[change](parts, value)
        frames.draw()
    assert frames.full_redraws == before


def test_axes_on_top_of_each_other_are_drawn_whole_and_right():
    pictures = []
    for fast in (True, False):
        figure, axes = plt.subplots(figsize=(4, 3), dpi=80)
        bars = axes.bar(range(3), [1, 2, 3])
        axes.twinx().plot([0, 1, 2], [5, 3, 1], color="C1", linewidth=8)
        frames = Frames(figure) if fast else None
        for height in (2.5, 0.5):
            bars[0].set_height(height)
            picture = decode(frames.png()) if fast else redrawn(figure)
        pictures.append(picture)
    assert np.abs(pictures[0] - pictures[1]).max() < COLOR_STEP


def test_what_lies_below_the_ticks_and_the_grid_stays_below_them():
    with plt.style.context("default"):
        pictures = []
        for fast in (True, False):
            figure, (left, right) = plt.subplots(1, 2, figsize=(5, 3), dpi=80)
            image = left.imshow(np.zeros((4, 4)), vmin=0, vmax=1)
            bars = right.bar(range(3), [1, 2, 3])
            for axes in (left, right):
                axes.grid(linewidth=4, color="red")
            frames = Frames(figure) if fast else None
            for value in (0.9, 0.4):
                image.set_data(np.full((4, 4), value))
                bars[2].set_height(3 * value)
                picture = decode(frames.png()) if fast else redrawn(figure)
            pictures.append(picture)
    assert np.abs(pictures[0] - pictures[1]).max() < COLOR_STEP


def test_nothing_changed_gives_the_same_bytes():
    frames = Frames(scene()[0])
    assert frames.png() == frames.png()


def test_probability_bars_move_without_full_redraws():
    bars, twin = (ProbabilityBars(["a", "b"], [0.5, 0.5], reference=[0.5, 0.5]) for _ in range(2))
    frames = Frames(bars.figure)
    bars.update([0.4, 0.6], title="T = 1")
    frames.png()
    before = frames.full_redraws
    for p in np.linspace(0, 1, 30):
        for each in (bars, twin):
            each.update([p, 1 - p], title=f"T = {p:.2f}")
        assert np.abs(decode(frames.png()) - redrawn(twin.figure)).max() < COLOR_STEP
    assert frames.full_redraws == before


class Interrupted(Line2D):
    """A line that is interrupted so many times while it is drawn."""

    times = drawn = 0

    def draw(self, renderer):
        for _ in range(self.times):
            os.kill(os.getpid(), signal.SIGINT)
        super().draw(renderer)
        self.drawn += 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_waits_until_the_figure_is_drawn_and_a_second_one_does_not():
    figure, axes = plt.subplots()
    line = axes.add_line(Interrupted([0, 1], [0, 1]))
    frames = Frames(figure)
    for times, drawn in ((0, 1), (1, 1), (2, 0)):
        line.times, before = times, line.drawn
        line.set_ydata([0, times])
        with pytest.raises(KeyboardInterrupt) if times else nullcontext():
            frames.draw()
        assert line.drawn - before == drawn
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    line.times = 0
    line.set_ydata([1, 1])
    assert np.abs(decode(frames.png()) - redrawn(figure)).max() < COLOR_STEP


def test_what_is_not_a_figure_is_refused_by_name():
    with pytest.raises(TypeError, match="figure must be a Matplotlib figure, got 'plot'"):
        Frames("plot")


def test_frequent_colors_stay_exact():
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[0, :4, :3] = [[254, 255, 253], [250, 250, 250], [0, 114, 178], [1, 113, 177]]
    pixels[5:, 5:, :3] = [0, 114, 178]
    shown = decode(PngEncoder().encode(pixels))
    assert shown[10, 10].tolist() == [0, 114, 178]
    assert shown[1, 1].tolist() == [255, 255, 255]
    assert np.abs(shown - pixels[..., :3]).max() < COLOR_STEP


def test_a_few_pixels_of_an_earlier_frame_do_not_tint_a_later_area():
    encoder = PngEncoder()
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[0, 0, :3] = 103
    encoder.encode(pixels)
    pixels[5:, 5:, :3] = 96
    assert decode(encoder.encode(pixels))[10, 10].tolist() == [96, 96, 96]


@pytest.mark.parametrize("height", [1, BAND, 3 * BAND + 5])
def test_whatever_rows_change_each_frame_shows_its_own_pixels(height):
    rng = np.random.default_rng(0)
    encoder = PngEncoder()
    pixels = np.full((height, 60, 4), 255, np.uint8)
    for frame in range(30):
        if frame == 20:  # the figure grows
            pixels = np.full((height + BAND, 90, 4), 255, np.uint8)
        top, left = rng.integers(len(pixels)), rng.integers(50)
        pixels[top : top + rng.integers(20), left : left + 10, :3] = 40 * rng.integers(6, size=3)
        shown = decode(encoder.encode(pixels))
        assert np.abs(shown - pixels[..., :3]).max() < COLOR_STEP


def test_more_colors_than_a_palette_holds_begin_a_new_one_with_larger_cells():
    encoder = PngEncoder()
    pixels = np.full((40, 40, 4), 255, np.uint8)
    for level in range(0, 256, 8):
        pixels[:2, :32, :3] = np.stack(np.broadcast_arrays(level, np.arange(0, 256, 8), 0), axis=-1)
        shown = decode(encoder.encode(pixels))
        assert shown[20, 20].tolist() == [255, 255, 255]
        assert np.abs(shown - pixels[..., :3]).max() < COARSE_STEP
    assert np.abs(shown - pixels[..., :3]).max() >= COLOR_STEP


def test_a_picture_of_more_colors_than_any_palette_holds_is_encoded_exactly():
    rng = np.random.default_rng(0)
    encoder = PngEncoder()
    for height in (40, 40, 50):
        pixels = rng.integers(0, 256, (height, 40, 4), dtype=np.uint8)
        for top in (0, 20, 20):  # some rows change, and then none
            pixels[top : top + 3] = top
            np.testing.assert_array_equal(decode(encoder.encode(pixels)), pixels[..., :3])


def test_a_color_that_first_appears_in_a_later_frame_is_shown():
    encoder = PngEncoder()
    pixels = np.full((8, 8, 4), 255, np.uint8)
    encoder.encode(pixels)
    pixels[3, 3, :3] = [213, 94, 0]
    assert decode(encoder.encode(pixels))[3, 3].tolist() == [213, 94, 0]
