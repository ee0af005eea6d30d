"""What tools and services set if nobody asks, and what makers of models recommend.

settings.json has an entry for each cell of the table: whose setting it is, its value, the address
at which it was read, and on which day. Lessons show the columns that they need.
"""

import json
from functools import cache
from html import escape
from importlib.resources import files

from IPython import get_ipython
from IPython.display import display

from tempsampling._validate import one_of

KINDS = {"tools": ("tool", "service"), "models": ("model",)}
HEAD = {"tools": "In other tools", "models": "What makers of open models recommend"}
SAID = {
    "tools": "Where a model brings settings of its own, Transformers, vLLM's server and llama.cpp"
    " take those first.",
    "models": "Some were read in copies or quotations of a model's card.",
}


@cache
def settings() -> list[dict[str, str]]:
    """Return all entries, each with who, kind, what, value, note, source and seen.

    >>> settings()[0]["who"], settings()[0]["what"], settings()[0]["value"]
    ('Transformers 5', 'temperature', '1.0')
    """
    return json.loads((files(__package__) / "settings.json").read_text(encoding="utf-8"))


def settings_table(*what: str, of: str = "tools") -> None:
    """Show some settings of all tools, or of all models, as a table that can be unfolded.

    Parameters
    ----------
    what : "temperature", "temperature range", "top_k", "top_p", "min_p", "penalties", "order", and
        for models "greedy"
    of : "tools" (services, too) or "models"

    >>> settings_table("temperature")  # doctest: +ELLIPSIS
    In other tools: temperature
    Transformers 5: 1.0
    ...
    """
    entries = [e for e in settings() if e["kind"] in KINDS[one_of(of, "of", KINDS)]]
    known = list(dict.fromkeys(entry["what"] for entry in entries))
    for column in what:
        one_of(column, "what", known)
    rows = {entry["who"]: {} for entry in entries}
    for entry in entries:
        rows[entry["who"]][entry["what"]] = entry
    seen = max(entry["seen"] for entry in entries)
    head = f"{HEAD[of]}: {', '.join(what)}"
    lines = [f"{who}: " + " | ".join(_value(row, c) for c in what) for who, row in rows.items()]
    text = "\n".join([head, *lines])
    if not get_ipython():  # a plain Python session
        return print(text)
    html = _as_html(head, what, rows, f"{SAID[of]} Each entry leads to what was read, on {seen}.")
    display({"text/html": html, "text/plain": text}, raw=True)


def _value(row: dict[str, dict[str, str]], column: str) -> str:
    return row[column]["value"] if column in row else "not looked up"


def _as_html(head: str, what: tuple[str, ...], rows: dict, caption: str) -> str:
    names = "".join(
        f"<th scope='col' style='text-align:left'>{escape(column)}</th>" for column in what
    )
    body = "".join(
        f"<tr><th scope='row'>{escape(who)}</th>{''.join(_cell(row, c) for c in what)}</tr>"
        for who, row in rows.items()
    )
    return (
        f"<details><summary><b>{escape(head)}</b></summary><p>{escape(caption)}</p>"
        f"<table><thead><tr><th></th>{names}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _cell(row: dict[str, dict[str, str]], column: str) -> str:
    value = escape(_value(row, column))
    if column not in row:
        return f"<td>{value}</td>"
    source, note = escape(row[column]["source"]), escape(row[column]["note"])
    return f"<td style='text-align:left'><a href='{source}' title='{note}'>{value}</a></td>"
