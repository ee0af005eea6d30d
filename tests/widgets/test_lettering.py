"""Text in a figure can be read, and is what Matplotlib draws, first and every time after."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from tempsampling.widgets import lettering
from tempsampling.widgets.blitting import Frames
from tempsampling.widgets.lettering import KEPT, Canvas
from tempsampling.widgets.plots import ProbabilityBars

FORMULA = r"$\frac{1}{T}$"


@pytest.fixture(autouse=True)
def style():
    with plt.style.context("tempsampling.course"):
        yield
    plt.close("all")


def redrawn(figure):
    for _ in range(2):  # a constrained layout comes to rest the second time
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


LOOKS = {
    "plain": {},
    "half-transparent": {"alpha": 0.5},
    "a color with transparency": {"color": (0.9, 0.3, 0, 0.4)},
    "in a box": {"bbox": {"facecolor": "C0"}},
    "cut by its axes": {"clip_on": True},
    "cut by a shape": {"clip_path": Circle((80, 80), 60)},
    "turned": {"rotation": 30},
    "not smoothed": {"antialiased": False},
    "outlined": {"path_effects": [withStroke(linewidth=3, foreground="C1")]},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("words", ["gjÄ ␣sunny", '"', "_", "two\nlines", FORMULA, " "])
def test_a_text_drawn_again_is_what_matplotlib_draws(words, look):
    figure, axes = plt.subplots(figsize=(3, 2), dpi=90, layout="none")
    texts = [axes.text(x, x, words, **LOOKS[look]) for x in np.linspace(-0.2, 1, 15)]
    right, canvas = redrawn(figure), Canvas(figure)
    for _ in range(3):  # kept from the second time on
        canvas.draw()
        shown = np.asarray(canvas.buffer_rgba())[..., :3]
        np.testing.assert_array_equal(shown, right)
    for text in texts:
        text.set_text("others")
    canvas.draw()
    assert np.any(np.asarray(canvas.buffer_rgba())[..., :3] != right)


def test_no_more_texts_are_kept_than_the_last_ones():
    figure = plt.figure(figsize=(3, 2), dpi=90)
    text, canvas = figure.text(0.5, 0.5, ""), Canvas(figure)
    for i in range(KEPT + 50):
        text.set_text(f"{i}")
        for _ in range(2):
            canvas.draw()
    kept = canvas.get_renderer()._kept
    assert [key[0] for key in kept] == [f"{i}" for i in range(50, KEPT + 50)]
    assert all(kept.values())  # a picture of each


def test_a_figure_of_another_size_keeps_no_text_of_the_old_one():
    figure = plt.figure(figsize=(3, 2), dpi=90)
    figure.text(0.5, 0.5, "text")
    canvas = Canvas(figure)
    for dpi in (90, 130):
        figure.set_dpi(dpi)
        for _ in range(3):
            canvas.draw()
        shown = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    twin = plt.figure(figsize=(3, 2), dpi=130)
    twin.text(0.5, 0.5, "text")
    np.testing.assert_array_equal(shown, redrawn(twin))


@pytest.fixture
def no_other_fonts(monkeypatch):
    monkeypatch.setattr(lettering, "OTHER_FONTS", ())
    lettering._with_other_fonts.cache_clear()
    lettering._has.cache_clear()
    yield
    lettering._with_other_fonts.cache_clear()
    lettering._has.cache_clear()


UNKNOWN = ["日本", "한", "a 東京 b", "ไทย", "🌡", "\U000e0041"]


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_character_that_no_font_has_is_drawn_as_its_code_without_a_warning(text, no_other_fonts):
    pictures = []
    for shown in (text, "".join(c if ord(c) < 128 else ascii(c)[1:-1] for c in text)):
        figure = plt.figure(figsize=(4, 1), dpi=80, layout="none")
        figure.text(0.1, 0.5, shown)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frames = Frames(figure)
        pictures.append(frames.pixels().copy())
    np.testing.assert_array_equal(*pictures)


def test_characters_that_another_font_has_are_drawn_with_it(monkeypatch, no_other_fonts):
    """DejaVu Sans Mono stands for a font of the system, and cmr10 for one that has few letters."""
    monkeypatch.setattr(lettering, "OTHER_FONTS", ("DejaVu Sans Mono",))
    figure = plt.figure(figsize=(4, 1), dpi=80, layout="none")
    text = figure.text(0.1, 0.5, "ψ", family="cmr10")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown, font = lettering._legible("ψ", text.get_fontproperties(), False)
        pixels = Frames(figure).pixels()[..., :3]
    assert (shown, font.get_family()) == ("ψ", ["cmr10", "DejaVu Sans Mono"])
    assert text.get_fontproperties().get_family() == ["cmr10"]  # the learner's text stays
    assert pixels.min() < 100


def test_letters_that_the_font_has_are_left_alone():
    text = plt.figure().text(0, 0, "é ␣ ↵ Σ √")
    font = text.get_fontproperties()
    assert lettering._legible(text.get_text(), font, False) == (text.get_text(), font)


def test_labels_in_any_script_fit_into_a_chart_of_probabilities():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bars = ProbabilityBars(["日本", "␣한국", "b"], [0.5, 0.25, 0.25])
        frames = Frames(bars.figure)
        for p in (0.3, 0.2):
            bars.update([p, 0.5, 0.5 - p], title="東京")
            assert frames.png()
    assert bars.labels == ["日本", "␣한국", "b"]


def test_the_fonts_of_systems_are_looked_up_by_names_that_matplotlib_knows():
    known = set(font_manager.fontManager.get_font_names())
    assert "DejaVu Sans" in known
    assert not set(lettering.OTHER_FONTS) & {"DejaVu Sans"}
