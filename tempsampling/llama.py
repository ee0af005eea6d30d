"""The network: tokens in, one logit for every token of the vocabulary out, in plain NumPy.

Read `Llama.forward` from top to bottom: it is the whole network. The shape of what is computed
stands at the end of each line, with these letters and the sizes of SmolLM2-135M:

    rows   sequences * tokens, read at once     heads     9 queries look back in parallel
    width  576 numbers stand for each token     kv_heads  3 keys and values, each for 3 queries
    size   64 numbers for each head             length    tokens remembered and new

The architecture is Llama (Touvron et al. 2023, arXiv:2302.13971) with grouped-query attention
(Ainslie et al. 2023, arXiv:2305.13245).
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Block = dict[str, Array]


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


class Cache:
    """What attention remembers of the tokens read so far: a key and a value for each."""

    def __init__(self, sizes: Sizes, sequences: int) -> None:
        self.length, self.sequences = 0, sequences
        empty = np.empty((sequences, sizes.kv_heads, 0, sizes.size), np.float32)
        self.keys, self.values = [empty] * sizes.blocks, [empty] * sizes.blocks

    def add(self, block: int, key: Array, value: Array) -> tuple[Array, Array]:
        """Append new keys and values of one block, and return all of them."""
        end = self.length + key.shape[2]
        for kept, new in ((self.keys, key), (self.values, value)):
            if kept[block].shape[2] < end:  # make room for some more tokens than needed now
                room = np.empty((*new.shape[:2], end + 64, new.shape[3]), np.float32)
                room[:, :, : self.length] = kept[block][:, :, : self.length]
                kept[block] = room
            kept[block][:, :, self.length : end] = new
        return self.keys[block][:, :, :end], self.values[block][:, :, :end]

    def repeated(self, sequences: int) -> "Cache":
        """Return a cache in which each of several sequences has this one's past."""
        other = copy(self)
        other.sequences = sequences
        other.keys = [np.repeat(keys, sequences, axis=0) for keys in self.keys]
        other.values = [np.repeat(values, sequences, axis=0) for values in self.values]
        return other


class Llama:
    """A network with its weights; matrices are (outputs, inputs)."""

    def __init__(self, sizes: Sizes, outer: Block, blocks: list[Block]) -> None:
        self.sizes = sizes
        self.blocks = blocks
        self.embedding = outer["token_embd"]  # (vocabulary, width)
        self.final_norm = outer["output_norm"]  # (width,)
        self.output = outer.get("output", self.embedding)  # SmolLM2 uses its embedding twice
        self.turns = rotary_turns(sizes)  # (context, size / 2)

    def forward(self, tokens: NDArray[np.intp], cache: Cache) -> Array:
        """Read more tokens of each sequence; return a vector for each, which knows its past."""
        end = cache.length + tokens.shape[1]
        turns = self.turns[cache.length : end]
        # Once for every query that shares a key.
        ahead = np.tile(
            looking_ahead(cache.length, end), (self.sizes.heads // self.sizes.kv_heads, 1)
        )
        x = self.embedding[tokens.ravel()]  # (rows, width)
        for i, block in enumerate(self.blocks):
            x = x + self.attention(self.norm(x, block["attention_norm"]), i, cache, turns, ahead)
            x = x + feed_forward(self.norm(x, block["feed_forward_norm"]), block)
        cache.length = end
        return self.norm(x, self.final_norm).reshape(*tokens.shape, -1)

    def logits(self, x: Array) -> Array:
        """Compare vectors with the embedding of every token: their likeness is the logit."""
        return x @ self.output.T  # (..., vocabulary)

    def attention(self, x: Array, i: int, cache: Cache, turns: NDArray, ahead: Array) -> Array:
        """Let every token gather what it needs from itself and the tokens before it."""
        heads, kv_heads, size = self.sizes.heads, self.sizes.kv_heads, self.sizes.size
        new = linear(x, self.blocks[i]["query_key_value"])
        new = new.reshape(cache.sequences, -1, heads + 2 * kv_heads, size).swapaxes(1, 2)
        turned = rotate(new[:, :-kv_heads], turns)
        query = turned[:, :heads].reshape(cache.sequences, kv_heads, -1, size)  # 3 to each key
        keys, values = cache.add(i, turned[:, heads:], new[:, -kv_heads:])  # (.., length, size)

        scores = query @ keys.swapaxes(2, 3) / np.float32(np.sqrt(size))  # (.., 3 n, length)
        weights = softmax(scores + ahead)
        gathered = (weights @ values).reshape(cache.sequences, heads, -1, size)
        return linear(gathered.swapaxes(1, 2).reshape(x.shape), self.blocks[i]["attention_output"])

    def norm(self, x: Array, weight: Array) -> Array:
        """Scale each token's vector to length sqrt(width): Zhang and Sennrich 2019."""
        mean_square = np.vecdot(x, x)[:, None] / np.float32(self.sizes.width)
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
