"""Generated text, each token tinted by its probability, and what else might have been said.

As HTML that needs no JavaScript and can be taken apart: what a token's card says stands in an
attribute, so a site that removes styles shows the text alone. The tint stands at the token itself,
half transparent over whatever the page's background is: it serves light and dark themes, and
survives in a notebook that JupyterLab does not trust yet. The tokens of a text are one group of
radio buttons, which browsers make one stop of the Tab key, with arrow keys from token to token.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from zlib import crc32

from tempsampling._validate import listed, shorten
from tempsampling.writing.generation import Continuation
from tempsampling.writing.labels import percent, visible, writable

COLUMNS = 80  # of plain text
LONGEST = 20  # characters of a token on a card
STEPS = (0.5, 0.1, 0.01, 0.001, 0.0)  # the least probability of each tint
STEP_NAMES = ("≥ 50%", "≥ 10%", "≥ 1%", "≥ 0.1%", "less")
TINTS = ("#E6610000", "#e6610024", "#e661004a", "#e6610078", "#e66100aa")  # vermilion, opacity
SURPRISING = 0.1  # below it, a token is bold where styles are removed
END = "<small>end</small>"

CSS = """<style>
.ts-tint {position: relative; isolation: isolate; margin: 0; padding: 2px 4px; line-height: 1.75}
.ts-tint .ts-row {display: flex; gap: .6em; margin: .2em 0}
.ts-tint .ts-row > b {flex: 0 0 4em; white-space: nowrap}
.ts-tint .ts-text {flex: 1 1 0; min-width: 0; position: relative; anchor-scope: --ts-token}
.ts-tint .ts-text, .ts-tint i {white-space: pre-wrap; overflow-wrap: anywhere}
.ts-tint i {font-style: normal; opacity: .72}
.ts-tint label {display: inline; margin: 0; font: inherit; color: inherit; cursor: pointer}
.ts-tint input {display: inline; position: absolute; width: 1px; height: 1px; margin: 0;
  opacity: 0; pointer-events: none}
.ts-tint :is(label, .ts-legend) > :is(b, span) {padding: .12em 0; border-radius: 3px;
  margin-right: 1px; font-weight: inherit; box-decoration-break: clone;
  -webkit-box-decoration-break: clone}
.ts-tint label:is(:hover, :focus-within) > :is(b, span) {outline: 2px solid;
  anchor-name: --ts-token}
.ts-tint label:is(:hover, :focus-within)::after {content: attr(data-card); display: block;
  position: absolute; z-index: 1; left: 0; box-sizing: border-box; max-width: 100%;
  margin-top: 3px; padding: .45em .9em; border: 1px solid #888; border-radius: 6px;
  background: #222; color: #fff; font: .93em/1.4 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; white-space: pre; overflow: hidden; direction: ltr; text-align: left;
  pointer-events: none}
.ts-tint:has(label:hover) label:not(:hover) > :is(b, span) {anchor-name: none}
.ts-tint:has(label:hover) label:not(:hover)::after {display: none}
@supports (left: anchor(left)) {
  .ts-tint label:is(:hover, :focus-within)::after {position-anchor: --ts-token; width: 20.8em;
    left: clamp(0px, anchor(left), 100% - min(20.8em, 100%))}
}
.ts-tint .ts-legend {min-height: 13.2em; padding-top: .6em; font-size: .9em}
.ts-tint .ts-legend > :is(b, span) {padding: .12em .5em}
.ts-tint .ts-legend::after {content: "Point at a token, or press Tab and then the arrow keys, to "
  "see what else the model might have said."; display: block}
</style>"""


@dataclass(frozen=True, repr=False)
class Shown:
    """What a notebook shows as HTML, and a terminal as plain text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def tint(continuations: Continuation | Iterable[Continuation]) -> Shown:
    """Show texts with each token tinted by its probability under the model, at T = 1.

    Pointing at a token, or Tab and then the arrow keys, opens a card: its probability under the
    model and under the sampler, the entropy before it, and the likeliest tokens. A bar marks where
    a text parts from the one above, if both follow the same prompt.

    Parameters
    ----------
    continuations : a `Continuation` or a list of them, as `score` and `generate` return

    Returns
    -------
    An object that a notebook shows as HTML and a terminal as plain text, where ‹ › enclose tokens
    of a probability below 10%.

    Examples
    --------
    >>> from tempsampling import SmolLM2, score
    >>> tint(score(SmolLM2.load(), " white as cheese", prompt="Mary had a lamb, its fleece was"))
    Mary had a lamb, its fleece was …
    T = 1    ‹white› as ‹cheese›
    ‹ › below 10% under the model at T = 1
    """
    if isinstance(continuations, Continuation):
        continuations = [continuations]
    continuations = listed(continuations, "continuations")
    for each in continuations:
        if not isinstance(each, Continuation):
            wanted = "continuations, as generate returns them"
            raise TypeError(f"continuations must be {wanted}, got {shorten(each)}")
    # Radio buttons of one name are one group within a form, so the same text shown twice on a page
    # is two groups. The digest serves sites that remove the form. It must be the same at the next
    # run, so it leaves out probabilities, whose last digits may differ then.
    named = repr([(c.prompt, c.temperature, c.pieces) for c in continuations])
    name = f"ts{crc32(named.encode()):08x}"
    rows, lines, bars, above = [], [], False, None
    for i, below in enumerate(continuations):
        t = f"T = {below.temperature:g}".replace("inf", "∞")
        bar = None
        if above is not None and below.prompt == above.prompt:
            bar = _parting(above, below)
            bars |= bar is not None
        else:
            prompt = below.prompt if below.prompt.endswith("\n") else f"{below.prompt} …"
            rows.append(f"<div><i>{running(prompt)}</i></div>")
            lines.append(_wrapped(prompt))
        tokens = (_token(below, n, f"{name}-{i}", n == bar) for n in range(len(below.pieces)))
        group = f'<div class="ts-text" role="radiogroup" aria-label="{t}">{"".join(tokens)}</div>'
        rows.append(f'<div class="ts-row"><b>{t}</b> {group}</div>')
        lines.append(_wrapped(_bracketed(below), f"{t:<8} "))
        above = below
    lines.append(f"‹ › below {SURPRISING:.0%} under the model at T = 1")
    # Dollar signs in the text are not to be taken for formulas.
    opened = '<form class="ts-tint tex2jax_ignore mathjax_ignore" method="dialog">'
    return Shown(f"{CSS}{opened}{''.join(rows)}{_legend(bars)}</form>", "\n".join(lines))


def tint_color(p: float) -> str:
    """Return the color that stands for a probability."""
    return next(color for least, color in zip(STEPS, TINTS, strict=True) if p >= least)


def tinted(shown: str, p: float, bar: bool = False) -> str:
    """Return HTML on the tint of a probability, with a bar before it or without."""
    style = f"background-color:{tint_color(p)}" + ";border-left:3px solid" * bar
    tag = "b" if p < SURPRISING else "span"
    return f'<{tag} style="{style}">{shown}</{tag}>'


def tinted_pieces(pieces: Iterable[str], probabilities: Iterable[float]) -> str:
    """Return running text as HTML, each piece on the tint of its probability."""
    return "".join(
        _on_tint(running(piece), p) for piece, p in zip(pieces, probabilities, strict=True)
    )


def tint_scale() -> str:
    """Say in HTML what the tints are."""
    pairs = zip(STEP_NAMES, STEPS, strict=True)
    swatches = " ".join(_on_tint(f"&nbsp;{name}&nbsp;", p) for name, p in pairs)
    scale = f"The model's probability of each token at T = 1: {swatches}"
    return f'<div style="font-size:.85em;margin:6px 2px">{scale}</div>'


def _on_tint(shown: str, p: float) -> str:
    if tint_color(p) == TINTS[0]:
        return shown
    word = shown.lstrip(" ")
    space = shown[: len(shown) - len(word)]
    return f'{space}<span style="background-color:{tint_color(p)};border-radius:3px">{word}</span>'


def running(text: str) -> str:
    """Return text as HTML, with line breaks seen and kept."""
    return escape(writable(text)).replace("\t", "⇥\t").replace("\n", "↵<br>")


def _legend(bars: bool) -> str:
    """Say what the tints are, and the bars if there are any.

    How to open a card is said by the style sheet: where that is removed, there are no cards.
    """
    swatches = " ".join(tinted(name, p) for name, p in zip(STEP_NAMES, STEPS, strict=True))
    scale = f"The model's probability of each token at T = 1: first choice {swatches} nearly"
    meaning = f"<div>{tinted('&nbsp;', 1, bar=True)}here a text parts from the one above.</div>"
    return f'<div class="ts-legend">{scale} impossible.{meaning if bars else ""}</div>'


def _parting(above: Continuation, below: Continuation) -> int | None:
    """Return the first place at which a text differs from the one above it, if it has that."""
    for n, token in enumerate(below.tokens):
        if n == len(above.tokens) or token != above.tokens[n]:
            return n
    return None


def _token(continuation: Continuation, n: int, group: str, bar: bool) -> str:
    """Return a token as a label with its radio button and its card."""
    piece, p = continuation.pieces[n], continuation.probabilities[n]
    likeliest = continuation.alternatives[n]
    drawn = int(continuation.tokens[n])
    rank = next((i for i, other in enumerate(likeliest) if other.token == drawn), None)
    ends = continuation.ended and n == len(continuation.pieces) - 1
    name = f"the end, {visible(piece)}" if ends else visible(piece) or "part of a character"
    sampler = percent(continuation.sampler_probabilities[n])
    entropy, these = (
        f"{continuation.entropies[n]:.1f} bits",
        ["likeliest", "likelier"][rank is None],
    )
    card = [_short(name), f"model {percent(p)}, sampler {sampler}", f"entropy {entropy}; {these}:"]
    for i, other in enumerate(likeliest):
        arrow = "→" if i == rank else " "
        card.append(f"{arrow} {percent(other.probability):>6}  {_short(visible(other.text))}")
    spaces = not piece.strip(" ")
    shown = f" {END}" if ends else visible(piece) or "◌" if spaces else running(piece)
    # A space before a word is left out of the tint, so that no line ends in a bit of tint.
    space = " " if shown.startswith(" ") else ""
    # Without the last attribute, JupyterLab takes the arrow keys for its own.
    radio = f'<input type="radio" name="{group}" hidden="hidden" data-lm-suppress-shortcuts>'
    inner = tinted(shown.removeprefix(" "), p, bar)
    return f'<label data-card="{escape(chr(10).join(card))}">{radio}{space}{inner}</label>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _bracketed(continuation: Continuation) -> str:
    """Return the text with ‹ › around every run of tokens that were not to be expected."""
    pairs = zip(continuation.pieces, continuation.probabilities, strict=True)
    if continuation.ended:
        pairs = list(pairs)[:-1]
    text = ""
    for surprising, run in groupby(pairs, key=lambda pair: pair[1] < SURPRISING):
        piece = "".join(piece for piece, _ in run)
        words = piece.strip()
        text += piece.replace(words, f"‹{words}›", 1) if surprising and words else piece
    return text + " [end]" * continuation.ended


def _wrapped(text: str, start: str = "") -> str:
    """Return text in lines that fit, the first after `start` and the others indented as far."""
    lines = "".join(c if c == "\n" or c.isprintable() else ascii(c)[1:-1] for c in text)
    paragraphs = [line.strip(" ") for line in lines.strip("\n").split("\n")]
    indent = " " * len(start)
    wrapped = (
        textwrap.fill(line, COLUMNS, initial_indent=indent, subsequent_indent=indent)
        for line in paragraphs
    )
    return start + "\n".join(wrapped)[len(start) :]
