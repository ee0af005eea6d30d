"""Tinted tokens as HTML that needs no JavaScript and can be taken apart.

What a token's card says stands in an attribute, so that a site that removes styles shows the text
alone. The tint stands at the token itself, half transparent over whatever the page's background
is: it serves light and dark themes, and survives in a notebook that JupyterLab does not trust yet.
The tokens of a text are one group of radio buttons, which browsers make one stop of the Tab key,
with arrow keys from token to token.
"""

from html import escape

from tempsampling.labels import writable

STEPS = (0.5, 0.1, 0.01, 0.001, 0.0)  # the least probability of each tint
LEGEND = ("≥ 50%", "≥ 10%", "≥ 1%", "≥ 0.1%", "less")
TINTS = ("#E6610000", "#e6610024", "#e661004a", "#e6610078", "#e66100aa")  # vermilion, opacity
SURPRISING = 0.1  # below it, a token is bold where styles are removed
END = "<small>end</small>"

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
.ts-tint table :is(td, th) {text-align: left !important; padding: .3em .45em !important;
  white-space: nowrap}
</style>"""


def tint(p: float) -> str:
    """Return the color that stands for a probability."""
    return next(tint for least, tint in zip(STEPS, TINTS, strict=True) if p >= least)


def page(body: str) -> str:
    """Return the finished output; dollar signs in it are not to be taken for formulas."""
    return f'{STYLE}<div class="ts-tint tex2jax_ignore mathjax_ignore">{body}</div>'


def prompt_line(prompt: str) -> str:
    """Return the prompt, set apart from what follows it."""
    return f"<div><i>{running(prompt)}</i></div>"


def text_row(label: str, tokens: str) -> str:
    """Return a text's tokens with its temperature before them."""
    group = f'<div class="ts-text" role="radiogroup" aria-label="{label}">{tokens}</div>'
    return f'<div class="ts-row"><b>{label}</b> {group}</div>'


def token(shown: str, p: float, card: str, group: str, bar: bool) -> str:
    """Return a token as a label with its radio button; `shown` is HTML.

    A space before a word is left out of the tint, so that no line ends in a bit of tint.
    """
    space = " " if shown.startswith(" ") else ""
    # Without the last attribute, JupyterLab takes the arrow keys for its own.
    radio = f'<input type="radio" name="{group}" hidden="hidden" data-lm-suppress-shortcuts>'
    inner = tinted(shown.removeprefix(" "), p, bar)
    return f'<label data-card="{escape(card)}">{radio}{space}{inner}</label>'


def tinted(shown: str, p: float, bar: bool = False) -> str:
    """Return HTML on the tint of a probability, with a bar before it or without."""
    style = f"background-color:{tint(p)}" + ";border-left:3px solid" * bar
    tag = "b" if p < SURPRISING else "span"
    return f'<{tag} style="{style}">{shown}</{tag}>'


def running(text: str) -> str:
    """Return text as HTML, with line breaks seen and kept."""
    return escape(writable(text)).replace("\t", "⇥\t").replace("\n", "↵<br>")


def legend(bars: bool) -> str:
    """Say what the tints are, and the bars if there are any.

    How to open a card is said by the style sheet: where that is removed, there are no cards.
    """
    swatches = " ".join(tinted(label, p) for label, p in zip(LEGEND, STEPS, strict=True))
    scale = f"The model's probability of each token at T = 1: first choice {swatches} nearly"
    meaning = f"<div>{tinted('&nbsp;', 1, bar=True)}here a text parts from the one above.</div>"
    return f'<div class="ts-legend">{scale} impossible.{meaning if bars else ""}</div>'
