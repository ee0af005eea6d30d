"""A check accepts the solution, names each usual mistake, and answers nonsense with a sentence."""

import numpy as np
import pytest

from tempsampling.lessons import calls
from tempsampling.lessons.check import check, diagnosis, same
from tempsampling.lessons.exercises import EXERCISES

READS_MUCH = "cold_prompt"  # each answer to it is read by the model for seconds
MISTAKES = [
    pytest.param(name, sentence, marks=[pytest.mark.rare] if name == READS_MUCH and i else [])
    for name, exercise in EXERCISES.items()
    for i, sentence in enumerate(exercise.mistakes)
]


def sentence_on(answer):
    return diagnosis(answer)[0]


def named(name, function):
    def answer(*args, **kwargs):
        return function(*args, **kwargs)

    answer.__name__ = name
    return answer


SLOW = pytest.param("my_sampler", marks=pytest.mark.rare)  # writes; lesson 14 lets one write anyway


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "my_sampler"] + [SLOW])
def test_the_solution_is_correct(name):
    assert sentence_on(EXERCISES[name].solution).startswith("Correct.")


@pytest.mark.parametrize(("name", "sentence"), MISTAKES)
def test_each_usual_mistake_is_met_with_its_own_sentence(name, sentence):
    mistake = EXERCISES[name].mistakes[sentence]
    assert sentence_on(named(name, mistake)) == f"Not yet: {sentence}"


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_knows_at_least_three_mistakes(name):
    assert len(EXERCISES[name].mistakes) >= 3


@pytest.mark.parametrize(
    ("name", "sentence"), [pair for pair in MISTAKES if EXERCISES[pair.values[0]].arguments]
)
def test_some_call_tells_every_mistake_from_the_solution(name, sentence):
    exercise = EXERCISES[name]
    mistake, calls = exercise.mistakes[sentence], exercise.arguments
    with np.errstate(all="ignore"):
        assert not all(same(exercise.solution(**a), mistake(**a)) for a in calls)


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("nothing", [None, ...])
def test_an_untouched_stub_is_not_done_yet(name, nothing):
    assert sentence_on(named(name, lambda *a, **k: nothing)).startswith("Not done yet:")


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize(
    "result", ["half", float("nan"), [], {}, [[1.0]], [1, [2]], 10**400, 1j, object(), np.zeros(7)]
)
def test_nonsense_gets_one_sentence(name, result):
    sentence = sentence_on(named(name, lambda *a, **k: result))
    assert sentence.startswith("Not yet:")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exception_is_told_in_one_sentence(name):
    assert "ZeroDivisionError: division by zero" in sentence_on(named(name, lambda *a, **k: 1 / 0))


@pytest.mark.parametrize("name", EXERCISES)
def test_a_loop_that_never_ends_is_told_in_one_sentence(name):
    def forever():
        kept = []
        while True:
            try:
                kept.append(0)
            except Exception:
                kept.clear()

    assert "does not end" in sentence_on(named(name, lambda *a, **k: forever()))


def test_an_answer_whose_lines_are_slow_is_stopped_by_the_clock(monkeypatch):
    def scale_and_normalize(logits, temperature):
        while True:
            np.sort(np.sin(np.arange(1e5)))  # a million of these take an hour

    monkeypatch.setattr(calls, "MOST_SECONDS", 0.5)
    assert "does not end" in sentence_on(scale_and_normalize)


def has_digits(exercise):
    """A token or a list of them has none."""
    with np.errstate(all="ignore"):
        found = [np.asarray(exercise.solution(**a), float) for a in exercise.arguments]
    return any(np.any(each % 1) for each in found)


COMPARED = [name for name, each in EXERCISES.items() if not each.judge and has_digits(each)]


@pytest.mark.parametrize("name", COMPARED)
def test_rounding_is_recognized(name):
    solution = EXERCISES[name].solution
    assert "Do not round" in sentence_on(
        named(name, lambda *a, **k: np.round(solution(*a, **k), 3))
    )


def test_a_function_with_other_arguments_is_told_so():
    assert "raised TypeError" in sentence_on(named("scale_and_normalize", lambda x: x))


def test_changing_an_argument_is_a_mistake_even_if_the_result_is_right():
    def scale_and_normalize(logits, temperature):
        right = EXERCISES["scale_and_normalize"].solution(logits, temperature)
        logits /= temperature
        return right

    assert "changes its argument logits" in sentence_on(scale_and_normalize)


@pytest.mark.parametrize("answer", [None, "scale_and_normalize", np.array([0.5, 0.5]), len])
def test_what_is_not_the_exercise_is_answered_with_how_to_call_check(answer):
    assert "check(scale_and_normalize)" in sentence_on(answer)


def test_check_prints_the_sentence_on(capsys):
    check(EXERCISES["scale_and_normalize"].solution)
    assert capsys.readouterr().out.startswith("Correct.")
