"""Controls stand on their grid, say what they cannot do, and begin at one place."""

import ipywidgets as widgets
import numpy as np
import pytest
from films import Film

from tempsampling import computed, draw_again, play, softmax, text_box
from tempsampling.widgets.controls import choices, make_controls, value_of
from tempsampling.widgets.explore import Explorer
from tempsampling.widgets.export import film, positions
from tempsampling.widgets.rendering import Drawing

INF = float("inf")
Z = [1.0, 2.0, 3.0]


def shown(explorer):
    return explorer.output[0]["text/plain"]


def explored(control, default=None):
    """A demo of one control that shows its value."""
    if default is None:
        return Explorer(None, lambda a: repr(a), {"a": control})
    return Explorer(None, lambda a=default: repr(a), {"a": control})


# The grid

SLIDERS = {
    "abbreviation": (lambda: (0.05, 3.0, 0.05), 0.05, 0.05, 60),
    "computed": (lambda: computed(0.6, 2.1, 0.3), 0.6, 0.3, 6),
    "played": (lambda: play(0.1, 1.0, 0.1), 0.1, 0.1, 10),
    "of one's own": (lambda: widgets.FloatSlider(min=0.7, max=1.4, step=0.02), 0.7, 0.02, 36),
    "thirds": (lambda: (0.0, 2.0, 1 / 3), 0.0, 1 / 3, 7),
    "whole": (lambda: (0, 10, 2), 0, 2, 6),
}


@pytest.mark.parametrize(("make", "lowest", "step", "count"), SLIDERS.values(), ids=SLIDERS)
def test_a_slider_hands_on_the_values_that_one_would_type(make, lowest, step, count):
    """A browser adds up steps, and sends 0.15000000000000002 for 0.15."""
    explorer = explored(make())
    control = explorer.controls["a"]
    slider, value = getattr(control, "slider", control), lowest
    typed = [value for _, value in choices(control)]
    assert len(typed) == count
    if step != 1 / 3:
        assert [float(f"{value:.6g}") for value in typed] == typed
    for wanted in typed:
        slider.value = value  # summed up
        assert shown(explorer) == repr(wanted)
        value += step


def test_what_was_computed_beforehand_is_found_at_every_position():
    table = {value: f"at {value}" for value in np.arange(0.05, 3.001, 0.05).round(2).tolist()}
    explorer = Explorer(None, lambda T=1.0: table[T], {"T": computed(0.05, 3.0, 0.05)})
    value = 0.05
    while value < 3.01:
        explorer.controls["T"].slider.value = value
        assert not explorer._problem.value
        value += 0.05


def test_the_live_page_and_the_exported_one_show_the_same_values():
    control = (0.05, 0.95, 0.05)
    made = make_controls(lambda a=0.5: 0, {"a": control})
    exported = Film(film(Drawing(None, lambda a=0.5: repr(a)), made))
    explorer = explored(control, 0.5)
    for i, (_, value) in enumerate(positions(made)["a"]):
        explorer.controls["a"].slider.value = value + 1e-16
        assert shown(explorer) == repr(value)
        assert f">{value!r}<" in exported.frame(i)


def test_a_logarithmic_slider_stands_on_its_powers():
    slider = widgets.FloatLogSlider(min=-2, max=2, step=0.5)
    explorer = explored(slider)
    for _, power in choices(slider):
        slider.value = power * (1 + 1e-15)
        assert float(shown(explorer)) == power


@pytest.mark.parametrize("ends", [(0.05, 3.0, 0.05), (0.05, 2.95, 0.1), (0.0, 1.0, 0.3)])
def test_a_slider_without_a_default_begins_on_its_grid(ends):
    control = explored(ends).controls["a"]
    assert control.value in [value for _, value in choices(control)]
    assert control.value == value_of(control.slider)


def test_a_default_between_two_steps_is_kept():
    assert shown(explored((0.0, 1.0, 0.5), 0.333)) == "0.333"


@pytest.mark.parametrize(
    ("step", "readout"),
    [(1e-3, ".3f"), (0.0025, ".4f"), (0.05, ".2f"), (0.5, ".2f"), (1 / 3, ".3f"), (2.0, ".2f")],
)
def test_beside_a_slider_stand_as_many_digits_as_tell_its_steps_apart(step, readout):
    slider = explored((0.0, 10 * step, step)).controls["a"]
    assert slider.slider.readout_format == readout
    labels = [label for label, _ in choices(slider)]
    assert len({*labels}) == len(labels) == 11


# Defaults and ends


@pytest.mark.parametrize(
    ("control", "default"),
    [
        ((0, 10), 0.7),
        ((2.0, 3.0), 1.0),
        ((0.0, 1.0), 7),
        (["a", "b"], "c"),
        ((0, 5), "two"),
        (play(0.0, 1.0, 0.5), 3.0),
    ],
)
def test_a_default_that_its_control_cannot_have_is_told(control, default):
    message = "a must have a default that its control can have, got"
    with pytest.raises(ValueError, match=message) as caught:
        explored(control, default)
    assert repr(default) in str(caught.value)


@pytest.mark.parametrize(
    ("control", "default"),
    [((0.0, 2.0), 1.0), ((0, 3), 3), (True, False), (["a", "b"], "b"), ("t", "x"), (5, 7)],
)
def test_a_default_that_its_control_can_have_is_the_first_value(control, default):
    assert shown(explored(control, default)) == repr(default)


NO_CONTROLS = {
    "ends exchanged": (2.0, 0.0),
    "no step": (0.0, 1.0, 0.0),
    "step back": (0.0, 1.0, -1),
    "from nan": (float("nan"), 1.0),
    "to infinity": (0.0, INF),
    "four": (0, 1, 2, 3),
    "words": ("a", "b"),
    "infinity": INF,
    "nothing": None,
    "an empty menu": [],
    "a menu with nan": [float("nan"), 1],
    "a type": object,
}


@pytest.mark.parametrize("control", NO_CONTROLS.values(), ids=NO_CONTROLS)
def test_what_makes_no_control_is_told(control):
    with pytest.raises(ValueError, match=r"a must be \(min, max, step\), finite, .* got "):
        explored(control)


# The box beside a slider

TYPED = {
    "": 1.0, " ": 1.0, "2": 2.0, "0,7": 0.7, " 3 ": 3.0, "٣": 3.0, "1e309": INF, "inf": INF,
    "1e-400": 0.0, "9" * 10_000: INF, "1,25": 1.25, "0,125": 0.125, "1,0000": 1.0, ",5": 0.5,
    "-0,5": -0.5,
}  # fmt: skip
NOT_TYPED = {
    "nan": "not a number", "NaN": "not a number", "abc": "not a number", "--5": "not a number",
    "1/2": "not a number", "5 5": "not a number", "0x10": "not a number", "[1]": "not a number",
    "None": "not a number", "🌡": "not a number", "\0": "not a number", "\ud83d": "not a number",
    "<script>1</script>": "not a number", "x" * 10_000: "not a number", "1,000.5": "not a number",
    "1,000,000": "not a number", "1.000,5": "not a number",
    "1,000": "1000 or 1.000?", "12,345": "12345 or 12.345?", " -1,000 ": "-1000 or -1.000?",
}  # fmt: skip


def typed_into(slider, text):
    """A demo after a text was typed, as the browser sets it."""
    explorer = Explorer(None, lambda T=slider[0]: f"T = {T}", {"T": slider})
    explorer.controls["T"].slider.value = 1
    explorer.controls["T"].box.set_state({"value": text})
    return explorer


@pytest.mark.parametrize("text", TYPED, ids=lambda text: repr(text[:20]))
def test_a_number_typed_beside_a_slider_counts(text):
    explorer = typed_into((0.5, 3.0, 0.1), text)
    assert explorer.controls["T"].value == TYPED[text]
    assert shown(explorer) == f"T = {TYPED[text]}"
    assert explorer.controls["T"].box.placeholder == "other value"


@pytest.mark.parametrize("text", NOT_TYPED, ids=lambda text: repr(text[:20]))
def test_what_is_no_number_or_may_be_two_is_told_until_a_number_follows(text):
    explorer = typed_into((0.5, 3.0, 0.1), text)
    control = explorer.controls["T"]
    assert (control.value, shown(explorer)) == (1.0, "T = 1.0")
    assert (control.box.placeholder, control.box.value) == (NOT_TYPED[text], "")
    control.box.set_state({"value": "2"})
    assert (control.value, control.box.placeholder) == (2.0, "other value")
    control.box.set_state({"value": text})
    control.slider.value = 1.5
    assert (control.value, control.box.placeholder) == (1.5, "other value")


@pytest.mark.parametrize("text", ["1.5", "1e3", "nan", "abc", "9" * 10_000])
def test_beside_a_slider_of_whole_numbers_only_whole_numbers_count(text):
    control = typed_into((1, 5), text).controls["T"]
    assert (control.value, control.box.placeholder) == (1, "not whole")
    control.box.value = "7"
    assert (control.value, control.box.placeholder) == (7, "other value")


@pytest.mark.parametrize("text", ["-1", "-inf"])
def test_a_number_that_update_refuses_is_told_and_the_last_picture_stays(text):
    explorer = Explorer(None, lambda T=1.0: str(softmax(Z, T)), {"T": (0.5, 3.0, 0.1)})
    explorer.controls["T"].box.value = text
    message = f"temperature must be a number from 0 to infinity, got {float(text)}"
    assert message in explorer._problem.value
    assert shown(explorer) == str(softmax(Z, 1.0))


def test_where_values_were_computed_beforehand_no_others_can_be_typed():
    control = explored(computed(0.0, 1.2, 0.1)).controls["a"]
    assert control.children == (control.slider,)


# The box for a text of one's own

TEXTS = ("one", "two", "three")


def written_in(box, text):
    """What the browser sends after Enter, or when the box is left."""
    box.labeled.set_state({"value": text})


def test_the_first_text_stands_in_the_box_or_the_default_of_the_function():
    for default, first, offered in [
        (None, "one", TEXTS),
        ("three", "three", TEXTS),
        ("four", "four", ("four", *TEXTS)),
    ]:
        explorer = explored(text_box(*TEXTS), default)
        box = explorer.controls["a"]
        assert (shown(explorer), box.value, box.labeled.value) == (repr(first), first, first)
        assert box.texts == offered
        assert choices(box) == list(zip(offered, offered, strict=True))


def test_what_makes_no_box_is_told_by_its_name():
    with pytest.raises(ValueError, match="texts must hold at least one text, got none"):
        text_box()
    with pytest.raises(TypeError, match="texts must be a string, got 7"):
        text_box("one", 7)
    with pytest.raises(ValueError, match="texts must not hold half a character"):
        text_box("one", "a\ud83d")
    with pytest.raises(TypeError, match="a must be a string, got 7"):
        explored(text_box(*TEXTS), 7)
    with pytest.raises(ValueError, match="a must not hold half a character"):
        explored(text_box(*TEXTS), "\ud83d")


def test_a_text_given_twice_is_offered_once():
    assert text_box("one", "two", "one") == ("one", "two")


def test_a_text_is_handed_on_by_enter_not_letter_by_letter():
    explorer = explored(text_box(*TEXTS))
    box = explorer.controls["a"]
    assert box.labeled.continuous_update is False
    written_in(box, "four")
    assert (box.value, shown(explorer)) == ("four", "'four'")


def test_a_text_chosen_from_the_menu_stands_in_the_box_and_the_menu_goes_back():
    calls = []
    explorer = Explorer(None, lambda a: calls.append(a) or a, {"a": text_box(*TEXTS)})
    box = explorer.controls["a"]
    for place, text in enumerate(TEXTS, 1):
        box._menu.set_state({"index": place})
        assert (box.labeled.value, box.value, shown(explorer)) == (text, text, text)
        assert (box._menu.index, box._menu.label) == (0, "or one of these")
    written_in(box, "four")
    box._menu.set_state({"index": 3})  # the one that was chosen last
    assert shown(explorer) == "three"
    assert calls == ["one", "two", "three", "four", "three"]  # each once


@pytest.mark.parametrize("text", ["", " a ", "🌡", "<b>$x$</b>", "a\ud83d", "x" * 10_000])
def test_any_text_may_be_written(text):
    explorer = explored(text_box(*TEXTS))
    written_in(explorer.controls["a"], text)
    assert explorer.controls["a"].value == text
    assert not explorer._problem.value


# Where they stand


def test_a_box_begins_where_the_sliders_begin():
    controls = {"a": text_box(*TEXTS), "temperature": (0.0, 1.0, 0.5)}
    live = Explorer(None, lambda a="one", temperature=0.5: a, controls).controls
    box, slider = live["a"].labeled, live["temperature"].slider
    assert box.description == "a"
    assert box.style.description_width == slider.style.description_width == "11.5ch"
    assert box.layout.width == slider.layout.width


@pytest.mark.parametrize("names", ["ab", ["T", "temperature", "top_p", "how_many_tokens"]])
def test_all_sliders_of_a_demo_begin_at_one_place(names):
    arguments = ", ".join(f"{name}=0.5" for name in names)
    update = eval(f"lambda {arguments}: 'shown'")
    live = Explorer(None, update, dict.fromkeys(names, (0.0, 1.0, 0.5)))
    sliders = [control.slider for control in live.controls.values()]
    assert len({each.style.description_width for each in sliders}) == 1
    assert len({each.layout.width for each in sliders}) == 1
    width = sliders[0].style.description_width
    assert float(width.removesuffix("ch")) > max(map(len, names))
    assert all(control.children[0] is control.slider for control in live.controls.values())


def test_a_button_counts_its_presses():
    explorer = explored(draw_again())
    for seed in (2, 3, 4):
        explorer.controls["a"].click()
        assert shown(explorer) == str(seed)
