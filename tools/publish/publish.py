"""Write the lessons as a site and as slides that need neither kernel nor network.

    make site        pages and slides for any web host, into build/site
    make slides      the slides alone, to carry to a lecture hall, into build/slides
    python3 tools/course.py slides notebooks/02*.ipynb       (of some lessons only, to look at)

Each lesson is executed once for both. Pages and slides of a lesson share a file with the films of
its demos, and all of them share the libraries, which npm fetches once.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

import jinja2
import nbformat
from decks import slides
from executed import execute, executed
from libraries import copy_libraries
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from PIL import Image
from try_page import bytes_of_weights, write_scripts, write_weights

from tempsampling.widgets.export import FILM
from tempsampling.widgets.mosaic import deflated
from tempsampling.widgets.playground import PROMPTS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "tools" / "publish" / "templates"
# What a lesson's HTML and films say differently on the site.
CHANGES = [
    (r"""(href=\\?["'])(?:\.\./)?README\.md""", r"\1index.html"),
    (r"""(href=\\?["'])(\w+)\.ipynb""", r"\1\2.html"),
    (r"<th></th>", "<td></td>"),  # the corner of a table heads nothing
]
HEADING = re.compile(r"<h([23])>(.+?)</h")
NO_GUESS = re.compile(r"[Yy]our guess[^:\n]*: None\b\.?\s*")  # without a kernel nobody has one
DEMO = re.compile(r"\b(?:explore|write_along|playground)\(")
# Where a lesson's code names the prompt that a demo starts with; a box holds no control characters.
NAMED = r"prompt ?= ?|text_box\(\s*|(?:beginnings|openings|prompts) = \[\s*"
PROMPT = re.compile(rf'(?:{NAMED})"([^"\\\n]+)"')


@dataclass
class Lesson:
    """A lesson, executed when it is first asked for its cells."""

    path: Path

    @property
    def stem(self) -> str:
        return self.path.stem

    @cached_property
    def title(self) -> str:
        first = nbformat.read(self.path, as_version=4).cells[0].source
        return first.partition("\n")[0].removeprefix("# ")

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        notebook = executed(self.path)
        notebook.cells = [
            c for c in notebook.cells if "remove-cell" not in c.metadata.get("tags", [])
        ]
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = unbroken(cell.source)
            for output in cell.get("outputs", []):
                if "text" in output:
                    output.text = NO_GUESS.sub("", output.text)
        return notebook

    @cached_property
    def prompts(self) -> dict[int, str]:
        """Return for each demo on a prompt, by the number of its cell, the one it starts with."""
        found, code = {}, ""
        for number, cell in enumerate(self.notebook.cells):
            code += cell.source if cell.cell_type == "code" else ""
            is_demo = cell.cell_type == "code" and DEMO.search(cell.source)
            if is_demo and "playground" in cell.source:
                found[number] = PROMPTS[0]
            elif is_demo and "prompt" in cell.source and (named := PROMPT.findall(code)):
                found[number] = named[-1]
        return found

    def as_html(self, cells: list[nbformat.NotebookNode]) -> str:
        """Return some of the lesson's cells as HTML."""
        some = nbformat.v4.new_notebook(metadata=self.notebook.metadata, cells=cells)
        return for_the_site(EXPORTER.from_notebook_node(some)[0])

    def films(self) -> str:
        """Return the script that gives a page the films of its demos, by their names."""
        outputs = [each for cell in self.notebook.cells for each in cell.get("outputs", [])]
        films = [each.data[FILM] for each in outputs if FILM in each.get("data", {})]
        packed = {
            film["name"]: {
                "states": deflated(for_the_site(json.dumps(film["states"])).encode()),
                "pictures": film["pictures"],
            }
            for film in films
        }
        return f"const FILMS = {json.dumps(packed)};\n"


EXPORTER = HTMLExporter(
    template_name="cells", extra_template_basedirs=[str(TEMPLATES)], exclude_anchor_links=True
)
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def main():
    what, *names = sys.argv[1:]
    paths = [Path(name).resolve() for name in names]
    lessons = [Lesson(path) for path in paths or sorted((ROOT / "notebooks").glob("*.ipynb"))]
    execute([lesson.path for lesson in lessons])
    folder = ROOT / "build" / what
    {"site": write_site, "slides": write_slides}[what](lessons, folder)
    if what == "site":
        write_weights(folder / "weights")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"written: {folder.relative_to(ROOT)}/index.html, {size / 1e6:.0f} MB in all")


def write_site(lessons: list[Lesson], folder: Path):
    """Write a page and a deck for each lesson, and an index of both."""
    begin(folder)
    for number, lesson in enumerate(lessons):
        write_films(lesson, folder)
        cells, contents = with_anchors(lesson.as_html(with_live_page(lesson)))
        write(
            folder / f"{lesson.stem}.html",
            "page.html.j2",
            root="",
            stem=lesson.stem,
            title=lesson.title,
            deck=f"slides/{lesson.stem}.html",
            previous=lessons[number - 1] if number else None,
            next=lessons[number + 1] if number + 1 < len(lessons) else None,
            contents=contents,
            cells=cells,
        )
        write_deck(lesson, folder / "slides", root="../")
    write_index_of_decks(lessons, folder / "slides", root="../")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = shutil.copy(ROOT / "temperature.gif", folder)
    with Image.open(picture) as moving:  # and still, for who asks the browser for less motion
        moving.convert("RGB").save(folder / "temperature.png")
        size = {"width": moving.width, "height": moving.height}
    write(folder / "index.html", "index.html.j2", root="", **about(readme), **size)
    write_try_page(folder, [prompt for each in lessons for prompt in each.prompts.values()])


def write_slides(lessons: list[Lesson], folder: Path):
    """Write a deck for each lesson, and an index."""
    begin(folder)
    for lesson in lessons:
        write_films(lesson, folder)
        write_deck(lesson, folder, root="")
    write_index_of_decks(lessons, folder, root="")


def write_try_page(folder: Path, prompts: Iterable[str] = ()):
    """Write the live page, but for its weights: until they are there, it works on some prompts."""
    facts = {"title": "Try it: a language model in this page", "bytes": bytes_of_weights()}
    write(folder / "try.html", "try.html.j2", root="", **facts)
    write_scripts(folder, [*dict.fromkeys([*PROMPTS, *prompts])])


def begin(folder: Path):
    """Empty the folder, and put in it what all pages share."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy_libraries(folder / "lib")
    shutil.copytree(TEMPLATES / "static", folder / "lib" / "course")
    (folder / "films").mkdir()


def write_films(lesson: Lesson, folder: Path):
    (folder / "films" / f"{lesson.stem}.js").write_text(lesson.films(), encoding="utf-8")


def write_deck(lesson: Lesson, folder: Path, root: str):
    shown = slides(lesson.notebook.cells)
    write(
        folder / f"{lesson.stem}.html",
        "deck.html.j2",
        root=root,
        stem=lesson.stem,
        title=lesson.title,
        slides=[
            {
                "tag": "h1" if slide.level == 1 else "h2",
                "heading": inline(slide.heading),
                "again": slide.again,
                "layout": slide.layout,
                "parts": slide.parts(lesson.as_html),
                "notes": lesson.as_html(slide.notes) if slide.notes else "",
            }
            for slide in shown
        ],
    )


def write_index_of_decks(lessons: list[Lesson], folder: Path, root: str):
    write(folder / "index.html", "decks.html.j2", root=root, title="Slides", lessons=lessons)


def write(path: Path, template: str, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGES.get_template(template).render(values), encoding="utf-8")


def for_the_site(text: str) -> str:
    for old, new in CHANGES:
        text = re.sub(old, new, text)
    return text


def unbroken(markdown: str) -> str:
    """Let no line end within T = 1, but for code."""
    parts = re.split(r"(```.*?```|`[^`]*`)", markdown, flags=re.DOTALL)
    whole = "\\1\N{NO-BREAK SPACE}\\2\N{NO-BREAK SPACE}"
    parts[::2] = [re.sub(r"\b(\w) ([=≈<>→]) (?=\S)", whole, text) for text in parts[::2]]
    return "".join(parts)


def with_live_page(lesson: Lesson) -> list[nbformat.NotebookNode]:
    """Return a lesson's cells, and below each demo on a prompt a link to the live page."""
    linked = []
    for number, cell in enumerate(lesson.notebook.cells):
        linked.append(cell)
        if number in lesson.prompts:
            state = urlencode({"prompt": lesson.prompts[number], "T": 1})
            link = f"[Open this in the live page](try.html#{state})"
            linked.append(nbformat.v4.new_markdown_cell(link))
    return linked


def with_anchors(cells: str) -> tuple[str, list[dict]]:
    """Give each heading of a page an anchor; return the page, and the table of its contents."""
    contents = []

    def anchored(heading: re.Match) -> str:
        level, html = heading.groups()
        contents.append({"level": level, "id": f"section-{len(contents) + 1}", "html": html})
        return f'<h{level} id="{contents[-1]["id"]}">{html}</h'

    return HEADING.sub(anchored, cells), contents


def inline(markdown: str) -> str:
    """Return a line of Markdown as HTML without a paragraph around it."""
    return markdown2html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


def about(readme: str) -> dict[str, str]:
    """Return the README's title, the words of its picture, and its first paragraph and its table of
    lessons as HTML.
    """
    readme = unbroken(readme)
    title = re.search(r"^# (.+)$", readme, re.MULTILINE)[1]
    words = re.search(r"!\[([^\]]+)\]\(temperature\.gif\)", readme)[1].replace("\n", " ")
    paragraphs = re.split(r"\n\n+", readme.partition("\n## ")[0])
    introduction = next(text for text in paragraphs if re.match(r"[A-Z]", text))
    table = re.search(r"\n## Lessons\n+((?:\|.*\n)+)", readme)[1]
    link = r"\[([^\]]+)\]\(notebooks/(\w+)\.ipynb\)"
    pages = r'<a href="\2.html">\1</a> <a class="deck" href="slides/\2.html">slides</a>'
    badge = r"\[!\[[^\]]+\]\([^)]+\)\]\(([^)]+)\)"  # an image of another site
    table = re.sub(badge, r'<a class="deck" href="\1">Colab</a>', table)
    table = markdown2html(re.sub(link, pages, table))
    introduction = markdown2html(introduction)
    return {"title": title, "words": words, "introduction": introduction, "table": table}


if __name__ == "__main__":
    main()
