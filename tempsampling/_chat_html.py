"""A conversation as HTML that looks the same on any page, and as plain text.

The look stands at each element itself, half transparent over whatever the background is: so it
serves light and dark themes, and needs no style sheet. Everything is escaped.
"""

from html import escape

from tempsampling._tint_html import LEGEND, STEPS, TINTS, running, tint
from tempsampling.continuation import Continuation
from tempsampling.conversation import Turn

BUBBLE = (
    "display:inline-block;max-width:85%;padding:6px 12px;border-radius:12px;text-align:left;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background-color:"
)
YOURS, ITS = "#0072b233", "#88888820"


def conversation(turns: list[Turn], speaker: str) -> str:
    """Return turns as HTML; the tokens of the replies are tinted by their probability."""
    rows = []
    for turn in turns:
        said = "…" if turn.reply is None else _tokens(turn.reply)
        rows.append(_row("right", "You", running(turn.asked), YOURS))
        rows.append(_row("left", _heading(turn, speaker), said, ITS))
    # Dollar signs are not to be taken for formulas.
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(rows)}</div>'


def legend() -> str:
    """Say what the tints are."""
    pairs = zip(LEGEND, STEPS, strict=True)
    swatches = " ".join(_tinted(f"&nbsp;{label}&nbsp;", p) for label, p in pairs)
    scale = f"The model's probability of each token at T = 1: {swatches}"
    return f'<div style="font-size:.85em;margin:6px 2px">{scale}</div>'


def plain(turns: list[Turn], speaker: str) -> str:
    """Return turns as plain text."""
    return "\n".join(
        f"You: {turn.asked}\n{_heading(turn, speaker)}: {turn.reply.text if turn.reply else '…'}"
        for turn in turns
    )


def _heading(turn: Turn, speaker: str) -> str:
    return f"{speaker}, T = {turn.temperature:g}{turn.note}".replace("inf", "∞")


def _row(side: str, who: str, said: str, color: str) -> str:
    bubble = f'<span style="{BUBBLE}{color}">{said}</span>'
    who = f'<span style="font-size:.85em;opacity:.75">{escape(who)}</span>'
    return f'<div style="text-align:{side};margin:6px 2px;line-height:1.5">{who}<br>{bubble}</div>'


def _tokens(reply: Continuation) -> str:
    shown = reply.pieces[: len(reply.pieces) - reply.ended]  # without the token that ended it
    pairs = zip(shown, reply.probabilities, strict=False)
    return "".join(_tinted(running(piece), p) for piece, p in pairs)


def _tinted(shown: str, p: float) -> str:
    if tint(p) == TINTS[0]:
        return shown
    word = shown.lstrip(" ")
    space = shown[: len(shown) - len(word)]
    return f'{space}<span style="background-color:{tint(p)};border-radius:3px">{word}</span>'
