"""What a language model is to the rest of the course, and the checks that all models share."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import index_array, plain_array, shorten


class Model(Protocol):
    """What `generate` needs of a language model; `SmolLM2` and `TransformersModel` have it."""

    context: int  # tokens that a text may have at most
    end_tokens: Collection[int]  # tokens after which nothing follows

    def tokenize(self, text: str) -> list[int]:
        """Split a text into tokens."""

    def decode(self, tokens: Sequence[int]) -> str:
        """Join tokens into a text."""

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that a token stands for; several may make one character."""

    def next_logits(self, tokens: ArrayLike, cache: Any = None) -> tuple[NDArray, Any]:
        """Read tokens (sequences, n); return logits (sequences, vocabulary), and the cache.

        The cache remembers what was read, for the next call; None begins.
        """

    def logits_for(self, tokens: ArrayLike, cache: Any = None) -> NDArray:
        """Read n tokens; return the logits that follow each: (n, vocabulary)."""

    def branch(self, cache: Any, sequences: int = 1) -> Any:
        """Return a cache of several sequences with the past of this one's, which stays."""

    def keep(self, cache: Any, rows: Sequence[int]) -> Any:
        """Let a cache forget all of its sequences but those in some rows, and return it."""


def loaded(model: Any, method: str) -> Any:
    """Return a model, if it is one that was loaded and has the method that is needed."""
    if isinstance(model, type) or not hasattr(model, method):
        raise TypeError(f"model must be one that was loaded: SmolLM2.load(), got {shorten(model)}")
    return model


def token_array(
    tokens: ArrayLike, vocabulary: int, dimensions: tuple[int, ...], *, empty: bool = False
) -> NDArray[np.intp]:
    """Return token indices as an array with one of the numbers of dimensions."""
    array = plain_array(tokens, "tokens")
    if array.ndim not in dimensions or (array.size and array.dtype.kind not in "iu"):
        kind = "a sequence" if 1 in dimensions else "rows"
        raise TypeError(f"tokens must be {kind} of token indices, got {shorten(tokens)}")
    if empty and not array.size:
        return array.astype(np.intp)
    return index_array(array, "tokens", vocabulary)


def check_room(rows: NDArray, sequences: int, before: int, context: int) -> None:
    """Raise an error if rows of new tokens do not continue a cache, or exceed the context."""
    if len(rows) != sequences:
        raise ValueError(
            f"tokens must have one row for each of the {sequences} sequences in cache,"
            f" got {len(rows)}"
        )
    new = rows.shape[1]
    if before + new > context:
        raise ValueError(
            f"tokens must fit into the context of {context} tokens, got {new} more after {before}"
        )
