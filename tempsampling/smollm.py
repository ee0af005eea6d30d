"""SmolLM2, a real language model of 135 million weights, in plain NumPy.

Read `SmolLM2.forward` from top to bottom: it is the whole network. Shapes stand at the end of each
line, with these letters and the numbers of SmolLM2-135M:

    n  tokens in the text               heads      9 query heads
    width  576 numbers for each token   kv_heads   3 key and value heads
    size   64 numbers for each head     vocabulary 49,152 tokens

The architecture is Llama (Touvron et al. 2023, arXiv:2302.13971) with grouped-query attention
(Ainslie et al. 2023, arXiv:2305.13245).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tempsampling._arguments import plain_array
from tempsampling.weights import Sizes, find_weights, read_weights

Array = NDArray[np.float32]


class SmolLM2:
    """The model with its tokenizer; `SmolLM2.load()` makes one."""

    def __init__(
        self,
        sizes: Sizes,
        tokenizer: Tokenizer,
        outer: dict[str, Array],
        blocks: list[dict[str, Array]],
    ) -> None:
        self.sizes = sizes
        self.blocks = blocks
        self.embedding = outer["token_embd"].T  # (vocabulary, width), also the output layer
        self.final_norm = outer["output_norm"]  # (width,)
        self._tokenizer = tokenizer
        angles = rotation_angles(sizes)  # (context, size / 2)
        self._cos, self._sin = np.cos(angles), np.sin(angles)

    @classmethod
    def load(cls) -> "SmolLM2":
        """Load the model, or return the one that this process has loaded already.

        Raises `FileNotFoundError`, with the command that installs them, if the weights are missing.
        """
        return _load(cls)

    def logits(self, text: str) -> Array:
        """Score every token of the vocabulary as the continuation of a text.

        Parameters
        ----------
        text : a string of 1 to 8192 tokens

        Returns
        -------
        float32 array of shape (49152,), one logit for each token.

        Raises
        ------
        TypeError if `text` is not a string, ValueError if it is empty or too long.

        Examples
        --------
        >>> model = SmolLM2.load()
        >>> model.decode([model.logits("The capital of France is").argmax()])
        ' Paris'
        """
        tokens = self.tokenize(text)
        if not 1 <= len(tokens) <= self.sizes.context:
            raise ValueError(
                f"text must have 1 to {self.sizes.context} tokens, got {len(tokens)} tokens"
            )
        return self.forward(tokens)[-1] @ self.embedding.T

    def tokenize(self, text: str) -> list[int]:
        """Split a text into token indices. Control characters that no token has are dropped.

        >>> SmolLM2.load().tokenize("The weather today is")
        [504, 3947, 1834, 314]
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, got {text!r:.60}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            lone = text[error.start]
            raise ValueError(f"text must not hold half a character, got {lone!r}") from None
        return self._tokenizer.encode(text).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """Join token indices into a text, special tokens included.

        >>> SmolLM2.load().decode([504, 3947, 1834, 314])
        'The weather today is'
        """
        indices = plain_array(tokens, "tokens")
        if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
            raise TypeError(f"tokens must be a sequence of token indices, got {tokens!r:.60}")
        outside = indices[(indices < 0) | (indices >= self.sizes.vocabulary)]
        if outside.size:
            last = self.sizes.vocabulary - 1
            raise ValueError(f"tokens must be indices from 0 to {last}, got {outside[0]}")
        return self._tokenizer.decode(indices.tolist(), skip_special_tokens=False)

    def forward(self, tokens: Sequence[int]) -> Array:
        """Run the network: one vector for each token, knowing all that came before it."""
        x = self.embedding[tokens]  # (n, width)
        for block in self.blocks:
            x = x + self.attention(self.norm(x, block["attention_norm"]), block)
            x = x + feed_forward(self.norm(x, block["feed_forward_norm"]), block)
        return self.norm(x, self.final_norm)  # (n, width)

    def attention(self, x: Array, block: dict[str, Array]) -> Array:
        """Let every token gather what it needs from itself and the tokens before it."""
        n, size = len(x), self.sizes.width // self.sizes.heads
        query = self.rotate(split_heads(x @ block["query"], size))  # (heads, n, size)
        key = self.rotate(split_heads(x @ block["key"], size))  # (kv_heads, n, size)
        value = split_heads(x @ block["value"], size)  # (kv_heads, n, size)

        shared_by = self.sizes.heads // self.sizes.key_value_heads
        key, value = np.repeat(key, shared_by, axis=0), np.repeat(value, shared_by, axis=0)

        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(size))  # (heads, n, n)
        scores[:, np.triu(np.ones((n, n), bool), k=1)] = -np.inf  # no looking ahead
        gathered = attention_softmax(scores) @ value  # (heads, n, size)
        return gathered.swapaxes(0, 1).reshape(n, -1) @ block["attention_output"]  # (n, width)

    def rotate(self, x: Array) -> Array:
        """Turn each pair of numbers by an angle that grows with the token's position.

        Rotary embedding: Su et al. 2021, arXiv:2104.09864, section 3.2, on neighboring pairs.
        """
        cos, sin = self._cos[: x.shape[1]], self._sin[: x.shape[1]]  # (n, size / 2)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
        return turned.reshape(x.shape)

    def norm(self, x: Array, weight: Array) -> Array:
        """Scale each token's vector to length sqrt(width): Zhang and Sennrich 2019."""
        mean_square = np.mean(x * x, axis=-1, keepdims=True)
        return x / np.sqrt(mean_square + np.float32(self.sizes.norm_epsilon)) * weight


def feed_forward(x: Array, block: dict[str, Array]) -> Array:
    """Transform each token's vector on its own: SwiGLU, Shazeer 2020, arXiv:2002.05202."""
    gate = x @ block["gate"]  # (n, 1536)
    return (gate / (1 + np.exp(-gate)) * (x @ block["up"])) @ block["down"]  # (n, width)


def split_heads(x: Array, size: int) -> Array:
    """(n, heads * size) -> (heads, n, size)."""
    return x.reshape(len(x), -1, size).swapaxes(0, 1)


def rotation_angles(sizes: Sizes) -> Array:
    """Angle by which the pair at index i of a head turns at position t: t * base^(-2i / size)."""
    size = sizes.width // sizes.heads
    frequencies = sizes.rotation_base ** (-np.arange(0, size, 2) / size)
    return np.outer(np.arange(sizes.context), frequencies).astype(np.float32)


def attention_softmax(scores: Array) -> Array:
    """Softmax over the last axis in float32; `tempsampling.softmax` is float64 and checks more."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


@lru_cache(maxsize=1)
def _load(cls: type[SmolLM2]) -> SmolLM2:
    return cls(*read_weights(find_weights()))
