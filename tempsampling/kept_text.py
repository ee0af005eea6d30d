"""Draw a text that was drawn before as the picture that it gave then.

Matplotlib sets text letter by letter, which takes a third of a frame, although most of a figure's
texts are the same as in the frame before. Only public methods of its renderer are used.
"""

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from numpy.typing import NDArray

KEPT = 200  # texts of a figure, those drawn last; one takes some ten kilobytes

Kept = tuple[NDArray[np.uint8], int, int]  # a picture, and where it stands from the text's place


class KeptTextCanvas(FigureCanvasAgg):
    """A canvas whose renderer keeps the pictures of texts."""

    def get_renderer(self) -> RendererAgg:
        """Return the renderer, a new one if the figure's size has changed."""
        size = (*self.figure.bbox.size, self.figure.dpi)
        renderer = getattr(self, "renderer", None)
        if renderer is None or (renderer.width, renderer.height, renderer.dpi) != size:
            self.renderer = KeptTextRenderer(*size)
        return self.renderer


class KeptTextRenderer(RendererAgg):
    """A renderer that draws level text as Matplotlib does, and faster from the third time on."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._kept: dict[tuple, Kept | None] = {}  # in the order in which they were last drawn

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool = False,
        mtext: Text | None = None,
    ) -> None:
        """Draw a text from (x, y), in pixels from the top left; arguments are Matplotlib's."""
        # How letters are rounded to pixels depends on what is left of their place after whole
        # pixels; after pairs of them, since halves are rounded to even numbers.
        left, top = x % 2, y % 2
        key = (s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_antialiased(), left, top)
        seen = key in self._kept
        kept = self._kept.pop(key, None)
        if seen and not kept and not angle:
            kept = self._picture(gc, left, top, s, prop, ismath)
        self._kept[key] = kept
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        if kept:
            picture, right, down = kept
            x0, y0 = x - left + right, int(self.height) - (y - top + down)
            if not _is_cut(gc, x0, y0, picture):
                self.draw_image(gc, x0, y0, picture)
                return
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    def _picture(
        self,
        gc: GraphicsContextBase,
        left: float,
        top: float,
        s: str,
        prop: FontProperties,
        ismath: bool,
    ) -> Kept:
        """Draw a text on paper of its own; the rows come from below, as `draw_image` wants them."""
        width, height, below = self.get_text_width_height_descent(s, prop, ismath)
        # Even, as `left` and `top` need it. A quotation mark is not high, but far above the line.
        edge = 2 * int(height + abs(below)) + 4
        paper = RendererAgg(width + 2 * edge, 2 * edge, self.dpi)
        ink = paper.new_gc()
        ink.set_foreground(gc.get_rgb(), isRGBA=True)
        ink.set_antialiased(gc.get_antialiased())
        paper.draw_text(ink, edge + left, edge + top, s, prop, 0, ismath)
        pixels = np.asarray(paper.buffer_rgba())
        inked = pixels[..., 3] > 0
        rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
        if not rows.size:  # a space
            rows = columns = np.zeros(1, int)
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return pixels[box][::-1].copy(), int(columns[0]) - edge, int(rows[-1]) + 1 - edge


def _is_cut(gc: GraphicsContextBase, x0: float, y0: float, picture: NDArray[np.uint8]) -> bool:
    """Whether some of a picture lies outside what is drawn on: texts are cut a pixel earlier."""
    if gc.get_clip_path()[0]:
        return True
    clip, (height, width) = gc.get_clip_rectangle(), picture.shape[:2]
    return clip is not None and not (
        clip.x0 < x0 and x0 + width < clip.x1 and clip.y0 < y0 and y0 + height < clip.y1
    )
