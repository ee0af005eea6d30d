"""The numbers that lesson 13's texts name are those that its cells give."""

import re
from functools import cache

import numpy as np
import pytest
from lessons import cell, printed, prose, source, verdicts

from tempsampling import mean_and_margin, pass_at_k, sample, softmax
from tempsampling.model.smollm import SmolLM2

EXAMPLES = "The capital of Spain is Madrid. The opposite of big is small. "
EXAMPLES += "Three plus one is four. The color of the sky is blue. "
TEMPERATURES = np.arange(41) / 20


@pytest.fixture(scope="module")
def facts():
    names = {}
    exec(source(13, "facts"), names)
    return {
        sentence.format(subject): answer
        for sentence, pairs in names["facts"].items()
        for subject, answer in map(str.split, pairs.split(", "))
    }


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.fixture(scope="module")
def logits(model, facts):
    return {question: model.logits(EXAMPLES + question) for question in facts}


@pytest.fixture(scope="module")
def right(model, facts):
    tokens = {question: model.tokenize(" " + answer) for question, answer in facts.items()}
    assert {len(each) for each in tokens.values()} == {1}
    return {question: each[0] for question, each in tokens.items()}


@pytest.fixture(scope="module")
def p_right(logits, right):
    rows = [[softmax(z, T)[right[q]] for T in TEMPERATURES] for q, z in logits.items()]
    return np.array(rows)


def mean_at(p_right, T, k=1):
    return pass_at_k(p_right[:, round(20 * T)], k).mean()


def best(p_right, k):
    return TEMPERATURES[pass_at_k(p_right, k).mean(axis=0).argmax()]


def difference(p_right, a, b, k=1):
    columns = 100 * pass_at_k(p_right[:, [round(20 * a), round(20 * b)]], k)
    return mean_and_margin(columns[:, 0] - columns[:, 1])


def test_the_opening_question_and_the_toy(answers, text):
    sure, hard = np.log([0.6, 0.2, 0.1, 0.1]), np.log([0.2, 0.5, 0.1, 0.1, 0.1])
    grid = np.arange(61) / 20
    toy = np.array([[softmax(z, T)[0] for T in grid] for z in (sure, hard)])
    ten = pass_at_k(toy, 10)
    assert f"At T = 1 this succeeds with {ten[1, 20]:.0%}" in text
    assert f"The answer is {ten[1, 4]:.0%}." in text
    assert f"each try finds the right answer with {toy[1, 4]:.1%}" in text
    assert ten[1, 0] == 0
    one = toy.mean(axis=0)
    assert f"T = {grid[one.argmax()]:.2f}. At T = 0 the hard" in answers
    assert f"{one.max():.1%} against {one[0]:.0%} at T = 0" in answers
    assert f"To T = {grid[ten.mean(axis=0).argmax()]:.2f}." in answers
    assert f"its top at T = {grid[toy[1].argmax()]:.2f} for each of these k" in answers
    assert ten[0].min() > 0.98


def test_the_single_questions(answers, text, model, logits, right, p_right):
    def p(question, T):
        return softmax(logits[question], T)

    canberra, plus, go = (
        next(q for q in logits if part in q) for part in ("Australia", "plus two", "of go")
    )
    row = p_right[list(logits).index(canberra)]
    assert f"At T = {TEMPERATURES[row.argmax()]:.2f}, with {row.max():.1%}" in answers
    assert row[4] < 0.001
    six = model.tokenize(" six")[0]
    assert logits[plus].argmax() == six
    shares = f"{p(plus, 1)[six]:.0%} and {p(plus, 1)[right[plus]]:.0%} at T = 1"
    assert shares in answers
    assert f"At T = 0.2 it says four with {p(plus, 0.2)[right[plus]]:.0%}" in answers
    row = p_right[list(logits).index(plus)]
    assert f"right with {row[7]:.0%} at T = {TEMPERATURES[row.argmax()]:.2f}" in text
    assert row.argmax() == 7
    assert row[0] == 0
    back = model.tokenize(" go")[0]
    assert f"went has {p(go, 1)[right[go]]:.1%}" in answers
    assert f"go with {p(go, 1)[back]:.0%}" in answers
    assert f"ranks {(logits[go] >= logits[go][right[go]]).sum()}th" in answers


def test_the_verdicts_on_one_try(text, p_right):
    found = [difference(p_right, T, 1.0) for T in (0.2, 0.5)]
    assert all(gain > error for gain, error in found)
    both = " and ".join(f"{gain:.1f} ± {error:.1f}" for gain, error in found)
    assert f"T = 0.2 and T = 0.5 answer {both} points more than T = 1" in text


def test_the_ten_likeliest_answers_solve_more_than_ten_draws(text, logits, right, p_right):
    rank = np.array([(z > z[right[question]]).sum() for question, z in logits.items()])
    ten = pass_at_k(p_right, 10).mean(axis=0).max()
    assert (
        f"the ten *likeliest* solve {np.mean(rank < 10):.0%}, draws {ten:.0%}: 16 ± 8 points"
        in text
    )
    assert "draws at their best T 81%, the k likeliest 97%" in printed(13, "ten-likeliest")


def test_the_verdicts_on_many_tries(answers, text, p_right):
    assert best(p_right, 10) == 0.85
    cold = "T = 0.2 costs {:.1f} ± {:.1f} points against 0.5"
    assert cold.format(*difference(p_right, 0.5, 0.2, 10)) in text
    milder = "0.5 against 1.0: {:+.1f} ± {:.1f}, not decided"
    assert milder.format(*difference(p_right, 0.5, 1.0, 10)) in text
    near = "not decided for ten tries ({:.1f} ± {:.1f} points)"
    assert near.format(*difference(p_right, 0.85, 1.0, 10)) in text
    values = [mean_at(p_right, T, 10) for T in (0, 0.5, 0.85)]
    assert "{:.0%}, {:.0%}, and {:.0%} at T = 0.85".format(*values) in answers
    assert f"That at T = 0, {mean_at(p_right, 0):.0%}" in answers
    assert best(p_right, 100) == 1.15
    assert best(p_right, 1) == 0.10
    bests = [best(p_right, k) for k in (1, 2, 4, 8, 16, 32, 64, 100)]
    assert bests == sorted(bests)
    ten = pass_at_k(p_right, 10).mean(axis=0)
    assert ten[0] < ten[1:31].min()  # "the worst choice of all up to T = 1.5"


def test_the_words_of_the_verdicts():
    assert verdicts(13) == {
        "rule 2, one try: 0.2 beats 1.0": "holds",
        "rule 2, one try: 0.5 beats 1.0": "holds",
        "rule 4: the best T rises with k": "holds",
        "rule 2, ten tries: 0.2 beats 0.5": "fails",
        "rule 1, ten tries: the best T beats 1.0": "not decided",
        "ten draws beat the ten likeliest": "fails",
        "sums: any of eight draws beats T = 0": "holds",
        "sums: the majority of eight beats T = 0": "not decided",
        "rule 3: T = 2 is more varied than 1": "holds",
        "rule 3: T = 2 keeps the real words": "fails",
        "rule 5: min-p 0.1 saves real words": "holds",
    }


def test_the_bootstrap_of_one_try(p_right):
    rng = np.random.default_rng(seed=1)
    again = p_right[rng.integers(32, size=(1000, 32))].mean(axis=1).argmax(axis=1)
    assert np.quantile(TEMPERATURES[again], 0.025) == 0
    assert f"from 0 to {np.quantile(TEMPERATURES[again], 0.975):.2f}." in prose(13)


def test_exact_curves_agree_with_draws_from_the_model(logits, right):
    rng, tries = np.random.default_rng(seed=5), [1, 2, 5, 10, 30, 100]
    for question in list(logits)[::7]:  # five questions
        for T in (0.5, 1.0, 1.5):
            drawn = sample(logits[question], temperature=T, size=(400, max(tries)), rng=rng)
            hits = drawn == right[question]
            for k in tries:
                exact = pass_at_k(softmax(logits[question], T)[right[question]], k)
                error = np.sqrt(exact * (1 - exact) / 400)
                assert abs(hits[:, :k].any(axis=1).mean() - exact) <= 3 * error + 1e-9


def test_these_five_questions_are_easy_and_hard(p_right):
    at_one = p_right[::7, 20]
    assert at_one.min() < 0.2
    assert at_one.max() > 0.7


@pytest.fixture(scope="module")
def found():
    """The shares in percent: different tokens, real words, and their margins."""
    pattern = r"(.+?) +T = ([\d.]+) .*? (\d+)% ± +(\d+)% .*? (\d+)% ± +(\d+)%"
    rows = [re.match(pattern, line).groups() for line in printed(13, "measured").splitlines()]
    assert len(rows) == 6
    return {(cut, float(T)): [int(n) for n in numbers] for cut, T, *numbers in rows}


@pytest.fixture(scope="module")
def compared():
    """The gains in percentage points with their errors, as printed.

    Where T = 2 is uncut, the verdicts round to whole points: a few draws differ by processor.
    """
    said = printed(13, "measure-paired") + printed(13, "measure-beside")
    return [[float(n) for n in pair] for pair in re.findall(r"([-+][.\d]+) ± ([.\d]+)", said)]


def test_the_verdict_on_heat_alone(text, found, compared):
    (different, error), (real, real_error) = compared[:2]
    assert f"variety rises by {different:.0f} ± {error:.0f} points" in text
    assert f"real words fall by {-real:.0f} ± {real_error:.0f}." in text
    assert found["no cut", 2.0][2] == pytest.approx(80, abs=3)


def test_the_verdict_on_heat_with_a_cut(text, compared):
    (heat, _), _, (real, error), (different, less), saved, (gain, wide), _ = compared
    assert saved == [real, error]
    assert f"for words.** At T = 2 it saves {real:.0f} ± {error:.0f} points" in text
    assert f"takes back {-different:.0f} ± {less:.0f} of variety. A gain of variety over" in text
    assert "min-p 0.1 at T = 1.5, for example" in prose(14)  # "heated cuts gain"
    assert -different > heat / 2
    assert abs(gain) < wide


def test_each_row_of_the_page_to_pin_up_has_its_figure(p_right, found):
    rows = [row.split(" | ") for row in printed_markdown("pin").splitlines()[2:]]
    figures = {task.strip("| "): figure.strip("| ") for task, _, figure in rows}
    assert len(figures) == 7

    def share(T, k=1):
        return f"{mean_at(p_right, T, k):.0%}"

    start = f"one try {share(1)} right, ten tries {share(1, 10)}"
    assert figures["anything, as a start"] == start
    one = f"{share(0.2)} right; {share(1)} at T = 1"
    assert figures["one answer that must be right"] == one
    ten = f"{share(0.85, 10)} solved; {share(0)} at T = 0"
    assert figures["ten tries and a checker"] == ten
    hundred = f"{share(1.15, 100)} solved; {share(0)} at T = 0"
    assert figures["a hundred tries and a checker"] == hundred
    shares = found["no cut", 1.0][::2] + found["min-p 0.1", 2.0][::2]
    varied = "{}% different tokens, {}% real words; {}%, {}% with min-p 0.1 at T = 2"
    assert figures["varied writing"] == varied.format(*shares)


def test_the_page_to_pin_up_quotes_lessons_7_and_10_as_they_are():
    assert "At T = 0.3 about half of the pairs agree word for word" in prose(7)
    assert "a *higher* T, 1.07, brings its ECE on new docstrings from 0.051 to 0.022" in prose(10)
    rows = printed_markdown("pin")
    assert "at 0.3 on facts half of the pairs agree (lesson 7)" in rows
    assert "1.07, fitted | calibration error 0.022; 0.051 at T = 1 (lesson 10)" in rows


def printed_markdown(name):
    return "".join(cell(13, name)["outputs"][0]["data"]["text/markdown"])


def test_counted_by_sentence_form_the_margins_are_wider_and_no_word_changes(
    text, p_right, logits, right
):
    names = {}
    exec(source(13, "facts"), names)
    form = np.repeat(np.arange(12), [len(v.split(", ")) for v in names["facts"].values()])
    rank = np.array([(z > z[right[question]]).sum() for question, z in logits.items()])
    one, ten = 100 * p_right, 100 * pass_at_k(p_right, 10)
    found = []
    for gains in [
        one[:, 4] - one[:, 20],
        one[:, 10] - one[:, 20],
        ten[:, 4] - ten[:, 10],
        ten[:, 10] - ten[:, 20],
        ten[:, 17] - ten[:, 20],
        ten[:, 17] - 100 * (rank < 10),
    ]:
        mean, margin = mean_and_margin(gains)
        sums = [(gains - mean)[form == each].sum() for each in range(12)]
        by_form = 2.201 * np.sqrt(12 / 11 * np.square(sums).sum()) / len(gains)
        found.append(by_form / margin)
        assert (abs(mean) > by_form) == (abs(mean) > margin)
    assert min(found) > 1
    assert max(found) == pytest.approx(1.5, abs=0.05)
    assert "margins get up to about 60% wider, but no word changes" in text


@pytest.fixture(scope="module")
def ask(model):
    """What the lesson does with a line that holds a question and its right answer."""
    names = {"np": np, "cache": cache, "SmolLM2": SmolLM2}
    exec(source(13, "ask"), names)
    exec(source(13, "own-question"), names)
    return names["answers_to"]


def test_a_line_is_split_into_the_question_and_its_right_answer(ask, logits, right):
    for line in ("The capital of Australia is Canberra", "The capital of Australia is Canberra. "):
        question, z, wanted, tokens = ask(line)
        assert question == "The capital of Australia is"
        assert wanted == right[question]
        assert np.array_equal(z, logits[question])
        assert tokens == np.argsort(-z)[:6].tolist()
    *_, wanted, tokens = ask("The past tense of go is went")
    assert len(tokens) == 6
    assert tokens[-1] == wanted


@pytest.mark.parametrize("line", ["", " ", "Canberra", " Rome.", "..."])
def test_what_is_no_question_with_an_answer_is_told(ask, line):
    with pytest.raises(ValueError, match="such as: The capital of Italy is Rome"):
        ask(line)


@pytest.mark.parametrize("answer", ["Antananarivo", "42", "日本"])
def test_an_answer_of_several_tokens_is_told(ask, answer):
    with pytest.raises(ValueError, match=f"{answer} is \\d+ tokens to the model; end with"):
        ask(f"The right answer is {answer}")


def test_the_five_lines_of_the_menu_are_questions_of_the_lesson(logits, facts):
    menu = re.findall(r'"(.+)",\n', source(13, "answers-explore"))
    assert len(menu) == 5
    assert all(facts[line.rpartition(" ")[0]] == line.rpartition(" ")[2] for line in menu)


def test_what_is_said_of_sums_is_what_was_printed():
    said = printed(13, "sums-verdicts")
    one, draw, any_of, vote = (int(n) for n in re.findall(r"(\d+)%", said)[:4])
    assert draw < one < any_of and draw < vote < any_of
    assert f"any of eight beats T = 0, {any_of}% to {one}%" in prose(13)
    single, eight = (float(n) for n in re.findall(r"([\d.]+) (?:at T = 0|with eight draws)", said))
    assert single == pytest.approx(100 / one, abs=0.05)
    assert eight == pytest.approx(800 / any_of, abs=0.05)
    assert round(eight / single) == 5 and "at five times as many answers" in prose(13)
    points = re.search(r"the majority of eight.*?\(([-+][\d.]+ ± [\d.]+) points", said)[1]
    assert f"Their majority is not decided ({points.lstrip('+')} points)" in prose(13)


def test_the_unbiased_estimate_is_within_three_standard_errors_and_c_over_n_is_not():
    rows = printed(13, "unbiased").splitlines()
    off = [float(re.search(r"up to ([\d.]+) points", row)[1]) for row in rows]
    errors = [float(re.search(r"([\d.]+) standard errors", row)[1]) for row in rows]
    assert errors[0] <= 3 < 10 < errors[1]
    assert f"by up to {off[1]:.0f} points" in prose(13)
    spread = [int(row.split()[-1]) for row in rows]
    assert 0 <= spread[0] - spread[1] <= 2  # "no smaller"
