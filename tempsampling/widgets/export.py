"""A demo that needs no kernel: its frames are drawn beforehand, and the browser shows one of them.

Each control is linked in the browser to a stack of frames: by its index, so that any list of values
will do. For two controls, each frame of the first stack is a stack of its own.
"""

import base64
from html import escape
from io import BytesIO
from math import prod
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from tempsampling.widgets.controls import (
    LOOK,
    DrawAgain,
    Number,
    PlayedSlider,
    TextBox,
    choices,
    label_width,
    look,
    value_of,
)
from tempsampling.widgets.png import COARSE_AREA, COARSE_STEP, PngEncoder
from tempsampling.widgets.rendering import Drawing, Output, as_html

MOST_FRAMES = 64  # of one demo
MOST_BYTES = 900_000  # of all of them, judged by the first one shown: below a megabyte
TEXTS = 5  # of a `text_box`, which are left if there are as many: a slider gives way to them


def film(drawing: Drawing, controls: dict[str, widgets.Widget]) -> widgets.Widget:
    """Return the controls and, linked to them in the browser, a frame for each of their values.

    Of more than `MOST_FRAMES` values, or of large frames, some are left out, evenly: never the
    first one shown, and an end only where two are left.
    """
    encoder = PngEncoder(COARSE_STEP, COARSE_AREA)  # coarser than live: frames must be small
    first = _frame(drawing, {name: value_of(c) for name, c in controls.items()}, encoder)
    most = min(MOST_FRAMES, max(2, MOST_BYTES // len(first.encode())))
    ranges = {name: choices(control) for name, control in controls.items()}
    ranges = _thinned(ranges, controls, most)
    knobs = {
        name: _knob(controls[name], values) for name, values in ranges.items() if len(values) > 1
    }
    for knob in knobs.values():
        knob.style.description_width = label_width(controls)
    alike = {"layout": widgets.Layout(), "style": widgets.HTML().style}  # one for all frames

    def stack(names: list[str], values: dict[str, Any]) -> widgets.Widget:
        if not names:
            return widgets.HTML(_frame(drawing, values, encoder), **alike)
        name, *rest = names
        frames = [stack(rest, values | {name: value}) for _, value in ranges[name]]
        if name not in knobs:
            return frames[0]
        pages = widgets.Stack(frames, selected_index=knobs[name].index)
        widgets.jslink((knobs[name], "index"), (pages, "selected_index"))
        return pages

    rows = [_row(controls[name], knob) for name, knob in knobs.items()]
    shown = widgets.VBox([*rows, stack(list(ranges), {}), look()])
    shown.add_class(LOOK)
    return shown


def _thinned(
    ranges: dict[str, list], controls: dict[str, widgets.Widget], most: int
) -> dict[str, list]:
    sizes = {name: len(values) for name, values in ranges.items()}
    least = {name: TEXTS if isinstance(controls[name], TextBox) else 2 for name in ranges}
    while prod(sizes.values()) > most:
        sizes[max(sizes, key=lambda name: (sizes[name] > least[name], sizes[name]))] -= 1
    thinned = {}
    for name, values in ranges.items():
        kept = np.linspace(0, len(values) - 1, sizes[name]).round().astype(int)
        start = _nearest(values, controls[name].value)
        if start not in kept:
            free = slice(1, -1) if len(kept) > 2 else slice(None)  # of two ends the nearer one goes
            kept[free][np.abs(kept[free] - start).argmin()] = start
        thinned[name] = [values[i] for i in kept]
    return thinned


def _nearest(values: list[tuple[str, Any]], value: Any) -> int:
    """The index of a value in a list of choices; a slider may stand between two of them."""
    bare = [each for _, each in values]
    if isinstance(value, int | float):
        return int(np.abs(np.array(bare, float) - value).argmin())
    return bare.index(value)


def _knob(control: widgets.Widget, values: list[tuple[str, Any]]) -> widgets.Widget:
    """A control that knows its place in a list of values."""
    number = isinstance(control, Number | DrawAgain | widgets.FloatLogSlider)
    kind = widgets.SelectionSlider if number else widgets.Dropdown
    knob = kind(
        options=values,
        index=_nearest(values, control.value),
        description=getattr(control, "labeled", control).description,
    )
    if number or isinstance(control, TextBox):
        knob.layout.width = "600px"
    return knob


def _row(control: widgets.Widget, knob: widgets.Widget) -> widgets.Widget:
    if not isinstance(getattr(control, "slider", None), PlayedSlider):
        return knob
    play = widgets.Play(max=len(knob.options) - 1, value=knob.index, layout={"width": "auto"})
    widgets.jslink((play, "value"), (knob, "index"))
    return widgets.HBox([knob, play], layout={"align_items": "center"})


def _frame(drawing: Drawing, values: dict[str, Any], encoder: PngEncoder) -> str:
    """One frame as HTML; where `update` refuses the values, what it says."""
    try:
        return as_html(_smaller(drawing(values), encoder), drawing.printed)
    except Exception as error:
        return f'<div role="status"><b>{type(error).__name__}</b>: {escape(str(error))}</div>'


def _smaller(output: Output, encoder: PngEncoder) -> Output:
    """Write a PNG as a WebP in fewer colors, without any other loss: a third of the size."""
    data, metadata = output
    if "image/png" not in data:
        return output
    png = Image.open(BytesIO(base64.b64decode(data["image/png"])))
    few = Image.open(BytesIO(encoder.encode(np.array(png.convert("RGBA")))))
    if few.mode == "RGB":  # too many colors for a palette: 16 levels of red, green and blue do
        few = few.point(lambda value: (value + 8) // 17 * 17)
    file = BytesIO()
    few.convert("RGB").save(file, "webp", lossless=True, quality=100, method=4)
    webp = base64.b64encode(file.getvalue()).decode()
    alt = data["text/plain"]
    return {"image/webp": webp, "text/plain": alt}, {"image/webp": metadata["image/png"]}
