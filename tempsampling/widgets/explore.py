"""Sliders that move a figure, a text, a table or a sound: `explore(update, temperature=(0, 2.0))`.

One call, three realizations. Live: a move calls `update`, and `blitting.py` draws only the artists
that it changed. Still: where widgets are not rendered, on a repository's page or in a printed
notebook, the same cell shows the first state. Exported: with TEMPSAMPLING_EXPORT in the
environment, all pictures are drawn beforehand and the slider moves without a kernel (`export.py`).
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as widgets
from IPython.core.getipython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from tempsampling.widgets.controls import (
    BUSY,
    LOOK,
    DrawAgain,
    Number,
    PlayedSlider,
    TextBox,
    leave,
    look,
    make_controls,
    this_run,
    value_of,
)
from tempsampling.widgets.export import film
from tempsampling.widgets.rendering import Drawing, as_html

EXPORT = "TEMPSAMPLING_EXPORT"
WIDGET = "application/vnd.jupyter.widget-view+json"
SLOW = 0.1  # seconds, after which an update shows that it is still at work

PROBLEM = (
    '<div role="alert" style="border-left:4px solid #E66100;padding:4px 10px;line-height:1.4">'
    "<b>{}</b>: {}<br>Shown are still the last values that worked.</div>"
)
# A cell has three outputs: the still, its words, the widget. A living widget brings a rule that
# hides the other two (`controls.py`). A dead one, in a notebook that was saved and opened again in
# JupyterLab, consists of an error message alone, and is hidden by a rule beside the words. It comes
# as a link: of a <style>, some sites would show the text.
HIDE = "\n.jp-OutputArea-output.jupyter-widgets:not(:has(*)) { display: none }"
WORDS = (
    f'<link rel="stylesheet" href="data:text/css,{quote(HIDE)}">'
    '<details class="tempsampling-words"><summary>The picture in words</summary>{}</details>'
)


def explore(figure: Any, update: Any = None, /, **controls: Any) -> None:
    """Show what `update` makes of the values of some controls, and call it on every move.

    Called as `explore(update, ...)`, it shows what `update` returns: a text, a table, a sound, any
    object that a notebook can show. Called as `explore(figure, update, ...)`, it shows the figure.

    Parameters
    ----------
    figure : a Matplotlib figure, drawn with ordinary Matplotlib; may be left out
    update : function of the controls
        With a figure, changes the figure's artists; a string that it returns becomes the picture's
        alternative text. What it prints is shown below, and what it raises below the controls,
        while the last good state stays.
    controls : one for each argument of `update`
        The abbreviations of `ipywidgets.interact`: `(min, max, step)` is a slider, a list is a
        menu, `True` is a checkbox; `fixed(value)` or a widget of one's own is taken as it is.
        `draw_again()` is a button that gives a new seed, `play(min, max, step)` a slider that can
        be swept, `computed(min, max, step)` one without a box for typing other values,
        `text_box(text, ...)` a line to write on. A default in `update` is the first value of a
        control that is made here.

    What `update` raises for the first values is raised here.

    Examples
    --------
    >>> explore(lambda p=0.25: f"heads {p:.0%}, tails {1 - p:.0%}", p=(0.0, 1.0))
    heads 25%, tails 75%
    """
    if update is None:
        figure, update = None, figure
    with one_for_each_cell(controls.values()):
        if os.environ.get(EXPORT):
            return display(film(Drawing(figure, update), make_controls(update, controls)), raw=True)
        shown = Explorer(figure, update, controls)
        show_still(*shown.output)
    show_live(shown)


def show_live(shown: widgets.Widget) -> None:
    """Show a widget where something can render it."""
    if get_ipython():
        view = {"version_major": 2, "version_minor": 0, "model_id": shown.model_id}
        display({WIDGET: view}, raw=True)


def show_still(data: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Show what stands where widgets are not rendered; a terminal shows its text."""
    if not get_ipython():  # a plain Python session
        print(data["text/plain"])
        return
    display(data, raw=True, metadata=metadata)
    display({"text/html": WORDS.replace("{}", escape(data["text/plain"]))}, raw=True)


def show_answering(shown: widgets.Widget, still: dict[str, Any]) -> None:
    """Show a widget that only a kernel can answer: a page without one shows how it begins."""
    if os.environ.get(EXPORT):
        still["text/html"] = f'<div class="{LOOK}">{still["text/html"]}</div>'  # as a demo
        return display(still, raw=True)
    show_still(still, {})
    show_live(shown)


# JupyterLab lets the kernel's main thread answer the first move, and another thread all later ones.
MOVING = threading.RLock()


class Explorer(widgets.VBox):
    """Controls above, what they show below, and between them a line for what went wrong."""

    controls: dict[str, widgets.Widget] = {}  # noqa: RUF012, none until all could be made

    def __init__(
        self, figure: Figure | None, update: Callable[..., Any], controls: dict[str, Any]
    ) -> None:
        self.drawing = Drawing(figure, update)
        self.controls = make_controls(update, controls)
        shown = [c for c in self.controls.values() if isinstance(c, widgets.Widget)]
        self._screen, self._problem = widgets.HTML(), widgets.HTML(layout={"display": "none"})
        super().__init__([*shown, self._problem, self._screen, look()])
        self.add_class(LOOK)
        try:
            self._draw()
        except BaseException:
            self.close()  # ipywidgets would keep it
            raise
        for control in self.controls.values():
            control.observe(self._on_move, names="value")

    def close(self) -> None:
        """Leave the controls, which may live on in another cell, and the figure."""
        for control in self.controls.values():
            leave(control, self._on_move)
            if isinstance(control, Number):  # made here, around a slider that may live on
                control.close()
        self.drawing = None
        super().close()

    def _draw(self) -> None:
        values = {name: value_of(control) for name, control in self.controls.items()}
        start = time.perf_counter()
        self.output = self.drawing(values)
        self._seconds = time.perf_counter() - start
        self._screen.value = as_html(self.output, self.drawing.printed)

    def _on_move(self, change: dict) -> None:
        with MOVING:
            self._follow(change)

    def _follow(self, change: dict) -> None:
        # While this runs, the browser keeps back all moves but the newest: none pile up.
        # The last update took long, and so will this one; or a model is to read a new text.
        if self._seconds > SLOW or isinstance(change["owner"], TextBox):
            self.add_class(BUSY)
        problem = ""
        try:
            self._draw()
        except (Exception, KeyboardInterrupt) as error:
            what = str(error) or "move a control to go on"
            problem = PROBLEM.format(type(error).__name__, escape(what))
            self._screen.send_state("value")  # an interrupt may have kept it from being sent
        self.remove_class(BUSY)
        self._problem.value = problem
        self._problem.layout.display = None if problem else "none"


_of_cell: dict[str, tuple[str, list[widgets.Widget]]] = {}


@contextmanager
def one_for_each_cell(given: Iterable[Any] = ()) -> Iterator[None]:
    """Close what an earlier run of the same cell showed: ipywidgets itself keeps it for ever.

    Among the controls `given`, those of `draw_again()` and `play()` may have been made by this run
    of the cell, too, before `explore` was called.
    """
    cell, run = this_run()
    earlier, made = _of_cell.get(cell, (run, []))
    given = [c for c in given if isinstance(c, DrawAgain | PlayedSlider)]
    own = [w for c in given if c.made_in == (cell, run) for w in (c, c.layout, c.style)]
    if earlier != run:
        for widget in made:
            widget.close()
        made = []
        _of_cell.pop(cell)
        gc.collect()  # figures are large, and full of cycles that Python would find much later
    widgets.Widget.on_widget_constructed(made.append)
    try:
        yield
    finally:
        widgets.Widget.on_widget_constructed(None)
        if cell:
            _of_cell[cell] = run, [*made, *own]
