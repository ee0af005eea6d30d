"""The course's charts: each is drawn once and then changed by its `update`.

An `update` returns a sentence that says what the chart now shows, for those who cannot see it.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tempsampling._validate import each_fits, listed, real_array, real_number
from tempsampling.widgets.blitting import Frames
from tempsampling.widgets.rendering import of_figure
from tempsampling.writing.labels import percent, writable

COURSE_STYLE = "tempsampling.course"
SHADOW = "#c8c8c8"
# From cold to hot: dark to light, so that it reads in gray and to the color-blind (test_style.py).
COLD_TO_HOT = LinearSegmentedColormap.from_list(
    "temperature", ["#0b1f5b", "#4a3aa0", "#a83a8a", "#d84f4a", "#ea7f16"]
)
COLDEST, HOTTEST = 0.1, 4.0  # where the ramp ends


class ProbabilityBars:
    """Horizontal bars, one for each token, with the probabilities in a column on the right.

    Parameters
    ----------
    labels : the tokens, from the top of the chart to the bottom
    probabilities : array of the same length, each from 0 to 1
    reference : array of the same length or None
        Drawn in gray behind the bars, to compare with.
    note : what the gray bars are, written on the chart

    Attributes
    ----------
    figure : the Matplotlib figure, for `explore` and `show`

    Examples
    --------
    >>> bars = ProbabilityBars(["sunny", "rainy"], [0.9, 0.1])
    >>> bars.update([0.75, 0.25], title="T = 2")
    'T = 2: sunny 75.0%, rainy 25.0%'
    """

    def __init__(
        self,
        labels: Sequence[str],
        probabilities: ArrayLike,
        *,
        reference: ArrayLike | None = None,
        note: str = "gray: T = 1",
    ) -> None:
        self.labels = [writable(str(label)) for label in listed(labels, "labels")]
        start = self._checked(probabilities, "probabilities")
        rows = np.arange(len(self.labels))
        with plt.style.context(COURSE_STYLE):
            self.figure, axes = plt.subplots(figsize=(8, 1.3 + 0.31 * len(rows)))
            self._shadows = None
            if reference is not None:
                shadow = self._checked(reference, "reference")
                self._shadows = axes.barh(rows, shadow, height=0.8, color=SHADOW)
            # A text that is clipped to the axes cannot move them, so frames need not ask.
            column = {"ha": "right", "va": "center_baseline", "clip_on": True}
            self._bars = axes.barh(rows, start, height=0.5)
            self._values = [axes.text(1.15, row, "", **column) for row in rows]
            as_it_is = {"parse_math": False}  # a dollar sign is a token, and begins no formula
            self._title = axes.set_title(" ", **as_it_is)
            axes.set_yticks(rows, self.labels, **as_it_is)
            axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.16), xticks=np.linspace(0, 1, 5))
            note = f" ({writable(note, 'note')})"
            axes.set_xlabel("probability" + note * (reference is not None), **as_it_is)
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
            axes.grid(axis="y", visible=False)
            axes.spines[["left", "bottom"]].set_visible(False)
        self.update(start)

    def update(
        self,
        probabilities: ArrayLike,
        title: str = "",
        *,
        reference: ArrayLike | None = None,
        labels: Sequence[str] | None = None,
    ) -> str:
        """Move the bars, and those behind them, and return a sentence that says what they show."""
        p = self._checked(probabilities, "probabilities")
        if labels is not None:
            self._rename(labels)
        if reference is not None:
            if self._shadows is None:
                raise ValueError("reference must be None, for the chart was made without one")
            widths = self._checked(reference, "reference")
            for shadow, width in zip(self._shadows, widths, strict=True):
                shadow.set_width(width)
        for bar, value, probability in zip(self._bars, self._values, p, strict=True):
            bar.set_width(probability)
            value.set_text(percent(probability))
        title = writable(title, "title")
        self._title.set_text(title or " ")
        pairs = zip(self.labels, p, strict=True)
        shown = ", ".join(f"{label} {percent(probability)}" for label, probability in pairs)
        return f"{title}: {shown}" if title else shown

    def _rename(self, labels: Sequence[str]) -> None:
        labels = [writable(str(label)) for label in listed(labels, "labels")]
        if len(labels) != len(self.labels):
            raise ValueError(f"labels must be {len(self.labels)}, one a bar, got {len(labels)}")
        if labels != self.labels:  # new ones make the whole figure be drawn
            self.labels = labels
            self.figure.axes[0].set_yticks(range(len(labels)), labels, parse_math=False)

    def _checked(self, probabilities: ArrayLike, name: str) -> np.ndarray:
        p = real_array(probabilities, name, axis=-1).astype(float)
        if p.shape != (len(self.labels),):
            raise ValueError(f"{name} must have shape ({len(self.labels)},), got {p.shape}")
        # A sum of probabilities may miss 1 a little.
        each_fits(p, (p >= -1e-9) & (p <= 1 + 1e-9), name, "from 0 to 1")
        return np.clip(p, 0, 1)


def temperature_color(temperature: float) -> str:
    """Return the course's color of a temperature, from cold (dark blue) to hot (orange).

    Equal ratios of temperatures are equal steps, from T = 0.1 to T = 4.

    >>> temperature_color(0), temperature_color(1.0), temperature_color(float("inf"))
    ('#0b1f5b', '#c0446a', '#ea7f16')
    """
    t = real_number(temperature, "temperature", 0)
    place = np.log(np.clip(t, COLDEST, HOTTEST) / COLDEST) / np.log(HOTTEST / COLDEST)
    return to_hex(COLD_TO_HOT(place))


def show(figure: Figure, alt: str) -> None:
    """Show a finished figure as a picture, with a sentence for those who cannot see it."""
    data, metadata = of_figure(Frames(figure).png(), alt, figure)
    display(data, raw=True, metadata=metadata)
