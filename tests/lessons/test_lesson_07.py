"""The numbers that lesson 7's texts name are those that its cells give.

Those that rest on sampled text are read from the committed output of the cell that computes them,
with room for what another machine's rounding may change.
"""

import re

import numpy as np
import pytest
from lessons import cell, printed, source

from tempsampling import softmax
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import generate, score

PLANET = "What is the largest planet in the solar system?"
PARTING = ["Bye!", "See you!", "Take care!", "Farewell!"]


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.fixture(scope="module")
def log_p(model):
    prompt = model.chat_prompt([{"role": "user", "content": "Goodbye!"}])
    scored = [score(model, reply + "<|im_end|>", prompt=prompt) for reply in PARTING]
    return [np.log(each.probabilities) for each in scored]


def agreement(p):
    return (p**2).sum()


def test_the_agreement_of_the_opening_question():
    share = f"{agreement(softmax([1, 2, 3, 4])):.0%}"
    assert f"agreement {share}" in printed(7, "agreement")
    assert f"{share} at T = 1, the answer" in source(7, "toy-slider-text")
    assert f"agreement {agreement(softmax(np.log([64, 24, 9, 3]))):.0%}" in printed(7, "counts")


def test_the_position_of_ninety_percent(answers):
    counts, positions = np.log([64, 24, 9, 3]), np.arange(0.05, 3.001, 0.05)
    found = np.array([agreement(softmax(counts, T)) for T in positions])
    T = positions[np.argmin(np.abs(found - 0.9))]
    p = softmax(counts, T)
    assert f"{T:.2f}, where it is {agreement(p):.0%}. The likeliest reply has {p.max():.0%}" in (
        answers
    )


def test_length_moves_the_reply_with_five_tokens(answers, log_p):
    assert [each.size for each in log_p] == [4, 4, 4, 5]
    sums, means = (np.array([f(each) for each in log_p]) for f in (np.sum, np.mean))
    before, after = softmax(sums), softmax(means)
    assert f'with five tokens, from {before[3]:.1%} to {after[3]:.1%}. It passes "Take' in answers
    assert before[3] < before[2]
    assert after[3] > after[1]
    assert np.argmax(after / before) == 3
    cold = softmax(means, 0.25)
    assert cold[0] / cold[1] == pytest.approx(before[0] / before[1], rel=1e-6)
    assert f"{np.exp(sums).sum():.2%}, the sum of the four exponentials" in answers


def test_neptune_leads_by_two_points_and_wins_every_time_at_zero(answers, model):
    prompt = model.chat_prompt([{"role": "user", "content": PLANET}])
    p = softmax(model.logits(prompt + "The largest planet in the solar system is"))
    neptune, jupiter = (p[model.tokenize(f" {name}")[0]] for name in ("Neptune", "Jupiter"))
    assert f"Neptune had {neptune:.0%}, Jupiter {jupiter:.0%}" in answers
    assert "Neptune leads by two percentage points" in source(7, "measure-text")
    assert round(100 * neptune) - round(100 * jupiter) == 2
    (cold,) = generate(model, prompt, temperature=0, max_tokens=10)
    assert cold.text == "The largest planet in the solar system is Neptune,"


def alternative(name):
    """Return what a figure's text says: for each label, its numbers by temperature."""
    (text,) = (output["metadata"]["image/png"]["alt"] for output in cell(7, name)["outputs"])
    lines = dict(line.split(": ") for line in text.strip(". ").split(". "))
    found = {
        label: {float(T): float(mean) for T, mean in re.findall(r"T = ([\d.]+), ([\d.]+)", line)}
        for label, line in lines.items()
    }
    assert all(list(each) == [0, 0.3, 0.7, 1.0, 1.5] for each in found.values())
    return found


def test_the_verdict_on_consistency():
    shown = alternative("figure")
    right, facts, chats = (
        shown[label] for label in ("right answers", "agree, facts", "agree, open")
    )  # "in about three pairs of ten at T = 0.3, and hardly ever at T = 0.7"
    assert facts[0] == chats[0] == 1
    assert 0.2 < facts[0.3] < 0.4
    assert max(chats[0.3], facts[0.7], chats[0.7], facts[1.0]) < 0.15
    text = source(7, "consistency-verdict")
    assert "on facts in three pairs of ten at T = 0.3, hardly ever at T = 0.7" in text
    assert "six in ten at T = 0.7 (± 0.13)" in text
    assert right[0.7] == pytest.approx(0.6, abs=0.06)
    (alt,) = (output["metadata"]["image/png"]["alt"] for output in cell(7, "figure")["outputs"])
    error = re.search(r"right answers: .*?T = 0\.7, [\d.]+ ± ([\d.]+)", alt)[1]
    assert float(error) == pytest.approx(0.13, abs=0.04)
    assert right[0.7] < right[0]
    assert right[1.5] < 0.25


def test_the_verdict_on_personality():
    shown = alternative("persona")
    told = shown["told to be a pirate"]
    assert set(shown["not told"].values()) == {0}
    text = source(7, "persona-verdict")
    assert "about seven in ten had one at T ≤ 0.7, and fewer than one in ten at T = 1.5" in text
    assert [told[T] for T in (0, 0.3, 0.7)] == pytest.approx([0.7] * 3, abs=0.1)
    assert told[1.5] < 0.1
    assert told[0.7] > told[1.0] > told[1.5]


def test_what_the_eight_answers_show():
    shown = "".join(cell(7, "eight-slider")["outputs"][0]["data"]["text/plain"])
    assert shown.count("Neptune") >= 2  # at T = 0.3
    assert shown.count("Jupiter") >= 2


def test_gold_is_right_at_seven_tenths_while_the_wording_differs(model, answers):
    prompt = model.chat_prompt(
        [{"role": "user", "content": "What is the chemical symbol for gold?"}]
    )
    each = [0] + [T for T in (0.3, 0.7, 1.0, 1.5) for _ in range(8)]
    eight = generate(model, prompt, temperature=each, max_tokens=10, seed=1)[9:17]
    assert sum("Au" in answer.text for answer in eight) >= 7
    assert len({answer.text for answer in eight}) >= 5
    assert "Few or none agree, and all are right: Au." in answers
