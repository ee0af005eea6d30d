"""Penalties: lower the logits of tokens that the text already holds, before one is drawn.

Each function takes logits and the tokens so far, and returns new logits of the same shape, in
float64. The vocabulary is the last axis of the logits; the axes before it are those of `tokens`,
whose last axis is the text: shapes (V,) and (L,), or (B, V) and (B, L).

Unlike temperature and the cuts, a penalty changes the ranking. Which text is searched is for the
caller to say: OpenAI counts what the model wrote, vLLM's repetition penalty and Hugging Face the
prompt too, llama.cpp the last 64 tokens.
"""

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import index_array, listed, logit_array, real_number, whole_number

LARGEST = float(np.log(np.finfo(np.float32).max))


def repetition_penalty(logits: ArrayLike, tokens: ArrayLike, penalty: float) -> NDArray[np.float64]:
    """Divide the positive logits of tokens in the text by the penalty, and multiply the negative.

    penalty is a positive number: 1 changes nothing, useful values are from 1.1 to 1.3. The effect
    depends on where the logits stand: adding a constant to all of them changes it, though it does
    not change the model.

    Source: Keskar et al. (2019), "CTRL", arXiv:1909.05858, section 4.1, whose formula divides
    negative logits as well and so makes them likelier. Hugging Face, vLLM, llama.cpp and mlx-lm
    multiply them.

    Examples
    --------
    >>> repetition_penalty([3.0, 2.0, -1.0], [0, 2, 2], 1.5)
    array([ 2. ,  2. , -1.5])
    """
    penalty = real_number(penalty, "penalty", 0, np.inf, "()")

    def penalized(z: NDArray, text: NDArray) -> NDArray:
        return np.where(_counts(text, z.size) == 0, z, np.where(z > 0, z / penalty, z * penalty))

    return _penalize(logits, tokens, penalized)


def frequency_penalty(logits: ArrayLike, tokens: ArrayLike, strength: float) -> NDArray[np.float64]:
    """Subtract the strength from a token's logit as often as the text holds it.

    strength is a number: 0 changes nothing, a negative one favors repetition. Each time, the
    token's odds against all others are multiplied by exp(-strength).

    Source: OpenAI, API reference (2021), from -2 to 2. vLLM and llama.cpp agree.

    Examples
    --------
    >>> frequency_penalty([3.0, 2.0, -1.0], [0, 2, 2], 0.5)
    array([ 2.5,  2. , -2. ])
    """
    strength = _finite(strength, "strength")
    return _penalize(logits, tokens, lambda z, text: z - strength * _counts(text, z.size))


def presence_penalty(logits: ArrayLike, tokens: ArrayLike, strength: float) -> NDArray[np.float64]:
    """Subtract the strength once from the logit of every token that the text holds.

    strength, and the source, are as for `frequency_penalty`.

    Examples
    --------
    >>> presence_penalty([3.0, 2.0, -1.0], [0, 2, 2], 0.5)
    array([ 2.5,  2. , -1.5])
    """
    strength = _finite(strength, "strength")
    return _penalize(logits, tokens, lambda z, text: z - strength * (_counts(text, z.size) > 0))


def dry(
    logits: ArrayLike,
    tokens: ArrayLike,
    multiplier: float = 0.8,
    base: float = 1.75,
    allowed_length: int = 2,
    breakers: Collection[int] | None = None,
) -> NDArray[np.float64]:
    """Penalize the token that would go on with a repetition: "don't repeat yourself".

    If the end of the text, n tokens of it, stands earlier in the text with a token after it, that
    token would make the repetition longer. With the largest such n, and n at least
    `allowed_length`, multiplier * base ** (n - allowed_length) is subtracted from its logit. A
    repetition does not reach across a breaker, and a breaker is not penalized.

    multiplier is from 0, base from 1, allowed_length from 1; breakers are tokens, such as those of
    line breaks and quotation marks.

    Source: P. E. Weidmann (2024), pull request 5677 of text-generation-webui, with these defaults.
    llama.cpp agrees on everything but breakers, which there are strings, and can be penalized.

    Examples
    --------
    >>> dry([0.0, 0.0, 0.0, 0.0], [1, 2, 3, 1, 2])
    array([ 0. ,  0. ,  0. , -0.8])
    """
    multiplier = real_number(multiplier, "multiplier", 0, np.inf, "[)")
    base = real_number(base, "base", 1, np.inf, "[)")
    allowed = whole_number(allowed_length, "allowed_length")
    tokens_that_break = [] if breakers is None else listed(breakers, "breakers")
    broken = {whole_number(token, "breakers", least=0) for token in tokens_that_break}

    def penalized(z: NDArray, text: NDArray) -> NDArray:
        lengths = np.zeros(z.size)
        after, n = np.arange(1, text.size), 0
        while after.size:  # tokens before which the last n of the text stand as well
            lengths[text[after]] = n
            if text[-1 - n] in broken:
                break
            after = after[after > n]
            after, n = after[text[after - 1 - n] == text[-1 - n]], n + 1
        lengths[[token for token in broken if token < z.size]] = 0
        # Nothing is larger than the largest float32, as in llama.cpp, and so nothing overflows.
        factor = np.exp(np.minimum((lengths - allowed) * np.log(base), LARGEST))
        return z - np.where(lengths < allowed, 0, multiplier * factor)

    return _penalize(logits, tokens, penalized)


def _finite(value: float, name: str) -> float:
    return real_number(value, name, -np.inf, np.inf, "()")


def _counts(text: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return np.bincount(text, minlength=size)


def _penalize(
    logits: ArrayLike, tokens: ArrayLike, penalized: Callable[[NDArray, NDArray], NDArray]
) -> NDArray[np.float64]:
    """Apply a penalty to every row of logits and its text."""
    z = logit_array(logits).astype(np.float64)
    texts = index_array(tokens, "tokens", z.shape[-1])
    if texts.shape[:-1] != z.shape[:-1]:
        raise ValueError(
            f"tokens must have the leading shape of the logits, {z.shape[:-1]}, and one more axis,"
            f" got shape {texts.shape}"
        )
    result = np.empty(z.shape)
    for index in np.ndindex(z.shape[:-1]):
        result[index] = penalized(z[index], texts[index])
    return result
