"""Draw one figure many times, fast: only what changed, on a saved background.

Matplotlib marks an artist as stale when it changes. A frame restores the picture of everything that
lies below the first changed artist and draws that artist and all above it, so the result is the
picture that a full redraw would give. Whenever ticks, limits or layout changed, or artists came or
went, the whole figure is drawn instead.
"""

from io import BytesIO
from itertools import combinations

import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageChops

# The largest difference, of 255 for each of red, green and blue, between a drawn pixel and the
# pixel of the encoded picture. Eyes see no difference of this size at an edge.
COLOR_TOLERANCE = 12


class Frames:
    """The frames of one figure. Takes the figure over: no other window or cell shows it."""

    def __init__(self, figure: Figure) -> None:
        if not isinstance(figure, Figure):
            raise TypeError(f"figure must be a Matplotlib figure, got {figure!r:.60}")
        plt.close(figure)  # otherwise the notebook shows it once more below the cell
        self.figure = figure
        self.full_redraws = 0
        self._canvas = FigureCanvasAgg(figure)
        self._first_moving: dict[Axes, int] = {}  # in each axes' order of drawing
        self._palette: Image.Image | None = None
        self._full_color = False
        self._draw_all()

    def png(self) -> bytes:
        """Draw the figure as it is now, and encode it."""
        self.draw()
        data = BytesIO()
        self._reduce_colors(self.image()).save(data, "png", compress_level=1)
        return data.getvalue()

    def draw(self) -> None:
        """Bring the canvas up to date, by the shortest way that is right."""
        layers = {axes: _drawing_order(axes) for axes in self.figure.axes}
        skeleton = _skeleton(self.figure, layers)
        whole = skeleton != self._skeleton or not _layers_are_apart(self.figure)
        whole = whole or any(map(_is_stale, _fixed(self.figure)))
        for axes, artists in layers.items():
            changed = next((i for i, a in enumerate(artists) if _is_stale(a)), len(artists))
            if changed < self._first_moving.get(axes, len(artists)):
                self._first_moving[axes] = changed
                whole = True
        if whole:
            self._draw_all()
            return
        self._canvas.restore_region(self._background)
        self._draw_on_background()

    def image(self) -> Image.Image:
        """Return what is drawn on the canvas, without its transparency."""
        size = self._canvas.get_width_height()
        return Image.frombuffer("RGBA", size, self._canvas.buffer_rgba()).convert("RGB")

    def _draw_all(self) -> None:
        self.full_redraws += 1
        layers = {axes: _drawing_order(axes) for axes in self.figure.axes}
        self._foreground = []
        if _layers_are_apart(self.figure):
            for axes, artists in layers.items():
                first = self._first_moving.get(axes, len(artists))
                self._foreground += artists[first:] if axes.get_visible() else []
            self._foreground += _figure_artists(self.figure)
        for artist in self._foreground:
            artist.set_animated(True)  # a drawing of the figure leaves animated artists out
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        for artist in self._foreground:
            artist.set_animated(False)
        self._draw_on_background()
        for artist in [*_fixed(self.figure), *(a for layer in layers.values() for a in layer)]:
            _mark_drawn(artist)
        self._skeleton = _skeleton(self.figure, layers)

    def _draw_on_background(self) -> None:
        renderer = self._canvas.get_renderer()
        for artist in self._foreground:
            artist.draw(renderer)
            _mark_drawn(artist)

    def _reduce_colors(self, image: Image.Image) -> Image.Image:
        """Map to a palette, which makes encoding 4 times faster; choose it anew on new colors."""
        if self._full_color:
            return image
        if self._palette is not None:
            reduced = image.quantize(palette=self._palette, dither=Image.Dither.NONE)
            if _color_difference(image, reduced) <= COLOR_TOLERANCE:
                return reduced
        self._palette = _choose_palette(image)
        reduced = image.quantize(palette=self._palette, dither=Image.Dither.NONE)
        # More shades than a palette holds, as in a photograph or a color map, stay as they are.
        self._full_color = _color_difference(image, reduced) > COLOR_TOLERANCE
        return image if self._full_color else reduced


def _drawing_order(axes: Axes) -> list[Artist]:
    """The artists of an axes above its patch and ticks, in the order in which Matplotlib draws."""
    hidden = () if axes.axison and axes.get_frame_on() else axes.spines.values()
    children = [a for a in axes.get_children() if a is not axes.patch and a not in hidden]
    return sorted((a for a in children if not isinstance(a, Axis)), key=Artist.get_zorder)


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
    return flat and not overlap and not figure.subfigs


def _skeleton(figure: Figure, layers: dict[Axes, list[Artist]]) -> list[tuple]:
    """What only a full redraw can follow: sizes, places, and which artists there are."""
    return [
        (*figure.get_size_inches(), figure.dpi, *_figure_artists(figure)),
        tuple(text.get_text().count("\n") for text in figure.texts),
        *((*artists, *_shape(axes)) for axes, artists in layers.items()),
    ]


def _shape(axes: Axes) -> tuple:
    """Limits, place and lines of the title: what moves ticks or other axes when it changes."""
    titles = [axes.get_title(loc) for loc in ("left", "center", "right")]
    return (
        axes.viewLim.frozen().bounds,
        axes.get_position().bounds,
        axes.axison,
        axes.get_visible(),
        *((title == "", title.count("\n")) for title in titles),
    )


def _is_stale(artist: Artist) -> bool:
    return artist.stale or any(map(_is_stale, artist.get_children()))


def _mark_drawn(artist: Artist) -> None:
    artist.stale = False  # an invisible artist stays marked after a drawing
    for child in artist.get_children():
        _mark_drawn(child)


def _choose_palette(image: Image.Image) -> Image.Image:
    """At most 256 colors: of all that agree in 5 bits for each channel, the most frequent one."""
    chosen = {}
    for _, color in sorted(image.getcolors(image.width * image.height), reverse=True):
        chosen.setdefault(tuple(channel >> 3 for channel in color), color)
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for color in list(chosen.values())[:256] for channel in color])
    return palette


def _color_difference(image: Image.Image, reduced: Image.Image) -> int:
    """The largest difference on a grid so fine that every new area, line or letter meets it."""
    grid = (image.width // 2, image.height // 3)
    shown = reduced.resize(grid, Image.Resampling.NEAREST).convert("RGB")
    difference = ImageChops.difference(image.resize(grid, Image.Resampling.NEAREST), shown)
    return max(high for _, high in difference.getextrema())
