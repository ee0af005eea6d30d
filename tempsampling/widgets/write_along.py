"""Writing with the model token by token: `write_along(model)`, a button for each likely token.

The list on the screen is what the model offers next; whoever presses a button takes a token, and
the model reads it. Drawing one, going back and beginning anew are buttons, too.
"""

import codecs
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from tempsampling._validate import generator, real_number, string
from tempsampling.model.interface import loaded
from tempsampling.numerics.distributions import softmax
from tempsampling.numerics.sampling import sample
from tempsampling.widgets.controls import LOOK, look, make_controls, text_box
from tempsampling.widgets.explore import PROBLEM, one_for_each_cell, show_answering
from tempsampling.writing.labels import percent, visible
from tempsampling.writing.tint import running, tint_scale, tinted_pieces

OFFERED = 10  # tokens, each with a button
BAR = (
    '<div style="display:flex;align-items:center;height:30px"><div style="width:{}%;height:18px;'
    'background:{};margin-right:8px"></div>{}</div>'
)
BLUE, GRAY = "#0072B2", "#999999"
BEGINNINGS = ("Once upon a time, there was a little", "The capital of France is", "def mean(xs):")


def write_along(
    model: Any,
    prompt: str = "The weather today is",
    *,
    temperature: float = 1.0,
    seed: int | np.random.Generator | None = None,
) -> None:
    """Show the likeliest next tokens as buttons: take one, draw one, go back, and on from there.

    Parameters
    ----------
    model : a `SmolLM2`, or another model for `generate`
    prompt : the text that is continued; a box changes it, and begins anew
    temperature : at which the bars stand and tokens are drawn; a slider changes it
    seed : the same seed draws the same tokens after the same steps

    Raises what the model raises for the first prompt; later, it is shown.

    >>> from tempsampling import SmolLM2
    >>> write_along(SmolLM2.load(), "One, two, three,")  # doctest: +ELLIPSIS
    One, two, three, …
    next at T = 1: ␣four 58.1%, ...
    """
    loaded(model, "next_logits")
    string(prompt, "prompt", whole=True)
    with one_for_each_cell():
        shown = WriteAlong(model, prompt, real_number(temperature, "temperature", 0), seed)
        show_answering(shown, {"text/html": shown.as_html(), "text/plain": shown.as_text()})


class Step(NamedTuple):
    """A token of the text so far."""

    token: int
    probability: float  # of the model, at T = 1
    how: str


class Writing:
    """A prompt, the tokens after it, and the logits after each: what can be taken back is kept."""

    def __init__(self, model: Any, prompt: str) -> None:
        self.model, self.prompt, self.steps = model, prompt, []
        self._start = model.tokenize(prompt)
        if not self._start:
            raise ValueError("prompt must have at least one token, got an empty text")
        logits, self._cache = model.next_logits([self._start])
        self._logits = [logits[0]]  # after the prompt, and after each token

    def logits_after(self, place: int) -> NDArray:
        """Return the logits after so many tokens of the text, shape (vocabulary,)."""
        return self._logits[place]

    def take(self, token: int, how: str = "taken", *, at: int | None = None) -> None:
        """Go on with a token, at the end or from an earlier place; the model reads it."""
        at = len(self.steps) if at is None else at
        if at < len(self.steps):
            if self.steps[at].token == token:
                return  # it is there already, and so is what follows it
            self.back_to(at)
        p = float(softmax(self._logits[at])[token])
        new = [token]
        if self._cache is None:  # after a way back, all is read again
            new = [*self._start, *(step.token for step in self.steps), token]
        logits, self._cache = self.model.next_logits([new], self._cache)
        self._logits.append(logits[0])
        self.steps.append(Step(token, p, how))

    def back_to(self, place: int) -> None:
        """Forget all but so many tokens of the text."""
        del self.steps[place:], self._logits[place + 1 :]
        self._cache = None

    def pieces(self, most: int | None = None) -> list[str]:
        """What each token, or each of so many, adds to the text; nothing within a character."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return [decoder.decode(self.model.bytes_of(step.token)) for step in self.steps[:most]]

    def as_html(self, most: int | None = None) -> str:
        """Return the prompt and the tokens after it, or so many, each on its tint."""
        said = tinted_pieces(self.pieces(most), [step.probability for step in self.steps[:most]])
        # Dollar signs are not to be taken for formulas.
        return (
            '<div class="tex2jax_ignore mathjax_ignore" style="max-width:800px;line-height:1.6;'
            'white-space:pre-wrap;overflow-wrap:anywhere"><i style="opacity:.72">'
            f"{running(self.prompt)}</i>{said}</div>"
        )


class WriteAlong(widgets.VBox):
    """A box for the prompt, a slider, the text so far, and the buttons."""

    def __init__(self, model: Any, prompt: str, temperature: float, seed: Any) -> None:
        self.model, self._rng = model, generator(seed, "seed")
        self.writing = Writing(model, prompt)
        controls = {"prompt": text_box(prompt, *BEGINNINGS), "temperature": (0.0, 2.0, 0.05)}
        self._T, start = temperature, min(temperature, 2.0)
        made = make_controls(lambda prompt=prompt, temperature=start: 0, controls)
        self.prompt, self.temperature = made["prompt"], made["temperature"]
        if temperature > start:
            self.temperature.box.value = str(temperature)
        self.text, self._problem, self._rest = (widgets.HTML() for _ in range(3))
        self.offers = [widgets.Button(layout={"width": "220px"}) for _ in range(OFFERED)]
        self._bars = [widgets.HTML(layout={"width": "420px"}) for _ in self.offers]
        for i, button in enumerate(self.offers):
            button.add_class("tempsampling-offer")
            button.on_click(lambda _, i=i: self._do(lambda: self.writing.take(self._top[i])))
        acts = {"Draw a token": self._draw, "Back": self._back}
        self.buttons = {name: widgets.Button(description=name) for name in acts}
        for name, button in self.buttons.items():
            button.on_click(lambda _, act=acts[name]: self._do(act))
        rows = [widgets.HBox(pair) for pair in zip(self.offers, self._bars, strict=True)]
        line = widgets.HBox([*self.buttons.values()])
        scale = widgets.HTML(tint_scale())
        above = [self.prompt, self.temperature, self.text, scale, self._problem, line]
        super().__init__([*above, *rows, self._rest, look()])
        self.add_class(LOOK)
        self.prompt.observe(lambda _: self._do(self._begin), "value")
        self.temperature.observe(lambda _: self._do(self._heat), "value")
        self._show()

    def as_html(self) -> str:
        """Return what is seen where nothing answers."""
        offers = "".join(
            f'<div style="display:flex"><div style="width:220px">{escape(label)}</div>'
            f'<div style="width:420px">{BAR.format(62 * p, BLUE, percent(p))}</div></div>'
            for label, p in self._offered()
        )
        return f"{self._written()}{tint_scale()}{offers}{self._others()}"

    def as_text(self) -> str:
        """Return the text so far, and what the model offers."""
        offered = ", ".join(f"{label} {percent(p)}" for label, p in self._offered())
        text = self.writing.prompt + "".join(self.writing.pieces())
        return f"{text} …\nnext at {self._heat_said()}: {offered}"

    def _do(self, act: Callable[[], None]) -> None:
        """Act on a button; what goes wrong is said, and the last good state stays."""
        problem = ""
        try:
            act()
            self._show()
        except Exception as error:
            problem = PROBLEM.format(type(error).__name__, escape(str(error)))
        self._problem.value = problem

    def _heat(self) -> None:
        self._T = real_number(self.temperature.value, "temperature", 0)

    def _heat_said(self) -> str:
        return f"T = {self._T:g}".replace("inf", "∞")

    def _begin(self) -> None:
        self.writing = Writing(self.model, self.prompt.value)

    def _back(self) -> None:
        self.writing.back_to(max(0, len(self.writing.steps) - 1))

    def _logits(self) -> NDArray:
        return self.writing.logits_after(len(self.writing.steps))

    def _draw(self) -> None:
        token = sample(self._logits(), temperature=self._T, rng=self._rng)
        self.writing.take(int(token), f"drawn at {self._heat_said()}")

    def _show(self) -> None:
        logits = self._logits()
        p = softmax(logits, self._T)
        self._top = np.argsort(-logits, kind="stable")[:OFFERED].tolist()
        self._p, self._left = p[self._top], p.size - OFFERED
        pairs = zip(self.offers, self._bars, self._offered(), strict=True)
        for button, bar, (label, share) in pairs:
            button.description = label
            button.tooltip = f"take {label}, {percent(share)}"
            bar.value = BAR.format(62 * share, BLUE, percent(share))
        self._rest.value = self._others()
        self.text.value = self._written()
        self.buttons["Back"].disabled = not self.writing.steps

    def _offered(self) -> list[tuple[str, float]]:
        labels = [visible(self.model.decode([token])) for token in self._top]
        return list(zip(labels, self._p.tolist(), strict=True))

    def _others(self) -> str:
        rest = max(0.0, 1 - self._p.sum())
        bar = BAR.format(62 * rest, GRAY, percent(rest))
        name = f'<div style="width:220px">all {self._left:,} others</div>'
        return f'<div style="display:flex">{name}<div style="width:420px">{bar}</div></div>'

    def _written(self) -> str:
        steps = self.writing.steps
        last = "Take a token, or draw one."
        if steps:
            label = visible(self.model.decode([steps[-1].token]))
            last = f"{escape(label)} was {steps[-1].how}: {percent(steps[-1].probability)} at T = 1"
        last = f'<div class="tex2jax_ignore mathjax_ignore" style="opacity:.75">{last}</div>'
        return f'<div role="status">{self.writing.as_html()}{last}</div>'
