"""What a demo shows for some values: a picture or an object, as a notebook's output and as HTML.

An output is the pair that IPython's `display(raw=True)` takes: data by MIME type, and metadata. Its
"text/plain" is the text alternative.
"""

from base64 import b64encode
from collections.abc import Callable
from contextlib import redirect_stdout
from html import escape
from io import StringIO
from typing import Any

from IPython.core.formatters import DisplayFormatter
from IPython.core.getipython import get_ipython
from matplotlib.figure import Figure

from tempsampling.widgets.blitting import Frames
from tempsampling.writing.labels import writable

Output = tuple[dict[str, Any], dict[str, Any]]

MOST_PRINTED = 2000  # characters of what an update prints


class Drawing:
    """An `update` and what it changes: called with values, it returns what they look like.

    What the update prints meanwhile is kept in `printed`: a notebook would show it only the first
    time, when a cell is running.
    """

    def __init__(self, figure: Figure | None, update: Callable[..., Any]) -> None:
        if not callable(update):
            raise TypeError(f"update must be a function, got {update!r:.60}")
        self.update = update
        self.frames = None if figure is None else Frames(figure)
        self.printed = ""

    def __call__(self, values: dict[str, Any]) -> Output:
        """Update with the values, and return what is then to be seen."""
        shown = self.updated(values)
        if self.frames is None:
            return of_object(shown)
        return of_figure(self.frames.png(), shown, self.frames.figure)

    def updated(self, values: dict[str, Any]) -> Any:
        """Update with the values; return the object to show, or a figure's alternative text."""
        with redirect_stdout(StringIO()) as printed:
            try:
                shown = self.update(**values)
            finally:
                self.printed = printed.getvalue()
        if self.frames is None or (shown and isinstance(shown, str)):
            return shown
        return ", ".join(f"{name} = {value}" for name, value in values.items())


def of_figure(png: bytes, alt: str, figure: Figure) -> Output:
    """Return a figure's picture with its alternative text as an output."""
    alt = writable(alt, "alt")
    width, height = shown_size(figure)
    return {"image/png": b64encode(png).decode(), "text/plain": alt}, {
        "image/png": {"width": width, "height": height, "alt": alt}
    }


def shown_size(figure: Figure) -> tuple[int, int]:
    """Return the width and height of a figure in a page, in pixels."""
    width, height = figure.get_size_inches()
    return round(100 * width), round(100 * height)


def of_object(shown: Any) -> Output:
    """Return the output that a notebook makes of an object; a string stands for itself."""
    if shown is None:
        raise TypeError(
            "update returned None; it must return what to show, or change a figure that is given"
            " first: explore(figure, update, ...)"
        )
    if isinstance(shown, str):
        return {"text/plain": writable(shown)}, {}
    shell = get_ipython()
    return (shell.display_formatter if shell else DisplayFormatter()).format(shown)


def as_html(output: Output, printed: str = "") -> str:
    """Write an output, and what was printed, as HTML that can replace another without a flicker.

    >>> as_html(({"text/plain": "p < 0.5"}, {}))
    '<div role="status"><pre style="white-space:pre-wrap">p &lt; 0.5</pre></div>'
    """
    return f'<div role="status">{within_html(output, printed)}</div>'


def within_html(output: Output, printed: str = "") -> str:
    """Write the same without the element around it, which a screen reader watches."""
    data, metadata = output
    inner = data.get("text/html") or data.get("image/svg+xml")
    image = next((mime for mime in data if mime in ("image/png", "image/jpeg")), None)
    if not inner and image:
        size = metadata.get(image, {})
        # Decoded together with the page, and with its room kept: nothing is ever blank or jumps.
        width, height = size.get("width", ""), size.get("height", "")
        inner = (
            f'<img decoding="sync" width="{width}" height="{height}"'
            f' style="max-width:100%;height:auto" alt="{escape(data["text/plain"])}"'
            f' src="data:{image};base64,{data[image]}">'
        )
    inner = inner or _preformatted(data["text/plain"])
    if len(printed) > MOST_PRINTED:
        printed = printed[:MOST_PRINTED] + "\n… (more was printed)"
    return inner + (_preformatted(writable(printed)) if printed else "")


def _preformatted(text: str) -> str:
    return f'<pre style="white-space:pre-wrap">{escape(text)}</pre>'
