"""What attention remembers of the tokens that were read, so that none is read twice.

A token looks back at those before it through one key and one value of each, in every block. They
depend on nothing that comes later, so they can be kept; nothing else is needed again.
"""

import numpy as np
from numpy.typing import NDArray

SPARE = 64  # tokens of room that are added at a time


class Cache:
    """The keys and values of every block: arrays of (sequences, kv_heads, tokens, size)."""

    def __init__(self, blocks: int, sequences: int, kv_heads: int, size: int) -> None:
        self.length = 0  # tokens that were read
        self.sequences = sequences
        empty = np.empty((sequences, kv_heads, 0, size), np.float32)
        self._keys, self._values = [empty] * blocks, [empty] * blocks

    def add(self, block: int, key: NDArray, value: NDArray) -> tuple[NDArray, NDArray]:
        """Append new keys and values of one block, and return all of them."""
        end = self.length + key.shape[2]
        for kept, new in ((self._keys, key), (self._values, value)):
            if kept[block].shape[2] < end:
                room = np.empty((*new.shape[:2], end + SPARE, new.shape[3]), np.float32)
                room[:, :, : self.length] = kept[block][:, :, : self.length]
                kept[block] = room
            kept[block][:, :, self.length : end] = new
        return self._keys[block][:, :, :end], self._values[block][:, :, :end]

    def repeated(self, sequences: int) -> "Cache":
        """Return a cache in which each of several sequences has the past of this one's only."""
        blocks, (_, kv_heads, _, size) = len(self._keys), self._keys[0].shape
        other = Cache(blocks, sequences, kv_heads, size)
        other.length = self.length
        other._keys = [np.repeat(keys, sequences, axis=0) for keys in self._keys]
        other._values = [np.repeat(values, sequences, axis=0) for values in self._values]
        return other
