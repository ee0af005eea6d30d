"""An exported demo's film, unpacked as a browser does it."""

import zlib
from base64 import b64decode
from functools import cached_property

import numpy as np

from tempsampling.widgets.export import FILM


class Film:
    """What a demo shows, by the positions of its controls."""

    def __init__(self, output: dict) -> None:
        self.page, self.name = output["text/html"], output[FILM]["name"]
        self.labels = output[FILM]["states"]["labels"]
        self._states, self._packed = output[FILM]["states"], output[FILM]["pictures"]

    def frame(self, *at: int) -> str:
        """The HTML of a frame."""
        return self._frame(at)[0]

    def number(self, *at: int) -> int | None:
        """The number of the picture in a frame: equal ones have the same."""
        return self._frame(at)[1]

    def picture(self, *at: int) -> np.ndarray:
        """The picture in a frame: of each pixel red, green and blue."""
        height, width = self._packed["height"], self._packed["width"]
        rows, columns = self._packed["tile"]
        shown = self._tiles[self._numbers[:, self.number(*at)]]
        shown = shown.reshape(-(-height // rows), -1, rows, columns).swapaxes(1, 2)
        entries = shown.reshape(-1, shown.shape[2] * columns)[:height, :width]
        colors = np.array(self._packed["palette"])[entries]
        return colors[..., None] >> np.array([0, 8, 16]) & 255

    @cached_property
    def _tiles(self):
        size = np.uint8 if len(self._packed["palette"]) <= 256 else np.uint16
        return unpacked(self._packed["tiles"], size).reshape(-1, *self._packed["tile"])

    @cached_property
    def _numbers(self):
        rows, columns = self._packed["tile"]
        places = -(-self._packed["height"] // rows) * -(-self._packed["width"] // columns)
        return unpacked(self._packed["places"], np.uint32).reshape(places, -1)

    def _frame(self, at):
        sizes = [len(labels) for labels in self.labels]
        state = np.ravel_multi_index(at, sizes) if at else 0
        return self._states["frames"][self._states["numbers"][state]]


def unpacked(text: str, kind: type) -> np.ndarray:
    return np.frombuffer(zlib.decompress(b64decode(text)), kind)
