"""Say and show where a sampler stands among the baselines."""

from collections.abc import Callable
from textwrap import fill, shorten

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from tempsampling.lessons.calls import Judgment
from tempsampling.lessons.capstone.baselines import BASELINES, compare, curve, prompts_of
from tempsampling.lessons.capstone.experiment import Trial, try_out
from tempsampling.lessons.capstone.problems import WrongSamplerError, check_sampler
from tempsampling.numerics.uncertainty import mean_and_margin
from tempsampling.widgets.plots import COURSE_STYLE, show

LETTERS = 88  # of a printed line: a longer one would be broken within a word


def practice(sampler: Callable) -> None:
    """Say and show where a sampler stands on the practice prompts, and some of what it wrote."""
    sentence, trial = judge(sampler, "practice")
    print(fill(sentence, LETTERS))
    if trial:
        show(*chart(trial))
        for prompt, text in list(zip(prompts_of("practice"), trial.texts, strict=True))[:3]:
            print(shorten(f"{prompt} …{text}", LETTERS, placeholder=" …"))


def judge(sampler: Callable, prompts: str = "held-out") -> tuple[str, Trial | None]:
    """Return what is wrong with a sampler, or where it stands on some prompts."""
    try:
        check_sampler(sampler)
        trial = try_out(sampler, prompts)
    except WrongSamplerError as error:
        return str(error), None
    return standing(trial), trial


def judge_exercise(sampler: Callable) -> Judgment:
    """Return what `check` says of a sampler, and what shows its picture if it has one."""
    sentence, trial = judge(sampler)
    if trial is None:
        return sentence, None
    found = compare(trial.points, trial.prompts)
    above = found is not None and found.side == "above"
    praise = "Correct." if above else "Your sampler works, but is not above the baselines."
    return fill(f"{praise} {sentence}", LETTERS), lambda: show(*chart(trial))


def standing(trial: Trial) -> str:
    """Say in words where a sampler stands."""
    likelihood, diversity = trial.points.mean(axis=0)
    said = (
        f"On {len(trial.points)} {trial.prompts} prompts the log-likelihood is {likelihood:.2f}"
        f" nats per token, and two draws differ in {diversity:.1%} of places."
    )
    found = compare(trial.points, trial.prompts)
    if found is None:
        greedy = max(curve(name, trial.prompts)[..., 0].mean(axis=1).max() for name in BASELINES)
        where = "less likely" if likelihood > greedy else "likelier"
        return f"{said} All baselines are {where} than that."
    points, margin = 100 * found.difference, 100 * found.margin
    result = f"yours is {found.side} by {abs(points):.1f} ± {margin:.1f} percentage points"
    if not found.side:
        result = f"they cannot be told apart ({points:+.1f} ± {margin:.1f} percentage points)"
    best = f"At that likelihood the best baseline, {found.best}, has {found.there:.1%}"
    return f"{said} {best}: {result}."


def chart(trial: Trial) -> tuple[Figure, str]:
    """Draw the baselines' curves and a sampler's point; return the figure, and it in words."""
    with plt.style.context(COURSE_STYLE):
        figure, axes = plt.subplots(figsize=(8, 3.2))
        for i, name in enumerate(BASELINES):
            x, y = curve(name, trial.prompts).mean(axis=1)[:, :2].T
            axes.plot(x, y, color=f"C{i}", linewidth=2)
            axes.text(0.02, 0.36 - 0.1 * i, name, color=f"C{i}", transform=axes.transAxes)
        (x, y), (dx, dy) = mean_and_margin(trial.points)
        axes.errorbar(x, y, dy, dx, fmt="D", color="C4", markersize=9, zorder=3)
        # To the upper right of a point no curve is in the way: all of them fall.
        axes.annotate("yours", (x, y), (10, 8), textcoords="offset points", size=16)
        axes.set(xlabel="log-likelihood, nats per token", ylabel="two draws differ")
        axes.set(xlim=(min(-3.5, x - 0.3), max(-1, x + 0.4)), ylim=(-0.02, max(0.88, y + 0.08)))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_title(f"{len(trial.points)} {trial.prompts} prompts")
        plt.close(figure)
    return figure, standing(trial)
