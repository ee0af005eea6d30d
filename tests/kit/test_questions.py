"""The question bank: complete, without doubles, and read alike by other programs."""

import json
import re
import subprocess
from collections import Counter
from zipfile import ZipFile

import pytest
from exports import as_html, write_gift, write_markdown, write_qti
from libraries import unpack
from onyx2moodle.parser import parse_item
from onyx2moodle.translate.common import extract_question_html
from questions import bank, closing_questions, varied_questions
from variants import TEMPLATES

QUESTIONS = bank(seed=7, count=3)
# Another program's account of a GIFT file, as a list of questions.
READ_GIFT = """
const { parse } = require("./pegjs-gift.js");
console.log(JSON.stringify(parse(require("fs").readFileSync(process.argv[2], "utf8"))));
"""


def plain(html):
    """A text without its tags and formulas, which each format writes in its own way."""
    html = re.sub(r"\\\(.+?\\\)|<math.+?</math>|\$[^$]+\$", "…", html, flags=re.DOTALL)
    html = re.sub(r"</?p>", "", html)
    return html.replace("&quot;", '"').replace("&#x27;", "'").replace("&#39;", "'").strip()


def content(question):
    """A question as it is to be read back: its text, and its options from A on."""
    options = [
        (plain(as_html(o.text)), plain(as_html(o.feedback)), o.right) for o in question.options
    ]
    return plain(as_html(question.text)), options


def test_every_lesson_asks_two_closing_questions_and_the_course_thirteen_more():
    closing = Counter(each.lesson for each in closing_questions() if each.kind == "closing")
    assert closing == dict.fromkeys(range(1, 15), 2)
    review = [each.lesson for each in closing_questions() if each.kind == "review"]
    assert review == list(range(1, 14))


def test_every_lesson_has_three_questions_whose_numbers_vary():
    assert Counter(each.lesson for each in TEMPLATES) == dict.fromkeys(range(1, 15), 3)


def test_every_question_has_one_right_answer_and_a_sentence_for_each():
    for question in QUESTIONS:
        assert sum(option.right for option in question.options) == 1, question.name
        assert len({option.text for option in question.options}) == len(question.options)
        assert all(len(option.feedback) > 12 for option in question.options), question.name


def test_no_question_is_there_twice():
    assert len({each.name for each in QUESTIONS}) == len(QUESTIONS)
    assert len({each.text for each in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)
def test_another_seed_asks_for_other_numbers(template):
    one, other = (
        [q.text for q in varied_questions(seed, 3) if q.kind == template.name] for seed in (1, 2)
    )
    assert one != other
    assert one == [q.text for q in varied_questions(1, 3) if q.kind == template.name]


@pytest.mark.parametrize(
    ("seed", "count", "message"),
    [(-1, 1, "seed must be at least 0"), (1, 0, "count must be at least 1"), (1, 99, "at most")],
)
def test_variants_that_there_are_not_are_refused(seed, count, message):
    with pytest.raises(ValueError, match=message):
        varied_questions(seed, count)


def test_an_answer_is_a_line_and_no_list():
    for question in QUESTIONS:
        for text in (question.text, *(option.text for option in question.options)):
            assert not re.search("<(ol|ul|p|h[1-6])\\b", as_html(text)), text


def test_moodles_format_is_read_back_as_it_was_written(tmp_path):
    write_gift(QUESTIONS, tmp_path / "questions.gift")
    unpack("gift-pegjs@1.0.2", ["pegjs-gift.js"], tmp_path)
    (tmp_path / "read.js").write_text(READ_GIFT)
    read = subprocess.run(
        ["node", "read.js", "questions.gift"], cwd=tmp_path, check=True, capture_output=True
    )
    found = [each for each in json.loads(read.stdout) if each["type"] != "Category"]
    assert {each["type"] for each in found} == {"MC"}
    assert [each["title"] for each in found] == [each.name for each in QUESTIONS]
    for question, each in zip(QUESTIONS, found, strict=True):
        options = [
            (plain(o["text"]["text"]), plain(o["feedback"]["text"]), o["isCorrect"])
            for o in each["choices"]
        ]
        assert (plain(each["stem"]["text"]), options) == content(question)


def test_moodle_gets_formulas_that_mathjax_finds(tmp_path):
    write_gift(QUESTIONS, tmp_path / "questions.gift")
    text = (tmp_path / "questions.gift").read_text(encoding="utf-8")
    formulas = re.findall(r"\$[^$]+\$", "".join(o.feedback for q in QUESTIONS for o in q.options))
    assert text.count(r"\\(") == text.count(r"\\)") > len(formulas) > 50
    assert "$" not in text.replace("$CATEGORY", "")


def test_qti_is_read_back_as_it_was_written(tmp_path):
    read = {}
    for package in write_qti(QUESTIONS, tmp_path):
        with ZipFile(package) as archive:
            assert "imsmanifest.xml" in archive.namelist()
            for name in set(archive.namelist()) - {"imsmanifest.xml"}:
                assert name in archive.read("imsmanifest.xml").decode()
                (tmp_path / name).write_bytes(archive.read(name))
                item = parse_item(tmp_path / name)
                read[item.identifier] = item
    assert read.keys() == {each.name for each in QUESTIONS}
    for question in QUESTIONS:
        item = read[question.name]
        (choice,), (declared,) = item.interactions, item.response_decls.values()
        said = {each.identifier: plain(each.html) for each in item.feedback}
        options = [
            (plain(o.html), said[o.identifier], [o.identifier] == declared.correct_values)
            for o in choice.choices
        ]
        text = extract_question_html(item, {choice.response_identifier: ""})
        assert (plain(text), options) == content(question)


def test_the_page_of_questions_has_them_all(tmp_path):
    write_markdown(QUESTIONS, tmp_path / "questions.md", answers=True)
    page = (tmp_path / "questions.md").read_text(encoding="utf-8")
    for question in QUESTIONS:
        assert f". {question.text.removeprefix(f'(After lesson {question.lesson}.) ')}**" in page
    assert page.count("\n- ") == sum(len(question.options) for question in QUESTIONS)
