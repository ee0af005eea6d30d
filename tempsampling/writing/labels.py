"""How tokens and probabilities are written for people to read."""

import unicodedata

from tempsampling._validate import real_number, shorten, string


def percent(probability: float) -> str:
    """Write a probability with one decimal, and never round a possible event to 0% or 100%.

    >>> [percent(p) for p in (0, 0.0002, 0.25, 0.9999, 1)]
    ['0%', '<0.1%', '25.0%', '>99.9%', '100%']
    """
    p = real_number(probability, "probability")
    if not -1e-9 <= p <= 1 + 1e-9:  # a sum of probabilities may miss 1 a little
        raise ValueError(f"probability must be from 0 to 1, got {shorten(probability)}")
    if p in (0, 1):
        return f"{p:.0%}"
    if p < 0.0005:
        return "<0.1%"
    return ">99.9%" if p >= 0.9995 else f"{p:.1%}"


def visible(token: str) -> str:
    r"""Show a token's spaces and line breaks, and by its code what could not be seen at all.

    >>> visible(" sunny"), visible("\n"), visible("\u202e")
    ('␣sunny', '↵', '\\u202e')
    """
    shown = string(token, "token").replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
    # An accent alone would land on whatever stands before it.
    return "◌" + shown if shown and unicodedata.category(shown[0])[0] == "M" else shown


def writable(text: str, name: str = "text") -> str:
    r"""Show by their codes the characters that neither a page nor a picture can hold.

    Joiners and marks of direction stay: the text needs them.

    >>> writable("a\0\ud83d\n")
    'a\\x00\\ud83d\n'
    """
    return "".join(
        ascii(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" else c
        for c in string(text, name)
    )
