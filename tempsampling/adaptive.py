"""Adaptive temperature: choose T anew at every token, from what the model says at that token."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import (
    finite_number,
    generator,
    logit_array,
    real_numbers,
    shorten,
    temperature_number,
)
from tempsampling.distributions import entropy, log_softmax, softmax
from tempsampling.sampling import sample


def confidence_temperature(
    confidence: ArrayLike, lowest: float = 0.5, highest: float = 2.0
) -> float | NDArray[np.float64]:
    """Return a temperature that falls from `highest` to `lowest` as the confidence rises to 1.

    T = lowest + (1 - confidence) (highest - lowest), clamped to that range, so that a confidence
    outside [0, 1] cannot lead out of it.

    Parameters
    ----------
    confidence : real number or array of them, usually the largest probability; not NaN
    lowest, highest : temperatures, 0 <= lowest <= highest < infinity

    Returns
    -------
    A float, or an array of the shape of `confidence`.

    Raises
    ------
    ValueError
        For a confidence of NaN, a negative or infinite temperature, lowest above highest.
    TypeError
        For arguments that are not real numbers.

    Examples
    --------
    >>> confidence_temperature(0.75), confidence_temperature(1.5)
    (0.875, 0.5)
    """
    c = real_numbers(confidence, "confidence").astype(np.float64)
    if np.isnan(c).any():
        raise ValueError(f"confidence must be a number, got {shorten(confidence)}")
    lowest, highest = temperature_number(lowest, "lowest"), temperature_number(highest, "highest")
    if not lowest <= highest < np.inf:
        raise ValueError(f"highest must be finite and at least lowest = {lowest}, got {highest}")
    t = lowest + (1 - np.clip(c, 0, 1)) * (highest - lowest)
    return float(t) if t.ndim == 0 else t


def edt_temperature(
    logits: ArrayLike, temperature: float, theta: float
) -> float | NDArray[np.float64]:
    """Return EDT's temperature: T = temperature * 0.8^(theta / H), lower where the model is sure.

    H is the entropy of the distribution at T = 1, in nats. As H falls to 0, T falls to 0; `theta`
    says how soon. With entropy in bits, the same rule has theta / ln 2 for theta.

    Parameters
    ----------
    logits : array of real numbers; the last axis is the vocabulary
    temperature : the upper bound T0, which a very unsure model approaches
    theta : real number, at least 0; 0 makes the temperature constant

    Returns
    -------
    A float for one distribution, otherwise an array of the leading shape.

    Raises
    ------
    ValueError
        For a negative temperature or theta, NaN, infinity; for bad logits, as in `softmax`.
    TypeError
        For arguments of the wrong kind.

    Source: Zhang, Bao and Huang (2024), "EDT: Improving large language models' generation by
    entropy-based dynamic temperature sampling", arXiv:2403.14541, with N = 0.8.

    Examples
    --------
    >>> round(edt_temperature([0.0, 0.0], 1.0, theta=0.5), 3)  # 0.8^(0.5 / ln 2)
    0.851
    """
    bound = finite_number(temperature, "temperature")
    theta = finite_number(theta, "theta")
    nats = np.asarray(entropy(softmax(logits), base=np.e))
    with np.errstate(divide="ignore", over="ignore"):  # H near 0: an infinite exponent, T = 0
        exponent = theta / nats if theta else np.zeros_like(nats)
    t = bound * 0.8**exponent
    return float(t) if t.ndim == 0 else t


def dynamic_temperature(
    logits: ArrayLike, temperature: float, spread: float, exponent: float = 1.0
) -> float | NDArray[np.float64]:
    """Return llama.cpp's dynamic temperature, which rises with the entropy.

    T = low + (high - low) (H / H_max)^exponent, with low = temperature - spread, not below 0, and
    high = temperature + spread. H is the entropy of the distribution at T = 1, and H_max that of a
    uniform one over the same tokens: those whose logit is not minus infinity, so truncate first, as
    llama.cpp does. A single token has no H / H_max; T is `temperature` then.

    Parameters
    ----------
    logits : array of real numbers; the last axis is the vocabulary
    temperature, spread : real numbers, at least 0 (llama.cpp: --temp, --dynatemp-range)
    exponent : real number, greater than 0 (llama.cpp: --dynatemp-exp)

    Returns
    -------
    A float for one distribution, otherwise an array of the leading shape.

    Raises
    ------
    ValueError
        For negative or infinite temperatures, an exponent that is not above 0; for bad logits, as
        in `softmax`.
    TypeError
        For arguments of the wrong kind.

    Source: llama.cpp, src/llama-sampler.cpp, llama_sampler_temp_ext_apply.

    Examples
    --------
    >>> dynamic_temperature([1.0, 1.0, 1.0], 0.8, spread=0.5)
    1.3
    """
    temperature = finite_number(temperature, "temperature")
    spread = finite_number(spread, "spread")
    exponent = finite_number(exponent, "exponent", zero=False)
    z = logit_array(logits)
    tokens = np.count_nonzero(z > -np.inf, axis=-1)
    low, high = max(0.0, temperature - spread), temperature + spread
    unsure = np.asarray(entropy(softmax(z))) / np.log2(np.maximum(tokens, 2))
    t = np.where(tokens > 1, low + (high - low) * unsure**exponent, temperature)
    return float(t) if t.ndim == 0 else t


class Mirostat:
    """Mirostat 2: draw tokens whose mean surprise is held at a target, by feedback.

    Tokens with a surprise of more than `mu` are dropped (the likeliest stays), a token is drawn
    from the rest, and mu moves against the error: mu = mu - eta (surprise - tau). Surprise is
    -log2 of the probability that the model gave to the token, in bits. A target that even the
    likeliest tokens exceed on average cannot be held; mu falls without end then.

    Parameters
    ----------
    tau : target surprise in bits per token, greater than 0
    eta : learning rate, greater than 0
    rng : seed, `numpy.random.Generator`, or None for fresh randomness

    Attributes
    ----------
    mu : the largest surprise allowed at the next token; 2 tau in the beginning

    Raises ValueError for numbers out of range, TypeError for arguments of the wrong kind.

    Source: Basu et al. (2021), "Mirostat: a neural text decoding algorithm that directly controls
    perplexity", arXiv:2007.14966. Version 2 leaves out the estimate of k. llama.cpp measures the
    surprise after truncation, by the renormalized probability, which is less.

    Examples
    --------
    >>> mirostat = Mirostat(tau=1.5, eta=0.5, rng=0)
    >>> mirostat.sample([0.0, 0.0]) in (0, 1), mirostat.mu  # 1 bit, half a bit too little
    (True, 3.25)
    """

    def __init__(
        self, tau: float, eta: float = 0.1, rng: int | np.random.Generator | None = None
    ) -> None:
        """Begin with mu = 2 tau."""
        self.tau = finite_number(tau, "tau", zero=False)
        self.eta = finite_number(eta, "eta", zero=False)
        self.mu = 2 * self.tau
        self._rng = generator(rng)

    def sample(self, logits: ArrayLike) -> int:
        """Draw a token from one row of logits, and move `mu`."""
        z = logit_array(logits)
        if z.ndim != 1:
            raise ValueError(f"logits must be one row, got shape {z.shape}")
        surprise = -log_softmax(z) / np.log(2)
        allowed = surprise <= max(self.mu, surprise.min())
        token = sample(np.where(allowed, z, -np.inf), rng=self._rng)
        self.mu -= self.eta * (float(surprise[token]) - self.tau)
        return token
