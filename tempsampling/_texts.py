"""Texts as lists of tokens, checked, for the metrics."""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

import numpy as np

from tempsampling._arguments import shorten


def ngrams(text: list, n: int) -> list[tuple]:
    """Return every n tokens in a row."""
    return list(zip(*(text[start:] for start in range(n)), strict=False))


def token_lists(texts: Iterable[Sequence[Hashable]], name: str = "texts") -> list[list]:
    """Return texts as a list of lists of tokens, at least one."""
    texts = listed(texts, name)
    for text in texts:
        unordered = isinstance(text, str | bytes | Set | Mapping)
        if unordered or not hasattr(text, "__len__") or _is_number(text):
            raise TypeError(f"{name} must be split into tokens, got {shorten(text)}")
    texts = [list(text) for text in texts]
    try:
        set().union(*texts)
    except TypeError:
        raise TypeError(f"tokens must be words or numbers, got {shorten(texts)}") from None
    return texts


def _is_number(values: object) -> bool:
    return isinstance(values, np.ndarray) and values.ndim == 0


def listed(values: Iterable, name: str) -> list:
    """Return something iterable, but not a string, as a list that is not empty."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or _is_number(values):
        raise TypeError(f"{name} must be a list, got {shorten(values)}")
    values = list(values)
    if not values:
        raise ValueError(f"{name} must not be empty, got {values}")
    return values
