"""A demo that needs no kernel: its pictures are drawn beforehand, and the browser shows one.

A page gets controls of plain HTML with what they show at first, and beside them the film: what is
to be seen at each of their positions. `film.js` brings the two together.
"""

import hashlib
import json
from html import escape
from itertools import product
from math import prod
from typing import Any

import ipywidgets as widgets
import numpy as np

from tempsampling.widgets.controls import (
    LOOK,
    SLIDERS,
    DrawAgain,
    Number,
    PlayedSlider,
    choices,
    value_of,
)
from tempsampling.widgets.mosaic import Mosaic
from tempsampling.widgets.rendering import Drawing, as_html, of_object, shown_size, within_html
from tempsampling.writing.labels import writable

FILM = "application/vnd.tempsampling.film+json"
MOST_STATES = 10_000  # of one demo: all positions of its controls, combined; a minute of drawing
LEAST = 5  # positions that a slider keeps at any rate

Choices = list[tuple[str, Any]]  # labels and values


def film(drawing: Drawing, controls: dict[str, widgets.Widget]) -> dict[str, Any]:
    """Return an output of two kinds: HTML with the controls and what they show, and the film.

    The film has the labels of each control's positions and, for every combination of them, the last
    control moving fastest, the number of its frame. A frame is HTML with the number of the picture
    in it, or None.
    """
    values = {name: value_of(control) for name, control in controls.items()}
    first = as_html(drawing(values), drawing.printed)
    ranges = positions(controls)
    mosaic, frames = Mosaic(), {}
    numbers = []
    for state in product(*ranges.values()):
        values = {name: value for name, (_, value) in zip(ranges, state, strict=True)}
        numbers.append(frames.setdefault(_frame(drawing, values, mosaic), len(frames)))
    moving = {name: each for name, each in ranges.items() if len(each) > 1}
    labels = [[label for label, _ in each] for each in moving.values()]
    shown = {
        "states": {"labels": labels, "numbers": numbers, "frames": list(frames)},
        "pictures": mosaic.packed() if drawing.frames else None,
    }
    name = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:12]
    knobs = (_knob(controls[each], moving[each], f"{name}-{i}") for i, each in enumerate(moving))
    page = f'<div class="{LOOK} tex2jax_ignore" data-film="{name}">\n'
    page += f'<div class="knobs">\n{"".join(knobs)}</div>\n{first}\n</div>'
    return {"text/html": page, FILM: {"name": name} | shown}


def positions(controls: dict[str, widgets.Widget]) -> dict[str, Choices]:
    """Return the positions of each control in an exported page.

    Those are all it has. Of more than `MOST_STATES` combinations sliders leave out some, evenly and
    in equal shares, but never the first one shown and neither end.
    """
    ranges = {name: choices(control) for name, control in controls.items()}
    sizes = {name: len(values) for name, values in ranges.items()}
    sliders = [name for name in ranges if _is_slider(controls[name])]
    while prod(sizes.values()) > MOST_STATES:
        long = [name for name in sliders if sizes[name] > LEAST]
        if not long:
            break
        sizes[max(long, key=lambda name: sizes[name] / len(ranges[name]))] -= 1
    for name in sliders:
        values = ranges[name]
        kept = np.linspace(0, len(values) - 1, sizes[name]).round().astype(int)
        start = _nearest(values, controls[name].value)
        if start not in kept:
            kept[1:-1][np.abs(kept[1:-1] - start).argmin()] = start
        ranges[name] = [values[i] for i in kept]
    return ranges


def _is_slider(control: widgets.Widget) -> bool:
    return isinstance(control, Number | SLIDERS | widgets.FloatLogSlider)


def _nearest(values: Choices, value: Any) -> int:
    """The index of a value in a list of choices; a slider may stand between two of them."""
    bare = [each for _, each in values]
    if isinstance(value, int | float):
        return int(np.abs(np.array(bare, float) - value).argmin())
    return bare.index(value)


def _frame(drawing: Drawing, values: dict[str, Any], mosaic: Mosaic) -> tuple[str, int | None]:
    """Draw one frame; where `update` refuses the values, it is what that says."""
    try:
        shown = drawing.updated(values)
        if drawing.frames is None:
            return within_html(of_object(shown), drawing.printed), None
        drawing.frames.draw()
    except Exception as error:
        return f"<b>{type(error).__name__}</b>: {escape(writable(str(error)))}", None
    words, (width, _) = writable(shown, "alt"), shown_size(drawing.frames.figure)
    style = f"width:{width}px;max-width:100%;height:auto"
    canvas = f'<canvas role="img" aria-label="{escape(words)}" style="{style}"></canvas>'
    html = within_html(({"text/html": canvas, "text/plain": words}, {}), drawing.printed)
    return html, mosaic.add(drawing.frames.pixels())


def _knob(control: widgets.Widget, values: Choices, name: str) -> str:
    """Return a control of plain HTML that stands at one of some values."""
    at = _nearest(values, control.value)
    labels = [escape(writable(each)) for each, _ in values]
    about = escape(writable(getattr(control, "labeled", control).description))
    label = f'<label for="{name}">{about}</label>'
    readout = f'<span class="readout" aria-hidden="true">{labels[at]}</span>'
    if isinstance(control, DrawAgain):
        knob = f'<span><button id="{name}" value="{at}">{about}</button> {readout}</span>'
    elif _is_slider(control):
        place = f'max="{len(values) - 1}" value="{at}" aria-valuetext="{labels[at]}"'
        knob = f'{label}<input id="{name}" type="range" {place}>{readout}'
        if isinstance(getattr(control, "slider", None), PlayedSlider):
            knob += '<button class="play" aria-label="play">▶</button>'
    elif isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        knob = f'{label}<input id="{name}" type="checkbox"{" checked" * at}>'
    else:
        options = [f"<option>{each}</option>" for each in labels]
        options[at] = options[at].replace("<option", "<option selected", 1)
        knob = f'{label}<select id="{name}">{"".join(options)}</select>'
    return f'<div class="knob">{knob}</div>\n'
