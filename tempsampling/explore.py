"""Sliders that move a figure: `explore(figure, update, temperature=(0.05, 3.0, 0.05))`.

The figure is drawn once. On a move, `update` changes its artists and `frames.py` draws only those
that changed. Where widgets are not rendered, on a repository's page or in a printed notebook, the
same output shows a picture of the first state.
"""

import html
import inspect
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from tempsampling.frames import Frames
from tempsampling.plots import picture

# Off the screen, but read aloud: what `update` says that the figure shows.
SPOKEN = (
    '<div role="status" style="position:absolute;width:1px;height:1px;overflow:hidden">{}</div>'
)
PROBLEM = (
    '<div role="alert" style="border-left:4px solid #D55E00;padding:4px 10px;line-height:1.4">'
    "<b>{}</b>: {}<br>The picture still shows the last values that worked.</div>"
)


def explore(figure: Figure, update: Callable[..., str | None], **controls: Any) -> None:
    """Show a figure under sliders and call `update` with their values on every move.

    Parameters
    ----------
    figure : a Matplotlib figure, drawn with ordinary Matplotlib
    update : function of the controls
        Changes the figure's artists. A string that it returns becomes the picture's alternative
        text. What it raises is shown below the slider, and the last good picture stays.
    controls : one for each argument of `update`
        The abbreviations of `ipywidgets.interact`: `(min, max, step)` is a slider, a list is a
        menu, `True` is a checkbox; `fixed(value)` or a widget of one's own is taken as it is. A
        default in `update` is the first value of a control that is made here.

    Raises
    ------
    TypeError for a control that `update` has no argument for or the reverse, ValueError for one
    that cannot be turned into a widget, and whatever `update` raises for the first values.

    Examples
    --------
    >>> from tempsampling.plots import ProbabilityBars
    >>> bars = ProbabilityBars(["heads", "tails"], [0.5, 0.5])
    >>> explore(bars.figure, lambda p=0.25: bars.update([p, 1 - p]), p=(0.0, 1.0))
    heads 25.0%, tails 75.0%
    """
    display(Explorer(figure, update, controls))


class Explorer(widgets.VBox):
    """Controls above, the figure below, and a line for what went wrong."""

    def __init__(self, figure: Figure, update: Callable, controls: dict[str, Any]) -> None:
        self.controls = _make_controls(update, controls)
        self.frames = Frames(figure)
        self.update = update
        self._picture = widgets.Image(format="png", layout={"max_width": "100%"})
        self._picture.width = str(round(figure.get_size_inches()[0] * 100))
        self._spoken, self._problem = widgets.HTML(), widgets.HTML()
        visible = [c for c in self.controls.values() if isinstance(c, widgets.Widget)]
        super().__init__([*visible, self._problem, self._picture, self._spoken])
        self._draw()
        for control in self.controls.values():
            control.observe(self._on_move, names="value")

    def _draw(self) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        said = self.update(**values)
        self._picture.value = self.frames.png()
        shown = ", ".join(f"{name} = {value}" for name, value in values.items())
        self.alt = said if said and isinstance(said, str) else shown
        self._spoken.value = SPOKEN.format(html.escape(self.alt))
        self._problem.value = ""

    def _on_move(self, change: dict) -> None:
        try:
            self._draw()
        except Exception as error:
            self._problem.value = PROBLEM.format(type(error).__name__, html.escape(str(error)))

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        still, metadata = picture(self._picture.value, self.alt, self.frames.figure)
        return super()._repr_mimebundle_(**kwargs) | still, metadata


def _make_controls(update: Callable, controls: dict[str, Any]) -> dict[str, widgets.Widget]:
    if not callable(update):
        raise TypeError(f"update must be a function, got {update!r:.60}")
    parameters = inspect.signature(update).parameters
    for name in controls:
        if name not in parameters:
            raise TypeError(f"update has no argument {name!r}; it has {', '.join(parameters)}")
    for name, parameter in parameters.items():
        if name not in controls and parameter.default is parameter.empty:
            raise TypeError(f"update needs a control for its argument {name!r}")
    made = {}
    for name, abbreviation in controls.items():
        control = widgets.interactive.widget_from_abbrev(abbreviation, parameters[name].default)
        if control is None:
            raise ValueError(
                f"{name} must be (min, max, step), a list or a widget, got {abbreviation!r}"
            )
        if control is not abbreviation:  # a widget of one's own stays as it is
            control.description = name
            control.style.description_width = "initial"
            if isinstance(control, widgets.IntSlider | widgets.FloatSlider):
                control.layout.width = "500px"
        made[name] = control
    return made
