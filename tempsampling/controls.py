"""Controls of a demo: widgets made from abbreviations, how they are laid out, what they can be."""

import asyncio
import inspect
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ipywidgets as widgets
import numpy as np
import traitlets
from IPython.core.getipython import get_ipython

from tempsampling._arguments import real_number, shorten, string

DRAWS = 8  # how many presses of "draw again" an exported page holds
TOGETHER = 0.01  # seconds; presses that the kernel gets in less time had been waiting for it
SLIDERS = widgets.IntSlider | widgets.FloatSlider
ENDS = "finite, the first less than the second, and the step above 0"

LOOK, BUSY = "tempsampling", "tempsampling-busy"  # classes of the box around a demo
STYLE = """<style>
.tempsampling { --jp-widgets-font-size: 16px; --jp-widgets-inline-height: 32px;
  --jp-widgets-slider-handle-size: 36px;
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
        self._presses, self._due = 0, None
        self.on_click(self._pressed)

    def _pressed(self, button: widgets.Button) -> None:
        # The browser keeps back all moves of a slider but the newest, but no press of a button:
        # those made during a slow update come all at once when it ends. Wait for the last one.
        self._presses += 1
        if getattr(get_ipython(), "kernel", None) is None:
            self._count()
            return
        if self._due:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(TOGETHER, self._count)

    def _count(self) -> None:
        presses, self._presses = self._presses, 0
        self.value += presses


class PlayedSlider(widgets.FloatSlider):
    """A slider with a button that sweeps it."""


class Computed(tuple):
    """The ends and the step of a slider that stands for what was computed beforehand."""


def computed(lowest: float, highest: float, step: float) -> Computed:
    """Return a control of `explore`: a slider without a box to type other values into.

    It is for an `update` that looks up what was computed for the slider's own values.

    >>> computed(0.0, 1.2, 0.1)
    (0.0, 1.2, 0.1)
    """
    return Computed((lowest, highest, step))


def draw_again(description: str = "draw again") -> DrawAgain:
    """Return a control of `explore`: a button that gives `update` a new seed on every press.

    >>> draw_again().value
    1
    """
    return DrawAgain(string(description, "description"))


def play(lowest: float, highest: float, step: float) -> PlayedSlider:
    """Return a control of `explore`: a slider with a button that sweeps it.

    >>> play(0.05, 3.0, 0.05).max
    3.0
    """
    ends = {"lowest": lowest, "highest": highest, "step": step}
    lowest, highest, step = (real_number(number, name) for name, number in ends.items())
    if not _fit(lowest, highest, step):
        raise ValueError(f"lowest, highest, step must be {ENDS}, got {lowest}, {highest}, {step}")
    return PlayedSlider(value=lowest, min=lowest, max=highest, step=step)


def _fit(lowest: float, highest: float, step: float) -> bool:
    return -math.inf < lowest < highest < math.inf and 0 < step < math.inf


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
    control = None
    with suppress(ValueError, traitlets.TraitError):
        control = widgets.interactive.widget_from_abbrev(abbreviation, default)
    if control is None or (control is not abbreviation and not _has_choices(control)):
        raise ValueError(
            f"{name} must be (min, max, step), {ENDS}, a list or a widget,"
            f" got {shorten(abbreviation)}"
        )
    if isinstance(control, PlayedSlider) and default is not inspect.Parameter.empty:
        control.value = default
    if control is not abbreviation or isinstance(control, PlayedSlider):
        control.description = name
        control.style.description_width = "initial"
        if isinstance(control, SLIDERS):
            control.layout.width = "600px"
            return Number(control, typed=not isinstance(abbreviation, Computed))
    return control


def _has_choices(control: widgets.Widget) -> bool:
    if isinstance(control, SLIDERS):
        return _fit(control.min, control.max, control.step)
    return getattr(control, "_options_labels", None) != ()


class Number(widgets.HBox):
    """A slider, and a box for numbers that it cannot reach. Its `value` is what was set last."""

    value = traitlets.Any()

    def __init__(self, slider: SLIDERS, typed: bool = True) -> None:
        self.slider = slider
        self.box = widgets.Text(placeholder="other value", continuous_update=False)
        self.box.layout.width = "110px"
        self.box.tooltip = f"{slider.description}: any number, also one beyond the slider's ends"
        players = [_player(slider)] if isinstance(slider, PlayedSlider) else []
        boxes = [self.box] if typed else []
        super().__init__([*players, slider, *boxes], layout={"align_items": "center"})
        self.value = slider.value
        slider.observe(self._moved, "value")
        self.box.observe(self._typed, "value")

    def _moved(self, change: dict) -> None:
        self.value = change["new"]
        self.box.value = ""

    def _typed(self, change: dict) -> None:
        if not change["new"].strip():
            self.value = self.slider.value
            return
        try:
            number = int if isinstance(self.slider, widgets.IntSlider) else float
            value = number(change["new"].replace(",", "."))
            if value != value:
                raise ValueError("nan is not a number")
            self.value = value
        except ValueError:
            self.box.placeholder = f"not {'whole' if number is int else 'a number'}"
            self.box.value = ""


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
    if isinstance(control, Number):
        return choices(control.slider)
    if isinstance(control, SLIDERS):
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
