"""Draw tokens: temperature and truncation in a named order, then one uniform number per token.

The steps are temperature and the cuts of `truncation.py`, each switched on by its name and setting:
`top_k=40, min_p=0.1`. Their order changes which tokens survive, so it is an argument. Hugging Face
applies temperature, top-k, top-p, min-p, typical, epsilon, eta, which is the default here. vLLM
applies min-p before top-k. llama.cpp and mlx-lm put temperature last: logits [3, 2, 1] with T = 0.5
and top-p = 0.8 keep one token when temperature comes first and two when it comes last.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import (
    MOST,
    each_fits,
    generator,
    logit_array,
    real_array,
    real_number,
    shorten,
    whole_number,
)
from tempsampling.numerics.distributions import scaled
from tempsampling.numerics.selection import crossing
from tempsampling.numerics.truncation import CUTS

ORDER = ("temperature", *CUTS)

Steps = list[tuple[str, Any]]  # those that are switched on, each with its setting


def truncate(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    order: Sequence[str] = ORDER,
    **cuts: float | None,
) -> NDArray[np.float64]:
    """Return the probabilities after temperature and truncation.

    Temperature never changes the ranking, and the limits keep it too: at T = infinity the tokens
    that survive top-k and top-p are still the likeliest, and share the probability equally.

    Parameters
    ----------
    logits : array of real numbers, any shape; the last axis is the vocabulary
        Minus infinity means impossible.
    temperature : real number from 0 to infinity, both included
    order : names of steps, each at most once and every one that is set, as they are applied
    top_k, top_p, min_p, typical_p, epsilon_cutoff, eta_cutoff, top_n_sigma, xtc : the settings of
        the functions of the same names; None switches a step off

    Returns
    -------
    float64 array of the same shape, sum 1 along the last axis, 0 where a token is dropped.

    Examples
    --------
    >>> truncate([3.0, 2.0, 1.0], temperature=0.5, top_p=0.9).round(3)
    array([0.881, 0.119, 0.   ])
    """
    z = logit_array(logits)
    steps = checked_steps(temperature, order, **cuts)
    result = np.zeros(z.shape)
    for index in np.ndindex(z.shape[:-1]):
        kept, left, final = survivors(z[index], steps)
        weights = np.exp(scaled(left, final, left.max()))
        result[index][kept] = weights / weights.sum()
    return result


def sample(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    order: Sequence[str] = ORDER,
    size: int | tuple[int, ...] | None = None,
    rng: int | np.random.Generator | None = None,
    noise: ArrayLike | None = None,
    **cuts: float | None,
) -> int | NDArray[np.intp]:
    """Draw tokens from the probabilities that `truncate` returns.

    Every token is drawn from one uniform number u: stack the probabilities, the likeliest token
    first (equal logits by index), and take the token in which the height u falls. So u = 0 always
    gives the likeliest token, and a larger u never a likelier one.

    The ranking is the same at every temperature, which is why this order is used: with the same u
    at every temperature (*common random numbers*), a higher temperature gives the same token or
    one further down the ranking, never an unrelated one. In the order of the vocabulary, a small
    change of temperature would exchange tokens that have nothing to do with each other. The same
    seed shares its uniform numbers in this way; `noise` lets you hold them in your hand.

    Parameters
    ----------
    logits, temperature, order, and the cuts : as in `truncate`
    size : draws per distribution, a number or a shape, up to ten million; None means one
    rng : seed, `numpy.random.Generator`, or None for fresh randomness
    noise : array of real numbers u, 0 <= u < 1, instead of `size` and `rng`
        The last axes match the leading shape of the logits; those before them count the draws.

    Returns
    -------
    Indices of tokens: an int for a single draw, otherwise an array of shape `size` followed by the
    leading shape of the logits (the shape of `noise`, if given).

    Examples
    --------
    >>> sample([2.0, 1.0, 0.0], temperature=0.5, noise=[0.0, 0.5, 0.95])
    array([0, 0, 1])
    """
    z = logit_array(logits)
    steps = checked_steps(temperature, order, **cuts)
    u = _uniforms(z.shape[:-1], size, rng, noise)
    rows = z.reshape(-1, z.shape[-1])
    heights = u.reshape(-1, max(len(rows), 1))
    tokens = np.empty(heights.shape, dtype=np.intp)
    for i, row in enumerate(rows):
        kept, left, final = survivors(row, steps)
        places, _ = crossing(left, final, heights[:, i])
        tokens[:, i] = kept[places]
    return tokens.reshape(u.shape) if u.ndim else int(tokens.item())


def draw(z: NDArray, height: float, steps: Steps) -> tuple[int, float]:
    """Draw one token from one row of logits; return it with its probability under the sampler.

    For use inside the package: `height` is one number u, `steps` come from `checked_steps`.

    >>> draw(np.array([2.0, 1.0, 0.0]), 0.5, checked_steps(temperature=0.0))
    (0, 1.0)
    """
    kept, left, final = survivors(logit_array(z), steps)
    (place,), total = crossing(left, final, np.array([height]))
    weight = np.exp(scaled(left[place], final, left.max()))
    return int(kept[place]), float(weight / total)


def checked_steps(
    temperature: float = 1.0, order: Sequence[str] = ORDER, **cuts: float | None
) -> Steps:
    """Check the settings of a sampler, which are those of `truncate`, and put them in order."""
    named = list(map(str, order)) if isinstance(order, Sequence) else [""]
    for name in named:
        if isinstance(order, str) or name not in ORDER or named.count(name) > 1:
            raise ValueError(f"order must hold names of {ORDER}, each once, got {shorten(order)}")
    settings: dict[str, float] = {"temperature": real_number(temperature, "temperature", 0)}
    for name, setting in cuts.items():
        if name not in CUTS:
            raise TypeError(f"a cut must be one of {', '.join(CUTS)}, got {shorten(name)}")
        if setting is not None:
            settings[name] = CUTS[name].checked(setting, name)
    for name, setting in settings.items():
        if name not in named and (name, setting) != ("temperature", 1):
            raise ValueError(f"order must hold {name}, which is set, got {shorten(order)}")
    return [(step, settings[step]) for step in named if step in settings]


def survivors(z: NDArray, steps: Steps) -> tuple[NDArray[np.intp], NDArray, float]:
    """Return the tokens of one row that survive, their logits, and the temperature to draw with.

    For use inside the package, like `draw`.
    """
    kept, temperature = None, 1.0
    for step, setting in steps:
        if step == "temperature":
            temperature = setting
            continue
        inside = np.flatnonzero(CUTS[step].keep(z, temperature, setting))
        kept, z = inside if kept is None else kept[inside], z[inside]
    return np.arange(z.size) if kept is None else kept, z, temperature


def _uniforms(leading: tuple[int, ...], size: Any, rng: Any, noise: Any) -> NDArray[np.float64]:
    """Return the uniform numbers to draw with, checked if they came from the caller."""
    if noise is None:
        lengths = () if size is None else size if isinstance(size, tuple | list) else (size,)
        shape = (*(whole_number(length, "size", least=0) for length in lengths), *leading)
        if math.prod(shape) > MOST:
            raise ValueError(f"size must ask for at most {MOST} tokens, got {shorten(size)}")
        return np.asarray(generator(rng).random(shape))
    if size is not None or rng is not None:
        raise ValueError("noise replaces size and rng: give either noise or those, not both")
    u = real_array(noise, "noise").astype(np.float64)
    if u.shape[max(u.ndim - len(leading), 0) :] != leading:
        raise ValueError(
            f"noise must end in the leading shape of the logits, {leading}, got shape {u.shape}"
        )
    each_fits(u, (u >= 0) & (u < 1), "noise", "from 0 up to, not including, 1")
    return u
