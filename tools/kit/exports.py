"""The question bank in the forms that learning platforms import: GIFT, QTI 2.1, and Markdown."""

import re
from collections.abc import Iterable
from html import unescape
from itertools import groupby
from pathlib import Path
from string import ascii_uppercase
from zipfile import ZIP_DEFLATED, ZipFile

import jinja2
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters import markdown2html
from questions import Question

TEMPLATES = Path(__file__).parent / "templates"
XML = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
)
FORMULA = re.compile(r"\$([^$]+)\$")


def write_gift(questions: Iterable[Question], path: Path):
    r"""Write Moodle's GIFT: a category for each kind of question, formulas as \( … \)."""
    blocks = []
    for place, several in groupby(questions, lambda each: (each.lesson, each.kind)):
        blocks.append(f"$CATEGORY: Temperature/Lesson {place[0]:02d}/{place[1]}")
        blocks += map(as_gift, several)
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def as_gift(question: Question) -> str:
    """Return one question in GIFT; its texts are HTML."""
    lines = [f"::{question.name}::[html]{gift_text(question.text)} {{"]
    for option in question.options:
        sign = "=" if option.right else "~"
        lines.append(f"\t{sign}{gift_text(option.text)}#{gift_text(option.feedback)}")
    return "\n".join([*lines, "}"])


def gift_text(markdown: str) -> str:
    """Return Markdown as HTML with a backslash before what means something to GIFT."""
    html = FORMULA.sub(r"\\(\1\\)", as_html(markdown))
    return re.sub(r"([\\~=#{}:])", r"\\\1", html)


def write_qti(questions: Iterable[Question], folder: Path) -> list[Path]:
    """Write a QTI 2.1 package for each lesson: an item for each question, and their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for lesson, several in groupby(questions, lambda each: each.lesson):
        items = {f"{question.name}.xml": as_qti(question) for question in several}
        name = f"lesson-{lesson:02d}"
        manifest = XML.get_template("imsmanifest.xml.j2").render(name=name, files=list(items))
        written.append(folder / f"{name}.zip")
        with ZipFile(written[-1], "w", ZIP_DEFLATED) as package:
            for file, text in {"imsmanifest.xml": manifest, **items}.items():
                package.writestr(file, text)
    return written


def as_qti(question: Question) -> str:
    """Return one question as a QTI 2.1 item; its texts are XHTML, its formulas MathML."""
    options = [
        {
            "id": letter,
            "right": option.right,
            "text": xhtml(option.text),
            "feedback": xhtml(option.feedback),
        }
        for letter, option in zip(ascii_uppercase, question.options, strict=False)
    ]
    item = XML.get_template("item.xml.j2")
    return item.render(name=question.name, text=xhtml(question.text), options=options)


def xhtml(markdown: str) -> Markup:
    """Return a line of Markdown as XHTML with its formulas as MathML."""
    return Markup(with_mathml(as_html(markdown)))


def with_mathml(html: str) -> str:
    """Return HTML with MathML in place of formulas between dollars."""
    return FORMULA.sub(lambda found: convert(unescape(found[1])), html)


def as_html(markdown: str) -> str:
    """Return a line of Markdown as HTML, its formulas as they were."""
    line = re.sub(r"^(\d+)\.", r"\1\\.", markdown)  # an answer "7." begins no list
    return markdown2html(line).strip().removeprefix("<p>").removesuffix("</p>")


def write_markdown(questions: Iterable[Question], path: Path, answers: bool):
    """Write all questions, a section for each lesson."""
    sections = ["# Questions and answers\n" if answers else "# Questions\n"]
    for lesson, several in groupby(questions, lambda each: each.lesson):
        sections += [f"## Lesson {lesson}\n", as_markdown(several, answers)]
    path.write_text("\n".join(sections), encoding="utf-8")


def as_markdown(questions: Iterable[Question], answers: bool) -> str:
    """Return questions; with answers, the right option is bold and each has its feedback."""
    lines = []
    for number, question in enumerate(questions, 1):
        text = question.text.removeprefix(f"(After lesson {question.lesson}.) ")
        lines += [f"**{number}. {text}**", ""]
        if answers and question.belief:
            lines += [f"*A wrong belief that this uncovers: {question.belief}.*", ""]
        for letter, option in zip(ascii_uppercase, question.options, strict=False):
            text = f"**{option.text}**" if answers and option.right else option.text
            lines.append(f"- {letter}. {text}" + (f" → {option.feedback}" if answers else ""))
        lines.append("")
    return "\n".join(lines)
