"""Generated text, each token tinted by its probability, and what else might have been said."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

from tempsampling import _tint_html as html
from tempsampling._arguments import shorten, whole_number
from tempsampling._texts import listed
from tempsampling.continuation import HALF_A_CHARACTER, Continuation
from tempsampling.labels import percent, visible

WIDTH = 80  # columns of plain text
LONGEST = 20  # characters of a token on a card


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
    >>> from tempsampling.continuation import score
    >>> from tempsampling.smollm import SmolLM2
    >>> tint(score(SmolLM2.load(), " white as cheese", prompt="Mary had a lamb, its fleece was"))
    Mary had a lamb, its fleece was …
    T = 1    ‹white› as ‹cheese›
    ‹ › below 10% under the model at T = 1
    """
    if isinstance(continuations, Continuation):
        continuations = [continuations]
    continuations = [_checked(c, "continuations") for c in listed(continuations, "continuations")]
    # Each text needs a name for its radio buttons that no other has, and the same at the next run:
    # the last digits of its probabilities may differ then.
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
            rows.append(html.prompt_line(prompt))
            lines.append(_wrapped(prompt))
        tokens = (_token(below, n, f"{name}-{i}", n == bar) for n in range(len(below.pieces)))
        rows.append(html.text_row(t, "".join(tokens)))
        lines.append(_wrapped(_bracketed(below), f"{t:<8} "))
        above = below
    lines.append(f"‹ › below {html.SURPRISING:.0%} under the model at T = 1")
    return Shown(html.page("".join(rows) + html.legend(bars)), "\n".join(lines))


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
    token that was drawn, if it is among the likeliest.

    Raises
    ------
    TypeError for what is not a continuation or a position, ValueError for a position outside.

    Examples
    --------
    >>> from tempsampling.continuation import score
    >>> from tempsampling.smollm import SmolLM2
    >>> mary = score(SmolLM2.load(), " white as cheese", prompt="Mary had a lamb, its fleece was")
    >>> alternatives_table(mary, positions=2)
      2  ␣cheese: model <0.1%, sampler <0.1%, entropy 1.6 bits
         81.7% ␣snow   3.7% ␣sand   2.5% ␣with   2.4% ␣the   2.2% ␣moon
    """
    count = len(_checked(continuation, "continuation").pieces)
    if positions is None:
        positions = range(count)
    elif isinstance(positions, int) or not isinstance(positions, Iterable):
        positions = [positions]
    columns = max((len(likeliest) for likeliest in continuation.alternatives), default=0)
    heads = ["position", "drawn", "model", "sampler", "entropy"]
    heads += [_ordinal(n + 1) for n in range(columns)]
    rows, lines = ["".join(f'<th scope="col">{head}</th>' for head in heads)], []
    for position in listed(positions, "positions"):
        n = whole_number(position, "positions", least=0)
        if n >= count:
            raise ValueError(f"positions must be from 0 to {count - 1}, got {shorten(n)}")
        facts = _facts(continuation, n)
        likeliest = [f"{percent(p)} {visible(t)}" for t, p in continuation.alternatives[n]]
        cells = [html.tinted(escape(facts.name), continuation.probabilities[n])]
        cells += map(escape, [facts.model, facts.sampler, facts.entropy, *likeliest])
        if facts.rank is not None:
            drawn = len(cells) - len(likeliest) + facts.rank
            cells[drawn] = f"<b>→ {cells[drawn]}</b>"
            likeliest[facts.rank] = f"→ {likeliest[facts.rank]}"
        rows.append(f'<th scope="row">{n}</th>' + "".join(f"<td>{cell}</td>" for cell in cells))
        numbers = f"model {facts.model}, sampler {facts.sampler}, entropy {facts.entropy}"
        lines.append(_wrapped(f"{facts.name}: {numbers}", f"{n:>3}  "))
        # What belongs together is not wrapped: the spaces within are no-break spaces meanwhile.
        others = "   ".join(entry.replace(" ", "\xa0") for entry in likeliest)
        lines.append(_wrapped(others, " " * 5).replace("\xa0", " "))
    head, *body = (f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"
    return Shown(html.page(f'<div style="overflow-x:auto">{table}</div>'), "\n".join(lines))


def _checked(value: object, name: str) -> Continuation:
    if not isinstance(value, Continuation):
        wanted = "continuations, as generate returns them"
        raise TypeError(f"{name} must be {wanted}, got {shorten(value)}")
    return value


def _parting(above: Continuation, below: Continuation) -> int | None:
    """Return the first place at which a text differs from the one above it, if it has that."""
    for n, token in enumerate(below.tokens):
        if n == len(above.tokens) or token != above.tokens[n]:
            return n
    return None


class _Facts(NamedTuple):
    """What there is to say of a token, ready to be read."""

    name: str
    model: str
    sampler: str
    entropy: str
    rank: int | None  # among the likeliest, if it is one of them
    ends: bool  # the text


def _facts(continuation: Continuation, n: int) -> _Facts:
    piece, p = continuation.pieces[n], continuation.probabilities[n]
    ends = continuation.ended and n == len(continuation.pieces) - 1
    # The token itself is not kept: its probability tells it, and its text if two are as probable.
    rank = next(
        (
            rank
            for rank, (other, q) in enumerate(continuation.alternatives[n])
            if p == q and (other == piece or not piece or HALF_A_CHARACTER in other)
        ),
        None,
    )
    return _Facts(
        name=f"the end, {visible(piece)}" if ends else visible(piece) or "part of a character",
        model=percent(p),
        sampler=percent(continuation.sampler_probabilities[n]),
        entropy=f"{continuation.entropies[n]:.1f} bits",
        rank=rank,
        ends=ends,
    )


def _token(continuation: Continuation, n: int, group: str, bar: bool) -> str:
    facts, piece = _facts(continuation, n), continuation.pieces[n]
    card = [
        _short(facts.name),
        f"model {facts.model}, sampler {facts.sampler}",
        f"entropy {facts.entropy}; {'likelier' if facts.rank is None else 'likeliest'}:",
    ]
    for rank, (other, p) in enumerate(continuation.alternatives[n]):
        arrow = "→" if rank == facts.rank else " "
        card.append(f"{arrow} {percent(p):>6}  {_short(visible(other))}")
    if facts.ends:
        shown = f" {html.END}"
    else:
        shown = html.running(piece) if piece.strip(" ") else visible(piece) or "◌"
    return html.token(shown, continuation.probabilities[n], "\n".join(card), group, bar)


def _ordinal(n: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(n, f"{n}th")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _bracketed(continuation: Continuation) -> str:
    """Return the text with ‹ › around every run of tokens that were not to be expected."""
    pairs = zip(continuation.pieces, continuation.probabilities, strict=True)
    if continuation.ended:
        pairs = list(pairs)[:-1]
    text = ""
    for surprising, run in groupby(pairs, key=lambda pair: pair[1] < html.SURPRISING):
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
