"""Encode a figure's frames as PNG, fast: in at most 255 colors, learned as they first appear.

Few colors make a PNG four times faster to write than full color does. Each color that a frame shows
is looked up in one table. A color that fills an area has an entry of its own; others share one with
those in the same cell of `COLOR_STEP` steps of red, green and blue, which shows the most frequent.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

AREA = 100  # pixels, from which on a color is shown exactly
RUNS = 3  # zlib's strategy Z_RLE
COLOR_STEP = 8  # of 256; a difference smaller than this cannot be seen at the edge of a letter


class PngEncoder:
    """Encode frames of one figure. What it learned from a frame makes the next ones fast."""

    def __init__(self, color_step: int = COLOR_STEP, area: int = AREA) -> None:
        self.color_step, self.area = color_step, area
        # One entry for each of 2^24 colors; 0 is unknown. Only pages that are used take memory.
        self._entry_of_color = np.zeros(1 << 24, np.uint8)
        self._entry_of_cell: dict[tuple[int, ...] | bytes, int] = {}
        self._palette = bytearray(3)  # entry 0 is no color
        self._full_color = False

    def encode(self, pixels: NDArray[np.uint8]) -> bytes:
        """Return a PNG of pixels of shape (height, width, 4), whose transparency is ignored."""
        image = None if self._full_color else self._reduce(pixels)
        if image is None:
            image = Image.fromarray(pixels).convert("RGB")
        data = BytesIO()
        # Flat areas are runs of one byte: looking for nothing else is as quick and packs tighter.
        image.save(data, "png", compress_level=1, compress_type=RUNS)
        return data.getvalue()

    def _reduce(self, pixels: NDArray[np.uint8]) -> Image.Image | None:
        colors = pixels.view("<u4")[..., 0] & 0xFFFFFF  # red is the lowest byte
        entries = self._entry_of_color.take(colors, mode="clip")
        if not entries.all():
            self._learn(colors[entries == 0])
            if self._full_color:
                return None
            entries = self._entry_of_color.take(colors, mode="clip")
        image = Image.fromarray(entries)
        image.putpalette(self._palette)
        return image

    def _learn(self, colors: NDArray[np.uint32]) -> None:
        """Give new colors an entry: that of a color close to it, or one of their own."""
        values, counts = np.unique(colors, return_counts=True)
        order = np.argsort(-counts)
        for color, count in zip(values[order].tolist(), counts[order].tolist(), strict=True):
            channels = color.to_bytes(3, "little")
            cell = tuple(channel // self.color_step for channel in channels)
            cell = channels if count >= self.area else cell
            if cell not in self._entry_of_cell:
                self._entry_of_cell[cell] = len(self._entry_of_cell) + 1
                self._palette += channels
            if len(self._entry_of_cell) > 255:
                self._full_color = True  # a photograph, a color map: no palette holds its shades
                return
            self._entry_of_color[color] = self._entry_of_cell[cell]
