"""Rows of logits on which sampling code goes wrong, and the plain definitions to compare with."""

import numpy as np

from tempsampling import softmax


def hard_rows():
    """Yield (name, logits): sizes around every boundary of the fast path, every kind of values."""
    rng = np.random.default_rng(20200427)
    for size in (1, 2, 5, 16, 17, 63, 64, 65, 1023, 1024, 1025, 4096, 20_011):
        normal = rng.standard_normal(size)
        kinds = {
            "peaked": 3 * normal,
            "flat": 0.1 * normal,
            "float32": (3 * normal).astype(np.float32),
            "float16": (3 * normal).astype(np.float16),
            "integers": rng.integers(-4, 5, size),
            "ties": np.round(normal),
            "all equal": np.zeros(size),
            "one far above": np.where(np.arange(size) == size // 2, 1e9, normal),
            "most masked": np.where(normal < 1, -np.inf, normal) if normal.max() > 1 else normal,
            "masked with a number": np.where(normal < 1, np.float32(-1e9), normal),
            "falling by half": -(2.0 ** (np.arange(size) % 1000)),
            "next to each other": 1 + np.arange(size) * np.finfo(np.float64).eps,
            "as far as float64 goes": np.where(normal < 0, -1.7e308, 1.7e308),
            "as far as float32 goes": np.where(normal < 0, -3e38, 3e38).astype(np.float32),
            "tiny": normal * 1e-310,
            "the smallest there are": rng.integers(3000, size=size) * 5e-324,
        }
        for kind, logits in kinds.items():
            yield f"{kind}, {size}", logits


def plain_top_k(logits, k):
    """Say which tokens are kept, by a full sort."""
    return logits >= np.sort(logits)[-min(k, logits.size)]


def plain_top_p(logits, p, temperature=1.0):
    """Say which tokens are kept: go down the ranking until the sum of probabilities reaches p."""
    keep = np.ones(logits.size, dtype=bool)
    if p < 1:
        ranking = np.argsort(-logits.astype(np.float64), kind="stable")
        probability = softmax(logits, temperature)
        reached = np.cumsum(probability[ranking]) >= p * (1 - 1e-10)
        keep[ranking[np.argmax(reached) + 1 :]] = False
    return keep


def plain_min_p(logits, p, temperature=1.0):
    """Say which tokens are kept: those at least p times as likely as the likeliest."""
    probability = softmax(logits, temperature)
    return probability >= p * probability.max() * (1 - 1e-10)


def plain_typical_p(logits, p, temperature=1.0):
    """Say which tokens are kept: those of a surprise near the entropy, until their sum is p."""
    if p == 1:
        return np.ones(logits.size, dtype=bool)
    probability = softmax(logits, temperature)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = -np.log(probability)
        entropy = np.nansum(probability * surprise)
    ranking = np.argsort(np.abs(surprise - entropy), kind="stable")
    reached = np.cumsum(probability[ranking]) >= p * (1 - 1e-10)
    keep = np.zeros(logits.size, dtype=bool)
    keep[ranking[: np.argmax(reached) + 1]] = True
    return keep


def plain_top_n_sigma(logits, n, temperature=1.0):
    """Say which tokens are kept: those at most n standard deviations below the largest logit."""
    z = logits.astype(np.longdouble)
    return (z.max() - z) * (1 - 1e-10) <= n * z.std()


def plain_xtc(logits, threshold, temperature=1.0):
    """Say which tokens are kept: all but those that have a less likely one above the threshold."""
    probability = softmax(logits, temperature)
    ranking = np.argsort(-logits.astype(np.float64), kind="stable")
    top = [i for i in ranking if probability[i] >= threshold * (1 - 1e-10)]
    return ~np.isin(np.arange(logits.size), top[:-1])


def plain_truncate(
    logits, temperature=1.0, order=("temperature", "top_k", "top_p", "min_p"), **cuts
):
    """Apply the steps one after the other, with a softmax over what is left before each."""
    z, now = np.array(logits, dtype=np.float64), 1.0
    for step in order:
        left = np.flatnonzero(z > -np.inf)
        keep = np.ones(left.size, dtype=bool)
        if step == "temperature":
            now = temperature
        elif step == "top_k" and "top_k" in cuts:
            keep = plain_top_k(z[left], cuts["top_k"])
        elif step in cuts:
            keep = globals()[f"plain_{step}"](z[left], cuts[step], now)
        z[left[~keep]] = -np.inf
    return softmax(z, now)


def plain_span(logits, probabilities):
    """Stack the probabilities, likeliest first: from which height to which does a token reach?"""
    ranking = np.argsort(-np.asarray(logits, dtype=np.float64), kind="stable")
    running = np.cumsum(probabilities[ranking])
    low, high = np.empty_like(running), np.empty_like(running)
    low[ranking], high[ranking] = np.append(0, running[:-1]), running
    return low, high
