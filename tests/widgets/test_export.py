"""A demo drawn beforehand has the frames of the live one, at all positions of its controls."""

import re
from html import unescape
from math import prod

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from films import Film

from tempsampling.widgets.controls import (
    DRAWS,
    choices,
    draw_again,
    make_controls,
    play,
    text_box,
)
from tempsampling.widgets.export import LEAST, MOST_STATES, film, positions
from tempsampling.widgets.mosaic import COLUMNS, ROWS, Mosaic
from tempsampling.widgets.plots import ProbabilityBars
from tempsampling.widgets.png import COLOR_STEP
from tempsampling.widgets.rendering import Drawing


def shot(update, figure=None, **controls):
    return Film(film(Drawing(figure, update), make_controls(update, controls)))


def text(html):
    return unescape(re.sub("<[^>]*>", "", html))


def drawn(figure):
    """The pixels of a figure drawn whole."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def test_there_is_a_frame_for_each_value_and_the_first_is_in_the_page():
    shown = shot(lambda T=1.0: f"T = {T:.1f}", T=(0.5, 2.0, 0.5))
    assert shown.labels == [["0.50", "1.00", "1.50", "2.00"]]
    frames = [text(shown.frame(i)) for i in range(4)]
    assert frames == ["T = 0.5", "T = 1.0", "T = 1.5", "T = 2.0"]
    assert 'type="range" max="3" value="1" aria-valuetext="1.00"' in shown.page
    assert text(shown.page).endswith("T = 1.0\n")


def test_two_controls_choose_among_all_pairs():
    shown = shot(lambda a=1, b="y": f"{a}{b}", a=(0, 2), b=["x", "y"])
    assert [[text(shown.frame(a, b)) for b in range(2)] for a in range(3)] == [
        ["0x", "0y"],
        ["1x", "1y"],
        ["2x", "2y"],
    ]


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


def test_every_kind_of_control_is_one_of_the_page():
    def update(a=True, b=1, c=0.5, d="two", e="three", f=3):
        return ""

    controls = {"a": True, "b": draw_again("once more"), "c": play(0, 1, 0.5)}
    controls |= {"d": ["one", "two"], "e": text_box("three", "four"), "f": (0, 5)}
    page = shot(update, **controls).page
    assert '" type="checkbox" checked>' in page
    assert ' value="0">once more</button> <span class="readout" aria-hidden="true">1 of 8<' in page
    assert '" type="range" max="2" value="1" aria-valuetext="0.50">' in page
    assert page.count('class="play"') == 1
    assert "<option>one</option><option selected>two</option>" in page
    assert "<option selected>three</option><option>four</option>" in page
    assert '" type="range" max="5" value="3" aria-valuetext="3">' in page
    names = re.findall(r'<label for="([^"]+)">', page)
    assert len(names) == 5 and all(f'id="{name}"' in page for name in names)


def test_a_control_with_one_position_is_not_shown():
    shown = shot(lambda a="one", b=1: f"{a} {b}", a=["one"], b=(0, 2))
    assert len(shown.labels) == 1
    assert text(shown.frame(2)) == "one 2"
    assert "<select" not in shown.page


@pytest.mark.parametrize(
    "controls",
    [
        {"temperature": (0.05, 10.0, 0.05)},
        {"prompt": text_box(*"abcde"), "temperature": (0.05, 5.0, 0.05)},
        {"T_sure": (0.2, 3.0, 0.05), "T_unsure": (0.2, 3.0, 0.05)},
        {"temperature": (0.05, 3.0, 0.05), "n": [1, 2, 3, 4, 5, 6], "seed": draw_again()},
    ],
    ids=lambda controls: ", ".join(controls),
)
def test_up_to_three_controls_have_every_position_that_they_have_live(controls):
    made = _made(controls)
    assert positions(made) == {name: choices(control) for name, control in made.items()}


def test_five_controls_like_those_of_lesson_8_have_twelve_temperatures_and_all_the_rest():
    controls = {"temperature": (0.05, 3.0, 0.05), "top_k": (1, 5), "top_p": (0.05, 1.0, 0.05)}
    controls |= {"min_p": (0.0, 1.0, 0.05), "order": ["first", "last"]}
    sizes = {name: len(values) for name, values in positions(_made(controls)).items()}
    assert sizes["temperature"] >= 12
    assert (sizes["top_k"], sizes["order"]) == (5, 2)
    assert min(sizes["top_p"], sizes["min_p"]) >= 7
    assert prod(sizes.values()) <= MOST_STATES


def _made(controls):
    update = eval(f"lambda {', '.join(controls)}: ''")
    return make_controls(update, controls)


@pytest.mark.parametrize(
    "controls",
    [
        {"a": (0, 20_000)},
        {"a": (0, 300), "b": (0.0, 3.0, 0.05)},
        {"a": (0, 60), "b": (0.0, 3.0, 0.05), "c": list("xyz")},
    ],
)
def test_of_too_many_values_the_ends_and_the_first_one_shown_are_kept(controls):
    starts = {"a": 37, "b": 0.35, "c": "y"}
    made = make_controls(lambda a=37, b=0.35, c="y": "", controls)
    kept = positions(made)
    assert MOST_STATES / 2 < prod(map(len, kept.values())) <= MOST_STATES
    for name, each in kept.items():
        values = [value for _, value in each]
        assert starts[name] in values
        assert values == sorted(set(values))
        if name != "c":
            assert (values[0], values[-1]) == (0, controls[name][1])
    assert "c" not in kept or len(kept["c"]) == 3


def test_no_slider_has_fewer_than_five_positions_however_many_there_are():
    made = make_controls(lambda a=4, b=5, c=6, d=7, e=8, f=9: "", dict.fromkeys("abcdef", (0, 20)))
    for start, values in zip(range(4, 10), positions(made).values(), strict=True):
        assert len(values) == LEAST
        assert {0, start, 20} < {value for _, value in values}


PROMPTS = ("one", "two", "three", "four", "five")


def test_a_box_for_a_text_is_a_menu_of_its_texts_each_with_its_frame():
    shown = shot(lambda a="three": f"read: {a}", a=text_box(*PROMPTS))
    assert [text(shown.frame(i)) for i in range(5)] == [f"read: {each}" for each in PROMPTS]
    assert shown.labels == [list(PROMPTS)]
    assert "<option selected>three</option>" in shown.page


def test_half_a_character_or_markup_among_the_texts_does_no_harm():
    texts = ("<b>bold</b>", "$x$ &amp;", "🌡", "\0")
    shown = shot(lambda a="<b>bold</b>": a, a=text_box(*texts))
    frames = [shown.frame(i) for i in range(4)]
    assert "&lt;b&gt;bold&lt;/b&gt;" in frames[0] and "<b>" not in frames[0] + shown.page
    assert "$x$ &amp;amp;" in frames[1] and "🌡" in frames[2] and "\\x00" in frames[3]


def test_what_the_values_do_not_allow_is_said_in_their_frame():
    shown = shot(lambda p=1: f"{1 // p}", p=(0, 2))
    assert [text(shown.frame(i)) for i in (1, 2)] == ["1", "0"]
    assert text(shown.frame(0)).startswith("ZeroDivisionError: integer")


def test_what_the_first_values_do_not_allow_is_raised():
    with pytest.raises(ZeroDivisionError):
        shot(lambda p=0: f"{1 // p}", p=(0, 2))


def test_what_is_printed_stands_below_the_picture():
    figure, _ = plt.subplots(figsize=(2, 1))
    shown = shot(lambda a=1: print(f"a is {a}"), figure, a=(0, 2))
    assert text(shown.frame(2)) == "a is 2\n"
    assert shown.frame(2).startswith('<canvas role="img" aria-label="a = 2"')


def test_a_frame_is_the_picture_of_its_value_and_has_its_words():
    bars, twin = (ProbabilityBars(["heads", "tails"], [0.5, 0.5]) for _ in range(2))
    shown = shot(lambda p=0.5: bars.update([p, 1 - p]), bars.figure, p=(0.0, 1.0, 0.25))
    for i, p in enumerate([0, 0.25, 0.5, 0.75, 1]):
        words = twin.update([p, 1 - p])
        assert f'<canvas role="img" aria-label="{words}"' in shown.frame(i)
        pixels = shown.picture(i)
        assert np.abs(pixels - drawn(twin.figure)).max() < COLOR_STEP
        assert pixels[0, 0].tolist() == [255, 255, 255]


def test_equal_pictures_are_one_and_other_words_are_another_frame():
    bars = ProbabilityBars(["a", "b"], [0.5, 0.5])

    def update(p=0.5, said=1):
        bars.update([p, 1 - p])
        return f"{p}, said {said} times"

    shown = shot(update, bars.figure, p=(0.0, 1.0, 0.5), said=(1, 4))
    assert len({shown.number(p, said) for p in range(3) for said in range(4)}) == 3
    assert len({shown.frame(p, said) for p in range(3) for said in range(4)}) == 12


@pytest.mark.parametrize("colors", [2, 200, 3000, 100_000])
def test_a_picture_of_any_number_of_colors_is_near_enough(colors):
    figure, axes = plt.subplots(figsize=(2, 1.5), dpi=120)
    rng = np.random.default_rng(0)
    noise = rng.random((colors, 3))[rng.integers(colors, size=(90, 120))]
    image, _ = axes.imshow(noise), axes.set_axis_off()
    shown = shot(lambda p=0.5: image.set_data(noise**p), figure, p=(0.5, 1.0, 0.5))
    for i, p in enumerate([0.5, 1.0]):
        image.set_data(noise**p)
        assert np.abs(shown.picture(i) - drawn(figure)).max() <= 16


# A mosaic


@pytest.mark.parametrize("size", [(1, 1), (ROWS, COLUMNS), (ROWS + 1, COLUMNS - 1), (50, 100)])
def test_pictures_of_any_size_come_out_as_they_went_in(size):
    rng, mosaic = np.random.default_rng(0), Mosaic()
    pictures = [rng.choice([0, 85, 255], size=(*size, 4)).astype(np.uint8) for _ in range(5)]
    numbers = [mosaic.add(picture) for picture in [*pictures, pictures[0]]]
    assert numbers == [0, 1, 2, 3, 4, 0]
    states = {"labels": [list("abcde")], "numbers": numbers, "frames": [["", n] for n in range(5)]}
    film = {"name": "", "states": states, "pictures": mosaic.packed()}
    shown = Film({"text/html": "", "application/vnd.tempsampling.film+json": film})
    for i, picture in enumerate(pictures):
        assert np.array_equal(shown.picture(i), picture[..., :3])


def test_a_tile_that_comes_again_elsewhere_is_kept_once():
    picture = np.full((4 * ROWS, 4 * COLUMNS, 4), 255, np.uint8)
    one, other = Mosaic(), Mosaic()
    one.add(picture)
    for mosaic in (one, other):
        for place in range(4):
            again = picture.copy()
            again[place * ROWS + 3 : place * ROWS + 9, 5:20] = 0
            mosaic.add(again)
    assert len(one._tiles) == len(other._tiles) == 2


def test_a_picture_of_another_size_is_refused():
    mosaic = Mosaic()
    mosaic.add(np.zeros((10, 20, 4), np.uint8))
    with pytest.raises(ValueError, match="10 by 20 pixels like the first picture, got 10 by 21"):
        mosaic.add(np.zeros((10, 21, 4), np.uint8))
