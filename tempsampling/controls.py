"""Controls of a demo: widgets made from abbreviations, how they are laid out, what they can be."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np
import traitlets

DRAWS = 8  # how many presses of "draw again" an exported page holds
NUMBERS = widgets.IntSlider | widgets.FloatSlider

LOOK, BUSY = "tempsampling", "tempsampling-busy"  # classes of the box around a demo
STYLE = """<style>
.tempsampling { --jp-widgets-font-size: 16px; --jp-widgets-inline-height: 32px;
  font-family: var(--jp-ui-font-family, sans-serif); font-size: 16px }
.tempsampling .noUi-target { height: 6px; border-radius: 3px }
.tempsampling .noUi-horizontal .noUi-handle { width: 24px; height: 24px; top: -10px; right: -12px;
  border-color: #0072B2; border-width: 2px }
.tempsampling .noUi-handle:focus-visible { outline: 3px solid #E69F00; outline-offset: 2px }
.tempsampling-busy { cursor: progress }
.tempsampling-busy [role=status] { opacity: 0.4 }
</style>"""


class DrawAgain(widgets.Button):
    """A button whose value is the number of times it was pressed, plus one: a seed."""

    value = traitlets.Int(1)

    def __init__(self, description: str) -> None:
        super().__init__(description=description, icon="refresh")
        self.on_click(lambda button: button.set_trait("value", button.value + 1))


class PlayedSlider(widgets.FloatSlider):
    """A slider with a button that sweeps it."""


def draw_again(description: str = "draw again") -> DrawAgain:
    """Return a control of `explore`: a button that gives `update` a new seed on every press.

    >>> draw_again().value
    1
    """
    return DrawAgain(description)


def play(lowest: float, highest: float, step: float) -> PlayedSlider:
    """Return a control of `explore`: a slider with a button that sweeps it.

    >>> play(0.05, 3.0, 0.05).max
    3.0
    """
    return PlayedSlider(value=lowest, min=lowest, max=highest, step=step)


def make_controls(update: Callable, abbreviations: dict[str, Any]) -> dict[str, widgets.Widget]:
    """Return a widget for each argument of `update`; `explore` says which and what it raises."""
    parameters = inspect.signature(update).parameters
    for name in abbreviations:
        if name not in parameters:
            raise TypeError(f"update has no argument {name!r}; it has {', '.join(parameters)}")
    for name, parameter in parameters.items():
        if name not in abbreviations and parameter.default is parameter.empty:
            raise TypeError(f"update needs a control for its argument {name!r}")
    return {
        name: _make(name, abbreviation, parameters[name].default)
        for name, abbreviation in abbreviations.items()
    }


def _make(name: str, abbreviation: Any, default: Any) -> widgets.Widget:
    if isinstance(abbreviation, DrawAgain):
        return abbreviation
    control = widgets.interactive.widget_from_abbrev(abbreviation, default)
    if control is None:
        raise ValueError(
            f"{name} must be (min, max, step), a list or a widget, got {abbreviation!r}"
        )
    if isinstance(control, PlayedSlider) and default is not inspect.Parameter.empty:
        control.value = default
    if control is not abbreviation or isinstance(control, PlayedSlider):
        control.description = name
        control.style.description_width = "initial"
        if isinstance(control, NUMBERS):
            control.layout.width = "500px"
    return control


def row(control: widgets.Widget) -> widgets.Widget:
    """Return what is shown of a control: a slider has a box to type in, perhaps a play button."""
    if not isinstance(control, NUMBERS):
        return control
    parts = [control, _box(control)]
    if isinstance(control, PlayedSlider):
        parts.insert(0, _player(control))
    return widgets.HBox(parts, layout={"align_items": "center"})


def _box(slider: NUMBERS) -> widgets.Text:
    """A box to type in any number: the slider's range grows to reach it."""
    hint = "other value"
    box = widgets.Text(placeholder=hint, continuous_update=False, layout={"width": "110px"})
    box.tooltip = f"{slider.description}: any number, also one outside the slider's range"
    number = int if isinstance(slider, widgets.IntSlider) else float
    lowest, highest = slider.min, slider.max

    def typed(change: dict) -> None:
        text = change["new"].strip()
        if not text:
            return
        box.value = ""
        try:
            value = number(text.replace(",", "."))
            box.placeholder = hint
        except ValueError:
            box.placeholder = "not a number"
            return
        if math.isfinite(value):
            with slider.hold_sync(), slider.hold_trait_notifications():
                slider.min, slider.max = min(lowest, value), max(highest, value)
                slider.value = value

    box.observe(typed, "value")
    return box


def _player(slider: PlayedSlider) -> widgets.Play:
    """Buttons that sweep a slider; they go on from where it was moved to."""
    lowest, step = slider.min, slider.step
    last = round((slider.max - lowest) / step)
    play = widgets.Play(max=last, layout={"width": "auto"})

    def played(change: dict) -> None:
        slider.value = round(lowest + change["new"] * step, 9)

    def moved(change: dict) -> None:
        at = round((change["new"] - lowest) / step)
        if 0 <= at <= last:
            play.value = at

    moved({"new": slider.value})
    play.observe(played, "value")
    slider.observe(moved, "value")
    return play


def look() -> widgets.HTML:
    """Return what gives the box around a demo its look: a style, not seen itself."""
    return widgets.HTML(STYLE, layout={"display": "none"})


def choices(control: widgets.Widget) -> list[tuple[str, Any]]:
    """Return what a control can be set to, each with its label: a control of text only as it is."""
    if isinstance(control, NUMBERS):
        count = int((control.max - control.min) / control.step + 1e-6) + 1
        numbers = [control.min + i * control.step for i in range(count)]
        if isinstance(control, widgets.FloatSlider):
            numbers = [round(number, 9) for number in numbers]
        return [(format(number, control.readout_format), number) for number in numbers]
    if isinstance(control, widgets.FloatLogSlider):
        powers = np.arange(control.min, control.max + control.step / 2, control.step)
        return [(f"{control.base**power:.3g}", float(control.base**power)) for power in powers]
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return [("no", False), ("yes", True)]
    if isinstance(control, DrawAgain):
        return [(str(seed), seed) for seed in range(1, DRAWS + 1)]
    if hasattr(control, "_options_labels"):
        return list(zip(control._options_labels, control._options_values, strict=True))
    return [(str(control.value), control.value)]
