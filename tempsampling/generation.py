"""The loop in which a language model writes: score, draw a token, read it, and again.

    logits, cache = model.next_logits([model.tokenize(prompt)])
    while not finished:
        tokens = draw(logits)
        logits, cache = model.next_logits(tokens, cache)

Around it stands what a lesson wants to know of every token: how probable it was, what else might
have been said, and how uncertain the model was.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tempsampling._arguments import (
    SEQUENCES,
    generator,
    real_numbers,
    shorten,
    temperature_number,
    whole_number,
)
from tempsampling.continuation import (
    Continuation,
    GrowingContinuation,
    Model,
    plain_distribution,
    prompt_tokens,
)
from tempsampling.memory import enough_memory
from tempsampling.progress import progress
from tempsampling.sampling import ORDER, checked_chain, draw


@enough_memory()
def generate(
    model: Model,
    prompt: str | Sequence[str],
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
    """Let a model continue a prompt n times at once, or each of n prompts.

    The same seed gives the same texts on the same machine. Sequence i of n draws from noise of its
    own, which neither n nor max_tokens changes: asking for more continues what was there. With
    `common_noise`, all sequences draw each step from the same noise, so that texts at two
    temperatures differ only where temperature made them differ.

    Parameters
    ----------
    model : a `SmolLM2`, a `TransformersModel`, or whatever has the methods of `Model`
    prompt : a string of at least one token, or a list of one for each sequence, in which all have
        the same number of tokens
    temperature : real number from 0 to infinity, or one for each sequence, of shape (n,)
    top_k, top_p, min_p, order : as in `sample`
    n : number of sequences, up to 1000; by default as many as there are temperatures or prompts
    max_tokens : tokens of each sequence at most; a token that ends a turn or a text ends it sooner
    seed : seed, `numpy.random.Generator` (which spawns others), or None for fresh randomness
    common_noise : whether the sequences share their noise
    on_token : function of the continuations so far, called after every token: a chat shows them

    Returns
    -------
    A list of n `Continuation`s.

    Raises
    ------
    ValueError
        For an empty prompt, for one that leaves no room for max_tokens in the model's context, for
        prompts of different lengths, for values out of range, and for temperatures or prompts that
        are not n.
    TypeError
        For arguments of the wrong kind.

    Examples
    --------
    >>> from tempsampling.smollm import SmolLM2
    >>> generate(SmolLM2.load(), "One, two, three,", temperature=0, max_tokens=4)[0].text
    ' four, five,'
    """
    if on_token is not None and not callable(on_token):
        raise TypeError(f"on_token must be a function, got {shorten(on_token)}")
    most = whole_number(max_tokens, "max_tokens")
    prompts, pasts = _prompts(model, prompt, n, most)
    temperatures = _temperatures(temperature, n if len(prompts) == 1 else len(prompts))
    for each in temperatures:  # before the model reads a long prompt
        checked_chain(each, top_k, top_p, min_p, order)
    cut = {"top_k": top_k, "top_p": top_p, "min_p": min_p, "order": order}
    sequences = [
        GrowingContinuation(model, prompts[i % len(prompts)], t) for i, t in enumerate(temperatures)
    ]
    streams = generator(seed, "seed").spawn(1 if common_noise else len(sequences))

    logits, cache = model.next_logits(pasts)
    if len(sequences) > len(pasts):  # of one prompt, which was read once
        logits = np.repeat(logits, len(sequences), axis=0)
        cache = model.branch(cache, len(sequences))
    with progress("Writing", total=most) as bar:
        for step in range(most):
            noise = [stream.random() for stream in streams]
            for i, (sequence, z) in enumerate(zip(sequences, logits, strict=True)):
                if not sequence.ended:
                    p, entropy = plain_distribution(z)
                    u = noise[i % len(noise)]
                    token, drawn_with = draw(z, u, temperature=sequence.temperature, **cut)
                    sequence.add(token, p, entropy, drawn_with)
            bar.update()
            if on_token is not None:
                on_token([sequence.so_far(last=False) for sequence in sequences])
            if step + 1 == most or all(sequence.ended for sequence in sequences):
                break
            # One that has ended is read on, unheard, so that every sequence keeps its row.
            logits, cache = model.next_logits([s.tokens[-1:] for s in sequences], cache)
    return [sequence.so_far() for sequence in sequences]


def _prompts(
    model: Model, prompt: str | Sequence[str], n: int | None, room: int
) -> tuple[list[str], list[list[int]]]:
    """Return one prompt for all sequences, or one for each, and the tokens of each."""
    prompts = list(prompt) if isinstance(prompt, list | tuple) else [prompt]
    if not prompts or (len(prompts) > 1 and n not in (None, len(prompts))):
        wanted = "one for each sequence" if n is None else f"n = {n}"
        raise ValueError(f"prompt must be one string, or {wanted}, got {len(prompts)} strings")
    pasts = [prompt_tokens(model, each, room) for each in prompts]
    lengths = sorted({len(past) for past in pasts})
    if len(lengths) > 1:
        raise ValueError(f"prompt must have as many tokens in every string, got {lengths}")
    return prompts, pasts


def _temperatures(temperature: ArrayLike, n: int | None) -> list[float]:
    """Return one temperature for each sequence."""
    values = real_numbers(temperature, "temperature")
    whole_number(values.size or 1 if n is None else n, "n", most=SEQUENCES)
    if values.ndim == 0:
        return [temperature_number(temperature)] * (1 if n is None else n)
    if values.ndim > 1 or not values.size or n not in (None, values.size):
        wanted = "one number for each sequence" if n is None else f"one number, or n = {n}"
        raise ValueError(f"temperature must be {wanted}, got shape {values.shape}")
    return [temperature_number(value) for value in values]
