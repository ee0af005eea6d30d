"""A text that follows a prompt, with what a model says of each of its tokens.

`generate` writes such a continuation, `score` reads one: a text that is there already.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import shorten, whole_text
from tempsampling.progress import progress

AT_ONCE = 256  # tokens whose logits `score` holds in memory, 50 MB for SmolLM2
ALTERNATIVES = 5  # likeliest tokens that are kept for every step
HALF_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what bytes decode to that need those to come


Alternatives = tuple[tuple[str, float], ...]  # the likeliest tokens and the model's p


class Model(Protocol):
    """What `generate` needs of a language model; `SmolLM2` and `TransformersModel` have it."""

    context: int  # tokens that a text may have at most
    end_tokens: Collection[int]  # tokens after which nothing follows

    def tokenize(self, text: str) -> list[int]:
        """Split a text into tokens."""

    def decode(self, tokens: Sequence[int]) -> str:
        """Join tokens into a text."""

    def next_logits(self, tokens: ArrayLike, cache: Any = None) -> tuple[NDArray, Any]:
        """Read tokens (sequences, n); return logits (sequences, vocabulary), and the cache.

        The cache remembers what was read, for the next call; None begins.
        """

    def logits_for(self, tokens: ArrayLike, cache: Any = None) -> NDArray:
        """Read n tokens; return the logits that follow each: (n, vocabulary)."""

    def branch(self, cache: Any, sequences: int = 1) -> Any:
        """Return a cache of several sequences with the past of this one's, which stays."""


@dataclass(frozen=True, eq=False)  # equal arrays have no single answer
class Continuation:
    """What follows a prompt, token by token; every array has one entry for each token."""

    prompt: str
    text: str  # without the token that ended it
    pieces: tuple[str, ...]  # what each token adds, the ending one too; "" within a character
    tokens: NDArray[np.intp]
    probabilities: NDArray[np.float64]  # of the model itself: T = 1, nothing cut off
    sampler_probabilities: NDArray[np.float64]  # after temperature and truncation
    entropies: NDArray[np.float64]  # of the model's distribution before the token, in bits
    alternatives: tuple[Alternatives, ...]
    temperature: float
    ended: bool  # by a token of the model, not by max_tokens


def score(model: Model, text: str, *, prompt: str = "") -> Continuation:
    """Say of every token of a given text what `generate` says of those it draws, at T = 1.

    Parameters
    ----------
    model : as in `generate`
    text : a string of at least one token, or of two if there is no prompt
    prompt : what stands before the text, split into tokens on its own; by default the text's own
        first token, or as many as make a whole character

    Returns
    -------
    A `Continuation` whose two kinds of probabilities are the same.

    Raises
    ------
    TypeError, ValueError for a text that is no string, too short, or too long for the context.

    Examples
    --------
    >>> from tempsampling.smollm import SmolLM2
    >>> prompt = "Mary had a little lamb, its fleece was"
    >>> score(SmolLM2.load(), " white as snow", prompt=prompt).probabilities.round(2)
    array([0.15, 0.41, 0.81])
    """
    tokens = prompt_tokens(model, text, 0, "text")
    past = prompt_tokens(model, prompt, len(tokens)) if prompt != "" else []
    while not past or (prompt == "" and tokens and _cut_off(model.decode(past))):
        past.append(tokens.pop(0))
    if not tokens:
        raise ValueError(f"text must have two tokens or more without a prompt, got {text!r}")
    sequence = GrowingContinuation(model, prompt or model.decode(past), 1.0)
    logits, cache = model.next_logits([past])
    for start in progress("Reading", range(0, len(tokens), AT_ONCE)):
        part = tokens[start : start + AT_ONCE]
        after = model.logits_for([part], cache)[0]
        for token, z in zip(part, (*logits, *after[:-1]), strict=True):
            p, entropy = plain_distribution(z)
            sequence.add(token, p, entropy, p[token])
        logits = after[-1:]
    return sequence.so_far()


class GrowingContinuation:
    """A continuation as it grows, for use inside the package."""

    def __init__(self, model: Model, prompt: str, temperature: float) -> None:
        self.model, self.prompt, self.temperature = model, prompt, temperature
        self.ended = False
        self.tokens: list[int] = []
        self._pieces: list[str] = []
        self._unread: list[int] = []  # the last tokens, if they end within a character
        self._numbers: list[tuple[float, float, float]] = []
        self._alternatives: list[Alternatives] = []

    def add(self, token: int, p: NDArray, entropy: float, sampler_probability: float) -> None:
        """Append a token that was drawn from p, the model's probabilities of all tokens."""
        self.tokens.append(token)
        self.ended = token in self.model.end_tokens
        self._unread.append(token)
        piece = self.model.decode(self._unread)
        whole = not _cut_off(piece)
        self._pieces.append(piece if whole else "")
        self._unread = [] if whole else self._unread
        self._numbers.append((p[token], sampler_probability, entropy))
        count = min(ALTERNATIVES, p.size)
        top = np.argpartition(-p, count - 1)[:count]
        top = [i for i in top[np.argsort(-p[top], kind="stable")] if p[i] > 0]
        self._alternatives.append(tuple((self.model.decode([i]), float(p[i])) for i in top))

    def so_far(self, *, last: bool = True) -> Continuation:
        """Return what there is, in arrays of its own; if it is not the last, in whole characters.

        Bytes that begin a character which never comes stand at the end of the last text.
        """
        pieces = list(self._pieces)
        if last and self._unread:
            pieces[-1] = self.model.decode(self._unread)
        plain, sampler, entropies = np.array(self._numbers, np.float64).T
        return Continuation(
            prompt=self.prompt,
            text="".join(pieces[:-1] if self.ended else pieces),
            pieces=tuple(pieces),
            tokens=np.array(self.tokens, np.intp),
            probabilities=plain,
            sampler_probabilities=sampler,
            entropies=entropies,
            alternatives=tuple(self._alternatives),
            temperature=self.temperature,
            ended=self.ended,
        )


def _cut_off(piece: str) -> bool:
    """Whether a text seems to end within a character: so it is decoded."""
    return piece.endswith(HALF_A_CHARACTER)


def plain_distribution(z: NDArray) -> tuple[NDArray, float]:
    """Return one row's softmax at T = 1, and its entropy in bits, in the precision of the model.

    `softmax` and `entropy` work in float64 and check more, which takes five times as long.
    """
    # exp(-1000) is 0 in every precision: this keeps 0 * infinity out of the entropy.
    shifted = np.maximum(z - z.max(), -1000)
    p = np.exp(shifted)
    total = p.sum()
    p /= total
    nats = np.log(total) - np.vdot(p, shifted)
    return p, max(float(nats), 0.0) / math.log(2)


def prompt_tokens(model: Model, text: str, room: int, name: str = "prompt") -> list[int]:
    """Return a text's tokens, if there are any and if so many more fit into the context."""
    whole_text(text, name)
    tokens = list(loaded(model, "next_logits").tokenize(text))
    if not tokens:
        raise ValueError(f"{name} must have at least one token, got {shorten(text)}")
    if len(tokens) + room > model.context:
        raise ValueError(
            f"{name} must leave room for {shorten(room)} more tokens in the context of"
            f" {model.context}, got {len(tokens)} tokens"
        )
    return tokens


def loaded(model: Any, method: str) -> Any:
    """Return a model, if it is one that was loaded, and can do what it is asked for."""
    if isinstance(model, type) or not hasattr(model, method):
        raise TypeError(f"model must be one that was loaded: SmolLM2.load(), got {shorten(model)}")
    return model
