"""Generated text, each token tinted by its probability, with what else might have been said.

The HTML needs no JavaScript and is made to be taken apart. What a token's card says stands in an
attribute, so that a site that removes styles shows the text alone. The tint stands at the token
itself, half transparent over whatever the page's background is: it serves light and dark themes,
and survives in a notebook that JupyterLab does not trust yet. The tokens of a text are one group of
radio buttons, which browsers make one stop of the Tab key, with arrow keys from token to token.
"""

import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha1
from html import escape
from itertools import groupby

from tempsampling._arguments import shorten, whole_number
from tempsampling._labels import percent, visible
from tempsampling._texts import listed
from tempsampling.generation import Continuation

STEPS = (0.5, 0.1, 0.01, 0.001, 0.0)  # the least probability of each tint
LEGEND = ("≥ 50%", "≥ 10%", "≥ 1%", "≥ 0.1%", "less")
TINTS = ("#d55e0000", "#d55e0024", "#d55e004a", "#d55e0078", "#d55e00aa")  # vermilion, opacity
SURPRISING = 0.1  # below it, sites without styles highlight a token, and plain text has ‹ ›
WIDTH = 80  # columns of plain text
LONGEST = 20  # characters of a token on a card

STYLE = """<style>
.ts-tint {position: relative; isolation: isolate; padding: 2px 4px; line-height: 1.75}
.ts-tint .ts-row {display: flex; gap: .6em; margin: .2em 0}
.ts-tint .ts-row > b {flex: 0 0 4em; white-space: nowrap}
.ts-tint .ts-text {flex: 1 1 0; min-width: 0; position: relative; anchor-scope: --ts-token}
.ts-tint .ts-text, .ts-tint i {white-space: pre-wrap; overflow-wrap: anywhere}
.ts-tint i {font-style: normal; opacity: .72}
.ts-tint label {display: inline; margin: 0; font: inherit; color: inherit; cursor: pointer}
.ts-tint input {display: inline; position: absolute; width: 1px; height: 1px; margin: 0;
  opacity: 0; pointer-events: none}
.ts-tint :is(mark, u) {padding: .12em 0; border-radius: 3px; margin-right: 1px;
  text-decoration: none; box-decoration-break: clone; -webkit-box-decoration-break: clone}
.ts-tint .ts-parts > :is(mark, u) {border-left: 3px solid}
.ts-tint label:is(:hover, :focus-within) > :is(mark, u) {outline: 2px solid;
  anchor-name: --ts-token}
.ts-tint label:is(:hover, :focus-within)::after {content: attr(data-card); display: block;
  position: absolute; z-index: 1; left: 0; box-sizing: border-box; max-width: 100%;
  margin-top: 3px; padding: 6px 12px; border: 1px solid #888; border-radius: 6px;
  background: #222; color: #fff; font: 13px/18px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; white-space: pre; overflow: hidden; direction: ltr; text-align: left;
  pointer-events: none}
.ts-tint:has(label:hover) label:not(:hover) > :is(mark, u) {anchor-name: none}
.ts-tint:has(label:hover) label:not(:hover)::after {display: none}
@supports (left: anchor(left)) {
  .ts-tint label:is(:hover, :focus-within)::after {position-anchor: --ts-token; width: 270px;
    left: clamp(0px, anchor(left), 100% - min(270px, 100%))}
}
.ts-tint .ts-legend {min-height: 165px; padding-top: .6em; font-size: .9em}
.ts-tint .ts-legend > :is(mark, u) {padding: .12em .5em}
.ts-tint .ts-legend::after {content: "Point at a token, or press Tab and then the arrow keys, to "
  "see what else the model might have said."; display: block}
.ts-tint :is(td, th) {text-align: left; white-space: nowrap}
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

    Raises
    ------
    TypeError for what is not a continuation, ValueError for an empty list.

    Examples
    --------
    >>> from tempsampling.generation import score
    >>> from tempsampling.smollm import SmolLM2
    >>> tint(score(SmolLM2.load(), " white as cheese", prompt="Mary had a lamb, its fleece was"))
    """
    if isinstance(continuations, Continuation):
        continuations = [continuations]
    continuations = [_checked(c, "continuations") for c in listed(continuations, "continuations")]
    # Each text needs a name for its radio buttons that no other has, and the same at the next run.
    name = "ts" + sha1(repr(continuations).encode()).hexdigest()[:8]
    rows, lines, parted, above = [], [], False, None
    for i, continuation in enumerate(continuations):
        t = f"T = {continuation.temperature:g}".replace("inf", "∞")
        if above is None or continuation.prompt != above.prompt:
            rows.append(f"<div><i>{_running(_open(continuation.prompt))}</i></div>")
            lines.append(_wrapped(_open(continuation.prompt)))
            parting = None
        else:
            parting = _parting(above, continuation)
            parted |= parting is not None
        tokens = "".join(
            _token(continuation, n, f"{name}-{i}", n == parting) for n in _places(continuation)
        )
        group = f'<div class="ts-text" role="radiogroup" aria-label="{t}">{tokens}</div>'
        rows.append(f'<div class="ts-row"><b>{t}</b> {group}</div>')
        lines.append(_wrapped(_bracketed(continuation), f"{t:<8} "))
        above = continuation
    lines.append(f"‹ › below {SURPRISING:.0%} under the model at T = 1")
    return _shown("".join(rows) + _legend(parted), lines)


def alternatives_table(
    continuation: Continuation, positions: int | Iterable[int] | None = None
) -> Shown:
    """Show what else might have been said: for every token, the likeliest ones in its place.

    Parameters
    ----------
    continuation : as `score` returns, or one of those that `generate` returns
    positions : the tokens to show, counted from 0; by default all

    Returns
    -------
    An object that a notebook shows as a table and a terminal as plain text. An arrow marks the
    token that was drawn; its place is its rank among the likeliest.

    Raises
    ------
    TypeError for what is not a continuation or a position, ValueError for a position outside.

    Examples
    --------
    >>> from tempsampling.generation import score
    >>> from tempsampling.smollm import SmolLM2
    >>> mary = score(SmolLM2.load(), " white as cheese", prompt="Mary had a lamb, its fleece was")
    >>> alternatives_table(mary, positions=2)
    """
    _checked(continuation, "continuation")
    if positions is None:
        positions = _places(continuation)
    elif isinstance(positions, int) or not isinstance(positions, Iterable):
        positions = [positions]
    columns = max((len(likeliest) for likeliest in continuation.alternatives), default=0)
    places = [f"{n + 1}." for n in range(columns)]
    heads = ["position", "drawn", "model", "sampler", "entropy", "place", *places]
    rows, lines = ["".join(f'<th scope="col">{head}</th>' for head in heads)], []
    for position in listed(positions, "positions"):
        n = whole_number(position, "positions", least=0)
        if n >= len(continuation.pieces):
            last = len(continuation.pieces) - 1
            raise ValueError(f"positions must be from 0 to {last}, got {n}")
        drawn, model, sampler, bits, rank = _facts(continuation, n)
        place = f"{rank + 1}." if rank is not None else f"after {columns}."
        likeliest = [
            f"{'→ ' if i == rank else ''}{percent(p)} {visible(other)}"
            for i, (other, p) in enumerate(continuation.alternatives[n])
        ]
        cells = [model, sampler, bits, place, *likeliest]
        tinted = _tinted(continuation.probabilities[n], escape(drawn))
        inner = (f"<b>{escape(c)}</b>" if c[0] == "→" else escape(c) for c in cells)
        cells = "".join(f"<td>{cell}</td>" for cell in (tinted, *inner))
        rows.append(f'<th scope="row">{n}</th>{cells}')
        numbers = f"model {model}, sampler {sampler}, entropy {bits}, place {place}"
        lines.append(_wrapped(f"{drawn}: {numbers}", f"{n:>3}  "))
        # What belongs together is not wrapped: the spaces within are no-break spaces meanwhile.
        others = "   ".join(entry.replace(" ", "\xa0") for entry in likeliest)
        lines.append(_wrapped(others, " " * 5).replace("\xa0", " "))
    head, *rest = (f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead>{head}</thead><tbody>{''.join(rest)}</tbody></table>"
    return _shown(f'<div style="overflow-x:auto">{table}</div>', lines)


def _checked(value: object, name: str) -> Continuation:
    if not isinstance(value, Continuation):
        wanted = "continuations, as generate returns them"
        raise TypeError(f"{name} must be {wanted}, got {shorten(value)}")
    return value


def _open(prompt: str) -> str:
    return prompt if prompt.endswith("\n") else f"{prompt} …"


def _places(continuation: Continuation) -> range:
    return range(len(continuation.pieces))


def _parting(above: Continuation, below: Continuation) -> int | None:
    """Return the first place at which a text differs from the one above it, if it has that."""
    for n, token in enumerate(below.tokens):
        if n == len(above.tokens) or token != above.tokens[n]:
            return n
    return None


def _facts(continuation: Continuation, n: int) -> tuple[str, str, str, str, int | None]:
    """Return a token's name, what there is to say of it, and its rank among the likeliest."""
    piece, p = continuation.pieces[n], continuation.probabilities[n]
    name = visible(piece) or "part of a character"
    if _ends(continuation, n):
        name = f"the end, {name}"
    ranks = (
        rank
        for rank, (other, q) in enumerate(continuation.alternatives[n])
        if p == q and (other == piece or not piece or "\N{REPLACEMENT CHARACTER}" in other)
    )
    numbers = percent(p), percent(continuation.sampler_probabilities[n])
    return name, *numbers, f"{continuation.entropies[n]:.1f} bits", next(ranks, None)


def _ends(continuation: Continuation, n: int) -> bool:
    return continuation.ended and n == len(continuation.pieces) - 1


def _token(continuation: Continuation, n: int, group: str, parts: bool) -> str:
    """Return a token as a radio button and its label, whose attribute holds the card."""
    name, model, sampler, bits, rank = _facts(continuation, n)
    lines = [_short(name), f"model {model}, sampler {sampler}", ""]
    for i, (other, p) in enumerate(continuation.alternatives[n]):
        lines.append(f"{'→' if i == rank else ' '} {percent(p):>6}  {_short(visible(other))}")
    lines[2] = f"entropy {bits}; {'likelier' if rank is None else 'likeliest'}:"
    piece = continuation.pieces[n]
    space = " " * piece.startswith(" ")  # not tinted, so that lines do not end in a bit of tint
    shown = _running(piece.removeprefix(" ")) or visible(piece) or "◌"
    if _ends(continuation, n):
        space, shown = " ", "<small>end</small>"
    elif piece.isspace() and piece.strip(" ") == "":
        space, shown = "", visible(piece)
    return (
        f'<label{" class=ts-parts" if parts else ""} data-card="{escape(chr(10).join(lines))}">'
        f'<input type="radio" name="{group}" hidden>'
        f"{space}{_tinted(continuation.probabilities[n], shown)}</label>"
    )


def _tinted(p: float, inner: str) -> str:
    step = next(i for i, least in enumerate(STEPS) if p >= least)
    # Where styles are removed, <mark> still highlights.
    tag = "mark" if p < SURPRISING else "u"
    return f'<{tag} style="background-color:{TINTS[step]};color:inherit">{inner}</{tag}>'


def _running(text: str) -> str:
    """Return text as HTML, with line breaks seen and kept; codes stand for control characters."""
    unseen = {"Cc", "Cs"}  # a page cannot hold these; joiners and marks of direction it needs
    kept = (
        c if c in "\n\t" or unicodedata.category(c) not in unseen else ascii(c)[1:-1] for c in text
    )
    return escape("".join(kept)).replace("\t", "⇥\t").replace("\n", "↵<br>")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _legend(parted: bool) -> str:
    swatches = " ".join(_tinted(p, label) for p, label in zip(STEPS, LEGEND, strict=True))
    bar = '<div><b style="border-left:3px solid;padding-left:4px"></b>'
    mark = f"{bar}here a text parts from the one above.</div>" if parted else ""
    return (
        '<div class="ts-legend">The model\'s probability of each token at T = 1: first choice'
        f" {swatches} nearly impossible.{mark}</div>"
    )


def _shown(body: str, lines: list[str]) -> Shown:
    # Else JupyterLab takes the arrow keys for its own.
    root = '<div class="ts-tint" data-lm-suppress-shortcuts="true">'
    return Shown(f"{STYLE}{root}{body}</div>", "\n".join(lines))


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
    lines = "".join(c if c in "\n\xa0" or c.isprintable() else ascii(c)[1:-1] for c in text)
    paragraphs = [line.strip(" ") for line in lines.strip("\n").split("\n")]
    indent = " " * len(start)
    wrapped = (
        textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=indent)
        for line in paragraphs
    )
    return start + "\n".join(wrapped)[len(start) :]
