"""`explore` turns moves of its controls into pictures, and survives what a learner writes."""

from io import BytesIO

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from tempsampling import explore as module
from tempsampling.explore import Explorer, explore
from tempsampling.plots import ProbabilityBars, percent, show, visible


@pytest.fixture
def bars():
    return ProbabilityBars(["heads", "tails"], [0.5, 0.5])


def shown(explorer):
    return np.asarray(Image.open(BytesIO(explorer._picture.value)).convert("RGB")).astype(int)


def test_a_default_of_the_function_is_the_first_value(bars):
    explorer = Explorer(bars.figure, lambda p=0.25: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    assert explorer.controls["p"].value == 0.25
    assert explorer.alt == "heads 25.0%, tails 75.0%"


def test_moving_a_slider_changes_picture_and_alternative_text(bars):
    explorer = Explorer(bars.figure, lambda p=0.5: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    before = shown(explorer)
    explorer.controls["p"].value = 0.9
    assert explorer.alt == "heads 90.0%, tails 10.0%"
    assert explorer.alt in explorer._spoken.value
    assert np.abs(shown(explorer) - before).max() > 50
    explorer.controls["p"].value = 0.5
    np.testing.assert_array_equal(shown(explorer), before)


def test_controls_are_those_of_interact(bars):
    def update(a=0.5, b=2, c="x", d=True):
        return f"{a} {b} {c} {d}"

    controls = {"a": (0.0, 1.0, 0.1), "b": (0, 5), "c": ["x", "y"], "d": True}
    explorer = Explorer(bars.figure, update, controls)
    kinds = [widgets.FloatSlider, widgets.IntSlider, widgets.Dropdown, widgets.Checkbox]
    assert [type(control) for control in explorer.controls.values()] == kinds
    explorer.controls["c"].value = "y"
    assert explorer.alt == "0.5 2 y True"


def test_an_update_may_return_anything(bars):
    title = bars.figure.axes[0].set_title
    explorer = Explorer(bars.figure, lambda T=1.0: title(f"T = {T}"), {"T": (0.0, 2.0)})
    assert explorer.alt == "T = 1.0"


def test_a_fixed_value_has_no_control(bars):
    explorer = Explorer(bars.figure, lambda p, q: f"{p} {q}", {"p": (0, 4), "q": widgets.fixed(7)})
    assert explorer.alt == "2 7"
    explorer.controls["p"].value = 3
    assert explorer.alt == "3 7"


def test_a_widget_of_ones_own_is_used_as_it_is(bars):
    slider = widgets.FloatLogSlider(value=1.0, description="mine")
    explorer = Explorer(bars.figure, lambda p: None, {"p": slider})
    assert explorer.controls["p"] is slider
    assert slider.description == "mine"
    assert explorer.alt == "p = 1.0"


def test_an_exception_is_shown_and_the_last_good_picture_stays(bars):
    def update(p=0.5):
        if p > 0.8:
            raise ZeroDivisionError("<b>too hot</b>")
        return bars.update([p, 1 - p])

    explorer = Explorer(bars.figure, update, {"p": (0.0, 1.0)})
    before = explorer._picture.value
    explorer.controls["p"].value = 0.9
    assert "ZeroDivisionError" in explorer._problem.value
    assert "&lt;b&gt;too hot" in explorer._problem.value
    assert explorer._picture.value == before
    explorer.controls["p"].value = 0.6
    assert explorer._problem.value == ""
    assert explorer.alt == "heads 60.0%, tails 40.0%"


def test_an_exception_for_the_first_values_is_raised(bars):
    with pytest.raises(ZeroDivisionError):
        Explorer(bars.figure, lambda p=0.5: 1 / 0, {"p": (0.0, 1.0)})


def test_the_output_holds_a_sharp_picture_for_where_widgets_are_not_rendered(bars):
    explorer = Explorer(bars.figure, lambda p=0.25: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.alt
    assert shown(explorer).shape[1] == 1.5 * metadata["image/png"]["width"]


def test_the_figure_is_not_shown_a_second_time(bars):
    Explorer(bars.figure, lambda p=0.5: None, {"p": (0.0, 1.0)})
    assert bars.figure.number not in plt.get_fignums()


@pytest.mark.parametrize(
    ("update", "controls", "error", "message"),
    [
        (lambda p: None, {}, TypeError, "update needs a control for its argument 'p'"),
        (lambda p=1: None, {"q": (0, 1)}, TypeError, "update has no argument 'q'; it has p"),
        (lambda p=1: None, {"p": (1, 2, 3, 4)}, ValueError, "p must be .* got \\(1, 2, 3, 4\\)"),
        (lambda p=0: None, {"p": object()}, ValueError, "p must be"),
        ("update", {"p": (0, 1)}, TypeError, "update must be a function, got 'update'"),
    ],
)
def test_controls_that_do_not_fit_are_refused_by_name(bars, update, controls, error, message):
    with pytest.raises(error, match=message):
        explore(bars.figure, update, **controls)


def test_explore_shows_itself_once(bars, monkeypatch):
    calls = []
    monkeypatch.setattr(module, "display", calls.append)
    assert explore(bars.figure, lambda p=0.5: None, p=(0.0, 1.0)) is None
    assert [type(call) for call in calls] == [Explorer]


def test_bars_say_what_they_show(bars):
    assert bars.update([0.3, 0.7], title="T = 1") == "T = 1: heads 30.0%, tails 70.0%"


@pytest.mark.parametrize("p", [[0.5], [0.5, 1.5], [-0.1, 0.5], [np.nan, 0.5], [[0.5, 0.5]]])
def test_bars_refuse_what_is_not_a_probability_for_each_token(bars, p):
    with pytest.raises(ValueError, match="probabilities must"):
        bars.update(p)


def test_a_possible_event_is_never_rounded_to_impossible_or_certain():
    assert percent(1e-9) == "<0.1%"
    assert percent(1 - 1e-9) == ">99.9%"


def test_tokens_show_their_white_space():
    assert visible(" a\tb\n") == "␣a⇥b↵"


def test_a_still_figure_carries_its_alternative_text(bars, monkeypatch):
    outputs = []
    monkeypatch.setattr(
        "tempsampling.plots.display", lambda data, **options: outputs.append((data, options))
    )
    show(bars.figure, "two bars")
    data, options = outputs[0]
    assert data["text/plain"] == options["metadata"]["image/png"]["alt"] == "two bars"
