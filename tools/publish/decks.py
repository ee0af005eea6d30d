"""A lesson's cells as slides.

A slide is a statement, or a sight: a picture, a demo or what was printed, with at most two lines
over it. It begins where a cell's metadata says so, and wherever it would be more than that. A slide
without a heading repeats the one before. What answers a question of its slide is a fragment, and
waits for one more press of a key; what continues it comes with it. What the room does not see
becomes the speaker's notes: what is said between two slides, with the answers open, and on the last
slide the two questions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from nbformat import NotebookNode, from_dict

HEADING = re.compile(r"\A(#+) (.+)\n*")
BLOCK = re.compile(r"<details.*?</details>|```.*?```|\S.*?(?=\n\n|\s*\Z)", re.DOTALL)
LINES, LETTERS = 2.5, 108  # over a sight, and of a line there; two paragraphs of a line each
STATED_LINES, STATED_LETTERS = 12.5, 70  # the same of a statement
Block = tuple[NotebookNode, int]  # a cell or a part of it, and the presses before it is seen
SIGHTS = {"image/png", "text/html", "application/vnd.jupyter.widget-view+json"}


@dataclass
class Slide:
    """What the room sees and what only the speaker sees, as cells."""

    heading: str = ""
    level: int = 2
    again: bool = False  # the heading is that of the slide before
    cells: list[NotebookNode] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)  # for each cell, the presses before it is seen
    notes: list[NotebookNode] = field(default_factory=list)

    @property
    def layout(self) -> str:
        """What the slide is: a statement or a sight."""
        return "sight" if any(cell.cell_type == "code" for cell in self.cells) else "statement"

    def parts(self, as_html: Callable[[list[NotebookNode]], str]) -> list[tuple[str, int, str]]:
        """Return runs of prose and of results in their order, with their steps, as HTML."""
        runs: list[tuple[str, int, list]] = []
        for cell, step in zip(self.cells, self.steps, strict=True):
            kind = "prose" if cell.cell_type == "markdown" else "results"
            if not runs or runs[-1][:2] != (kind, step):
                runs.append((kind, step, []))
            runs[-1][2].append(cell)
        return [(kind, step, as_html(cells)) for kind, step, cells in runs]


def slides(cells: list[NotebookNode]) -> list[Slide]:
    """Return a lesson's slides."""
    found = [Slide()]
    questions: list[NotebookNode] = []
    notes = found[0].notes
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        heading = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
        if kind == "skip":
            if heading and heading[2] in ("Exercise", "Sources"):
                notes = []  # for no slide
            elif heading and heading[2] == "Two questions":
                notes = questions
            if cell.cell_type == "markdown":
                notes.append(_open(cell))
            continue
        if kind == "slide" or _needs_room(found[-1], cell):
            found.append(Slide(found[-1].heading, again=True))
            kind = "slide"
        if heading:
            found[-1].heading, found[-1].level, found[-1].again = heading[2], len(heading[1]), False
            cell = _with(cell, _without_navigation(cell.source[heading.end() :]))
        if cell.source.strip():
            before = found[-1].steps[-1] if found[-1].steps else 0
            found[-1].cells.append(cell)
            found[-1].steps.append(before + (kind == "fragment"))
        notes = found[-1].notes
    found[-1].notes[:0] = questions
    return [part for slide in found[1:] for part in _parted(slide)]


def _parted(slide: Slide) -> list[Slide]:
    """Part a slide into statements and sights; the last of them has the notes."""
    blocks = [(b, at) for c, at in zip(slide.cells, slide.steps, strict=True) for b in _blocks(c)]
    parts, over = [], []
    for is_code, run in groupby(blocks, lambda block: block[0].cell_type == "code"):
        run = list(run)
        if is_code:
            parts.append(over + run)
            continue
        last = run[-1] is blocks[-1]
        cut = 0 if last else _first_that_fits(run)
        said, over = (run, []) if last else (run[:cut], run[cut:])
        while said:
            parts.append([said.pop(0)])
            while said and _lines([*parts[-1], said[0]], STATED_LETTERS) <= STATED_LINES:
                parts[-1].append(said.pop(0))
    parted = [
        Slide(slide.heading, slide.level, slide.again, cells, [at - steps[0] for at in steps])
        for cells, steps in (zip(*part, strict=True) for part in parts)
    ] or [slide]
    for later in parted[1:]:
        later.level, later.again = 2, True
    parted[-1].notes = slide.notes
    return parted


def _blocks(cell: NotebookNode) -> list[NotebookNode]:
    """Part prose where a slide may end: between paragraphs, but not within a fold or code."""
    if cell.cell_type == "code":
        return [cell]
    sources = [found[0] for found in BLOCK.finditer(cell.source)]
    ids = [cell.id, *(f"{cell.id}_{i}"[-64:] for i in range(1, len(sources)))]  # no other cell's
    return [from_dict(cell | {"source": s, "id": i}) for s, i in zip(sources, ids, strict=False)]


def _first_that_fits(blocks: list[Block]) -> int:
    """Return from which block on they may stand over a sight."""
    return next(i for i in range(len(blocks) + 1) if _lines(blocks[i:], LETTERS) <= LINES)


def _lines(blocks: list[Block], letters: int) -> float:
    """Estimate how many lines blocks of prose take, the highest fold open, in its smaller type."""
    lines, folded = (len(blocks) - 1) / 2, [0.0]  # half a line between two of them
    for block, _ in blocks:
        closed, *folds = re.split(r"</summary>(.*?)</details>", block.source, flags=re.DOTALL)
        folded += [len(fold) / letters / 2.5 + fold.count("$$") for fold in folds]
        for line in re.sub(r"\n(?![-*\d|])", " ", closed).split("\n"):
            shown = re.sub(r"[*`$]|<[^>]*>|\]\([^)]*\)", "", line)
            lines += 3 if "$$" in line else -(-len(shown) // letters)
    return lines + max(folded)


def _needs_room(slide: Slide, cell: NotebookNode) -> bool:
    results = [each for each in slide.cells if each.cell_type == "code"]
    return cell.cell_type == "code" and bool(results) and any(map(_is_seen, [*results, cell]))


def _is_seen(cell: NotebookNode) -> bool:
    return any(SIGHTS & set(output.get("data", {})) for output in cell.outputs)


def _without_navigation(source: str) -> str:
    """Leave out of a title what a reader of the notebook needs: minutes, how to run a cell."""
    before, link, after = source.partition("[Contents](")
    if not link:
        return source
    before = before.rpartition("\n\n")[0]
    return f"{before}\n\n{link}{after.partition(chr(10) * 2)[0]}"


def _open(cell: NotebookNode) -> NotebookNode:
    """Open the folds of a note, and write its headings as large as the rest."""
    unfolded = cell.source.replace("<details>", "<details open>")
    return _with(cell, re.sub(r"^#+ (.+)$", r"**\1**", unfolded, flags=re.MULTILINE))


def _with(cell: NotebookNode, source: str) -> NotebookNode:
    return from_dict(cell | {"source": source})
