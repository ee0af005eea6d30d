"""The capstone: a sampler writes, and is judged by its diversity at equal likelihood.

At every token a sampler draws twice from the same logits. *Diversity* is how often the two draws
differ, *likelihood* the mean logarithm of their probabilities under the model, at T = 1. The text
goes on with the first of the two. One sampler is a point; the four baselines, each over its own
parameter, are curves, which took minutes: `tools/capstone_curves.py` wrote them to capstone.json.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from textwrap import fill, shorten
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tempsampling._arguments import generator, one_of, real_array, real_number
from tempsampling.continuation import Model
from tempsampling.distributions import log_softmax
from tempsampling.plots import STYLE, show
from tempsampling.progress import progress
from tempsampling.sampler_problems import WrongSamplerError, check_sampler, drawn
from tempsampling.smollm import SmolLM2

BASELINES = ("temperature", "top-k", "top-p", "min-p")
MEASURES = ("likelihood", "two draws differ", "entropy", "different pairs")  # of a curve, in order
AT_ONCE = 64  # texts in a batch: memory grows with them
TEXTS, TOKENS = 4, 20  # that a sampler writes for each prompt, and of each text
REPEATS = 1000  # of the bootstrap
WIDTH = 88  # of what is printed, in letters: longer lines would be broken within a word


@dataclass(frozen=True, eq=False)
class Trial:
    """What a sampler did on some prompts."""

    prompts: str  # "practice" or "held-out"
    points: NDArray[np.float64]  # (prompts, 2): likelihood in nats per token, share that differs
    texts: list[str]  # the first text of every prompt


class Comparison(NamedTuple):
    """A sampler beside the best baseline that is as likely; all but the name in shares of draws."""

    best: str
    there: float  # the baseline's diversity
    difference: float  # the sampler's minus the baseline's
    error: float  # its standard error over prompts

    @property
    def side(self) -> str:
        """Return "above" or "below"; "" within two standard errors, or if less than is printed."""
        if abs(self.difference) <= max(2 * self.error, 0.0005):
            return ""
        return "above" if self.difference > 0 else "below"


def try_out(sampler: Callable, prompts: str = "practice", seed: int = 1) -> Trial:
    """Let a sampler write 20 tokens of four texts for each of 32 prompts; ten seconds or so.

    Parameters
    ----------
    sampler : function of the logits, a float32 array (vocabulary,), and a
        `numpy.random.Generator`; returns a token. Tokens that would end a text have logits of
        minus infinity.
    prompts : "practice" or "held-out"
    seed : of the generators that the sampler gets

    Raises
    ------
    ValueError for other prompts; WrongSamplerError for a sampler that is wrong, in one sentence.
    """
    one_of(prompts, "prompts", data())
    model = SmolLM2.load()
    names = data()[prompts]["prompts"]
    # The two draws have generators of their own: a sampler cannot tell the second from the first.
    streams = generator(seed, "seed").spawn(2 * len(names) * TEXTS)

    def draw(i: int, logits: NDArray) -> tuple[float, ...]:
        one, other = (drawn(sampler, logits, rng) for rng in streams[2 * i : 2 * i + 2])
        log_p = log_softmax(logits)
        return one, (log_p[one] + log_p[other]) / 2, one != other

    written = write(model, names, draw)
    texts = [model.decode(tokens) for tokens in written[:, 0, :, 0].astype(int).tolist()]
    return Trial(prompts, written[..., 1:].mean(axis=(1, 2)), texts)


def write(
    model: Model, prompts: Sequence[str], draw: Callable, texts: int = TEXTS
) -> NDArray[np.float64]:
    """Continue prompts of equally many tokens, some texts at once.

    `draw(i, logits)` returns the token that text i goes on with, and further numbers. Returned is
    what it returned: (prompts, texts, tokens, numbers).
    """
    sequences = [model.tokenize(p) for p in prompts for _ in range(texts)]
    ends, written = list(model.end_tokens), []
    starts = range(0, len(sequences), AT_ONCE)
    with progress("Writing", total=TOKENS * len(starts)) as bar:
        for start in starts:
            new, cache, steps = sequences[start : start + AT_ONCE], None, []
            for _ in range(TOKENS):
                logits, cache = model.next_logits(new, cache)
                logits[:, ends] = -np.inf
                steps.append([draw(i, row) for i, row in enumerate(logits, start)])
                new = [[int(said[0])] for said in steps[-1]]
                bar.update()
            written += zip(*steps, strict=True)
    return np.array(written, dtype=float).reshape(len(prompts), texts, TOKENS, -1)


def curve(baseline: str, prompts: str = "practice") -> NDArray[np.float64]:
    """Return the four measures of a baseline at its settings: (settings, prompts, measures).

    >>> curve("top-k").shape
    (11, 32, 4)
    """
    curves = data()[one_of(prompts, "prompts", data())]["curves"]
    return np.array(curves[one_of(baseline, "baseline", BASELINES)]["points"])


def settings(baseline: str) -> list[float]:
    """Return the settings at which a baseline's curve was measured, from cold to hot.

    >>> settings("top-k")[:4]
    [1, 2, 3, 4]
    """
    return data()["practice"]["curves"][one_of(baseline, "baseline", BASELINES)]["settings"]


def at(points: NDArray, likelihood: float, measure: int = 1) -> float:
    """Return a measure of a curve where it is so likely; NaN where the curve does not reach.

    `points` are means over prompts, (settings, measures).

    >>> at(np.array([[-1.0, 0.0], [-3.0, 0.8]]), -2.0)
    0.4
    """
    points, likelihood = real_array(points, "points"), real_number(likelihood, "likelihood")
    if points.ndim != 2 or not 0 < measure < points.shape[1]:
        raise ValueError(f"points must be (settings, measures), got shape {points.shape}")
    order = points[:, 0].argsort()
    x, y = points[order, 0], points[order, measure]
    return float(np.interp(likelihood, x, y, left=np.nan, right=np.nan))


def compare(trial: Trial) -> Comparison | None:
    """Compare with the baseline that is most diverse at the same likelihood; None if none reaches.

    The standard error is that of a bootstrap over prompts: sampler and baseline keep theirs
    together, and both the likelihood and the diversity are taken anew.
    """
    curves = {name: curve(name, trial.prompts) for name in BASELINES}

    def difference(name: str, chosen: Any) -> tuple[float, float]:
        likelihood, diversity = trial.points[chosen].mean(axis=0)
        there = at(curves[name][:, chosen].mean(axis=1), likelihood)
        return there, diversity - there

    found = {name: difference(name, slice(None)) for name in BASELINES}
    reached = [name for name in BASELINES if np.isfinite(found[name][0])]
    if not reached:
        return None
    best = max(reached, key=lambda name: found[name][0])
    rng, n = np.random.default_rng(seed=1), len(trial.points)
    again = [difference(best, rng.integers(n, size=n))[1] for _ in range(REPEATS)]
    return Comparison(best, *found[best], float(np.nanstd(again)))


def verdict(trial: Trial) -> str:
    """Say in words where a sampler stands."""
    likelihood, diversity = trial.points.mean(axis=0)
    said = (
        f"On {len(trial.points)} {trial.prompts} prompts the log-likelihood is {likelihood:.2f}"
        f" nats per token, and two draws differ in {diversity:.1%} of places."
    )
    found = compare(trial)
    if found is None:
        greedy = max(curve(name, trial.prompts)[..., 0].mean(axis=1).max() for name in BASELINES)
        where = "less likely" if likelihood > greedy else "likelier"
        return f"{said} All baselines are {where} than that."
    points, error = 100 * found.difference, 100 * found.error
    result = f"yours is {found.side} by {abs(points):.1f} ± {error:.1f} percentage points"
    if not found.side:
        result = f"they cannot be told apart ({points:+.1f} ± {error:.1f} percentage points)"
    best = f"The best baseline as likely as that, {found.best}, has {found.there:.1%}"
    return f"{said} {best}: {result}."


def picture(trial: Trial) -> tuple[Figure, str]:
    """Draw the baselines' curves and a sampler's point; return the figure, and it in words."""
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 3.2))
        for i, name in enumerate(BASELINES):
            x, y = curve(name, trial.prompts).mean(axis=1)[:, :2].T
            axes.plot(x, y, color=f"C{i}", linewidth=2)
            axes.text(0.02, 0.36 - 0.1 * i, name, color=f"C{i}", transform=axes.transAxes)
        x, y = trial.points.mean(axis=0)
        dx, dy = 2 * trial.points.std(axis=0, ddof=1) / np.sqrt(len(trial.points))
        axes.errorbar(x, y, dy, dx, fmt="D", color="C4", markersize=9, zorder=3)
        # To the upper right of a point no curve is in the way: all of them fall.
        axes.annotate("yours", (x, y), (10, 8), textcoords="offset points", size=16)
        axes.set(xlabel="log-likelihood, nats per token", ylabel="two draws differ")
        axes.set(xlim=(min(-3.5, x - 0.3), max(-1, x + 0.4)), ylim=(-0.02, max(0.88, y + 0.08)))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_title(f"{len(trial.points)} {trial.prompts} prompts")
        plt.close(figure)
    return figure, verdict(trial)


def judge(sampler: Callable, prompts: str = "held-out") -> tuple[str, Trial | None]:
    """Return what is wrong with a sampler, or where it stands on some prompts."""
    try:
        check_sampler(sampler)
        trial = try_out(sampler, prompts)
    except WrongSamplerError as error:
        return str(error), None
    return verdict(trial), trial


def practice(sampler: Callable) -> None:
    """Say and show where a sampler stands on the practice prompts, and some of what it wrote."""
    sentence, trial = judge(sampler, "practice")
    print(fill(sentence, WIDTH))
    if trial:
        show(*picture(trial))
        for prompt, text in list(zip(data()["practice"]["prompts"], trial.texts, strict=True))[:3]:
            print(shorten(f"{prompt} …{text}", WIDTH, placeholder=" …"))


@lru_cache
def data() -> dict[str, Any]:
    """Return what `tools/capstone_curves.py` wrote."""
    return json.loads(files("tempsampling").joinpath("capstone.json").read_text(encoding="utf-8"))
