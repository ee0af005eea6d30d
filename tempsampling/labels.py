"""How tokens and probabilities are written for people to read."""

import unicodedata


def percent(probability: float) -> str:
    """Write a probability with one decimal, and never round a possible event to 0% or 100%.

    >>> [percent(p) for p in (0, 0.0002, 0.25, 0.9999, 1)]
    ['0%', '<0.1%', '25.0%', '>99.9%', '100%']
    """
    if probability in (0, 1):
        return f"{probability:.0%}"
    if probability < 0.0005:
        return "<0.1%"
    return ">99.9%" if probability >= 0.9995 else f"{probability:.1%}"


def visible(token: str) -> str:
    r"""Show a token's spaces and line breaks, and by its code what could not be seen at all.

    >>> visible(" sunny"), visible("\n"), visible("\u202e")
    ('␣sunny', '↵', '\\u202e')
    """
    shown = token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
    # An accent alone would land on whatever stands before it.
    return "◌" + shown if shown and unicodedata.category(shown[0])[0] == "M" else shown
