"""A slide is a statement, or a sight with at most two lines over it."""

import pytest
from decks import LETTERS, slides
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

TWO_LINES = "word " * (2 * LETTERS // 5)
THREE_LINES = TWO_LINES + "one more"


def prose(text, kind="-"):
    return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})


def picture(kind="-"):
    shown = new_output("display_data", {"image/png": "", "text/plain": "a picture"})
    return new_code_cell("show()", outputs=[shown], metadata={"slideshow": {"slide_type": kind}})


def layouts(*cells):
    """Of each slide what it is, and its cells, P for prose and C for code."""
    kinds = {"markdown": "P", "code": "C"}
    found = slides([prose("## Heading", "slide"), *cells])
    return [(s.layout, "".join(kinds[cell.cell_type] for cell in s.cells)) for s in found]


def test_two_lines_stand_over_a_picture():
    assert layouts(prose(TWO_LINES), picture()) == [("sight", "PC")]


def test_three_lines_are_a_statement_before_it():
    assert layouts(prose(THREE_LINES), picture()) == [("statement", "P"), ("sight", "C")]


def test_of_several_paragraphs_the_last_ones_stand_over_the_picture():
    text = f"{THREE_LINES}\n\none line\n\nanother"
    assert layouts(prose(text), picture()) == [("statement", "P"), ("sight", "PPC")]


def test_a_list_has_a_line_for_each_item():
    assert layouts(prose("- one\n- two"), picture()) == [("sight", "PC")]
    assert layouts(prose("- one\n- two\n- three"), picture())[0] == ("statement", "P")


def test_what_is_said_after_a_picture_is_a_statement_behind_it():
    assert layouts(picture(), prose("So it is.")) == [("sight", "C"), ("statement", "P")]


def test_a_long_statement_is_two():
    assert layouts(prose("\n\n".join([THREE_LINES] * 4))) == [("statement", "PP")] * 2
    assert layouts(prose("$$\na\n$$\n\n" * 5)) == [("statement", "PPP"), ("statement", "PP")]


def test_a_fold_is_not_torn():
    fold = f"<details><summary>Why?</summary>\n\n{THREE_LINES}\n\n{THREE_LINES}\n</details>"
    assert layouts(prose(f"One line.\n\n{fold}")) == [("statement", "PP")]
    assert layouts(prose(f"{THREE_LINES}\n\n{THREE_LINES}\n\n{fold}"))[-1] == ("statement", "P")


def test_each_part_has_the_heading_and_the_last_one_the_notes():
    note = prose("For the speaker", "skip")
    found = slides([prose(f"## Heading\n{THREE_LINES}", "slide"), picture(), note])
    assert [(slide.heading, slide.again, len(slide.notes)) for slide in found] == [
        ("Heading", False, 0),
        ("Heading", True, 1),
    ]


@pytest.mark.parametrize(("text", "steps"), [(TWO_LINES, [[0, 1]]), (THREE_LINES, [[0], [0]])])
def test_an_answer_waits_for_a_press_on_the_slide_of_its_question_or_on_the_next(text, steps):
    found = slides([prose(f"## Heading\n{text}", "slide"), picture("fragment")])
    assert [slide.steps for slide in found] == steps


def test_a_heading_alone_is_a_slide():
    assert layouts() == [("statement", "")]
