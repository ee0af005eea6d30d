"""All that the course has taught in one panel: `playground()`, for a prompt of one's own.

Left the next token's probabilities, before and after; right the text that the settings write. All
settings draw from the same noise, so that only what a setting changed changes. The bars follow a
move at once; a thread writes the text, and begins anew at the next move.
"""

import os
import threading
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from numpy.typing import NDArray

from tempsampling._validate import string
from tempsampling.model.interface import loaded
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.distributions import softmax
from tempsampling.numerics.sampling import Steps, checked_steps, draw, survivors
from tempsampling.widgets.controls import Prompts, draw_again, make_controls, text_box
from tempsampling.widgets.explore import (
    EXPORT,
    Explorer,
    one_for_each_cell,
    show_live,
    show_still,
)
from tempsampling.widgets.export import film
from tempsampling.widgets.plots import ProbabilityBars
from tempsampling.widgets.rendering import Drawing
from tempsampling.widgets.write_along import Writing
from tempsampling.writing.labels import visible
from tempsampling.writing.tint import tint_scale

WRITTEN = 24  # tokens of the text
SHOWN = 10  # bars, and one for all other tokens
# Of each cut the setting that switches it off, and its slider.
CUTS = {
    "top_k": (0, (0, 100)),
    "top_p": (1.0, (0.05, 1.0, 0.05)),
    "min_p": (0.0, (0.0, 1.0, 0.05)),
    "typical_p": (1.0, (0.05, 1.0, 0.05)),
    "epsilon_cutoff": (0.0, (0.0, 0.05, 0.001)),
    "eta_cutoff": (0.0, (0.0, 0.05, 0.001)),
    "top_n_sigma": (0.0, (0.0, 5.0, 0.1)),
    "xtc": (1.0, (0.05, 1.0, 0.05)),
}
RARE = "typical_p, epsilon_cutoff, eta_cutoff, top_n_sigma, xtc"
ORDERS = (
    f"temperature, top_k, top_p, min_p, {RARE}",
    f"top_k, top_p, min_p, {RARE}, temperature",
    f"temperature, min_p, top_k, top_p, {RARE}",
    f"top_p, min_p, top_k, {RARE}, temperature",
)
PROMPTS = (
    "The weather today is",
    "Once upon a time, there was a little",
    "The capital of Australia is",
    "Dear Sir or Madam,",
    "def mean(numbers):",
)


def playground(model: Any = None, prompt: str = PROMPTS[0]) -> None:
    """Show a panel with a prompt of one's own, every sampler of the course, and their order.

    Parameters
    ----------
    model : a `SmolLM2`, which is loaded if there is none, or another model for `generate`
    prompt : what stands in the box at first

    The order of the steps is a line of names that can be rewritten: a step that is not named is
    not taken. "draw again" gives other noise, shared by all settings.

    >>> playground()  # doctest: +ELLIPSIS
    T = 1, all 49,152 tokens kept: ...
    """
    string(prompt, "prompt", whole=True)
    model = SmolLM2.load() if model is None else loaded(model, "next_logits")
    with one_for_each_cell():
        panel = Panel(model, prompt)
        if os.environ.get(EXPORT):
            return display(panel.as_film(), raw=True)
        shown = Playground(panel)
        shown.finish()
        data, about = shown.output
        show_still({**data, "text/plain": f"{data['text/plain']}\n{panel.written()}"}, about)
    show_live(shown)


def steps_of(order: str, temperature: float, cuts: dict[str, float]) -> Steps:
    """Return the steps that a line names, without the cuts that are switched off.

    >>> steps_of("top_k, temperature", 0.5, {"top_k": 2, "top_p": 0.9})
    [('top_k', 2), ('temperature', 0.5)]
    """
    names = [name.strip().replace("-", "_") for name in order.split(",") if name.strip()]
    on = {name: setting for name, setting in cuts.items() if setting != CUTS[name][0]}
    taken = {name: setting for name, setting in on.items() if name in names}
    return checked_steps(temperature if "temperature" in names else 1.0, names, **taken)


class Panel:
    """What the panel computes and draws: bars at once, a text token by token."""

    def __init__(self, model: Any, prompt: str) -> None:
        self.model, self.first = model, prompt
        self._begun = lru_cache(maxsize=20)(lambda text: Writing(model, text))
        z = self._begun(prompt).logits_after(0)
        start, note = _with_rest(z, softmax(z)), "gray: the model, T = 1"
        self.bars = ProbabilityBars(self._labels(z), start, reference=start, note=note)
        self.update(prompt)

    def update(
        self,
        prompt: str,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        min_p: float = 0.0,
        typical_p: float = 1.0,
        epsilon_cutoff: float = 0.0,
        eta_cutoff: float = 0.0,
        top_n_sigma: float = 0.0,
        xtc: float = 1.0,
        order: str = ORDERS[0],
        seed: int = 1,
    ) -> str:
        """Draw the bars for some settings, which also are those of the text from now on."""
        cuts = (top_k, top_p, min_p, typical_p, epsilon_cutoff, eta_cutoff, top_n_sigma, xtc)
        steps = steps_of(order, temperature, dict(zip(CUTS, cuts, strict=True)))
        z = self._begun(prompt).logits_after(0)
        kept, left, T = survivors(z, steps)
        p = np.zeros(z.size)
        p[kept] = softmax(left, T)
        self.writing, self._at, self.done, self._steps = self._begun(prompt), 0, False, steps
        self._noise = np.random.default_rng(seed).random(WRITTEN)
        kept, whole = len(kept), z.size
        kept = f"all {whole:,}" if kept == whole else f"{kept:,} of {whole:,}"
        title = f"T = {T:g}, {kept} tokens kept".replace("inf", "∞")
        reference, labels = _with_rest(z, softmax(z)), self._labels(z)
        return self.bars.update(_with_rest(z, p), title, reference=reference, labels=labels)

    def grow(self) -> None:
        """Write the next token of a text that is not `done`.

        Where settings draw what earlier ones drew, nothing is computed again.
        """
        z = self.writing.logits_after(self._at)
        token, _ = draw(z, self._noise[self._at], self._steps)
        self.writing.take(token, at=self._at)
        self._at += 1
        self.done = self._at == WRITTEN or token in self.model.end_tokens

    def written(self) -> str:
        """Return prompt and text, once it is all there."""
        while not self.done:
            self.grow()
        return self.writing.prompt + "".join(self.writing.pieces(self._at))

    def as_html(self) -> str:
        """Return what is written so far, tinted."""
        return f'<div role="status">{self.writing.as_html(self._at)}</div>{tint_scale()}'

    def as_film(self) -> dict[str, Any]:
        """Return what an exported page shows: prompts, and temperatures."""

        def update(prompt: str = self.first, temperature: float = 1.0) -> str:
            alt = self.update(prompt, temperature)
            print(self.written().replace("\n", "↵"))  # a slide has room for few lines
            return alt

        controls = {"prompt": self.prompts(), "temperature": (0.0, 3.0, 0.1)}
        return film(Drawing(self.bars.figure, update), make_controls(update, controls))

    def prompts(self) -> Prompts:
        """Return the box for the prompt."""
        return text_box(self.first, *PROMPTS)

    def _labels(self, logits: NDArray) -> list[str]:
        likeliest = (visible(self.model.decode([token])) for token in _likeliest(logits))
        return [*likeliest, "all others"]


def _likeliest(logits: NDArray) -> NDArray[np.intp]:
    return np.argsort(-logits, kind="stable")[:SHOWN]


def _with_rest(logits: NDArray, p: NDArray) -> NDArray[np.float64]:
    """Return the probabilities of the likeliest tokens, and that of all others together."""
    top = p[_likeliest(logits)]
    return np.append(top, max(0.0, 1 - top.sum()))


class Playground(Explorer):
    """The panel's controls, its bars, and beside them the text, which a thread writes."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self._writer = panel, None
        self.text, self._halted = widgets.HTML(), threading.Event()
        sliders = {name: slider for name, (_, slider) in CUTS.items()}
        controls = {"prompt": panel.prompts(), "temperature": (0.0, 3.0, 0.05), **sliders}
        controls |= {"order": text_box(*ORDERS), "seed": draw_again()}
        super().__init__(panel.bars.figure, panel.update, controls)
        *above, screen, style = self.children
        screen.layout.width, self.text.layout.width = "58%", "41%"
        self.children = [*above, widgets.HBox([screen, self.text]), style]

    def close(self) -> None:
        """Write no more: the cell was run again."""
        self.halt()
        super().close()

    def halt(self) -> None:
        """Let the thread end after its next token."""
        self._halted.set()
        if self._writer:
            self.finish()

    def finish(self) -> None:
        """Wait for the end of the text."""
        self._writer.join()

    def _draw(self) -> None:
        self.halt()
        try:
            super()._draw()
        finally:  # where the new settings are refused, the old ones go on
            self._halted.clear()
            self._writer = threading.Thread(target=self._write, daemon=True)
            self._writer.start()

    def _write(self) -> None:
        try:
            while not (self.panel.done or self._halted.is_set()):
                self.panel.grow()
                self.text.value = self.panel.as_html()
        except Exception as error:  # the context is full
            told = f'<div role="alert">{escape(str(error))}</div>'
            self.text.value = self.panel.as_html() + told
