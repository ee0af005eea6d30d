"""Checks of tokens that a model is to read."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import each_fits, plain_array, shorten


def token_array(
    tokens: ArrayLike, vocabulary: int, dimensions: tuple[int, ...], *, empty: bool = False
) -> NDArray[np.intp]:
    """Return token indices as an array of one of the numbers of dimensions."""
    array = plain_array(tokens, "tokens")
    if array.ndim not in dimensions or (array.size and array.dtype.kind not in "iu"):
        kind = "a sequence" if 1 in dimensions else "rows"
        raise TypeError(f"tokens must be {kind} of token indices, got {shorten(tokens)}")
    if not array.size and not empty:
        raise ValueError(f"tokens must not be empty, got shape {array.shape}")
    possible = (array >= 0) & (array < vocabulary)
    each_fits(array, possible, "tokens", f"indices from 0 to {vocabulary - 1}")
    return array.astype(np.intp)


def fitting(rows: NDArray, sequences: int, before: int, context: int) -> None:
    """Raise an error if rows of new tokens do not go on from a cache, or not within the context."""
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
