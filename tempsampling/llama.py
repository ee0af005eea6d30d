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
        frequencies = sizes.rotation_base ** (-np.arange(0, sizes.size, 2) / sizes.size)
        angles = np.outer(np.arange(sizes.context), frequencies)
        self.cos, self.sin = np.cos(angles, dtype=np.float32), np.sin(angles, dtype=np.float32)

    def forward(self, tokens: NDArray[np.intp], cache: Cache) -> Array:
        """Read more tokens of each sequence; return a vector for each, which knows its past."""
        x = self.embedding[tokens.ravel()]  # (rows, width)
        for i, block in enumerate(self.blocks):
            x = x + self.attention(self.norm(x, block["attention_norm"]), i, cache, len(tokens))
            x = x + feed_forward(self.norm(x, block["feed_forward_norm"]), block)
        cache.length += tokens.shape[1]
        return self.norm(x, self.final_norm).reshape(*tokens.shape, -1)

    def logits(self, x: Array) -> Array:
        """Compare vectors with the embedding of every token: their likeness is the logit."""
        return x @ self.output.T  # (..., vocabulary)

    def attention(self, x: Array, i: int, cache: Cache, sequences: int) -> Array:
        """Let every token gather what it needs from itself and the tokens before it."""
        block, n = self.blocks[i], len(x) // sequences  # n new tokens in each sequence
        shape = (sequences, n, -1, self.sizes.size)
        query = linear(x, block["query"]).reshape(shape).swapaxes(1, 2)  # (.., heads, n, size)
        key = linear(x, block["key"]).reshape(shape).swapaxes(1, 2)  # (.., kv_heads, n, size)
        value = linear(x, block["value"]).reshape(shape).swapaxes(1, 2)

        query, key = self.rotate(query, cache.length), self.rotate(key, cache.length)
        keys, values = cache.add(i, key, value)  # (.., kv_heads, length, size)

        shared = query.reshape(sequences, self.sizes.kv_heads, -1, self.sizes.size)
        scores = shared @ keys.swapaxes(2, 3) / np.float32(np.sqrt(self.sizes.size))
        scores = scores.reshape(sequences, self.sizes.heads, n, -1)  # (.., heads, n, length)
        if n > 1:
            scores += no_looking_ahead(n, scores.shape[-1])
        weights = softmax(scores).reshape(*shared.shape[:3], -1)
        gathered = (weights @ values).reshape(sequences, -1, n, self.sizes.size)
        return linear(gathered.swapaxes(1, 2).reshape(len(x), -1), block["attention_output"])

    def rotate(self, x: Array, start: int) -> Array:
        """Turn each pair of numbers by an angle that grows with the token's position.

        Rotary embedding: Su et al. 2021, arXiv:2104.09864, section 3.2, on neighboring pairs.
        """
        here = slice(start, start + x.shape[2])
        cos, sin = self.cos[here], self.sin[here]  # (n, size / 2)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
        return turned.reshape(x.shape)

    def norm(self, x: Array, weight: Array) -> Array:
        """Scale each token's vector to length sqrt(width): Zhang and Sennrich 2019."""
        mean_square = np.mean(x * x, axis=-1, keepdims=True)
        return x / np.sqrt(mean_square + np.float32(self.sizes.norm_epsilon)) * weight


def feed_forward(x: Array, block: Block) -> Array:
    """Transform each token's vector on its own: SwiGLU, Shazeer 2020, arXiv:2002.05202."""
    gate = linear(x, block["gate"])  # (rows, 1536)
    return linear(gate / (1 + np.exp(-gate)) * linear(x, block["up"]), block["down"])


def linear(x: Array, weight: Array) -> Array:
    """x @ weight.T, in the order of factors that is faster when x has few rows."""
    return (weight @ x.T).T


def no_looking_ahead(n: int, length: int) -> Array:
    """Minus infinity where one of the n last tokens would see a token after itself."""
    return np.triu(np.full((n, length), -np.inf, np.float32), k=length - n + 1)


def softmax(scores: Array) -> Array:
    """Softmax over the last axis in float32; `tempsampling.softmax` is float64 and checks more."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
