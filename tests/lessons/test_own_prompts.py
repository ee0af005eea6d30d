"""Whatever a learner writes into the box of lesson 1 gets the right picture, or one sentence."""

import re

import numpy as np
import pytest
from browser import lesson_explorers

from tempsampling import softmax, visible
from tempsampling.model.smollm import SmolLM2

READ = [
    "My dog is",
    "the the the the the the the the",
    "def mean(numbers):\n    return",
    "SELECT name FROM users WHERE",
    "<b>bold</b> & <script>alert(1)</script>",
    "$x^2$ and $$",
    "日本の首都は",
    "Москва является столицей",
    "عاصمة مصر هي",
    "🙂🙃 👩‍👩‍👧‍👦",
    "e\u0301 \u202eabc",
    " ",
    "a  b   c",
    "0.1 + 0.2 =",
    "%s %d {0} {name} \\n",
    "<|im_start|>user",
    "x" * 500,
    "word " * 200,
]
REFUSED = ["", "\x04", "a\ud83d"]
LONG = [pytest.param("word " * 2000, marks=pytest.mark.rare), "word " * 9000]


@pytest.fixture(scope="module")
def demo():
    return lesson_explorers("01_understanding_temperature.ipynb")[1]


def write(demo, prompt):
    demo.controls["prompt"].labeled.value = prompt
    return demo.output[0]["text/plain"], demo._problem.value


@pytest.mark.parametrize("prompt", [*READ, LONG[0]])
def test_the_bars_are_those_of_the_prompt(demo, prompt):
    said, problem = write(demo, prompt)
    logits = SmolLM2.load().logits(prompt)
    p = softmax(logits, demo.controls["temperature"].value)
    first = visible(SmolLM2.load().decode([int(np.argmax(logits))]))
    assert problem == ""
    assert f": {first} " in said
    shares = [float(share) for share in re.findall(r" [<>]?([\d.]+)%", said)]
    assert shares[0] == pytest.approx(100 * p.max(), abs=0.1)


@pytest.mark.parametrize("prompt", [*REFUSED, LONG[1]])
def test_what_cannot_be_read_gets_one_sentence_and_the_picture_stays(demo, prompt):
    write(demo, "My dog is")
    before = demo.output
    _, problem = write(demo, prompt)
    assert demo.output == before
    assert "must" in problem
    assert problem.count("<br>") == 1
    assert write(demo, "My cat is")[1] == ""
