"""Write a lecturer's kit into build/kit, from what the lessons hold: make kit.

    python3 tools/course.py kit --seed 2            (the same questions with other numbers)
    python3 tools/course.py kit --address https://github.com/YOU/NAME --hub https://hub.example.edu
                                                    (and a repository for a class, with its links)

A page for each lesson and for classes of some lengths, a booklet of them all, a question bank for
learning platforms, and assignments for nbgrader and Otter.
"""

import argparse
import shutil
import sys
from pathlib import Path

from browser import CHROMIUM, running_browser
from classroom import repository_address, write_class
from exports import write_gift, write_markdown, write_qti
from grading import write_assignments, write_for_otter
from pages import print_page, write_pages
from questions import Question, bank

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "build" / "kit"


def main():
    parser = argparse.ArgumentParser(prog="python3 tools/course.py kit")
    parser.add_argument("--seed", type=int, default=2026, help="of the numbers in questions")
    parser.add_argument("--variants", type=int, default=4, help="of each question with numbers")
    parser.add_argument("--address", help="of the class's repository: https://github.com/YOU/NAME")
    parser.add_argument("--hub", help="address of a JupyterHub with nbgitpuller")
    given = parser.parse_args()
    try:  # before minutes of work
        address = given.address and repository_address(given.address)
        questions = bank(given.seed, given.variants)
    except ValueError as error:
        parser.error(str(error))
    shutil.rmtree(KIT, ignore_errors=True)
    write_questions(KIT / "questions", questions)
    write_pages(KIT, given.seed, address)
    if CHROMIUM:
        with running_browser() as browser:
            for name in ("booklet", "sheets"):
                print_page(browser, KIT / f"{name}.html")
    else:
        print("no booklet.pdf and sheets.pdf, without Chromium: any browser prints their pages")
    graded = given.seed + 1  # other numbers than on the sheets, which everybody has
    write_for_otter(KIT / "otter", graded)
    try:
        write_assignments(KIT / "nbgrader", graded)
    except RuntimeError as error:
        sys.exit(f"The folder nbgrader of the kit is not complete. {error}")
    if address:
        write_class(KIT / "class", KIT / "nbgrader" / "release", address, given.hub)
    print(f"open {KIT.relative_to(ROOT)}/index.html")


def write_questions(folder: Path, questions: list[Question]):
    """Write the bank in each form."""
    folder.mkdir(parents=True)
    write_gift(questions, folder / "moodle.gift")
    write_qti(questions, folder / "qti-2.1")
    write_markdown(questions, folder / "questions.md", answers=False)
    write_markdown(questions, folder / "answers.md", answers=True)
    print(f"written: {len(questions)} questions", flush=True)


if __name__ == "__main__":
    main()
