"""The numbers that lesson 7's texts name are those that its cells give.

Those that rest on sampled text are read from the committed output of the cell that computes them,
with room for what another machine's rounding may change.
"""

import re
from itertools import pairwise

import numpy as np
import pytest
from lessons import cell, printed, source

from tempsampling import softmax, solutions
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


def test_the_guess_meets_the_computed_agreement():
    assert f"Computed: {agreement(softmax([1, 2, 3, 4])):.2f}" in printed(7, "guess-again")


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
    (cold,) = generate(model, prompt, temperature=0, max_tokens=9)
    assert cold.text == "The largest planet in the solar system is Neptune"


def alternative(name):
    """Return what a figure's text says: for each label, mean and margin by setting."""
    (text,) = (output["metadata"]["image/png"]["alt"] for output in cell(7, name)["outputs"])
    found = {}
    for line in re.split(r"\. (?=[a-z])", text.strip(". ")):
        label, rest = line.split(": ")
        rows = (re.fullmatch(r"(.+), (.+) ± (.+)", each).groups() for each in rest.split("; "))
        found[label] = {setting: (float(mean), float(margin)) for setting, mean, margin in rows}
    return found


def verdicts(name):
    """Return what a cell concludes: for each claim its word, mean and margin in points."""
    pattern = r'Verdict "(.+)": (.+) \((.+) ± (.+) points\)'
    rows = re.findall(pattern, printed(7, name))
    return {claim: (word, float(mean), float(margin)) for claim, word, mean, margin in rows}


def test_ten_facts_and_none_that_does_not_ask_what_is_the():
    facts = re.findall(r'"(What .*?)": \{', source(7, "answers"))
    assert len(facts) == 10
    assert all(fact.startswith("What is the ") for fact in facts)
    assert "The ten questions were chosen before measuring; all are kept" in source(7, "ask-text")


def test_the_verdict_on_consistency():
    shown = alternative("figure")
    right, agree = shown["right answers"], shown["agreement"]
    assert list(right) == ["T = 0", "T = 0.3", "T = 1.0"]
    assert list(agree) == ["T = 0.3", "T = 1.0"]  # at T = 0 it is 1 by construction
    text = source(7, "consistency-verdict")
    assert "At T = 0.3 about half of the pairs agree word for word, at T = 1 hardly any" in text
    assert agree["T = 0.3"][0] == pytest.approx(0.5, abs=0.15)
    assert agree["T = 1.0"][0] < 0.15
    assert "Within nine tokens, three or four in ten are right at T = 1" in text
    assert right["T = 1.0"][0] == pytest.approx(0.35, abs=0.1)
    ((word, points, _),) = verdicts("consistency").values()
    assert word == "holds"
    assert points == pytest.approx(100 * (agree["T = 0.3"][0] - agree["T = 1.0"][0]), abs=1.01)


def test_agreement_is_not_correctness(draw):
    text = source(7, "consistency-verdict")
    assert "**Where it breaks:** agreement is not correctness" in text
    assert "On the planet all agree at T = 0, wrongly" in text  # see test_neptune_leads above
    assert "On gold hardly any agree at T = 1, though most begin alike, and rightly" in text
    texts = [answer.text for answer in draw("What is the chemical symbol for gold?", 1.0)]
    assert solutions.agreement(texts) < 0.15
    assert np.mean([each.startswith("The chemical symbol for gold is Au") for each in texts]) > 0.6


def test_pairs_of_answers_differ_below_a_temperature_of_1(answers):
    assert "At T = 0.3 about half of the pairs of answers already differed" in answers
    assert "about half of the pairs agree" in source(7, "consistency-verdict")
    same, pairs = map(int, re.search(r"(\d+) of (\d+) pairs", printed(7, "talk-twice")).groups())
    assert "open questions agree less often than facts" in source(7, "noise-text")
    assert same / pairs < alternative("figure")["agreement"]["T = 0.3"][0]


def test_heat_makes_wrong_answers_right():
    shown = "".join(cell(7, "answers-slider")["outputs"][0]["data"]["text/plain"])
    assert shown.count("T = 0.3") == 6
    assert shown.count("Neptune") >= 1
    assert shown.count("Jupiter") >= 1


@pytest.fixture(scope="module")
def draw(model):
    """Answers to a question, of other seeds than the lesson's."""

    def answers_to(question, temperature):
        prompt = model.chat_prompt([{"role": "user", "content": question}])
        return generate(model, prompt, temperature=temperature, n=18, max_tokens=9, seed=70)

    return answers_to


def test_gold_is_right_while_the_wording_differs(draw, answers):
    assert "Few or none agree, but nearly all are right: Au." in answers
    texts = [answer.text for answer in draw("What is the chemical symbol for gold?", 1.0)]
    assert np.mean(["Au" in text for text in texts]) > 0.8
    assert solutions.agreement(texts) < 0.15


def test_hot_answers_part_earlier(draw, answers):
    assert "At T = 0.3 after the repeated question, at T = 1 some at the first words" in answers

    def partings(temperature):
        texts = [each.tokens for each in draw("What is the color of grass?", temperature)]
        differ = [[x != y for x, y in zip(a, b, strict=False)] for a, b in pairwise(texts)]
        return [each.index(True) for each in differ if any(each)]

    repeated = len(SmolLM2.load().tokenize("The color of grass is"))
    assert min(partings(0.3)) >= repeated
    assert min(partings(1.0)) <= 2


def test_a_question_of_ones_own_is_answered_and_a_long_one_refused():
    names = {"text_box": lambda *texts: texts, "explore": lambda *a, **k: names.update(k)}
    names |= {"ask": lambda question: {0.3: question.upper()}, "tint": str}
    exec(source(7, "answers") + "\ntemperatures = [0, 0.3, 1.0]", names)
    exec(source(7, "answers-slider"), names)
    assert len(set(names["question"])) == 5
    assert {names[each] for each in ("planet", "gold", "grass")} <= set(names["question"])
    assert names["show_answers"]("Who?") == "WHO?"
    with pytest.raises(ValueError, match="at most 300 characters"):
        names["show_answers"]("word " * 2000)


# Personality


@pytest.fixture(scope="module")
def style():
    names = {"re": re}
    for name in ("measure", "style"):
        exec(source(7, name), names)
    return names["style"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I like my dog.", (-50, 50, 0)),  # two of four words are of the first person
        ("The committee approves nothing! Why?", (60, 0, 100)),  # seven letters are long, six not
        ("I'm here. Are you? Oh!", (-100 / 6, 100 / 6, 200 / 3)),
        ("", (0, 0, 0)),
        ("🌟", (0, 0, 0)),
    ],
)
def test_the_three_counts_are_what_the_text_says(style, text, expected):
    assert style(text) == pytest.approx(expected)


def test_one_answer_of_each_setting_to_each_of_twelve_questions():
    questions = re.findall(r'"([A-Z][^"]*[?.])"', source(7, "small-talk-questions"))
    assert len(questions) == len(set(questions)) == 12
    assert "answers twelve questions: *a helpful assistant* at T = 0.3 (twice)" in source(
        7, "persona-text"
    )
    ended, total = map(int, re.search(r"(\d+) of (\d+) answers", printed(7, "talk")).groups())
    assert total == 7 * 12
    assert "Most answers were cut off" in source(7, "noise-text")
    assert ended < total / 3


def test_heat_did_no_more_than_random_tokens():
    formality = alternative("persona")["formality"]
    text = source(7, "persona-verdict")
    assert "T = 1.5 raises formality by about thirty points. So do random tokens" in text
    assert formality["T = 1.5"][0] == pytest.approx(30, abs=12)
    assert formality["random tokens"][0] == pytest.approx(30, abs=12)
    assert "at T = 1.5 more than half of the tokens have less than 0.1%" in source(7, "noise-text")
    assert int(re.search(r"less than 0\.1%: (\d+)%", printed(7, "noise"))[1]) > 50
    said = verdicts("judge")
    assert said["T = 1.5 is more formal"][0] == "holds"
    assert said["random tokens are more formal"][0] == "holds"
    word, _, margin = said["T = 1.5 does more than random tokens"]
    assert word == "not shown"
    assert "**Verdict: at T = 1.5 it is not shown.**" in text
    assert "a difference of about twenty points would have been seen" in text
    said = "more than random tokens was not shown, at T = 1.5, within twenty points"
    assert said in source(7, "summary")
    assert margin < 15  # 8 to 21 in repetitions, 14 in the median: twenty are seen in four of five


def test_the_system_message_shifts_formality_the_other_way():
    formality = alternative("persona")["formality"]
    text = source(7, "persona-verdict")
    assert "The two messages lower it by about a dozen" in text
    for name in ("young teenager", "small child"):
        mean, margin = formality[name]
        assert mean == pytest.approx(-12, abs=5)
        assert mean + margin < 0
    word, both, _ = verdicts("judge-messages")["the two messages make it less formal"]
    assert word == "holds"
    assert both == pytest.approx(
        -np.mean([formality[name][0] for name in ("young teenager", "small child")]), abs=1.01
    )
    assert "*An ordinary person* does most of that, too" in text
    neutral, margin = formality["ordinary person"]
    assert both / 2 < -neutral
    assert neutral + margin < 0
    assert "system messages lowered formality, a neutral one, too" in source(7, "summary")


def test_the_settings_of_the_personas_have_as_many_tokens(model):
    whos = re.findall(r'\("(an? [a-z ]+)", ', source(7, "small-talk"))
    assert len(whos) == 7
    assert len({len(model.tokenize(f"You are {who}.")) for who in whos}) == 1


def test_what_the_figure_does_not_show():
    shown = alternative("persona")
    assert "one answer a question would not show a shift as small as theirs" in source(
        7, "persona-verdict"
    )
    assert "Liveliness shows nothing" in source(7, "persona-verdict")
    rows = [*shown["liveliness"].values(), shown["formality"]["T = 1"]]
    rows += [each["the same again"] for each in shown.values()]  # nothing was changed there
    assert all(abs(mean) <= margin for mean, margin in rows)


def test_a_majority_vote_gives_the_more_surely_what_is_likeliest_the_more_vote():
    shares = [int(n) for n in re.findall(r"Neptune (\d+)%", printed(7, "vote"))]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert "the more draws, the surer it says what T = 0 says" in source(7, "measure-text")
