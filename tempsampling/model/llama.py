"""The network: tokens in, one logit for every token of the vocabulary out, in plain NumPy.

Read `Llama.forward` from top to bottom, and `logits`, which follows it: they are the whole network.
`Cache` is what attention remembers of the tokens that were read, so that none is read twice. Shapes
stand in comments, with these letters and the sizes of SmolLM2-135M:

    n      new tokens of each sequence          heads     9 queries look back in parallel
    rows   sequences * n                        kv_heads  3 keys and values; `group` = 3 queries
    width  576 numbers stand for each token               share each
    size   64 numbers for each head             length    tokens remembered and new

The architecture is Llama (Touvron et al. 2023, arXiv:2302.13971) with grouped-query attention
(Ainslie et al. 2023, arXiv:2305.13245).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Block = dict[str, Array]

SPARE = 64  # tokens of room that are added to a cache at a time


@dataclass(frozen=True)
class Sizes:
    """The numbers that shape the network, as the file of weights states them."""

    blocks: int  # 30 for SmolLM2-135M
    width: int  # 576
    heads: int  # 9
    kv_heads: int  # 3
    size: int  # 64
    context: int  # 8192 tokens at most
    vocabulary: int  # 49152
    rotation_base: float  # 100000, sets the wavelengths of the rotary embedding
    norm_epsilon: float  # 1e-5, keeps the norm of a zero vector finite


class Llama:
    """A network with its weights; matrices are (outputs, inputs)."""

    def __init__(self, sizes: Sizes, outer: Block, blocks: list[Block]) -> None:
        self.sizes = sizes
        self.blocks = blocks
        self.embedding = outer["token_embd"]  # (vocabulary, width)
        self.final_norm = outer["output_norm"]  # (width,)
        self.output = outer.get("output", self.embedding)  # SmolLM2 uses its embedding twice
        self.turns = rotary_turns(sizes)  # (context, size / 2)

    @np.errstate(over="ignore")  # exp(-gate) may be infinite: the gate is shut then
    def forward(self, tokens: NDArray[np.intp], cache: "Cache") -> Array:
        """Read n more tokens of each sequence; return a vector for each, which knows its past."""
        end = cache.length + tokens.shape[1]
        turns = self.turns[cache.length : end]  # (n, size / 2)
        ahead = looking_ahead(cache.length, end)  # (n, length)
        x = self.embedding[tokens.ravel()]  # (rows, width)
        for i, block in enumerate(self.blocks):  # each adds to x what it found out
            x = x + self.attention(self.norm(x, block["attention_norm"]), i, cache, turns, ahead)
            x = x + feed_forward(self.norm(x, block["feed_forward_norm"]), block)
        cache.length = end
        return self.norm(x, self.final_norm).reshape(*tokens.shape, -1)  # (sequences, n, width)

    def logits(self, x: Array) -> Array:
        """Compare vectors with the embedding of every token: their likeness is the logit."""
        return x @ self.output.T  # (..., vocabulary)

    def attention(self, x: Array, i: int, cache: "Cache", turns: NDArray, ahead: Array) -> Array:
        """Let every token gather what it needs from itself and the tokens before it."""
        heads, kv_heads, size = self.sizes.heads, self.sizes.kv_heads, self.sizes.size
        new = linear(x, self.blocks[i]["query_key_value"])  # queries, keys and values in one
        new = new.reshape(cache.sequences, -1, heads + 2 * kv_heads, size).swapaxes(1, 2)
        query = rotate(new[:, :heads], turns)  # (sequences, heads, n, size)
        key = rotate(new[:, heads:-kv_heads], turns)  # (sequences, kv_heads, n, size)
        keys, values = cache.add(i, key, new[:, -kv_heads:])  # (sequences, kv_heads, length, size)

        query = query.reshape(cache.sequences, kv_heads, heads // kv_heads, -1, size)
        keys, values = keys[:, :, None], values[:, :, None]  # one for the group of queries
        # Divided by the root of the size, sums over 64 products are about as large as one.
        scores = query @ keys.swapaxes(3, 4) / np.float32(np.sqrt(size))  # (.., group, n, length)
        gathered = softmax(scores + ahead) @ values  # (sequences, kv_heads, group, n, size)
        gathered = gathered.reshape(cache.sequences, heads, -1, size).swapaxes(1, 2)
        return linear(gathered.reshape(len(x), -1), self.blocks[i]["attention_output"])

    def norm(self, x: Array, weight: Array) -> Array:
        """Scale each vector to length sqrt(width), then each number: RMSNorm, arXiv:1910.07467."""
        mean_square = np.vecdot(x, x)[:, None] / np.float32(self.sizes.width)  # (rows, 1)
        return x / np.sqrt(mean_square + np.float32(self.sizes.norm_epsilon)) * weight


def feed_forward(x: Array, block: Block) -> Array:
    """Transform each token's vector on its own: SwiGLU, Shazeer 2020, arXiv:2002.05202."""
    gate_up = linear(x, block["gate_up"])  # (rows, 2 * 1536)
    half = gate_up.shape[1] // 2
    gate, up = gate_up[:, :half], gate_up[:, half:]
    return linear(gate / (1 + np.exp(-gate)) * up, block["down"])  # (rows, width)


def linear(x: Array, weight: Array) -> Array:
    """x @ weight.T, in the order of factors that is faster when x has few rows."""
    return (weight @ x.T).T


def rotary_turns(sizes: Sizes) -> NDArray[np.complex64]:
    """Turn of pair i of a head at position t: exp(1j * t * base^(-2i / size))."""
    frequencies = sizes.rotation_base ** (-np.arange(0, sizes.size, 2) / sizes.size)
    return np.exp(1j * np.outer(np.arange(sizes.context), frequencies)).astype(np.complex64)


def rotate(x: Array, turns: NDArray[np.complex64]) -> Array:
    """Turn neighboring pairs of numbers, as if they were complex, by an angle for each position.

    Rotary embedding: Su et al. 2021, arXiv:2104.09864, section 3.2.
    """
    return (np.ascontiguousarray(x).view(np.complex64) * turns).view(np.float32)


def looking_ahead(start: int, end: int) -> Array:
    """Minus infinity where one of the tokens start to end would see a token after itself."""
    return np.triu(np.full((end - start, end), -np.inf, np.float32), k=start + 1)


def softmax(scores: Array) -> Array:
    """Softmax over the last axis in float32; `tempsampling.softmax` is float64 and checks more."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


class Cache:
    """The keys and values of every block: arrays of (sequences, kv_heads, tokens, size).

    A token looks back at those before it through one key and one value of each, in every block.
    They depend on nothing that comes later, so they can be kept; nothing else is needed again.
    """

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

    def keep(self, rows: list[int]) -> None:
        """Forget all sequences but those in some rows."""
        self.sequences = len(rows)
        for kept in (self._keys, self._values):
            for block, old in enumerate(kept):
                kept[block] = old[rows]
