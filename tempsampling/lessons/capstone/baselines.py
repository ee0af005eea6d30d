"""Four samplers to be compared with, each a curve over its own setting.

To let them write took twenty minutes: `tools/lessons/capstone_curves.py` did it, and wrote the
prompts and what was measured to curves.json.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tempsampling._validate import one_of, real_array, real_number

BASELINES = ("temperature", "top-k", "top-p", "min-p")
MEASURES = ("likelihood", "two draws differ", "entropy", "different pairs")  # of a curve, in order
REPEATS = 1000  # of the bootstrap


def curve(baseline: str, prompts: str = "practice") -> NDArray[np.float64]:
    """Return the four measures of a baseline at its settings: (settings, prompts, measures).

    >>> curve("top-k").shape
    (11, 32, 4)
    """
    curves = _shipped()[one_of(prompts, "prompts", _shipped())]["curves"]
    return np.array(curves[one_of(baseline, "baseline", BASELINES)]["points"])


def settings(baseline: str) -> list[float]:
    """Return the settings at which a baseline's curve was measured, from cold to hot.

    >>> settings("top-k")[:4]
    [1, 2, 3, 4]
    """
    curves = _shipped()["practice"]["curves"]
    return curves[one_of(baseline, "baseline", BASELINES)]["settings"]


def prompts_of(name: str) -> list[str]:
    """Return the prompts for "practice", or the "held-out" ones.

    >>> prompts_of("practice")[0]
    'The future of AI is'
    """
    return _shipped()[one_of(name, "prompts", _shipped())]["prompts"]


def at(points: NDArray, likelihood: float, measure: int = 1) -> float:
    """Return a measure of a curve where it is so likely; NaN where the curve does not reach.

    `points` are means over prompts, (settings, measures).

    >>> at(np.array([[-1.0, 0.0], [-3.0, 0.8]]), -2.0)
    0.4
    """
    points = real_array(points, "points", axis=0)
    likelihood = real_number(likelihood, "likelihood")
    if points.ndim != 2 or not 0 < measure < points.shape[1]:
        raise ValueError(f"points must be (settings, measures), got shape {points.shape}")
    order = points[:, 0].argsort()
    x, y = points[order, 0], points[order, measure]
    return float(np.interp(likelihood, x, y, left=np.nan, right=np.nan))


class Comparison(NamedTuple):
    """A sampler beside the best baseline that is as likely; all but the name in shares of draws."""

    best: str
    there: float  # the baseline's diversity
    difference: float  # the sampler's minus the baseline's
    margin: float  # half of its 95 % interval over prompts

    @property
    def side(self) -> str:
        """Return "above" or "below"; "" within the margin, or if less than is printed."""
        if abs(self.difference) <= max(self.margin, 0.0005):
            return ""
        return "above" if self.difference > 0 else "below"


def compare(points: NDArray, prompts: str) -> Comparison | None:
    """Compare with the baseline that is most diverse at the same likelihood; None if none reaches.

    `points` are a sampler's likelihood and diversity for each prompt, (prompts, 2). The margin
    is that of a bootstrap over prompts: sampler and baseline keep theirs together, and both
    the likelihood and the diversity are taken anew.
    """
    curves = {name: curve(name, prompts) for name in BASELINES}

    def difference(name: str, chosen: Any) -> tuple[float, float]:
        likelihood, diversity = points[chosen].mean(axis=0)
        there = at(curves[name][:, chosen].mean(axis=1), likelihood)
        return there, diversity - there

    found = {name: difference(name, slice(None)) for name in BASELINES}
    reached = [name for name in BASELINES if np.isfinite(found[name][0])]
    if not reached:
        return None
    best = max(reached, key=lambda name: found[name][0])
    rng, n = np.random.default_rng(seed=1), len(points)
    again = [difference(best, rng.integers(n, size=n))[1] for _ in range(REPEATS)]
    low, high = np.nanpercentile(again, [2.5, 97.5])
    return Comparison(best, *found[best], float(high - low) / 2)


@lru_cache
def _shipped() -> dict[str, Any]:
    return json.loads(files(__package__).joinpath("curves.json").read_text(encoding="utf-8"))
