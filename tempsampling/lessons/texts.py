"""Texts that people wrote, shipped with the course, so that every machine measures the same."""

import json
from importlib.resources import files

from tempsampling._validate import one_of


def shipped_texts(name: str) -> list[str]:
    """Return the texts of one kind.

    "docstrings" are the beginnings of the help texts of 50 functions of NumPy, "stories" those
    of sixteen fairy tales of the Brothers Grimm, "questions" forty with an answer behind each,
    "facts" 36 sentences whose last word can be right or wrong, each of another kind, "openings" 36
    beginnings of texts, of as many tokens each for SmolLM2.

    >>> shipped_texts("docstrings")[2].splitlines()[0]
    'Return the Bartlett window.'
    """
    shipped = json.loads(files(__package__).joinpath("texts.json").read_text(encoding="utf-8"))
    return shipped[one_of(name, "name", shipped)]["texts"]
