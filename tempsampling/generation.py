"""The loop in which a language model writes: score, draw a token, read it, and again.

    logits, cache = model.next_logits([model.tokenize(prompt)])
    while not finished:
        tokens = draw(logits)
        logits, cache = model.next_logits(tokens, cache)

Around it stands what a lesson wants to know of every token: how probable it was, what else might
have been said, and how uncertain the model was.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import (
    generator,
    plain_array,
    shorten,
    temperature_number,
    whole_number,
)
from tempsampling.progress import progress
from tempsampling.sampling import ORDER, sample, truncate

ALTERNATIVES = 5  # likeliest tokens that are kept for every step
HALF_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what bytes decode to that need those to come


class Model(Protocol):
    """What `generate` needs of a language model; `SmolLM2` and `TransformersModel` have it."""

    context: int  # tokens that a text may have at most
    end_tokens: Collection[int]  # tokens after which nothing follows

    def tokenize(self, text: str) -> list[int]:
        """Split a text into tokens."""

    def decode(self, tokens: Sequence[int]) -> str:
        """Join tokens into a text."""

    def next_logits(self, tokens: ArrayLike, cache: Any = None) -> tuple[NDArray, Any]:
        """Read tokens (sequences, n); return logits (sequences, vocabulary) and the new cache.

        A cache of one sequence serves any number of sequences.
        """

    def logits_for(self, tokens: ArrayLike) -> NDArray:
        """Return the logits that follow each of n tokens: (n, vocabulary)."""


@dataclass(frozen=True)
class Continuation:
    """What follows a prompt, token by token; every array has one entry for each token."""

    prompt: str
    text: str  # without the token that ended it
    pieces: tuple[str, ...]  # the text that each token adds
    tokens: NDArray[np.intp]
    probabilities: NDArray[np.float64]  # of the model itself: T = 1, nothing cut off
    sampler_probabilities: NDArray[np.float64]  # after temperature and truncation
    entropies: NDArray[np.float64]  # of the model's distribution before the token, in bits
    alternatives: tuple[
        tuple[tuple[str, float], ...], ...
    ]  # the likeliest tokens and the model's p
    temperature: float
    ended: bool  # by a token of the model, not by max_tokens


def generate(
    model: Model,
    prompt: str,
    *,
    temperature: ArrayLike = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    order: Sequence[str] = ORDER,
    n: int | None = None,
    max_tokens: int = 40,
    seed: int | np.random.Generator | None = None,
    common_noise: bool = False,
    on_token: Callable[[list[Continuation]], Any] | None = None,
) -> list[Continuation]:
    """Let a model continue a prompt, n times at once.

    The same seed gives the same texts on the same machine. Sequence i of n draws from noise of its
    own, which neither n nor max_tokens changes: asking for more continues what was there. With
    `common_noise`, all sequences draw each step from the same noise, so that texts at two
    temperatures differ only where temperature made them differ.

    Parameters
    ----------
    model : a `SmolLM2`, a `TransformersModel`, or whatever has the methods of `Model`
    prompt : a string of at least one token
    temperature : real number from 0 to infinity, or one for each sequence, of shape (n,)
    top_k, top_p, min_p, order : as in `sample`
    n : number of sequences; by default as many as there are temperatures
    max_tokens : tokens of each sequence at most; a token that ends a turn or a text ends it sooner
    seed : seed, `numpy.random.Generator`, or None for fresh randomness
    common_noise : whether the sequences share their noise
    on_token : function of the continuations so far, called after every token: a chat shows them

    Returns
    -------
    A list of n `Continuation`s.

    Raises
    ------
    ValueError
        For an empty prompt, for one that leaves no room for max_tokens in the model's context, for
        values out of range, and for temperatures that are not n.
    TypeError
        For arguments of the wrong kind.

    Examples
    --------
    >>> from tempsampling.smollm import SmolLM2
    >>> generate(SmolLM2.load(), "One, two, three,", temperature=0, max_tokens=4)[0].text
    ' four, five,'
    """
    most = whole_number(max_tokens, "max_tokens")
    past = _prompt_tokens(model, prompt, most)
    temperatures = _temperatures(temperature, n)
    cut = {"top_k": top_k, "top_p": top_p, "min_p": min_p, "order": order}
    sequences = [_Sequence(model, prompt, t) for t in temperatures]
    streams = generator(seed, "seed").spawn(1 if common_noise else len(sequences))

    logits, cache = model.next_logits([past])
    logits = np.repeat(logits, len(sequences), axis=0)
    with progress("Writing", total=most) as bar:
        for step in range(most):
            noise = [stream.random() for stream in streams]
            rows = zip(sequences, logits, *_distributions(logits), strict=True)
            for i, (sequence, z, p, entropy) in enumerate(rows):
                if not sequence.ended:
                    draw = {"temperature": sequence.temperature, **cut}
                    token = sample(z, noise=noise[i % len(noise)], **draw)
                    sequence.add(token, p, entropy, truncate(z, **draw)[token])
            bar.update()
            if on_token is not None:
                on_token([sequence.so_far() for sequence in sequences])
            if step + 1 == most or all(sequence.ended for sequence in sequences):
                break
            # One that has ended is read on, unheard, so that every sequence keeps its row.
            logits, cache = model.next_logits([s.tokens[-1:] for s in sequences], cache)
    return [sequence.so_far() for sequence in sequences]


def score(model: Model, text: str, *, prompt: str = "") -> Continuation:
    """Say of every token of a given text what `generate` says of those it draws, at T = 1.

    Parameters
    ----------
    model : as in `generate`
    text : a string of at least one token, or of two if there is no prompt
    prompt : what stands before the text; by default the text's own first token

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

    tokens = _prompt_tokens(model, text, 1, "text")
    past = _prompt_tokens(model, prompt, len(tokens)) if prompt else [tokens.pop(0)]
    if not tokens:
        raise ValueError(f"text must have at least two tokens if there is no prompt, got {text!r}")
    sequence = _Sequence(model, prompt or model.decode(past), 1.0)
    logits = model.logits_for(past + tokens)[len(past) - 1 : -1]
    for token, z in zip(tokens, logits, strict=True):
        (p,), (entropy,) = _distributions(z[None])
        sequence.add(token, p, entropy, p[token])
    return sequence.so_far()


class _Sequence:
    """A continuation as it grows."""

    def __init__(self, model: Model, prompt: str, temperature: float) -> None:
        self.model, self.prompt, self.temperature = model, prompt, temperature
        self.ended = False
        self.tokens: list[int] = []
        self._pieces: list[str] = []
        self._unread: list[int] = []  # the last tokens, if they end within a character
        self._numbers: list[tuple[float, float, float]] = []
        self._alternatives: list[tuple[tuple[str, float], ...]] = []

    def add(self, token: int, p: NDArray, entropy: float, sampler_probability: float) -> None:
        self.tokens.append(token)
        self.ended = token in self.model.end_tokens
        self._unread.append(token)
        piece = self.model.decode(self._unread)
        whole = not piece.endswith(HALF_A_CHARACTER)
        self._pieces.append(piece if whole else "")
        self._unread = [] if whole else self._unread
        self._numbers.append((p[token], sampler_probability, entropy))
        top = np.argpartition(-p, ALTERNATIVES)[:ALTERNATIVES]
        top = top[np.argsort(-p[top], kind="stable")]
        self._alternatives.append(tuple((self.model.decode([i]), float(p[i])) for i in top))

    def so_far(self) -> Continuation:
        spoken = self.tokens[:-1] if self.ended else self.tokens
        plain, sampler, entropies = np.array(self._numbers, np.float64).T
        return Continuation(
            prompt=self.prompt,
            text=self.model.decode(spoken),
            pieces=tuple(self._pieces),
            tokens=np.array(self.tokens, np.intp),
            probabilities=plain,
            sampler_probabilities=sampler,
            entropies=entropies,
            alternatives=tuple(self._alternatives),
            temperature=self.temperature,
            ended=self.ended,
        )


def _distributions(logits: NDArray) -> tuple[NDArray, NDArray]:
    """Return each row's softmax at T = 1, and its entropy in bits, in the precision of the model.

    `softmax` and `entropy` work in float64 and check more: for 32 sequences, five times as long.
    """
    # exp(-1000) is 0 in every precision: this keeps 0 * infinity out of the entropy.
    shifted = np.maximum(logits - logits.max(axis=-1, keepdims=True), -1000)
    weights = np.exp(shifted)
    total = weights.sum(axis=-1, keepdims=True)
    weights /= total
    nats = np.log(total[:, 0]) - np.vecdot(weights, shifted)
    return weights, np.maximum(nats, 0) / np.log(2)


def _prompt_tokens(model: Model, text: str, room: int, name: str = "prompt") -> list[int]:
    """Return a text's tokens, if there are any and if so many more fit into the context."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string, got {shorten(text)}")
    tokens = list(model.tokenize(text))
    if not tokens:
        raise ValueError(f"{name} must have at least one token, got {shorten(text)}")
    if len(tokens) + room > model.context:
        raise ValueError(
            f"{name} must leave room for {room} more tokens in the context of {model.context},"
            f" got {len(tokens)} tokens"
        )
    return tokens


def _temperatures(temperature: ArrayLike, n: int | None) -> list[float]:
    """Return one temperature for each sequence."""
    if n is not None:
        whole_number(n, "n")
    values = plain_array(temperature, "temperature")
    if values.ndim == 0:
        return [temperature_number(temperature)] * (1 if n is None else n)
    if values.ndim > 1 or values.size != (values.size if n is None else n) or not values.size:
        wanted = "one number for each sequence" if n is None else f"one number, or n = {n}"
        raise ValueError(f"temperature must be {wanted}, got shape {values.shape}")
    return [temperature_number(value) for value in values]
