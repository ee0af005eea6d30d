"""The loop in which a language model writes: score, draw a token, read it, and again.

    logits, cache = model.next_logits([model.tokenize(prompt)])
    while not finished:
        tokens = draw(logits)
        logits, cache = model.next_logits(tokens, cache)

Around it stands what a lesson wants to know of every token: how probable it was, what else might
have been said, and how uncertain the model was. `generate` writes such a `Continuation`; `score`
reads one, of a text that is there already.
"""

import codecs
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._memory import enough_memory
from tempsampling._progress import progress
from tempsampling._validate import (
    generator,
    real_array,
    real_number,
    shorten,
    string,
    whole_number,
)
from tempsampling.model.interface import Model, loaded
from tempsampling.numerics.sampling import ORDER, checked_steps, draw
from tempsampling.numerics.selection import kth_largest

ALTERNATIVES = 5  # likeliest tokens that are kept for every step
MOST_SEQUENCES = 1000
REMEMBERED = 4096  # tokens, of all sequences written at once: in SmolLM2's cache 190 MB
SCORED = 256  # tokens whose logits `score` holds at once: 50 MB


class Alternative(NamedTuple):
    """A token that the model might have chosen."""

    text: str
    probability: float  # of the model: T = 1, nothing cut off
    token: int


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
    alternatives: tuple[tuple[Alternative, ...], ...]  # the likeliest tokens at each step
    temperature: float
    ended: bool  # by a token of the model, not by max_tokens


@enough_memory()
def generate(
    model: Model,
    prompt: str | Sequence[str],
    *,
    temperature: ArrayLike = 1.0,
    order: Sequence[str] = ORDER,
    n: int | None = None,
    max_tokens: int = 40,
    seed: int | np.random.Generator | None = None,
    common_noise: bool = False,
    logits_processor: Callable[[NDArray, list[int]], ArrayLike] | None = None,
    on_token: Callable[[list[Continuation]], Any] | None = None,
    **cuts: float | None,
) -> list[Continuation]:
    """Let a model continue a prompt n times at once, or each of n prompts.

    The same call gives the same texts on the same machine, and asking for more continues what was
    there, because each sequence draws from noise of its own. Both hold but for rounding: in a batch
    of another size, or with another number of threads (see `threads.py`), the logits differ in
    their last digits, and a draw that falls just between two tokens may take the other one. With
    `common_noise`, all sequences draw each step from the same noise, so that texts at two
    temperatures differ only where temperature made them differ.

    Parameters
    ----------
    model : a `SmolLM2`, a `TransformersModel`, or whatever has the methods of `Model`
    prompt : a string of at least one token, or a list of one for each sequence, in which all have
        the same number of tokens; with max_tokens more it fits into the model's context
    temperature : real number from 0 to infinity, or one for each sequence, of shape (n,)
    order, and the cuts (top_k, top_p, min_p, ...) : as in `sample`
    n : number of sequences, up to 1000; by default as many as there are temperatures or prompts
    max_tokens : tokens of each sequence at most; a token that ends a turn or a text ends it sooner
    seed : seed, `numpy.random.Generator` (which spawns others), or None for fresh randomness
    common_noise : whether the sequences share their noise
    logits_processor : function of one row of logits and all tokens so far, the prompt's too, that
        returns the logits to draw from, such as `dry` or what `functools.partial` makes of
        `repetition_penalty`; the model's own probabilities stay as they are
    on_token : function of the continuations so far, called after every token: a chat shows them

    Examples
    --------
    >>> from tempsampling import SmolLM2
    >>> generate(SmolLM2.load(), "One, two, three,", temperature=0, max_tokens=4)[0].text
    ' four, five,'
    """
    for name, given in [("on_token", on_token), ("logits_processor", logits_processor)]:
        if given is not None and not callable(given):
            raise TypeError(f"{name} must be a function, got {shorten(given)}")
    most = whole_number(max_tokens, "max_tokens")
    prompts, pasts = _prompts(model, prompt, n, most)
    temperatures = _temperatures(temperature, n if len(prompts) == 1 else len(prompts))
    steps = [checked_steps(each, order, **cuts) for each in temperatures]
    texts = [_Growing(model, prompts[i % len(prompts)], t) for i, t in enumerate(temperatures)]
    streams = generator(seed, "seed").spawn(1 if common_noise else len(texts))
    noise = np.array([stream.random(most) for stream in streams])

    # All at once is fastest, but what the model remembers of many long texts takes gigabytes.
    rows = max(1, REMEMBERED // (len(pasts[0]) + most))
    batches = [range(i, min(i + rows, len(texts))) for i in range(0, len(texts), rows)]
    with progress("Writing", total=most * len(batches)) as bar:
        for batch in batches:
            writing = list(batch)
            logits, cache = _read_prompts(model, pasts, writing)
            for place in range(most):
                for i, z in zip(writing, logits, strict=True):
                    p, entropy = plain_distribution(z)
                    if logits_processor is not None:
                        past = [*pasts[i % len(pasts)], *texts[i].tokens]
                        z = _processed(logits_processor(z.copy(), past), z)
                    token, drawn_with = draw(z, noise[i % len(noise), place], steps[i])
                    texts[i].add(token, p, entropy, drawn_with)
                bar.update()
                if on_token is not None:
                    on_token([text.so_far(last=False) for text in texts])
                going = [row for row, i in enumerate(writing) if not texts[i].ended]
                if place + 1 == most or not going:
                    bar.update(most - place - 1)
                    break
                if len(going) < len(writing):
                    writing = [writing[row] for row in going]
                    cache = model.keep(cache, going)
                logits, cache = model.next_logits([texts[i].tokens[-1:] for i in writing], cache)
    return [text.so_far() for text in texts]


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

    Examples
    --------
    >>> from tempsampling import SmolLM2
    >>> prompt = "Mary had a little lamb, its fleece was"
    >>> score(SmolLM2.load(), " white as snow", prompt=prompt).probabilities.round(2)
    array([0.15, 0.41, 0.81])
    """
    tokens = _prompt_tokens(model, text, 0, "text")
    past = _prompt_tokens(model, prompt, len(tokens)) if prompt != "" else []
    begun = _Pieces(model)
    while not past or (prompt == "" and tokens and begun.pieces[-1] == ""):
        past.append(tokens.pop(0))
        begun.add(past[-1])
    if not tokens:
        raise ValueError(f"text must have two tokens or more without a prompt, got {text!r}")
    read = _Growing(model, prompt or model.decode(past), 1.0)
    logits, cache = model.next_logits([past])
    for start in progress("Reading", range(0, len(tokens), SCORED)):
        part = tokens[start : start + SCORED]
        after = model.logits_for([part], cache)[0]
        for token, z in zip(part, (*logits, *after[:-1]), strict=True):
            p, entropy = plain_distribution(z)
            read.add(token, p, entropy, p[token])
        logits = after[-1:]
    return read.so_far()


class _Pieces:
    """What each token adds to a text, in whole characters: a character may take several tokens."""

    def __init__(self, model: Model) -> None:
        self._bytes_of = model.bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pieces: list[str] = []

    def add(self, token: int) -> str:
        """Return what a token adds; "" if a character has begun and is not complete."""
        self.pieces.append(self._decoder.decode(self._bytes_of(token)))
        return self.pieces[-1]

    def begun(self) -> str:
        """Return what bytes of a character that never ended look like."""
        return self._decoder.getstate()[0].decode("utf-8", "replace")


class _Growing:
    """A continuation as it grows."""

    def __init__(self, model: Model, prompt: str, temperature: float) -> None:
        self.model, self.prompt, self.temperature = model, prompt, temperature
        self.ended = False
        self.tokens: list[int] = []
        self._pieces = _Pieces(model)
        self._numbers: list[tuple[float, float, float]] = []
        self._alternatives: list[tuple[Alternative, ...]] = []

    def add(self, token: int, p: NDArray, entropy: float, sampler_probability: float) -> None:
        """Append a token that was drawn from p, the model's probabilities of all tokens."""
        self.tokens.append(token)
        self.ended = token in self.model.end_tokens
        self._pieces.add(token)
        self._numbers.append((p[token], sampler_probability, entropy))
        count = min(ALTERNATIVES, p.size)
        top = np.flatnonzero(p >= kth_largest(p, count))
        top = top[np.argsort(-p[top], kind="stable")][:count].tolist()
        likeliest = (Alternative(self.model.decode([i]), float(p[i]), i) for i in top if p[i] > 0)
        self._alternatives.append(tuple(likeliest))

    def so_far(self, *, last: bool = True) -> Continuation:
        """Return what there is, in arrays of its own; if it is not the last, in whole characters.

        Bytes that begin a character which never comes stand at the end of the last text.
        """
        pieces = list(self._pieces.pieces)
        if last and pieces:
            pieces[-1] += self._pieces.begun()
        plain, sampler, entropies = np.array(self._numbers, np.float64).reshape(-1, 3).T
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


def _processed(logits: ArrayLike, like: NDArray) -> NDArray:
    """Return what a `logits_processor` made of a row of logits, if it still is one."""
    z = real_array(logits, "logits_processor's answer")
    if z.shape != like.shape:
        raise ValueError(f"logits_processor must return shape {like.shape}, got shape {z.shape}")
    return z


def _read_prompts(model: Model, pasts: list[list[int]], rows: list[int]) -> tuple[NDArray, Any]:
    """Let the model read the prompts of some sequences; a prompt that all share is read once."""
    if len(pasts) > 1:
        return model.next_logits([pasts[i] for i in rows])
    logits, cache = model.next_logits(pasts)
    if len(rows) == 1:
        return logits, cache
    return np.repeat(logits, len(rows), axis=0), model.branch(cache, len(rows))


def _prompts(
    model: Model, prompt: str | Sequence[str], n: int | None, room: int
) -> tuple[list[str], list[list[int]]]:
    """Return one prompt for all sequences, or one for each, and the tokens of each."""
    prompts = list(prompt) if isinstance(prompt, list | tuple) else [prompt]
    if not prompts or (len(prompts) > 1 and n not in (None, len(prompts))):
        wanted = "one for each sequence" if n is None else f"n = {n}"
        raise ValueError(f"prompt must be one string, or {wanted}, got {len(prompts)} strings")
    pasts = [_prompt_tokens(model, each, room) for each in prompts]
    lengths = sorted({len(past) for past in pasts})
    if len(lengths) > 1:
        raise ValueError(f"prompt must have as many tokens in every string, got {lengths}")
    return prompts, pasts


def _prompt_tokens(model: Model, text: str, room: int, name: str = "prompt") -> list[int]:
    """Return a text's tokens, if there are any and if so many more fit into the context."""
    string(text, name, whole=True)
    tokens = list(loaded(model, "next_logits").tokenize(text))
    if not tokens:
        raise ValueError(f"{name} must have at least one token, got {shorten(text)}")
    if len(tokens) + room > model.context:
        raise ValueError(
            f"{name} must leave room for {shorten(room)} more tokens in the context of"
            f" {model.context}, got {len(tokens)} tokens"
        )
    return tokens


def _temperatures(temperature: ArrayLike, n: int | None) -> list[float]:
    """Return one temperature for each sequence."""
    values = real_array(temperature, "temperature")
    whole_number(values.size or 1 if n is None else n, "n", most=MOST_SEQUENCES)
    if values.ndim == 0:
        return [real_number(temperature, "temperature", 0)] * (1 if n is None else n)
    if values.ndim > 1 or not values.size or n not in (None, values.size):
        wanted = "one number for each sequence" if n is None else f"one number, or n = {n}"
        raise ValueError(f"temperature must be {wanted}, got shape {values.shape}")
    return [real_number(value, "temperature", 0) for value in values]
