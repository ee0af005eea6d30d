"""Rank, cut and draw in plain Python, for rows so short that a call of NumPy costs the most.

The steps are those of `sampling.py`; the tests compare the two.
"""

import sys
from bisect import bisect_right
from itertools import accumulate
from math import exp, inf
from typing import Any

from tempsampling._selection import WITHIN

TINY = 16  # tokens that plain Python ranks faster than NumPy does


def draw_from_tiny(
    z: list[float], start: float, steps: list[tuple[str, Any]], height: float
) -> int:
    """Return the token in which `height` falls when the survivors' probabilities are stacked."""
    order = sorted(range(len(z)), key=z.__getitem__, reverse=True)  # among equals by index
    ranked = [z[i] for i in order]
    weights = _weights(ranked, start)
    for step, setting in steps:
        if step == "temperature":
            weights = _weights(ranked, setting)
        elif step == "top_k" and setting < len(ranked):
            least = ranked[setting - 1]
            ranked = [logit for logit in ranked if logit >= least]
        elif step == "top_p" and setting < 1:
            running = list(accumulate(weights[: len(ranked)]))
            ranked = ranked[: bisect_right(running, setting * WITHIN * running[-1]) + 1]
        elif step == "min_p":
            least = setting * WITHIN
            ranked = [logit for logit, w in zip(ranked, weights, strict=False) if w >= least]
    running = list(accumulate(weights[: len(ranked)]))
    return order[bisect_right(running, height * running[-1])]


def _weights(ranked: list[float], temperature: float) -> list[float]:
    largest = ranked[0]
    if temperature in (0, inf):
        least = largest if temperature == 0 else -sys.float_info.max
        return [float(logit >= least) for logit in ranked]
    return [exp((logit - largest) / temperature) for logit in ranked]
