"""Draw one figure many times, fast: only what changed, on a saved background.

Matplotlib marks an artist as stale when it changes. A frame restores the picture of everything that
lies below the first changed artist and draws that artist and all above it, so the result is the
picture that a full redraw would give. Whenever ticks, limits or layout changed, or artists came or
went, the whole figure is drawn instead.
"""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import combinations
from threading import current_thread, main_thread
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from tempsampling.encode import PngEncoder
from tempsampling.kept_text import KeptTextCanvas


@contextmanager
def _interrupt_afterwards() -> Iterator[None]:
    """Let an interrupt wait: when one comes within Matplotlib's C++, the kernel may die of it.

    A second one does not wait, in case that a drawing never ends.
    """
    interrupt, waiting = signal.getsignal(signal.SIGINT), []
    if current_thread() is not main_thread() or not callable(interrupt):
        yield
        return

    def wait(*arguments: Any) -> None:
        waiting.append(arguments)
        if len(waiting) > 1:
            interrupt(*arguments)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        if waiting:
            interrupt(*waiting[0])


class Frames:
    """The frames of one figure. Takes the figure over: no other window or cell shows it."""

    def __init__(self, figure: Figure) -> None:
        if not isinstance(figure, Figure):
            raise TypeError(f"figure must be a Matplotlib figure, got {figure!r:.60}")
        plt.close(figure)  # otherwise the notebook shows it once more below the cell
        self.figure = figure
        self.full_redraws = 0
        self._canvas = KeptTextCanvas(figure)
        self._first_moving: dict[Axes, int] = {}  # in each axes' order of drawing
        self._sticking_out: set[Artist] = set()
        self._encoder = PngEncoder()
        self._foreground: list[Artist] = []
        with _interrupt_afterwards():
            self._draw_all()

    def png(self) -> bytes:
        """Draw the figure as it is now, and encode it."""
        try:
            self.draw()
            return self._encoder.encode(self.pixels())
        except BaseException:  # an interrupt: nothing that was half done is used again
            self._encoder, self._skeleton = PngEncoder(), []
            raise

    @_interrupt_afterwards()
    def draw(self) -> None:
        """Bring the canvas up to date, by the shortest way that is right."""
        layers = {axes: _drawing_order(axes) for axes in self.figure.axes}
        whole = _skeleton(self.figure, layers) != self._skeleton
        whole = whole or any(artist.stale for artist in self._fixed)
        whole = whole or not self._apart
        for axes, artists in layers.items():
            changed = [i for i, artist in enumerate(artists) if _is_stale(artist)]
            if changed and changed[0] < self._first_moving.get(axes, len(artists)):
                self._first_moving[axes] = changed[0]
                whole = True
            for i in changed:
                whole = self._presses_on_layout(axes, artists[i]) or whole
        whole = whole or bool(self._sticking_out)
        if whole:
            self._draw_all()
            return
        self._canvas.restore_region(self._background)
        self._draw_on_background()

    def pixels(self) -> NDArray[np.uint8]:
        """Return what is drawn on the canvas: red, green, blue and alpha for each pixel."""
        return np.asarray(self._canvas.buffer_rgba())

    def _draw_all(self) -> None:
        self.full_redraws += 1
        layers = {axes: _drawing_order(axes) for axes in self.figure.axes}
        for artist in self._foreground:
            artist.set_animated(False)  # in case that an interrupt left it so
        self._foreground = []
        self._apart = _layers_are_apart(self.figure)
        if self._apart and not self._sticking_out:
            for axes, artists in layers.items():
                first = self._first_moving.get(axes, len(artists))
                self._foreground += artists[first:] if axes.get_visible() else []
            self._foreground += _figure_artists(self.figure)
        for artist in self._foreground:
            artist.set_animated(True)  # a drawing of the figure leaves animated artists out
        if engine := self.figure.get_layout_engine():
            engine.execute(self.figure)  # it comes to rest only the second time, as it is drawn
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        for artist in self._foreground:
            artist.set_animated(False)
        self._draw_on_background()
        self._fixed = _with_children(_fixed(self.figure))
        for artist in [*self._fixed, *_with_children(a for x in layers.values() for a in x)]:
            artist.stale = False  # an invisible artist stays marked after a drawing
        self._skeleton = _skeleton(self.figure, layers)

    def _presses_on_layout(self, axes: Axes, artist: Artist) -> bool:
        """Whether an artist sticks out of its axes, or did until now: then they give way."""
        clipped = artist.get_clip_on() and (artist.get_clip_box() or artist.get_clip_path())
        titles = (axes.title, axes._left_title, axes._right_title)  # `_shape` watches them
        if clipped or artist in titles or not artist.get_in_layout():
            return False
        box = artist.get_tightbbox(self._canvas.get_renderer())
        sticks_out = box is not None and not all(map(axes.bbox.contains, *box.get_points().T))
        before = artist in self._sticking_out
        (self._sticking_out.add if sticks_out else self._sticking_out.discard)(artist)
        return sticks_out or before

    def _draw_on_background(self) -> None:
        renderer = self._canvas.get_renderer()
        for artist in self._foreground:
            artist.draw(renderer)
            for drawn in _with_children([artist]):
                drawn.stale = False


def _drawing_order(axes: Axes) -> list[Artist]:
    """The artists of an axes above its patch, in the order in which Matplotlib draws them."""
    hidden = [axes.patch]
    hidden += [] if axes.axison else [axes.xaxis, axes.yaxis]
    hidden += [] if axes.axison and axes.get_frame_on() else axes.spines.values()
    return sorted((a for a in axes.get_children() if a not in hidden), key=Artist.get_zorder)


def _figure_artists(figure: Figure) -> list[Artist]:
    artists = [a for a in figure.get_children() if a is not figure.patch and a not in figure.axes]
    return sorted(artists, key=Artist.get_zorder)


def _fixed(figure: Figure) -> list[Artist]:
    """Artists whose change moves or covers others: patches and ticks."""
    return [figure.patch, *(a for x in figure.axes for a in (x.patch, x.xaxis, x.yaxis))]


def _layers_are_apart(figure: Figure) -> bool:
    """Whether each axes can be drawn by itself: flat, and not on top of another one."""
    overlap = any(a.bbox.overlaps(b.bbox) for a, b in combinations(figure.axes, 2))
    flat = all(axes.name != "3d" for axes in figure.axes)
    highest = max((axes.get_zorder() for axes in figure.axes), default=0)
    under = any(a.get_zorder() < highest for a in _figure_artists(figure))
    return flat and not overlap and not under and not figure.subfigs


def _skeleton(figure: Figure, layers: dict[Axes, list[Artist]]) -> list[tuple]:
    """What only a full redraw can follow: sizes, places, and which artists there are."""
    return [
        (*figure.get_size_inches(), figure.dpi, *_figure_artists(figure)),
        tuple(artist.get_zorder() for artist in [*_figure_artists(figure), *figure.axes]),
        tuple(_height(text) for text in figure.texts),
        *(legend.get_window_extent().size.round().tolist() for legend in figure.legends),
        *((*artists, *_shape(axes)) for axes, artists in layers.items()),
    ]


def _shape(axes: Axes) -> tuple:
    """Limits, place and titles' heights: what moves ticks or other axes when it changes."""
    titles = (axes.title, axes._left_title, axes._right_title)
    return (
        axes.viewLim.frozen().bounds,
        axes.get_position().bounds,
        axes.axison,
        axes.get_visible(),
        *((_height(title), *title.get_position()) for title in titles),
    )


def _height(text: Text) -> float:
    """What a text takes from the axes: its height; nothing if it is empty or invisible."""
    shown = text.get_visible() and text.get_text()
    return round(text.get_window_extent().height) if shown else 0


def _with_children(artists: Iterable[Artist]) -> list[Artist]:
    return [a for artist in artists for a in (artist, *_with_children(artist.get_children()))]


def _is_stale(artist: Artist) -> bool:
    if isinstance(artist, Axis):  # `_fixed` watches it; to list its ticks computes them anew
        return False
    # A collection does not say so when numbers that it shows as colors change.
    colored = isinstance(artist, Collection) and artist.get_array() is not None
    return artist.stale or colored or any(map(_is_stale, artist.get_children()))
