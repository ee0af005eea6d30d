"""Draw one figure many times, fast: only what moves, on a saved background.

Matplotlib marks an artist as stale when it changes. A frame restores the picture of everything that
lies below the first artist that moves, and draws that artist and all above it, so the result is
what a full redraw would give. What lies above but never moves is drawn once, and pasted from then
on. Whenever ticks, limits or layout changed, or artists came or went, the whole figure is drawn.
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
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from tempsampling.widgets.lettering import Canvas, Renderer, cut_out
from tempsampling.widgets.png import PngEncoder

Layers = dict[Axes, list[Artist]]  # of each axes, from the bottom up
_Picture = tuple[int, int, NDArray[np.uint8]]  # its lower left corner; its rows, from below


@contextmanager
def _interrupt_afterwards() -> Iterator[None]:
    """Let an interrupt wait: if one comes within Matplotlib's C++ code, it may end the kernel.

    A second one does not wait, or a drawing that never ends could not be stopped.
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
        self._canvas = Canvas(figure)
        self._encoder = PngEncoder()
        self._moving: set[Artist] = set()  # all that ever changed
        self._sticking_out: set[Artist] = set()  # of their axes, which make room for them
        self._foreground: list[Artist] = []  # the first artist that moves, and all above it
        self._pasted: dict[Artist, _Picture] = {}  # those of the foreground that never moved
        with _interrupt_afterwards():
            self._draw_all(_layers(figure))

    def png(self) -> bytes:
        """Draw the figure as it is now, and encode it."""
        try:
            self.draw()
            return self._encoder.encode(self.pixels())
        except BaseException:  # an interrupt: nothing that was half done is used again
            self._encoder, self._structure = PngEncoder(), []
            raise

    @_interrupt_afterwards()
    def draw(self) -> None:
        """Bring the canvas up to date, by the shortest way that is right."""
        layers = _layers(self.figure)
        changed = {axes: list(filter(_is_stale, artists)) for axes, artists in layers.items()}
        background_moved = any(set(new).difference(self._foreground) for new in changed.values())
        for artists in changed.values():
            self._moving.update(artists)
        before = set(self._sticking_out)
        for axes, artists in changed.items():
            self._note_what_sticks_out(axes, artists)
        if (
            background_moved
            or before
            or self._sticking_out
            or not self._layers_are_apart
            or any(artist.stale for artist in self._watched)
            or _structure(self.figure, layers) != self._structure
        ):
            self._draw_all(layers)
        else:
            self._canvas.restore_region(self._background)
            self._draw_foreground()

    def pixels(self) -> NDArray[np.uint8]:
        """Return what is drawn on the canvas: red, green, blue and alpha for each pixel."""
        return np.asarray(self._canvas.buffer_rgba())

    def _draw_all(self, layers: Layers) -> None:
        self.full_redraws += 1
        self._moving &= {*_figure_artists(self.figure), *(a for x in layers.values() for a in x)}
        for artist in self._foreground:
            artist.set_animated(False)  # an interrupt may have left it animated
        self._foreground, self._pasted = [], {}
        self._layers_are_apart = _are_apart(self.figure)
        if self._layers_are_apart and not self._sticking_out:
            for axes, artists in layers.items():
                moving = (i for i, artist in enumerate(artists) if artist in self._moving)
                if axes.get_visible():
                    self._foreground += artists[next(moving, len(artists)) :]
            self._foreground += _figure_artists(self.figure)
        for artist in self._foreground:
            artist.set_animated(True)  # a drawing of the figure leaves animated artists out
        if engine := self.figure.get_layout_engine():
            engine.execute(self.figure)  # it comes to rest only the second time, as it is drawn
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        for artist in self._foreground:
            artist.set_animated(False)
            artist.draw(self._canvas.get_renderer())
        self._watched = _with_children(_ticks_and_patches(self.figure))
        for artist in [*self._watched, *self._foreground, *(a for x in layers.values() for a in x)]:
            _is_drawn(artist)  # an invisible one, too, which stays marked after a drawing
        self._structure = _structure(self.figure, layers)

    def _draw_foreground(self) -> None:
        renderer = self._canvas.get_renderer()
        for artist in self._foreground:
            if _is_stale(artist):
                self._moving.add(artist)
            if artist not in self._moving:
                if artist not in self._pasted:
                    self._pasted[artist] = _picture(artist, renderer)
                    _is_drawn(artist)
                renderer.draw_image(renderer.new_gc(), *self._pasted[artist])
            else:
                artist.draw(renderer)
                _is_drawn(artist)

    def _note_what_sticks_out(self, axes: Axes, changed: list[Artist]) -> None:
        titles = (axes.title, axes._left_title, axes._right_title)  # `_shape` watches them
        for artist in changed:
            clipped = artist.get_clip_on() and (artist.get_clip_box() or artist.get_clip_path())
            if clipped or artist in titles or not artist.get_in_layout():
                continue
            self._sticking_out.discard(artist)
            box = artist.get_tightbbox(self._canvas.get_renderer())
            if box is not None and not all(map(axes.bbox.contains, *box.get_points().T)):
                self._sticking_out.add(artist)


def _picture(artist: Artist, renderer: RendererAgg) -> _Picture:
    """Draw an artist on paper of its own, as large as the figure."""
    paper = Renderer(renderer.width, renderer.height, renderer.dpi)
    artist.draw(paper)
    rows, x, y = cut_out(paper)
    return x, y, rows


def _layers(figure: Figure) -> Layers:
    """Return for each axes the artists above its patch, in the order in which they are drawn."""
    layers = {}
    for axes in figure.axes:
        hidden = [axes.patch]
        hidden += [] if axes.axison else [axes.xaxis, axes.yaxis]
        hidden += [] if axes.axison and axes.get_frame_on() else axes.spines.values()
        artists = (a for a in axes.get_children() if a not in hidden)
        layers[axes] = sorted(artists, key=Artist.get_zorder)
    return layers


def _figure_artists(figure: Figure) -> list[Artist]:
    artists = [a for a in figure.get_children() if a is not figure.patch and a not in figure.axes]
    return sorted(artists, key=Artist.get_zorder)


def _ticks_and_patches(figure: Figure) -> list[Artist]:
    """Artists whose change moves or covers others."""
    return [figure.patch, *(a for x in figure.axes for a in (x.patch, x.xaxis, x.yaxis))]


def _are_apart(figure: Figure) -> bool:
    """Whether each axes can be drawn by itself: flat, and not on top of another one."""
    overlap = any(a.bbox.overlaps(b.bbox) for a, b in combinations(figure.axes, 2))
    flat = all(axes.name != "3d" for axes in figure.axes)
    highest = max((axes.get_zorder() for axes in figure.axes), default=0)
    under = any(a.get_zorder() < highest for a in _figure_artists(figure))
    return flat and not overlap and not under and not figure.subfigs


def _structure(figure: Figure, layers: Layers) -> list[tuple]:
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


def _is_drawn(artist: Artist) -> None:
    for each in _with_children([artist]):
        each.stale = False


def _is_stale(artist: Artist) -> bool:
    if isinstance(artist, Axis):  # it is watched; to list its ticks computes them anew
        return False
    # A collection does not say so when numbers that it shows as colors change.
    colored = isinstance(artist, Collection) and artist.get_array() is not None
    return artist.stale or colored or any(map(_is_stale, artist.get_children()))
