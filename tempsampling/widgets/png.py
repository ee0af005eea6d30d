"""Encode a figure's frames as PNG, fast: in at most 255 colors, learned as they first appear.

Few colors make a PNG four times faster to write than full color does. Each color that a frame shows
is looked up in one table. A color that fills an area has an entry of its own; others share one with
those in the same cell of `COLOR_STEP` steps of red, green and blue, which shows the most frequent.
When all entries are taken, it starts again with larger cells. A picture that has too many colors
even so, like a photograph, is written in full color.

From one frame to the next, most pixels stay as they were. Only those that changed are looked up,
and only the bands of rows that hold them are compressed, each band by itself.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

AREA = 100  # pixels, from which on a color is shown exactly
COLOR_STEP = 8  # of 256; a difference smaller than this cannot be seen at the edge of a letter
COARSE_STEP, COARSE_AREA = 16, 1000  # the same, where there are too many colors for these
BAND = 16  # rows compressed together: with fewer, less is done again; with more, files are smaller


class PngEncoder:
    """Encode frames of one figure. What it learned from a frame makes the next ones fast."""

    def __init__(self, color_step: int = COLOR_STEP, area: int = AREA) -> None:
        self._full_color = False
        # Flat areas are runs of one byte: looking for nothing else is as quick and packs tighter.
        self._zlib = zlib.compressobj(1, wbits=-15, strategy=zlib.Z_RLE)
        self._start(color_step, area)

    def _start(self, color_step: int, area: int) -> None:
        """Begin with no color known."""
        self.color_step, self.area = color_step, area
        # One entry for each of 2^24 colors; 0 is unknown. Only pages that are used take memory.
        self._entry_of_color = np.zeros(1 << 24, np.uint8)
        self._entry_of_cell: dict[tuple[int, ...] | bytes, int] = {}
        self._palette = bytearray(3)  # entry 0 is no color
        self._rows = np.empty((0, 0), np.uint8)  # of the PNG; none yet

    def encode(self, pixels: NDArray[np.uint8]) -> bytes:
        """Return a PNG of pixels of shape (height, width, 4), whose transparency is ignored."""
        colors = pixels.view("<u4")[..., 0]
        if not self._full_color and not self._look_up(colors):
            self._start(COARSE_STEP, COARSE_AREA)
            self._full_color = not self._look_up(colors)
        if self._full_color:
            changed = self._changed(colors, 3)
            self._write(changed, pixels.reshape(-1, 4)[changed, :3])
        palette = b"" if self._full_color else bytes(self._palette)
        return _png(colors.shape, self._rows, palette, self._bands)

    def _changed(self, colors: NDArray[np.uint32], size: int) -> NDArray[np.intp]:
        """Return which pixels are not as they were, if one takes so many bytes of a row."""
        height, width = colors.shape
        if self._rows.shape != (height, 1 + size * width):
            self._colors = ~colors  # every pixel has changed
            self._rows = np.zeros((height, 1 + size * width), np.uint8)  # 0 before a row: no filter
            self._bands = [b""] * -(-height // BAND)
        changed = np.flatnonzero(colors != self._colors)
        self._colors.ravel()[changed] = colors.ravel()[changed]
        return changed

    def _look_up(self, colors: NDArray[np.uint32]) -> bool:
        """Write the pixels that changed as entries of the palette, if their colors fit into it."""
        changed = self._changed(colors, 1)
        wanted = colors.ravel()[changed] & 0xFFFFFF  # red is the lowest byte
        entries = self._entry_of_color[wanted]
        if not entries.all():
            if not self._learn(wanted[entries == 0]):
                return False
            entries = self._entry_of_color[wanted]
        self._write(changed, entries[:, None])
        return True

    def _write(self, changed: NDArray[np.intp], values: NDArray[np.uint8]) -> None:
        """Bring some pixels of the PNG up to date, and the compressed bands that hold them."""
        width, size = self._colors.shape[1], values.shape[1]
        first = size * changed + changed // width + 1  # each row begins with one byte more
        self._rows.ravel()[first[:, None] + np.arange(size)] = values
        for band in np.flatnonzero(np.bincount(changed // (BAND * width))).tolist():
            data = self._rows[band * BAND : (band + 1) * BAND]
            self._bands[band] = self._zlib.compress(data) + self._zlib.flush(zlib.Z_FULL_FLUSH)

    def _learn(self, colors: NDArray[np.uint32]) -> bool:
        """Give new colors an entry, that of a close one or their own, while there are any."""
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
                return False
            self._entry_of_color[color] = self._entry_of_cell[cell]
        return True


def _png(
    shape: tuple[int, ...], rows: NDArray[np.uint8], palette: bytes, bands: list[bytes]
) -> bytes:
    """Write a PNG of a palette's entries, or, without a palette, of red, green and blue."""
    height, width = shape
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    kind_of_color = 3 if palette else 2
    check = zlib.adler32(rows).to_bytes(4, "big")
    chunks = [
        (b"IHDR", size + bytes([8, kind_of_color, 0, 0, 0])),  # 8 bits, and no choices left
        (b"PLTE", palette),
        (b"IDAT", b"".join([b"\x78\x01", *bands, b"\x03\x00", check])),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in chunks
        if kind != b"PLTE" or palette
    )
