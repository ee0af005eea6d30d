"""`explore` turns moves of its controls into pictures, and survives what a learner writes."""

import base64
import re
import threading
import time
from io import BytesIO

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.display import Audio
from PIL import Image
from tiny_model import write_tiny_model

from tempsampling import (
    ProbabilityBars,
    SmolLM2,
    draw_again,
    explore,
    percent,
    play,
    show,
    softmax,
    text_box,
    visible,
)
from tempsampling.widgets.blitting import Frames
from tempsampling.widgets.controls import BUSY
from tempsampling.widgets.explore import Explorer


@pytest.fixture
def bars():
    return ProbabilityBars(["heads", "tails"], [0.5, 0.5])


def shown(explorer):
    png = base64.b64decode(re.search(r'base64,([^"]+)"', explorer._screen.value)[1])
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def alt(explorer):
    return explorer.output[0]["text/plain"]


def test_a_default_of_the_function_is_the_first_value(bars):
    explorer = Explorer(bars.figure, lambda p=0.25: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    assert explorer.controls["p"].value == 0.25
    assert alt(explorer) == "heads 25.0%, tails 75.0%"


def test_moving_a_slider_changes_picture_and_alternative_text(bars):
    explorer = Explorer(bars.figure, lambda p=0.5: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    before = shown(explorer)
    explorer.controls["p"].value = 0.9
    assert alt(explorer) == "heads 90.0%, tails 10.0%"
    assert f'alt="{alt(explorer)}"' in explorer._screen.value
    assert np.abs(shown(explorer) - before).max() > 50
    explorer.controls["p"].value = 0.5
    np.testing.assert_array_equal(shown(explorer), before)


def test_controls_are_those_of_interact(bars):
    def update(a=0.5, b=2, c="x", d=True):
        return f"{a} {b} {c} {d}"

    controls = {"a": (0.0, 1.0, 0.1), "b": (0, 5), "c": ["x", "y"], "d": True}
    explorer = Explorer(bars.figure, update, controls)
    kinds = [widgets.FloatSlider, widgets.IntSlider, widgets.Dropdown, widgets.Checkbox]
    made = [getattr(control, "slider", control) for control in explorer.controls.values()]
    assert [type(control) for control in made] == kinds
    explorer.controls["c"].value = "y"
    assert alt(explorer) == "0.5 2 y True"


def test_an_update_may_return_anything(bars):
    title = bars.figure.axes[0].set_title
    explorer = Explorer(bars.figure, lambda T=1.0: title(f"T = {T}"), {"T": (0.0, 2.0)})
    assert alt(explorer) == "T = 1.0"


def test_a_fixed_value_has_no_control(bars):
    explorer = Explorer(bars.figure, lambda p, q: f"{p} {q}", {"p": (0, 4), "q": widgets.fixed(7)})
    assert alt(explorer) == "2 7"
    explorer.controls["p"].value = 3
    assert alt(explorer) == "3 7"


def test_a_widget_of_ones_own_is_used_as_it_is(bars):
    slider = widgets.FloatLogSlider(value=1.0, description="mine")
    explorer = Explorer(bars.figure, lambda p: None, {"p": slider})
    assert explorer.controls["p"] is slider
    assert slider.description == "mine"
    assert alt(explorer) == "p = 1.0"


def test_an_exception_is_shown_and_the_last_good_picture_stays(bars):
    def update(p=0.5):
        if p > 0.8:
            raise ZeroDivisionError("<b>too hot</b>")
        return bars.update([p, 1 - p])

    explorer = Explorer(bars.figure, update, {"p": (0.0, 1.0)})
    before = explorer._screen.value
    explorer.controls["p"].value = 0.9
    assert "ZeroDivisionError" in explorer._problem.value
    assert "&lt;b&gt;too hot" in explorer._problem.value
    assert explorer._screen.value == before
    explorer.controls["p"].value = 0.6
    assert explorer._problem.value == ""
    assert alt(explorer) == "heads 60.0%, tails 40.0%"


def test_an_exception_for_the_first_values_is_raised(bars):
    with pytest.raises(ZeroDivisionError):
        Explorer(bars.figure, lambda p=0.5: 1 / 0, {"p": (0.0, 1.0)})


def test_beside_the_slider_stands_a_sharp_picture_of_the_first_state(bars):
    explorer = Explorer(bars.figure, lambda p=0.25: bars.update([p, 1 - p]), {"p": (0.0, 1.0)})
    data, metadata = explorer.output
    assert set(data) == {"text/plain", "image/png"}
    assert data["text/plain"] == metadata["image/png"]["alt"] == "heads 25.0%, tails 75.0%"
    assert shown(explorer).shape[1] == 1.5 * metadata["image/png"]["width"]


def test_any_number_can_be_typed_until_the_slider_moves():
    explorer = Explorer(None, lambda T=1.0: f"{T}", {"T": (0.0, 3.0, 0.1)})
    number = explorer.controls["T"]
    for text, value in [("10", 10), ("0,7234", 0.7234), ("-1", -1), ("1e400", float("inf"))]:
        number.box.value = text
        assert float(alt(explorer)) == value
    number.slider.value = 2.0
    assert (alt(explorer), number.box.value) == ("2.0", "")
    number.box.value = "5"
    number.box.value = ""
    assert alt(explorer) == "2.0"


def test_a_button_gives_a_new_seed_on_every_press():
    explorer = Explorer(None, lambda seed: f"seed {seed}", {"seed": draw_again()})
    seeds = [alt(explorer)]
    for _ in range(3):
        explorer.controls["seed"].click()
        seeds.append(alt(explorer))
    assert len(set(seeds)) == 4


def test_a_played_slider_sweeps_from_end_to_end_and_goes_on_from_where_it_was_moved_to():
    explorer = Explorer(None, lambda T=1.0: f"{T:.2f}", {"T": play(0.5, 2.0, 0.25)})
    slider, _, player = explorer.controls["T"].children
    assert (slider.value, player.value, player.max) == (1.0, 2, 6)
    swept = []
    for step in range(player.max + 1):
        player.value = step
        swept.append(alt(explorer))
    assert swept == ["0.50", "0.75", "1.00", "1.25", "1.50", "1.75", "2.00"]
    slider.value = 0.75
    assert player.value == 1


class Tinted:
    def _repr_html_(self):
        return "<p style='color:red'>warm</p>"

    def __repr__(self):
        return "warm"


@pytest.mark.parametrize(
    ("returned", "on_screen", "words"),
    [
        (Tinted(), "<p style='color:red'>warm</p>", "warm"),
        ("1 < 2\n2", "1 &lt; 2\n2</pre>", "1 < 2\n2"),
        (3.5, "3.5</pre>", "3.5"),
        (Audio(np.ones(100), rate=8000), "<audio", "<IPython.lib.display.Audio object>"),
    ],
)
def test_without_a_figure_what_update_returns_is_shown(returned, on_screen, words):
    explorer = Explorer(None, lambda p=1: returned, {"p": (0, 2)})
    assert on_screen in explorer._screen.value
    assert alt(explorer) == words


def test_an_update_that_shows_nothing_is_refused():
    with pytest.raises(TypeError, match="update returned None; it must return what to show"):
        explore(lambda p=1: None, p=(0, 2))


def test_a_slow_update_shows_that_it_is_at_work():
    seen = []

    def update(p=0):
        seen.append(explorer is not None and BUSY in explorer._dom_classes)
        time.sleep(0.11)
        return str(p)

    explorer = None
    explorer = Explorer(None, update, {"p": (0, 2)})
    explorer.controls["p"].slider.value = 1
    assert seen == [False, True]
    assert BUSY not in explorer._dom_classes


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A demo of what the tiny model says after a prompt; its context is 40 tokens."""
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    write_tiny_model(tmp_path / "tiny.gguf")
    model, chart = (
        SmolLM2.load(tmp_path / "tiny.gguf"),
        ProbabilityBars(list("abc"), [0.5, 0.3, 0.2]),
    )

    def update(prompt="hi", temperature=1.0):
        busy.append(explorer is not None and BUSY in explorer._dom_classes)
        z = model.logits(prompt)
        top = np.argsort(-z)[:3]
        labels = [visible(model.decode([token])) for token in top]
        return chart.update(softmax(z, temperature)[top], prompt, labels=labels)

    explorer, busy = None, []
    controls = {"prompt": text_box("hi", "oh"), "temperature": (0.5, 2.0, 0.5)}
    explorer = Explorer(chart.figure, update, controls)
    explorer.busy = busy
    return explorer


REFUSED = {
    "": "text must have 1 to 40 tokens, got 0 tokens",
    "x" * 41: "text must have 1 to 40 tokens, got 41 tokens",
    "a\ud83d": "text must not hold half a character, got &#x27;\\ud83d&#x27;",
}


@pytest.mark.parametrize("prompt", REFUSED, ids=["empty", "too long", "half a character"])
def test_a_prompt_that_is_refused_is_told_in_one_sentence_until_a_good_one_follows(reader, prompt):
    before = reader._screen.value
    for _ in range(2):
        reader.controls["prompt"].labeled.set_state({"value": prompt})
        assert reader._problem.value.count("<b>") == 1
        assert f"<b>ValueError</b>: {REFUSED[prompt]}<br>" in reader._problem.value
        assert reader._screen.value == before
        reader.controls["temperature"].slider.value += 0.5  # still this prompt
    reader.controls["prompt"].labeled.set_state({"value": "oh"})
    assert (reader._problem.value, reader._problem.layout.display) == ("", "none")
    assert alt(reader).startswith("oh: ")


def test_a_mark_shows_that_a_new_text_is_read(reader):
    reader._seconds = 0.0  # the last picture took no time
    reader.controls["temperature"].slider.value = 2.0
    reader._seconds = 0.0
    reader.controls["prompt"].labeled.set_state({"value": "oh"})
    assert reader.busy == [False, False, True]
    assert BUSY not in reader._dom_classes
    reader.controls["prompt"].labeled.set_state({"value": ""})
    assert BUSY not in reader._dom_classes


def test_markup_in_a_prompt_is_shown_as_it_was_typed(reader):
    reader.controls["prompt"].labeled.set_state({"value": "<b>$x$</b>"})
    assert alt(reader).startswith("<b>$x$</b>: ")
    assert "<b>" not in reader._screen.value
    assert "&lt;b&gt;$x$&lt;/b&gt;: " in reader._screen.value


def test_bars_that_get_other_labels_are_those_of_a_chart_made_with_them():
    changed = ProbabilityBars(["a", "b"], [0.5, 0.5], reference=[0.5, 0.5])
    explorer = Explorer(
        changed.figure,
        lambda a="a", p=0.5: changed.update([p, 1 - p], a, labels=[a, "$x$ and more"]),
        {"a": text_box("a"), "p": (0.0, 1.0, 0.25)},
    )
    for a, p in [("a", 0.25), ("long, longer", 0.25), ("long, longer", 0.75), ("🌡\0", 0.75)]:
        explorer.controls["p"].slider.value = p
        explorer.controls["a"].labeled.value = a
        fresh = ProbabilityBars([a, "$x$ and more"], [0.5, 0.5], reference=[0.5, 0.5])
        right = fresh.update([p, 1 - p], a)
        assert alt(explorer) == right
        assert changed.labels == fresh.labels
        drawn_anew = Image.open(BytesIO(Frames(fresh.figure).png())).convert("RGB")
        assert np.abs(shown(explorer) - np.asarray(drawn_anew)).max() < 24


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["a"], ValueError, "labels must be 2, one a bar, got 1"),
        (["a", "b", "c"], ValueError, "labels must be 2, one a bar, got 3"),
        ("ab", TypeError, "labels must be a list, got 'ab'"),
        (7, TypeError, "labels must be a list, got 7"),
    ],
)
def test_labels_that_do_not_fit_the_bars_are_told_and_change_nothing(bars, labels, error, message):
    with pytest.raises(error, match=message):
        bars.update([0.9, 0.1], labels=labels)
    assert bars.labels == ["heads", "tails"]
    assert [bar.get_width() for bar in bars.figure.axes[0].patches] == [0.5, 0.5]


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


def test_bars_say_what_they_show(bars):
    assert bars.update([0.3, 0.7], title="T = 1") == "T = 1: heads 30.0%, tails 70.0%"


@pytest.mark.parametrize("p", [[0.5], [0.5, 1.5], [-0.1, 0.5], [np.nan, 0.5], [[0.5, 0.5]]])
def test_bars_refuse_what_is_not_a_probability_for_each_token(bars, p):
    with pytest.raises(ValueError, match="probabilities must"):
        bars.update(p)


def test_gray_bars_move_where_there_are_some(bars):
    both = ProbabilityBars(["heads", "tails"], [0.5, 0.5], reference=[0.5, 0.5])
    both.update([1, 0], reference=[0.25, 0.75])
    assert [bar.get_width() for bar in both.figure.axes[0].patches] == [0.25, 0.75, 1, 0]
    with pytest.raises(ValueError, match="reference must be None"):
        bars.update([1, 0], reference=[0.5, 0.5])


def test_a_possible_event_is_never_rounded_to_impossible_or_certain():
    assert percent(1e-9) == "<0.1%"
    assert percent(1 - 1e-9) == ">99.9%"


def test_tokens_show_their_white_space():
    assert visible(" a\tb\n") == "␣a⇥b↵"


def test_a_still_figure_carries_its_alternative_text(bars, monkeypatch):
    outputs = []
    monkeypatch.setattr(
        "tempsampling.widgets.plots.display",
        lambda data, **options: outputs.append((data, options)),
    )
    show(bars.figure, "two bars")
    data, options = outputs[0]
    assert data["text/plain"] == options["metadata"]["image/png"]["alt"] == "two bars"


def test_what_an_update_prints_is_shown_at_every_move_below_what_it_draws(bars):
    def update(p=0.5):
        print(f"p is <{p}>")
        return bars.update([p, 1 - p])

    explorer = Explorer(bars.figure, update, {"p": (0.0, 1.0)})
    for p in (0.5, 0.3, 0.8):
        explorer.controls["p"].value = p
        assert f"p is &lt;{p}&gt;" in explorer._screen.value
        assert explorer._screen.value.count("p is") == 1
    explorer.controls["p"].value = 2.0  # which `bars` refuses
    assert "probabilities must be" in explorer._problem.value


def test_a_flood_of_prints_is_cut(bars):
    explorer = Explorer(None, lambda p=1: print("x" * 10**6) or "shown", {"p": (0, 2)})
    assert "shown" in explorer._screen.value
    assert "(more was printed)" in explorer._screen.value
    assert len(explorer._screen.value) < 3000


def moved_by_a_widget_of_ones_own(own, value, runs=5):
    """How often a move of a widget calls `update` after some runs of the demo that it is in."""
    calls, explorer = [], None
    for _ in range(runs):
        if explorer:
            explorer.close()  # as `explore` does when its cell is run again
        explorer = Explorer(None, lambda p: calls.append(p) or "shown", {"p": own})
    calls.clear()
    own.value = value
    explorer.close()
    return len(calls)


def subscriptions(own):
    return len(own._trait_notifiers.get("value", {}).get("change", []))


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: widgets.FloatSlider(), 7.0),
        (lambda: widgets.Dropdown(options=[1, 2]), 2),
        (draw_again, 2),
        (lambda: play(0.0, 1.0, 0.5), 0.5),
    ],
    ids=["slider", "menu", "button", "played slider"],
)
def test_a_widget_of_ones_own_calls_only_the_newest_demo_and_forgets_closed_ones(make, value):
    own = make()
    before = subscriptions(own)
    assert moved_by_a_widget_of_ones_own(own, value) == 1
    assert subscriptions(own) == before


def test_a_demo_is_closed_twice_without_a_word(capsys):
    explorer = Explorer(None, lambda p=1, q=0.5: "shown", {"p": (0, 2), "q": play(0.0, 1.0, 0.5)})
    for _ in range(2):
        explorer.close()
        for control in explorer.controls.values():
            control.close()
    assert capsys.readouterr() == ("", "")


def test_moves_that_two_threads_answer_are_drawn_one_after_the_other():
    at_once, most = [], []

    def update(a=0, b=0):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.002)
        at_once.pop()
        return f"a = {a}, b = {b}"

    shown = Explorer(None, update, {"a": (0, 50), "b": (0, 50)})

    def move(name):
        for value in range(1, 51):
            shown.controls[name].slider.value = value

    threads = [threading.Thread(target=move, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert shown.output[0]["text/plain"] == "a = 50, b = 50"
    shown.close()
