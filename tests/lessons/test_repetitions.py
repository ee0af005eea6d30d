"""What a lesson concludes, it concludes again: with fresh seeds, and with other prompts.

`make replicate` made the repetitions; these tests hold them against the lessons as they are.
"""

import ast
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import replicate
from browser import ROOT
from lessons import cells, prose, source
from replicate import REPETITIONS, SECOND, Lesson, Replace, patched, repeat, verdicts
from tiny_model import write_tiny_model

import tempsampling
from tempsampling import sample

LESSONS = {each.number: each for each in map(replicate.read_lesson, replicate.all_notebooks())}
WITH_VERDICTS = [number for number, lesson in LESSONS.items() if lesson.claims]
RESULTS = json.loads(replicate.RESULTS.read_text(encoding="utf-8"))
# A lesson is held to its repetitions once all of them are there.
REPEATED = [
    number
    for number, result in RESULTS.items()
    if all(len(row["words"]) == REPETITIONS for row in result["claims"].values())
]
ENOUGH = 18
SAID = re.compile(r"in (?:at least )?\d+ of 20 repetitions")
TOY = Lesson("toy", [("a", "print('Verdict \"a\": holds (1)')")], {"a": "holds"})


def code(number):
    return "\n".join(source(int(number), c["id"]) for c in cells(int(number)) if "outputs" in c)


def strings(number):
    nodes = ast.walk(ast.parse(code(number)))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def kept(lesson):
    """How many repetitions say of each claim what the lesson says."""
    rows = RESULTS[lesson.number]["claims"]
    return {claim: rows[claim]["words"].count(word) for claim, word in lesson.claims.items()}


# The results


@pytest.mark.parametrize("number", REPEATED)
def test_every_verdict_was_repeated_with_the_code_that_is_there(number):
    lesson, result = LESSONS[number], RESULTS[number]
    again = f"run: python3 tools/course.py replicate notebooks/{number}_*.ipynb"
    assert result["code"] == lesson.code, again
    assert result["errors"] == {}, again
    assert list(result["claims"]) == list(lesson.claims)
    for row in result["claims"].values():
        assert len(row["words"]) == len(row["figures"]) == REPETITIONS and all(row["words"]), again


def test_no_verdict_is_overlooked():
    for number, lesson in LESSONS.items():
        printed = [text for c in cells(int(number)) for text in map(replicate.shown, outputs(c))]
        assert "".join(printed).count('Verdict "') == len(lesson.claims), number


def outputs(each):
    return each.get("outputs", [])


@pytest.mark.parametrize("number", REPEATED)
def test_the_word_of_a_lesson_is_the_word_of_its_repetitions(number):
    rows = RESULTS[number]["claims"]
    changed = {
        claim: f"the lesson says {word}, its repetitions {Counter(rows[claim]['words'])}"
        for claim, word in LESSONS[number].claims.items()
        if rows[claim]["words"].count(word) < ENOUGH
    }
    assert changed == {}


@pytest.mark.parametrize("number", REPEATED)
def test_a_lesson_says_how_often_its_words_came_again(number):
    least = min(kept(LESSONS[number]).values())
    right = f"in {'' if least == REPETITIONS else 'at least '}{least} of 20 repetitions"
    said = SAID.findall(prose(int(number)))
    assert said == [right], f"lesson {number} must say once: {right}"


def test_readme_has_the_table():
    said = (ROOT / "README.md").read_text(encoding="utf-8")
    between = said.partition("<!-- repetitions -->\n")[2].partition("<!-- /repetitions -->")[0]
    assert between == replicate.table(RESULTS), "run: python3 tools/course.py replicate --readme"


@pytest.mark.parametrize("number", ["01", "02", "14"])  # those that take a second
@pytest.mark.parametrize("repetition", [1, 3])  # with the second set, and with the lesson's own
def test_a_repetition_says_what_is_written(number, repetition):
    found, problem = repeat(LESSONS[number], repetition)
    assert problem == ""
    rows = RESULTS[number]["claims"]
    assert {claim: word for claim, (word, _) in found.items()} == {
        claim: row["words"][repetition - 1] for claim, row in rows.items()
    }


# What verdicts rest on

CELLS = [
    ("apart", "other = 1\nexplore(lambda T=1.0: other, T=(0.0, 2.0))"),
    ("function", "def double(x):\n    return factor * x"),
    ("read", "factor, words = 2, []\nunread = 3"),
    ("changed", "words.append('holds')\nfactor += 1\nprint(words)"),
    ("verdict", "print(f'Verdict \"a\": {words[0]} ({double(1)})')\nprint('more')"),
    ("after", "factor = 5\nlast = factor"),
]


def test_a_verdict_rests_on_what_it_reads_and_on_nothing_else():
    kept = dict(replicate.what_verdicts_rest_on(CELLS))
    assert kept == {
        "function": CELLS[1][1],
        "read": "factor, words = 2, []",
        "changed": "words.append('holds')\nfactor += 1",
        "verdict": CELLS[4][1],
        "after": "factor = 5",  # rather too much than too little
    }


@pytest.mark.parametrize(
    ("code", "read", "made"),
    [
        ("a = b", "b", "a"),
        ("a += 1", "a", "a"),
        ("def f(x, y=z):\n    t = x\n    return t + g", "zg", "f"),
        ("[x for x in y]", "y", ""),
        ("for i in n:\n    s = i", "ni", "is"),
        ("from m import k as q", "", "q"),
    ],
)
def test_names_are_those_of_the_notebook_not_of_its_functions(code, read, made):
    assert replicate.names(ast.parse(code)) == (set(read), set(made))


# The second sets


@pytest.mark.parametrize("number", SECOND["prompts"])
def test_a_second_set_is_of_this_lesson_and_new(number):
    there = strings(number)
    for group in SECOND["prompts"][number]:
        lengths = {len(new) for new in group.values() if isinstance(new, list)}
        assert len(lengths) <= 1  # what takes turns together
        for old, new in group.items():
            assert old in there
            for each in new if isinstance(new, list) else [new]:
                assert each not in there
    replaced = [old for group in SECOND["prompts"][number] for old in group]
    assert len(set(replaced)) == len(replaced)


def test_every_lesson_that_reads_with_the_model_has_a_second_set():
    reading = {number for number in WITH_VERDICTS if "SmolLM2.load" in code(number)}
    shipped = {number for number in reading if "shipped_texts" in code(number)}
    assert reading - shipped <= set(SECOND["prompts"])


def test_shipped_texts_have_a_second_set():
    path = ROOT / "tempsampling" / "lessons" / "texts.json"
    first = json.loads(path.read_text(encoding="utf-8"))
    assert set(SECOND["texts"]) == set(first)
    for name, second in SECOND["texts"].items():
        assert "Copyright" in second["source"] or "public domain" in second["source"]
        assert len(second["texts"]) == len(set(second["texts"])) == len(first[name]["texts"])
        assert not set(second["texts"]) & set(first[name]["texts"])


# How a repetition is made


def test_seeds_are_fresh_in_each_repetition_and_the_same_within():
    def draws():
        plain = [np.random.default_rng(seed).random() for seed in (1, np.int64(1), 2)]
        return [*plain, sample(np.zeros(10**6), rng=1)]

    drawn = [draws()]
    for repetition in (1, 2):
        with patched(repetition):
            drawn.append(draws())
            assert drawn[-1] == draws()
            rng = np.random.Generator(np.random.PCG64(5))
            assert np.random.default_rng(rng) is rng
            assert np.random.default_rng().random() != np.random.default_rng().random()
    assert draws() == drawn[0]
    for each in drawn:
        assert each[0] == each[1] != each[2]
    assert all(len(set(column)) == 3 for column in zip(*drawn, strict=True))


def test_all_that_lessons_draw_is_drawn_by_what_is_patched():
    package = [path.read_text(encoding="utf-8") for path in ROOT.glob("tempsampling/**/*.py")]
    for text in [*map(code, LESSONS), *package]:
        assert set(re.findall(r"\bnp\.random\.(\w+)", text)) <= {"default_rng", "Generator"}
        assert not re.search(r"^\s*(import random|from random|from numpy\.random)", text, re.M)


def test_prompts_are_replaced(monkeypatch):
    groups = [{f"old {i}": f"new {i}"} for i in range(40)]
    groups += [{"a": ["b", "c"], "A": ["B", "C"]}]
    monkeypatch.setitem(SECOND["prompts"], "toy", groups)

    def read(repetition, text):
        return ast.literal_eval(Replace(TOY, repetition).visit(ast.parse(text, mode="eval")))

    everything = str([f"old {i}" for i in range(40)])
    assert read(1, everything) == [f"new {i}" for i in range(40)]
    assert read(3, everything) == [f"old {i}" for i in range(40)]
    mixed = [read(repetition, everything) for repetition in (2, 5)]
    assert mixed[0] != mixed[1]
    for each in mixed:
        assert each == read(2 + 3 * mixed.index(each), everything)
        assert 5 < sum(text.startswith("new") for text in each) < 35
    assert [read(r, "{'a': 'A', 'x': 'not old 1', 'y': 1}") for r in (1, 3, 4)] == [
        {"c": "C", "x": "not old 1", "y": 1},
        {"a": "A", "x": "not old 1", "y": 1},
        {"b": "B", "x": "not old 1", "y": 1},
    ]


def test_shipped_texts_and_curves_are_replaced_and_nothing_is_displayed(capsys):
    own = tempsampling.shipped_texts("docstrings")
    practice, held_out = (tempsampling.capstone.curve("top-k", p) for p in ("practice", "held-out"))
    with patched(1):
        assert tempsampling.shipped_texts("docstrings") == SECOND["texts"]["docstrings"]["texts"]
        assert np.array_equal(tempsampling.capstone.curve("top-k"), held_out)
        assert tempsampling.explore("no function at all", nothing=1) is None
    with patched(2):
        mixed = tempsampling.shipped_texts("docstrings")
        assert 10 < len(set(own) & set(mixed)) < 40
        curve = tempsampling.capstone.curve("top-k")
        from_own = [np.array_equal(curve[:, i], practice[:, i]) for i in range(32)]
        assert 5 < sum(from_own) < 27
        assert np.array_equal(tempsampling.capstone.curve("top-k"), curve)
    with patched(3):
        assert tempsampling.shipped_texts("docstrings") == own
        assert np.array_equal(tempsampling.capstone.curve("top-k"), practice)
    with pytest.raises(TypeError):
        tempsampling.explore("no function at all", nothing=1)


def test_verdicts_are_found():
    text = 'x\nVerdict "a b": not seen (+1 ± 2) and more\nVerdict "c, T = 1": holds\nVerdict: no\n'
    assert verdicts(text) == {"a b": ("not seen", "+1 ± 2"), "c, T = 1": ("holds", "")}


def test_what_failed_is_said():
    broken = TOY._replace(cells=[*TOY.cells, ("b", "1 / 0"), ("c", "print(1)")])
    assert repeat(broken, 1) == (
        {"a": ("holds", "1")},
        "cell b: ZeroDivisionError: division by zero",
    )
    found, problem = repeat(TOY._replace(claims={"a": "holds", "b": "holds"}), 1)
    assert (list(found), problem) == (["a"], "no verdict on 'b'")
    assert repeat(TOY._replace(claims={}), 1)[1] == "a verdict on 'a'"


def test_repetitions_are_kept_and_go_on_where_they_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(replicate, "RESULTS", tmp_path / "repetitions.json")
    draw = "import numpy as np\nx = np.random.default_rng(1).random()\n"
    lesson = TOY._replace(cells=[("d", draw + "print(f'Verdict \"a\": holds ({x})')")])
    first = replicate.run([lesson], 1)["toy"]["claims"]["a"]
    with monkeypatch.context() as without:
        without.setattr(replicate, "ProcessPoolExecutor", ThreadPoolExecutor)
        without.setattr(replicate, "repeat", None)  # what is there already is not run again
        assert replicate.run([lesson], 1)["toy"]["claims"]["a"] == first
    both = replicate.run([lesson], 2)["toy"]["claims"]["a"]
    assert both["words"] == ["holds", "holds"]
    assert both["figures"][:1] == first["figures"] != both["figures"][1:]
    failing = lesson._replace(cells=[("d", "1 / 0")])  # other code: all of it anew
    result = replicate.run([failing], 1)["toy"]
    assert result["errors"] == {"1": "cell d: ZeroDivisionError: division by zero"}
    assert result["claims"]["a"] == {"words": [None], "figures": [None]}
    assert json.loads(replicate.RESULTS.read_text(encoding="utf-8")) == {"toy": result}
    said = replicate.report([failing], {"toy": result})
    assert "0 of 1" in said
    assert said.endswith("1 repetitions failed")


# Another model

HOW_LARGE = """
from tempsampling import SmolLM2
size = SmolLM2.load().logits("a").size
print(f'Verdict "a small vocabulary": {"holds" if size < 1000 else "fails"} ({size})')
"""
ASKS = Lesson("toy", [("a", HOW_LARGE)], {"a small vocabulary": "fails"})


def test_another_model_takes_the_place_of_smollm2_and_gives_it_back(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    write_tiny_model(tmp_path / "tiny.gguf")
    replicate.other_model.cache_clear()
    found, problem = repeat(ASKS, 1, str(tmp_path / "tiny.gguf"))
    assert (found, problem) == ({"a small vocabulary": ("holds", "260")}, "")
    monkeypatch.undo()
    assert repeat(ASKS, 1)[0] == {"a small vocabulary": ("fails", "49152")}


def test_what_another_model_cannot_do_is_noted_and_stands_in_the_table_as_not_said(tmp_path):
    replicate.other_model.cache_clear()
    found, problem = repeat(ASKS, 1, str(tmp_path / "missing.gguf"))
    assert found == {}
    assert "FileNotFoundError" in problem
    rows = {"a small vocabulary": {"words": [None], "figures": [None]}}
    assert "| 1 | a small vocabulary | not said | 1 of 1 |" in replicate.table(
        {"01": {"claims": rows}}
    )


def test_lesson_14_is_not_run_with_another_model():
    assert "capstone" in str(LESSONS["14"].cells)
    assert not [n for n in WITH_VERDICTS if n != "14" and "capstone" in str(LESSONS[n].cells)]
