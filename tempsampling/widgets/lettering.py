"""Text in figures: every character can be read, and a text that comes again is pasted.

Matplotlib draws a box for a character that the font does not have, and warns: a Japanese token,
say. Here another font of the machine is looked for, and where none has the character, its code is
written. And Matplotlib sets text letter by letter, which takes a third of a frame, although most
texts of a figure were drawn before: they are kept as pictures.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from numpy.typing import NDArray

KEPT = 200  # texts of a figure, those drawn last; one takes some ten kilobytes
# What systems bring along for the scripts that Matplotlib's own DejaVu Sans does not have.
OTHER_FONTS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Yu Gothic", "Meiryo"),
    *("Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", "Malgun Gothic"),
    *("Apple SD Gothic Neo", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Bengali"),
    *("Nirmala UI", "Leelawadee UI", "Segoe UI Symbol", "Noto Sans Symbols2", "Arial Unicode MS"),
)

Picture = tuple[NDArray[np.uint8], int, int]  # its rows from below; its place from the text's


class Canvas(FigureCanvasAgg):
    """A canvas that letters figures in this way."""

    def get_renderer(self) -> RendererAgg:
        """Return the renderer, a new one if the figure's size has changed."""
        size = (*self.figure.bbox.size, self.figure.dpi)
        renderer = getattr(self, "renderer", None)
        if renderer is None or (renderer.width, renderer.height, renderer.dpi) != size:
            self.renderer = Renderer(*size)
        return self.renderer


class Renderer(RendererAgg):
    """A renderer that looks for glyphs, and keeps the pictures of level texts."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._kept: dict[tuple, Picture | None] = {}  # in the order in which they were last drawn

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | str
    ) -> tuple[float, float, float]:
        """Measure a text; the arguments are Matplotlib's."""
        return super().get_text_width_height_descent(*_legible(s, prop, ismath), ismath)

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | str = False,
        mtext: Any = None,
    ) -> None:
        """Draw a text from (x, y), in pixels from the top left; the arguments are Matplotlib's."""
        s, prop = _legible(s, prop, ismath)
        # How letters are rounded to pixels depends on what is left of their place after whole
        # pixels; after pairs of them, since halves are rounded to even numbers.
        left, top = x % 2, y % 2
        key = (s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_antialiased(), left, top)
        seen = key in self._kept
        picture = self._kept.pop(key, None)
        if seen and not picture and not angle:
            picture = self._picture(gc, left, top, s, prop, ismath)
        self._kept[key] = picture
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        if picture:
            rows, right, down = picture
            x0, y0 = x - left + right, int(self.height) - (y - top + down)
            if not _is_cut(gc, x0, y0, rows):
                self.draw_image(gc, x0, y0, rows)
                return
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    def _picture(
        self,
        gc: GraphicsContextBase,
        left: float,
        top: float,
        s: str,
        prop: FontProperties,
        ismath: bool | str,
    ) -> Picture:
        """Draw a text on paper of its own."""
        width, height, below = self.get_text_width_height_descent(s, prop, ismath)
        # Even, as `left` and `top` need it. A quotation mark is not high, but far above the line.
        edge = 2 * int(height + abs(below)) + 4
        # From Matplotlib 3.11 on letters stand between pixels, measured from below: the paper must
        # be as much higher than whole pixels as the figure is.
        paper = RendererAgg(width + 2 * edge, 2 * edge + self.height % 1, self.dpi)
        ink = paper.new_gc()
        ink.set_foreground(gc.get_rgb(), isRGBA=True)
        ink.set_antialiased(gc.get_antialiased())
        paper.draw_text(ink, edge + left, edge + top, s, prop, 0, ismath)
        rows, x, y = cut_out(paper)
        return rows, x - edge, int(paper.height) - y - edge


def cut_out(paper: RendererAgg) -> Picture:
    """Return what is drawn on some paper, and where its lower left corner is, from below."""
    pixels = np.asarray(paper.buffer_rgba())
    inked = pixels[..., 3] > 0
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    if not rows.size:  # a space, or something invisible
        rows = columns = np.zeros(1, int)
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return pixels[box][::-1].copy(), int(columns[0]), len(pixels) - int(rows[-1]) - 1


def _is_cut(gc: GraphicsContextBase, x0: float, y0: float, picture: NDArray[np.uint8]) -> bool:
    """Whether some of a picture lies outside what is drawn on: texts are cut a pixel earlier."""
    if gc.get_clip_path()[0]:
        return True
    clip, (height, width) = gc.get_clip_rectangle(), picture.shape[:2]
    return clip is not None and not (
        clip.x0 < x0 and x0 + width < clip.x1 and clip.y0 < y0 and y0 + height < clip.y1
    )


def _legible(s: str, prop: FontProperties, ismath: bool | str) -> tuple[str, FontProperties]:
    """Return a text that can be drawn, and a font to draw it with; mostly both as they are."""
    return (s, prop) if s.isascii() or ismath else _with_other_fonts(s, prop)


@lru_cache(maxsize=500)
def _with_other_fonts(s: str, prop: FontProperties) -> tuple[str, FontProperties]:
    families = list(prop.get_family())
    shown = ""
    for character in s:
        font = next((f for f in (*families, *OTHER_FONTS) if _has(f, character)), None)
        shown += character if font else ascii(character)[1:-1]
        if font and font not in families:
            families.append(font)
    if len(families) > len(prop.get_family()):
        prop = prop.copy()
        prop.set_family(families)
    return shown, prop


@lru_cache(maxsize=5000)
def _has(family: str, character: str) -> bool:
    if family in OTHER_FONTS and family not in fontManager.get_font_names():
        return False
    return get_font(findfont(FontProperties(family))).get_char_index(ord(character)) > 0
