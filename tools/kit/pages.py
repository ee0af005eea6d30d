"""The pages of the kit: one for each lesson, the classes, accessibility; all of them as a booklet,
and sheets of questions for a room."""

import inspect
import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from decks import Slide, slides
from exports import as_markdown, with_mathml, xhtml
from markupsafe import Markup
from nbconvert.filters import markdown2html
from playwright.sync_api import Browser
from publish import NO_GUESS
from questions import Question, closing_questions, lesson_paths, varied_questions

from tempsampling.lessons.exercises import EXERCISES, LESSON_OF
from tempsampling.lessons.glossary import terms

HERE = Path(__file__).parent
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
PAGES.filters["line"] = xhtml
PAGES.filters["letter"] = lambda question: "ABCDE"[[o.right for o in question.options].index(True)]
SHARE = re.compile(r"(?<!= )\b0\.(\d\d+)")  # on slides it is percents
UNSEEN = {"exercise-text": "exercise", "exercise-2-text": "second exercise"}


@dataclass(frozen=True)
class Step:
    """What a lecturer does at one of a lesson's cells, and for how many minutes."""

    minutes: int
    do: str
    place: str = ""  # where that is, for a person: "slides 2–3"
    title: str = ""
    expect: str = ""  # what the room is likely to say
    truth: str = ""  # what is so instead
    show: str = ""  # where the answer is
    cell: str = ""


@dataclass(frozen=True)
class Part:
    """What happens in a class from some minute on: a lesson's step, or something between two."""

    begins: int
    step: Step
    lesson: int = 0


class Taught:
    """A lesson, as a lecturer needs it."""

    def __init__(self, number: int):
        self.number = number
        self.path = lesson_paths()[number]
        self.notes = teaching()["lesson"][number - 1]
        self.cells = nbformat.read(self.path, as_version=4).cells
        self.slides = slides(self.cells)

    @cached_property
    def title(self) -> str:
        return self.slides[0].heading.partition(" · ")[2]

    @cached_property
    def minutes(self) -> int:
        """Return what the lesson's title promises."""
        return int(re.search(r"^(\d+) minutes", self.cells[0].source, re.MULTILINE)[1])

    @cached_property
    def aims(self) -> list[str]:
        return re.findall(r"^\d\. (.+)$", self.cells[0].source, re.MULTILINE)

    @cached_property
    def truth(self) -> str:
        """Return the answer to the first question, from the lesson's end; shares in percent."""
        (cell,) = (cell for cell in self.cells if cell.id == "guess-again")
        printed = "".join(output["text"] for output in cell.outputs)
        printed = SHARE.sub(lambda share: f"{float(share[0]):.{len(share[1]) - 2}%}", printed)
        what, found = (part.strip(" .\n") for part in NO_GUESS.split(printed))
        how, _, value = found.partition(": ")
        if not value:
            return what
        what = what[:1].lower() + what[1:] if what[1:2].islower() else what
        return f"{value} ({', '.join(filter(None, [what, how.lower()]))})"

    @cached_property
    def steps(self) -> list[Step]:
        found = []
        for given in self.notes["step"]:
            seen = self.slides_with(given["cell"])
            title = seen[0].heading if seen else f"`{self.exercises[0]['name']}`"
            show = self.answer(given["cell"], given.get("show", ""))
            said = {"title": title, "place": self.place(given["cell"]), "show": show}
            if given["cell"] == "question":
                said["truth"] = f"{self.truth}. {given.get('truth', '')}".strip()
            found.append(Step(**given | said))
        return found

    def answer(self, cell: str, show: str) -> str:
        """Say how one gets from a step to what answers it."""
        if not show:
            return ""
        place, presses = self.place(show), 0
        for slide in self.slides_with(show)[:1]:
            place = f"slide {self.slides.index(slide) + 1}"
            presses = slide.steps[[each.id for each in slide.cells].index(show)]
        place = "there" if place == self.place(cell) else place
        return place + ["", ", at one more press", f", at {presses} more presses"][min(presses, 2)]

    def slides_with(self, cell: str) -> list[Slide]:
        """Return the slides on which a cell is seen: none if the reader alone sees it."""
        is_part = re.compile(rf"{cell}(_\d+)?").fullmatch  # a deck parts what is long
        return [each for each in self.slides if any(is_part(part.id) for part in each.cells)]

    def place(self, cell: str) -> str:
        """Say where a cell is: on which slides, or in which part of the notebook."""
        if cell not in {each.id for each in self.cells}:
            raise ValueError(f"lesson {self.number} has no cell {cell!r}")
        numbers = [self.slides.index(slide) + 1 for slide in self.slides_with(cell)]
        if not numbers:
            return f"notebook, {UNSEEN[cell]}"
        first, last = numbers[0], numbers[-1]
        return f"slide {first}" if first == last else f"slides {first}–{last}"

    def said(self, note: str) -> str:
        """Return a note of teaching.toml with places for the cells that it names in braces."""
        return re.sub(r"\{([\w-]+)\}", lambda found: self.place(found[1]), self.notes[note])

    @cached_property
    def closing(self) -> list[Question]:
        asked = [each for each in closing_questions() if each.lesson == self.number]
        return [each for each in asked if each.kind == "closing"]

    @cached_property
    def exercises(self) -> list[dict[str, Any]]:
        """Return of each exercise its solution, and what `check` says to its usual mistakes."""
        found = []
        for name, lesson in LESSON_OF.items():
            if lesson == self.number:
                code = inspect.getsource(EXERCISES[name].solution)
                sentences = list(EXERCISES[name].mistakes)
                found.append({"name": name, "solution": code, "sentences": sentences})
        return found

    @cached_property
    def terms(self) -> dict[str, str]:
        return {term: said for term, (lesson, said) in terms().items() if lesson == self.number}


@cache
def teaching() -> dict[str, list]:
    """Return what stands in teaching.toml."""
    return tomllib.loads((HERE / "teaching.toml").read_text(encoding="utf-8"))


@cache
def taught(number: int) -> Taught:
    return Taught(number)


def parts(path: dict[str, Any]) -> list[Part]:
    """Return what happens in a class, one after the other."""
    found, begins = [], 0
    for given in path["parts"]:
        number = given.get("lesson", 0)
        if number:
            steps = {step.cell: step for step in taught(number).steps}
            several = [steps[cell] for cell in given["cells"]]
        else:
            several = [Step(given["minutes"], given["what"])]
        for step in several:
            found.append(Part(begins, step, number))
            begins += step.minutes
    return found


def write_pages(folder: Path, seed: int, address: str | None):
    """Write the pages, the booklet that holds them, and the sheets that students get."""
    lessons = [taught(number) for number in lesson_paths()]
    paths = teaching()["path"]
    bodies = {"index": body("start", paths=paths, lessons=lessons, address=address, seed=seed)}
    bodies |= {f"class-{each['minutes']}": class_page(each) for each in paths}
    bodies |= {f"lesson-{each.number:02d}": lesson_page(each, seed) for each in lessons}
    bodies["accessibility"] = accessibility_page()
    for name, each in bodies.items():
        write_page(folder / f"{name}.html", [each])
    write_page(folder / "booklet.html", list(bodies.values()))
    sheets = [
        body("sheet", lesson=each, asked=asked(each, seed, answers=False)) for each in lessons
    ]
    write_page(folder / "sheets.html", sheets)
    print(f"written: {len(bodies)} pages", flush=True)


def class_page(path: dict[str, Any]) -> Markup:
    """Return the timetable of a class, and what its lessons need."""
    timetable = parts(path)
    numbers = dict.fromkeys(part.lesson for part in timetable if part.lesson)
    lessons = [taught(number) for number in numbers]
    hands_on = any(part.step.place.startswith("notebook") for part in timetable)
    return body("class", path=path, parts=timetable, lessons=lessons, hands_on=hands_on)


def lesson_page(lesson: Taught, seed: int) -> Markup:
    """Return what a lecturer needs for one lesson."""
    questions = asked(lesson, seed, answers=True)
    return body("lesson", lesson=lesson, varied=varied(lesson, seed), asked=questions)


def asked(lesson: Taught, seed: int, answers: bool) -> Markup:
    """Return the questions of a lesson, with the same numbers on its page and on the sheet."""
    questions = as_markdown([*lesson.closing, *varied(lesson, seed)], answers)
    return Markup(with_mathml(markdown2html(questions)))


def varied(lesson: Taught, seed: int) -> list[Question]:
    """Return one variant of each of a lesson's questions with numbers."""
    return [each for each in varied_questions(seed, 1) if each.lesson == lesson.number]


def accessibility_page() -> Markup:
    """Return the statement; the names of tests may be broken between their words."""
    html = markdown2html((HERE / "accessibility.md").read_text(encoding="utf-8"))
    html = re.sub('<a class="anchor-link".*?</a>', "", html)
    return Markup(re.sub(r"(::|_|/)(?=\w+[^<>]*</code>)", r"\1<wbr>", html))


def body(template: str, **values: Any) -> Markup:
    return Markup(PAGES.get_template(f"{template}.html.j2").render(values))


def write_page(path: Path, bodies: list[Markup]):
    """Write a page of one part, or the booklet of many, in which the first part has the title."""
    bodies[1:] = [Markup(re.sub("(</?)h1", r"\1h2", str(each))) for each in bodies[1:]]
    title = re.search(r"<h1[^>]*>(.+?)</h1>", bodies[0])[1]
    page = PAGES.get_template("page.html.j2").render(title=Markup(title), bodies=bodies)
    path.write_text(page, encoding="utf-8")


def print_page(browser: Browser, page: Path):
    """Let Chromium print a page into a PDF beside it."""
    opened = browser.new_page()
    opened.goto(page.as_uri())
    opened.pdf(path=page.with_suffix(".pdf"), format="A4", tagged=True, outline=True)
    opened.close()
    print(f"printed: {page.with_suffix('.pdf').name}", flush=True)
