"""Pictures that have much in common, as tiles, each of which is kept once.

The pictures of a demo differ in a few bars and letters. Cut into small tiles, most of what a
picture shows was there before, in the same place or in another one.
"""

import zlib
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from tempsampling.widgets.png import AREA, COARSE_AREA, COARSE_STEP, COLOR_STEP

ROWS, COLUMNS = 16, 32  # pixels of a tile: larger ones are less often the same
WHITE, NO_COLOR = 0xFFFFFF, 0xFFFFFFFF


class Mosaic:
    """Pictures of one size."""

    def __init__(self) -> None:
        self._tiles: dict[bytes, int] = {}  # the number of each: that of its first appearance
        self._pictures: dict[bytes, int] = {}  # of each, the tiles' numbers, row by row

    def add(self, pixels: NDArray[np.uint8]) -> int:
        """Keep a picture of shape (height, width, 4); return its number, that of an equal one.

        Its transparency is ignored. A picture of another size than the first raises `ValueError`.
        """
        height, width = pixels.shape[:2]
        across, down = -(-width // COLUMNS), -(-height // ROWS)
        if not self._pictures:
            self.height, self.width = height, width
            self._shown = np.full((down, ROWS, across, COLUMNS), NO_COLOR, "<u4")
            self._numbers = np.zeros((down, across), "<u4")
        if (height, width) != (self.height, self.width):
            was = f"{self.height} by {self.width} pixels like the first picture"
            raise ValueError(f"pixels must be {was}, got {height} by {width}")
        picture = np.full((down * ROWS, across * COLUMNS), WHITE, "<u4")
        picture[:height, :width] = pixels.view("<u4")[..., 0] & WHITE  # red is the lowest byte
        tiles = picture.reshape(self._shown.shape)
        for row, column in np.argwhere((tiles != self._shown).any(axis=(1, 3))).tolist():
            tile = tiles[row, :, column].tobytes()
            self._numbers[row, column] = self._tiles.setdefault(tile, len(self._tiles))
        self._shown = tiles
        return self._pictures.setdefault(self._numbers.tobytes(), len(self._pictures))

    def packed(self) -> dict[str, str | int | list[int]]:
        """Return all that a browser needs to show a picture by its number; `film.js` does it.

        "tiles" and "places" are deflated, in base64: the tiles as entries of the palette, one byte
        each, or two if there are more than 256 colors; for each place in turn the tile that each
        picture has there.
        """
        palette, entries = _few_colors(np.frombuffer(b"".join(self._tiles), "<u4"))
        size = "<u1" if len(palette) <= 256 else "<u2"
        tiles = entries.astype(size).reshape(-1, ROWS * COLUMNS)
        # In the order of their contents, so that neighbors are alike, and deflate well.
        tiles, numbers = np.unique(tiles, axis=0, return_inverse=True)
        pictures = np.frombuffer(b"".join(self._pictures), "<u4").reshape(len(self._pictures), -1)
        return {
            "width": self.width,
            "height": self.height,
            "tile": [ROWS, COLUMNS],
            "palette": palette.tolist(),
            "tiles": deflated(tiles.tobytes()),
            "places": deflated(numbers.reshape(-1)[pictures].T.astype("<u4").tobytes()),
        }


def deflated(data: bytes) -> str:
    """Return bytes as a page can hold them and the browser unpacks them."""
    return b64encode(zlib.compress(data, 9)).decode()


def _few_colors(colors: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return a palette, and for each color its entry; what `PngEncoder` does for one picture."""
    counts = np.bincount(colors, minlength=WHITE + 1)
    known = np.flatnonzero(counts)
    known = known[np.argsort(-counts[known])]  # a cell shows its most frequent color
    channels = known[:, None] >> np.array([0, 8, 16]) & 255
    for step, area in (COLOR_STEP, AREA), (COARSE_STEP, COARSE_AREA), (COLOR_STEP, np.inf):
        cells = channels // step @ np.array([1, 1 << 8, 1 << 16])
        cells = np.where(counts[known] >= area, known + WHITE + 1, cells)
        _, first, entries = np.unique(cells, return_index=True, return_inverse=True)
        if len(first) <= 256:
            break
    entry_of_color = np.zeros(WHITE + 1, np.intp)
    entry_of_color[known] = entries
    return known[first], entry_of_color[colors]
