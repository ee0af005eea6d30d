"""Lesson 14 holds against the other lessons: its glossary, its reading list, its numbers."""

import re

import numpy as np
import pytest
from browser import ROOT
from lessons import cell, cells, folded_answers, printed, prose

from tempsampling import course_map, entropy, log_softmax, sample, softmax, truncate
from tempsampling.lessons.capstone import BASELINES, MEASURES, at, curve
from tempsampling.lessons.capstone.baselines import compare
from tempsampling.lessons.capstone.experiment import try_out
from tempsampling.lessons.capstone.report import standing
from tempsampling.lessons.check import diagnosis
from tempsampling.lessons.glossary import LESSONS, look_up, terms
from tempsampling.lessons.solutions import beaten_by, my_sampler

OTHERS = range(1, 14)
# Bold for the stress or for a name, where no term is defined.
EMPHASIS = {
    "different", "entropy never falls when T rises", "at this temperature", "cut off", "same",
    "Larger models", "min-p 0.1", "hues", "last note", "not", "DALL·E", "MusicGen", "llama.cpp",
    "equal diversity", "equal entropy", "Temperature changes the confidence, not the accuracy",
}  # fmt: skip
SAME = {
    "ECE": "expected calibration error",
    "independently": "independent",
    "log-likelihood per word": "log-likelihood",
}
# Documentation changes and stands with its date where it is used; it is not in the reading list.
DOCUMENTATION = (
    "docs.pytorch.org", "huggingface.co/docs", "docs.vllm.ai", "github.com", "scikit-learn.org",
    "platform.openai.com", "docs.anthropic.com", "ai.google.dev", "docs.cloud.google.com",
)  # fmt: skip


def markdown(number):
    return ["".join(c["source"]) for c in cells(number) if c["cell_type"] == "markdown"]


def bold_terms(number):
    """Bold words of the open text, but for titles, the summary and the beginnings of paragraphs."""
    for text in markdown(number):
        if re.search(r"\*\*You will be able to\*\*|^## Summary", text, re.MULTILINE):
            continue
        text = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
        for phrase in re.findall(r"\*\*(.+?)\*\*", text):
            if not re.search(r":|[.?!]$", phrase) and phrase not in EMPHASIS:
                yield SAME.get(phrase, phrase)


def emphasized(number):
    """All that is bold or italic in a lesson, as one text."""
    text, patterns = "\n".join(markdown(number)), (r"\*\*(.+?)\*\*", r"<[bi]>(.+?)</[bi]>")
    found = [phrase for pattern in patterns for phrase in re.findall(pattern, text)]
    found += re.findall(r"\*([^*\n]+)\*", re.sub(patterns[0], "", text))
    return "\n".join(found).lower()


def test_every_term_that_a_lesson_defines_is_in_the_glossary():
    known = {term.lower() for term in terms()}
    for number in (*OTHERS, 14):
        for phrase in bold_terms(number):
            assert {phrase.lower(), phrase.lower().removesuffix("s")} & known, (number, phrase)


def test_every_term_of_the_glossary_is_defined_in_the_lesson_that_it_names():
    for term, (number, _) in terms().items():
        assert term.lower() in emphasized(number), (term, number)


def test_the_glossary_names_the_first_lesson_that_defines_a_term():
    first = {}
    for number in (*OTHERS, 14):
        for phrase in bold_terms(number):
            first.setdefault(phrase.lower().removesuffix("s"), number)
    for term, (number, _) in terms().items():
        assert number <= first.get(term.lower(), 14), term


def test_the_glossary_is_in_order_and_names_the_files():
    assert list(terms()) == sorted(terms(), key=str.lower)
    assert list(LESSONS) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_glossary_is_readable_where_nothing_runs():
    (output,) = cell(14, "glossary-table")["outputs"]
    table = "".join(output["data"]["text/markdown"])
    for term, (number, meaning) in terms().items():
        assert f"| {term} | {meaning} | [{number}]({LESSONS[number - 1]}.ipynb) |" in table


def test_looking_up():
    assert look_up(" Top-K ") == f"top-k (lesson 8): {terms()['top-k'][1]}"
    assert look_up("zzz") == "No term of the course has 'zzz' in it."
    assert len(look_up("").splitlines()) == len(terms())


def addresses(text):
    found = re.findall(r"\]\((https?:(?:[^()\s]|\([^()]*\))+)\)", text)
    return {url.rstrip("/") for url in found if not any(host in url for host in DOCUMENTATION)}


def reading_list():
    """Every entry's address, with its title and the lessons that it names."""
    entries = {}
    for text in markdown(14):
        if not text.startswith("<details><summary><b>"):
            continue
        for line in re.findall(r"^- .+$", text, re.MULTILINE):
            title, url = re.search(r"\[(.+?)\]\((https?:\S+?)\): ", line).groups()
            used = re.findall(r"\[(\d+)\]\((\w+)\.ipynb\)", line)
            assert all(LESSONS[int(n) - 1] == name for n, name in used)
            entries[url.rstrip("/")] = title, {int(n) for n, _ in used}
    return entries


def test_the_reading_list_says_which_lessons_use_a_source():
    used = {}
    for number in (*OTHERS, 14):
        texts = [t for t in markdown(number) if not t.startswith("<details><summary><b>")]
        for url in addresses("\n".join(texts)):
            used.setdefault(url, set()).add(number)
    listed = {url: lessons for url, (_, lessons) in reading_list().items()}
    assert {url: lessons for url, lessons in listed.items() if lessons} == used


def test_a_source_has_one_title_in_the_whole_course():
    listed = reading_list()
    for number in (*OTHERS, 14):
        (sources,) = (text for text in markdown(number) if text.startswith("### Sources"))
        for title, url in re.findall(r"\[(.+?)\]\((https?:\S+?)\)[,.:;\n]", sources):
            if url.rstrip("/") in listed:
                whole = listed[url.rstrip("/")][0]  # a lesson may leave the subtitle out
                assert re.match(rf"{re.escape(title)}($|[:.] | – )", whole), (number, title)


def test_the_reading_list_has_what_the_design_asks_for():
    identifiers = """1904.09751 1706.04599 10.1207/s15516709cog0901_7 1503.02531 1811.02549
        2402.05201 2405.00492 2407.01082 2506.13681 2202.00666 2210.15191 2007.14966 2403.14541
        2107.03374 2002.07526 1912.02047"""
    ends = {url.split("/abs/")[-1].removeprefix("https://doi.org/") for url in reading_list()}
    assert set(identifiers.split()) <= ends


def test_the_wrong_entry_is_corrected_without_a_guess():
    text = prose(14)
    assert "We could not identify 1905.13891" in text
    assert not [url for url in addresses(text) if "1905.13891" in url]


def test_the_quiz_asks_one_question_for_each_lesson():
    quiz = [text for text in markdown(14) if re.search(r"\(lesson \[\d+\]\(\w+\.ipynb\)\)\n", text)]
    questions = re.split(r"^\*\*(?=\d+\. )", "\n".join(quiz), flags=re.MULTILINE)[1:]
    for number, question in enumerate(questions, start=1):
        assert question.startswith(f"{number}. ")
        assert f"(lesson [{number}]({LESSONS[number - 1]}.ipynb))\n" in question
        answers = re.findall(r"<details><summary>[A-C]\. .+?</summary>(.+?)</details>", question)
        assert len(answers) == 3
        assert len([answer for answer in answers if answer.startswith("Right")]) == 1
    assert len(questions) == 13


def test_the_quiz_does_not_always_hide_the_answer_in_the_same_place():
    letters = re.findall(r"<summary>([A-C])\. [^<]+</summary>Right", folded_answers(14))
    assert max(letters.count(letter) for letter in "ABC") <= len(letters) / 2


def test_numbers_of_the_quiz():
    text = folded_answers(14)
    assert 16**0.5 == 4
    assert re.search(r"[ABC]\. 4 to 1\.</summary>Right", text)
    assert 3 * 4 == 12
    assert f"e² ≈ {np.exp(2):.1f}" in text
    assert f"a chance of {1 - 0.977**20:.0%}" in text
    for number, fact in [(3, "one in five for 16 tokens"), (6, "28 times in 100")]:
        assert fact in prose(number)
    for number, fact in [(11, "7.78 of 8 bits"), (13, "from 0.10 for one try to 1.15")]:
        assert fact in prose(number)
    assert "likelihood and coherence both match people at 0.98" in prose(5)
    assert "None asks whether a story is worth telling." in prose(5)


LOG_P = log_softmax([1.0, 2.0, 3.0, 4.0, 5.0])
GRID = np.arange(0.05, 20, 0.01)


def measure(q):
    return np.array([q @ LOG_P, 1 - q @ q, entropy(q)])


LINE = np.array([measure(softmax(LOG_P, T)) for T in GRID])


def above(column, k, T):
    found = measure(truncate(LOG_P, temperature=T, top_k=k))
    return found[column] - np.interp(-found[0], -LINE[:, 0], LINE[:, column])


def test_the_opening_question():
    text = prose(14)
    a = measure(truncate(LOG_P, temperature=1.5, top_k=3))
    T = np.interp(-a[0], -LINE[:, 0], GRID)
    b = measure(softmax(LOG_P, T))
    assert f"differ in {a[1]:.0%} of cases" in text
    assert f"T = 1.5, and only the top three. Entropy {a[2]:.2f} bits." in text
    assert f"T = {T:.2f}, and all five. Entropy {b[2]:.2f} bits." in text
    assert f"The answer is {b[1]:.0%}." in text


def test_the_toys_answers():
    answers, positions = folded_answers(14), np.arange(0.05, 3.01, 0.05)
    for k, words in [
        (3, "At T = {:.2f}, by {:.1f} percentage points."),
        (2, "With top_k 2 it is {1:.1f}, at T = {0:.2f}."),
    ]:
        gains = [above(1, k, T) for T in positions]
        assert words.format(positions[np.argmax(gains)], 100 * max(gains)) in answers
    for k in range(1, 6):
        assert max(above(2, k, T) for T in positions) < 1e-4
    assert max(abs(above(1, 5, T)) for T in positions) < 1e-4


MEANS = {name: curve(name).mean(axis=1) for name in BASELINES}


def read(likelihood, column):
    return {name: at(points, likelihood, column) for name, points in MEANS.items()}


def test_the_answers_on_the_curves():
    answers, positions = folded_answers(14), np.arange(-3.1, -1.35, 0.1)
    leaders = [
        [max(values, key=values.get) for values in (read(L, column) for L in positions)]
        for column in (1, 2, 3)
    ]
    assert set(leaders[0][:-1]) == {"top-k"}
    assert leaders[0][-1] == "min-p"  # "except at the right end"
    assert set(leaders[1]) == {"temperature"}
    assert len(set(leaders[2])) > 2
    differ, bits = read(-2.0, 1), read(-2.0, 2)
    points = 100 * (differ["top-k"] - differ["temperature"])
    assert f"By {points:.1f} percentage points. In the middle panel it is ahead" in answers
    assert f"ahead, by {bits['temperature'] - bits['top-k']:.2f} bits" in answers


def test_min_p_alone_reaches_both_samplers_of_the_first_question():
    pairs = re.findall(r"L = −([\d.]+) and D = (\d+)%", prose(14))
    assert len(pairs) == 2
    for likelihood, percent in pairs:
        assert f"{read(-float(likelihood), 1)['min-p']:.0%}" == f"{percent}%"


def test_the_verdict_on_the_measures():
    said = re.findall(
        r'Verdict "most diverse, (.+?)": (.+?) \((\S+) ahead of .+ by ([\d.]+) ± ([\d.]+)\)',
        printed(14, "winners"),
    )
    assert [measure for measure, *_ in said] == list(MEASURES[1:])
    assert [word for _, word, *_ in said] == ["top-k", "temperature", "not decided"]
    for _, word, first, lead, error in said:
        assert word == (first if float(lead) > float(error) else "not decided")
    points, error = (100 * float(x) for x in said[0][3:])
    assert f"most with top-k, {points:.1f} ± {error:.1f} percentage points ahead" in prose(14)
    assert "By different pairs it is not decided." in prose(14)
    values = read(-2.0, 1)
    assert min(values, key=values.get) == "temperature"  # "differ least with it"


def test_the_live_trial_is_where_the_baseline_is():
    assert "they cannot be told apart" in " ".join(printed(14, "live").split())


def test_the_picture_says_what_the_curves_say():
    said = printed(14, "curves-slider")
    for column, name, unit, scale, digits in [
        (1, "two draws differ", "points", 100, 1),
        (2, "entropy", "bits", 1, 2),
        (3, "different pairs", "points", 100, 1),
    ]:
        values = read(-2.0, column)
        for kind in BASELINES[1:]:
            gap = scale * (values[kind] - values["temperature"])
            assert f"{name}, {kind} {gap:+.{digits}f} {unit}".replace(" -", " −") in said


def test_guess_and_truth_stand_side_by_side():
    a = measure(truncate(LOG_P, temperature=1.5, top_k=3))
    b = softmax(LOG_P, np.interp(-a[0], -LINE[:, 0], GRID))
    assert printed(14, "guess-again") == f"Your guess: None. Measured: {1 - b @ b:.2f}.\n"


def test_of_two_samplers_that_nobody_beats_each_is_better_in_one_thing_or_they_are_equal():
    rng = np.random.default_rng(seed=1)
    for _ in range(200):
        likelihood, diversity = rng.integers(0, 5, size=(2, 8)) / 4
        left = np.flatnonzero(beaten_by(likelihood, diversity) == 0)
        assert left.size
        for i in left:
            for j in left:
                trade = (likelihood[i] > likelihood[j]) == (diversity[i] < diversity[j])
                assert trade, (likelihood, diversity)


def test_other_ways_to_write_the_second_exercise_are_as_right():
    def by_pairs(likelihood, diversity):
        points = list(zip(likelihood, diversity, strict=True))
        return [
            sum(x <= L and y <= D and (x, y) != (L, D) for L, D in points) / len(points)
            for x, y in points
        ]

    def by_broadcasting(likelihood, diversity):
        L, D = likelihood[:, None] - likelihood, diversity[:, None] - diversity
        return ((L >= 0) & (D >= 0) & (L + D > 0)).mean(axis=0)

    def by_loops(likelihood, diversity):
        n, result = len(likelihood), np.zeros(len(likelihood))
        for i in range(n):
            for j in range(n):
                if likelihood[j] < likelihood[i] or diversity[j] < diversity[i]:
                    continue
                if likelihood[j] == likelihood[i] and diversity[j] == diversity[i]:
                    continue
                result[i] += 1
        return result / n

    for function in (by_pairs, by_broadcasting, by_loops):
        function.__name__ = "beaten_by"
        assert diagnosis(function)[0].startswith("Correct.")


def test_the_map_stands_before_the_summary():
    ids = [each["id"] for each in cells(14)]
    assert ids.index("course-map") == ids.index("guess-again") - 1 == ids.index("summary") - 2
    (shown,) = cell(14, "course-map")["outputs"]
    assert "".join(shown["data"]["text/markdown"]) == course_map().data


@pytest.mark.rare
def test_what_the_solution_reaches():
    trial = try_out(my_sampler, "held-out")
    found = compare(trial.points, trial.prompts)
    assert found.best == "top-k"
    assert "yours is above by" in standing(trial)
    assert "about 3 ± 2 points above top-k" in prose(14)
    assert "about 3 points above the best baseline" in prose(14)
    assert abs(100 * found.difference - 3) < 1
    assert abs(100 * found.margin - 2) < 0.8


@pytest.mark.rare
def test_a_heated_cut_is_above_too():
    def heated(logits, rng):
        return sample(logits, min_p=0.1, temperature=1.5, rng=rng)

    found = compare(try_out(heated, "held-out").points, "held-out")
    assert found.difference > found.margin
    assert "min-p 0.1 at T = 1.5, for example" in prose(14)
