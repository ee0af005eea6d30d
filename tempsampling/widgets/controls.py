"""Controls of a demo: widgets made from abbreviations, how they are laid out, what they can be."""

import asyncio
import inspect
import math
import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import ipywidgets as widgets
import numpy as np
import traitlets
from IPython.core.getipython import get_ipython

from tempsampling._validate import real_number, shorten, string

DRAWS = 8  # how many presses of "draw again" an exported page holds
TOGETHER = 0.01  # seconds; presses that the kernel gets in less time had been waiting for it
SLIDERS = widgets.IntSlider | widgets.FloatSlider
ENDS = "finite, the first less than the second, and the step above 0"
AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")  # 1,000 may be a thousand, or one

OTHER = "other value"  # what an empty box beside a slider asks for

LOOK, BUSY = "tempsampling", "tempsampling-busy"  # classes of the box around a demo
CSS = """<style>
/* The still and its words are the two outputs before a demo, and hidden where it lives. Front ends
   do not name outputs alike, but in all of them they are neighbors. The words lie 2 deep in an
   output of JupyterLab and Colab, 3 in one of VS Code, whose cells would be 4. */
div:has(+ div > .tempsampling-words, + div > div > .tempsampling-words,
  + div > div > div > .tempsampling-words):has(+ div + div .tempsampling),
div:has(> .tempsampling-words, > div > .tempsampling-words,
  > div > div > .tempsampling-words):has(+ div .tempsampling) { display: none !important }
/* VS Code puts white behind a widget, whatever the theme is that gives the text its color. */
.cell-output-ipywidget-background:has(.tempsampling) { background: none !important;
  color: var(--vscode-foreground); --jp-widgets-color: var(--vscode-foreground);
  --jp-widgets-label-color: var(--vscode-foreground);
  --jp-widgets-readout-color: var(--vscode-foreground) }
.tempsampling { --jp-widgets-font-size: 16px; --jp-widgets-inline-height: 32px;
  --jp-widgets-slider-handle-size: 36px;
  font-family: var(--jp-ui-font-family, sans-serif); font-size: 16px }
.tempsampling .noUi-target { height: 6px; border-radius: 3px }
.tempsampling .noUi-horizontal .noUi-handle { width: 24px; height: 24px; top: -10px; right: -12px;
  border-color: #0072B2; border-width: 2px }
.tempsampling .noUi-handle:focus-visible { outline: 3px solid #E69F00; outline-offset: 2px }
.tempsampling-offer { text-align: right }
.tempsampling-busy { cursor: progress }
.tempsampling-busy [role=status] { opacity: 0.4 }
</style>"""


def this_run() -> tuple[str | None, str | None]:
    """Return the id of the cell that is run, and of this run of it; None outside of a notebook."""
    kernel = getattr(get_ipython(), "kernel", None)
    parent = kernel.get_parent() if kernel else {}
    return parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")


def leave(control: widgets.Widget, handler: Callable) -> None:
    """Let a control's moves call a handler no more; nothing happens if they did not."""
    with suppress(ValueError):
        control.unobserve(handler, names="value")


class DrawAgain(widgets.Button):
    """A button whose value is the number of times it was pressed, plus one: a seed."""

    value = traitlets.Int(1)

    def __init__(self, description: str) -> None:
        super().__init__(description=description, icon="refresh")
        self.made_in = this_run()
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

    def __init__(self, **settings: float) -> None:
        super().__init__(**settings)
        self.made_in = this_run()


class Computed(tuple):
    """The ends and the step of a slider that stands for what was computed beforehand."""


def computed(lowest: float, highest: float, step: float) -> Computed:
    """Return a control of `explore`: a slider without a box to type other values into.

    It is for an `update` that looks up what was computed for the slider's own values.

    >>> computed(0.0, 1.2, 0.1)
    (0.0, 1.2, 0.1)
    """
    return Computed(_ends(lowest, highest, step))


class Prompts(tuple):
    """What a box for a text of one's own begins with, and offers."""


def text_box(*texts: str) -> Prompts:
    """Return a control of `explore`: a box for a text of one's own, which Enter hands on.

    The first text stands in the box; a menu beside it offers all of them. An exported page has the
    menu alone.

    >>> text_box("The weather today is", "The capital of France is")
    ('The weather today is', 'The capital of France is')
    """
    if not texts:
        raise ValueError("texts must hold at least one text, got none")
    return Prompts(dict.fromkeys(string(text, "texts", whole=True) for text in texts))


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
    lowest, highest, step = map(float, _ends(lowest, highest, step))
    return PlayedSlider(value=lowest, min=lowest, max=highest, step=step)


def _ends(*given: float) -> tuple[float, float, float]:
    for number, name in zip(given, ("lowest", "highest", "step"), strict=True):
        real_number(number, name)
    if not _fit(*given):
        said = ", ".join(map(str, given))
        raise ValueError(f"lowest, highest, step must be {ENDS}, got {said}")
    return given


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
    controls = {
        name: _make(name, abbreviation, parameters[name].default)
        for name, abbreviation in abbreviations.items()
    }
    for name, control in controls.items():
        if name in abbreviations and control is not abbreviations[name]:
            labeled = getattr(control, "labeled", control)
            labeled.style.description_width = label_width(controls)
    return controls


def label_width(names: dict[str, Any]) -> str:
    """Return a width for all labels of a demo, so that its sliders begin at one place."""
    return f"{max(map(len, names)) + 0.5:g}ch"


def _make(name: str, abbreviation: Any, default: Any) -> widgets.Widget:
    if isinstance(abbreviation, DrawAgain):
        return abbreviation
    if isinstance(abbreviation, Prompts):
        return TextBox(name, abbreviation, default)
    control = None
    with suppress(ValueError, traitlets.TraitError):
        control = widgets.interactive.widget_from_abbrev(abbreviation, default)
    if control is None or (control is not abbreviation and not _has_choices(control)):
        raise ValueError(
            f"{name} must be (min, max, step), {ENDS}, a list or a widget,"
            f" got {shorten(abbreviation)}"
        )
    if control is abbreviation and not isinstance(control, PlayedSlider):
        return control
    if default is not inspect.Parameter.empty:
        with suppress(traitlets.TraitError):
            control.value = default
        if not _same(control.value, default):
            raise ValueError(
                f"{name} must have a default that its control can have, got {shorten(default)},"
                f" which {shorten(abbreviation)} does not hold"
            )
    elif isinstance(control, SLIDERS):  # ipywidgets begins in the middle, on the grid or not
        control.value = _step(control, round((control.value - control.min) / control.step))
    control.description = name
    if isinstance(control, SLIDERS):
        control.layout.width = "600px"
        if isinstance(control, widgets.FloatSlider):
            digits = -Decimal(f"{control.step:.3g}").normalize().as_tuple().exponent
            control.readout_format = f".{max(2, digits)}f"
        return Number(control, typed=not isinstance(abbreviation, Computed))
    return control


def _same(value: Any, default: Any) -> bool:
    """Whether a control took a default as it is; it may be an array, or anything in a menu."""
    return value is default or bool(np.all(value == default))


def _has_choices(control: widgets.Widget) -> bool:
    if isinstance(control, SLIDERS):
        return _fit(control.min, control.max, control.step)
    return getattr(control, "_options_labels", None) != ()


class Number(widgets.HBox):
    """A slider, and a box for numbers that it cannot reach. Its `value` is what was set last."""

    value = traitlets.Any()
    _player = None

    def __init__(self, slider: SLIDERS, typed: bool = True) -> None:
        self.slider = self.labeled = slider
        self.box = widgets.Text(placeholder=OTHER, continuous_update=False)
        self.box.layout.width = "140px"
        self.box.tooltip = f"{slider.description}: any number, also one beyond the slider's ends"
        if isinstance(slider, PlayedSlider):
            self._player = Player(slider)
        others = ([self.box] if typed else []) + ([self._player] if self._player else [])
        super().__init__([slider, *others], layout={"align_items": "center"})
        self.value = slider.value
        slider.observe(self._moved, "value")
        self.box.observe(self._typed, "value")

    def close(self) -> None:
        """Leave the slider, which may live on in another cell."""
        leave(self.slider, self._moved)
        if self._player:
            self._player.close()
        super().close()

    def _moved(self, change: dict) -> None:
        self.value = value_of(self.slider)
        self.box.value = ""
        self.box.placeholder = OTHER

    def _typed(self, change: dict) -> None:
        text = change["new"].strip()
        if not text:
            self.value = value_of(self.slider)
            return
        whole = isinstance(self.slider, widgets.IntSlider)
        told = "not whole" if whole else "not a number"
        if AMBIGUOUS.fullmatch(text):
            told = f"{text.replace(',', '')} or {text.replace(',', '.')}?"
        else:
            with suppress(ValueError):
                value = (int if whole else float)(text.replace(",", "."))
                if value == value:  # nan is not
                    self.value, self.box.placeholder = value, OTHER
                    return
        self.box.placeholder, self.box.value = told, ""


class TextBox(widgets.HBox):
    """A line to write on, and a menu of texts for it. Its `value` is what Enter handed on last."""

    value = traitlets.Unicode()

    def __init__(self, name: str, texts: Prompts, default: Any) -> None:
        first = texts[0] if default is inspect.Parameter.empty else default
        self.texts = texts if first in texts else (string(first, name, whole=True), *texts)
        self.labeled = widgets.Text(first, description=name, continuous_update=False)
        self.labeled.placeholder = "Write a text, then press Enter"
        self.labeled.layout.width = "600px"
        self._menu = widgets.Dropdown(options=["or one of these", *self.texts])
        self._menu.layout.width = "160px"
        self._menu.tooltip = f"{name}: texts to begin with"
        super().__init__([self.labeled, self._menu], layout={"align_items": "center"})
        traitlets.link((self.labeled, "value"), (self, "value"))
        self._menu.observe(self._chosen, "index")

    def _chosen(self, change: dict) -> None:
        if change["new"]:
            self.labeled.value, self._menu.index = self.texts[change["new"] - 1], 0


class Player(widgets.Play):
    """Buttons that sweep a slider; they go on from where it was moved to."""

    def __init__(self, slider: PlayedSlider) -> None:
        self._slider, self._grid = slider, grid(slider)
        super().__init__(max=len(self._grid) - 1, layout={"width": "auto"})
        self._moved({"new": slider.value})
        self.observe(self._played, "value")
        slider.observe(self._moved, "value")

    def close(self) -> None:
        """Leave the slider, which may live on in another cell."""
        leave(self._slider, self._moved)
        super().close()

    def _played(self, change: dict) -> None:
        self._slider.value = self._grid[change["new"]]

    def _moved(self, change: dict) -> None:
        self.value = int(np.abs(np.array(self._grid) - change["new"]).argmin())


def grid(slider: widgets.Widget) -> list:
    """Return the values at which a slider can stand."""
    span = (slider.max - slider.min) / slider.step
    return [_step(slider, i) for i in range(int(span + 1e-6) + 1)]


def _step(slider: widgets.Widget, i: int) -> float:
    """Return a slider's value after i steps as one would type it: 0.15, not 0.15000000000000002."""
    number = Decimal(repr(slider.min)) + i * Decimal(repr(slider.step))
    if isinstance(slider, widgets.FloatLogSlider):
        return float(slider.base ** float(number))
    return int(number) if isinstance(slider, widgets.IntSlider) else float(number)


def value_of(control: widgets.Widget) -> Any:
    """Return a control's value: of a slider, what stands on the grid. Browsers add up steps."""
    if isinstance(control, widgets.FloatLogSlider):
        steps = (math.log(control.value, control.base) - control.min) / control.step
    elif isinstance(control, SLIDERS):
        steps = (control.value - control.min) / control.step
    else:
        return control.value
    nearest = _step(control, round(steps))
    return nearest if math.isclose(nearest, control.value, abs_tol=1e-9) else control.value


def look() -> widgets.HTML:
    """Return what gives the box around a demo its look: a style, not seen itself."""
    return widgets.HTML(CSS, layout={"display": "none"})


def choices(control: widgets.Widget) -> list[tuple[str, Any]]:
    """Return what a control can be set to, each with its label: a control of text only as it is."""
    if isinstance(control, Number):
        return choices(control.slider)
    if isinstance(control, TextBox):
        return list(zip(control.texts, control.texts, strict=True))
    if isinstance(control, SLIDERS):
        return [(format(number, control.readout_format), number) for number in grid(control)]
    if isinstance(control, widgets.FloatLogSlider):
        return [(f"{number:.3g}", number) for number in grid(control)]
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return [("no", False), ("yes", True)]
    if isinstance(control, DrawAgain):
        return [(f"{seed} of {DRAWS}", seed) for seed in range(1, DRAWS + 1)]
    if hasattr(control, "_options_labels"):
        return list(zip(control._options_labels, control._options_values, strict=True))
    return [(str(control.value), control.value)]
