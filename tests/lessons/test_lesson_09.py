"""The numbers that lesson 9's answers and verdicts name are those that its cells give."""

import json
import re

import numpy as np
import pytest
from lessons import printed, source, verdicts

from tempsampling import entropy, mean_and_margin, softmax
from tempsampling.lessons.check import diagnosis
from tempsampling.lessons.exercises import lesson_09
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import score

ACTIONS = ["Mix", "Stir", "Chop", "Bake", "Fry", "Boil"]
INGREDIENTS = ["onions", "tomatoes", "chicken", "pasta", "eggs", "cheese"]
PROMPTS = ["Recipe, step 1:", "Cooking instructions:", "Here is the next step of the recipe:"]
PROMPTS += ["From a cookbook:", "How to make dinner:", "The chef said:"]
PLACE = [range(6), range(6), range(4)]
COOK = [[2.5, 2.0, 3.0, 1.5, 2.0, 1.0], [3.5, 2.5, 2.0, 1.0, 2.0, 0.5], [2.5, 2.0, 1.0, 1.5]]
ODD = ["Boil the cheese", "Chop the pasta", "Chop the eggs"]
ODD += ["Fry the pasta", "Stir the chicken", "Mix the chicken"]
HEATS = 2 ** np.linspace(-4, 5, 181)
IS_ODD = np.isin([[f"{a} the {i}" for i in INGREDIENTS] for a in ACTIONS], ODD)


def bits(slots, temperature):
    return np.array([entropy(softmax(list(z), temperature)) for z in slots])


def recipes(slots, temperature):
    return 2 ** bits(slots, temperature).sum()


def favorite(slots, temperature):
    return np.prod([softmax(list(z), temperature).max() for z in slots])


def joint(reading, temperature):
    return softmax(reading[0], temperature)[:, None] * softmax(reading[1], temperature)


def separate(p):
    return np.outer(p.sum(axis=1), p.sum(axis=0))


def information(p):
    return entropy(separate(p).ravel()) - entropy(p.ravel())


@pytest.fixture(scope="module")
def readings():
    model = SmolLM2.load()
    tokens = [model.tokenize(f" {word}") for word in INGREDIENTS]
    assert all(len(each) == 1 for each in tokens)
    return [
        (
            [np.log(score(model, f" {a} the", prompt=p).probabilities).sum() for a in ACTIONS],
            [model.logits(f"{p} {a} the")[[t for (t,) in tokens]] for a in ACTIONS],
        )
        for p in PROMPTS
    ]


@pytest.fixture(scope="module")
def ratios(readings):
    return np.array([np.log2(p / separate(p)) for p in (joint(r, 1.0) for r in readings)])


def test_the_last_of_each_list_has_two_thirds(text):
    assert f"The answer is {favorite(PLACE, 0.5):.0%}" in text
    assert "had 65% at T = 0.5" in text


def test_the_effective_numbers_of_recipes(text, answers):
    assert f"{2 ** bits(COOK, 1.0).mean():.1f} at T = 1 is the size of a typical slot" in text
    assert f"as uncertain as {recipes(COOK, 2.0):.0f} equally likely ones" in text
    hand, place = recipes(COOK, 2.0), recipes(PLACE, 2.0)
    assert f"{hand:.1f} effective recipes at T = 2; the one scored by place, {place:.1f}" in answers
    assert f"from {recipes(COOK, 1.0):.1f} to {hand:.1f}" in answers
    assert f"{recipes(COOK, 0.5):.1f} recipes at T = 0.5, {hand:.1f} at T = 2" in text


def test_the_positions_of_the_first_slider(answers):
    positions = np.arange(0.05, 3.001, 0.05).round(2)
    closest = min(positions, key=lambda T: abs(recipes(PLACE, T) - 72))
    number = recipes(PLACE, closest)
    hot = recipes(PLACE, 3.0)
    assert f"{closest:.2f}, with {number:.1f} recipes. Even at T = 3 it is {hot:.1f}" in answers
    often, cold = favorite(COOK, 0.5), favorite(COOK, 0.05)
    assert f"{often:.1%}. A lower temperature brings more of it: {cold:.1%} at T = 0.05" in answers


def test_mutual_information_of_the_first_prompt(readings, answers):
    p = joint(readings[0], 1.0)
    ratio = 2 ** entropy(separate(p).ravel()) / 2 ** entropy(p.ravel())
    assert f"It is {ratio:.2f}, and so is 2 to the power of {information(p):.2f}." in answers
    assert ratio == pytest.approx(2 ** information(p))
    positions = np.arange(0.1, 3.001, 0.05).round(2)
    known = [information(joint(readings[0], T)) for T in positions]
    best = np.argmax(known)
    assert f"At T = {positions[best]:.2f}, with {known[best]:.2f} bits" in answers


def test_the_colors_of_the_odd_pairs(ratios, answers):
    pairs = {name: ratios[:, a, i] for a, i, name in _odd_pairs()}
    red = {name for name, values in pairs.items() if np.all(values < -0.1)}
    assert red == {"Mix the chicken", "Stir the chicken", "Chop the eggs", "Fry the pasta"}
    assert np.flatnonzero(pairs["Chop the pasta"] > 0.05).tolist() == [0]
    assert np.flatnonzero(pairs["Boil the cheese"] > 0.05).tolist() == [3, 4, 5]
    assert (
        '"Chop the pasta" is light blue for the first prompt, "Boil the cheese" is blue' in answers
    )


def test_what_the_model_knows(readings, ratios, text):
    times = {name: 2 ** ratios[:, a, i].mean() for a, i, name in _odd_pairs()}
    assert times["Chop the pasta"] == pytest.approx(1 / 12, abs=0.01)
    assert times["Chop the eggs"] == pytest.approx(1 / 12, abs=0.01)
    assert times["Fry the pasta"] == pytest.approx(1 / 4, abs=0.02)
    assert times["Stir the chicken"] == pytest.approx(1 / 2, abs=0.03)
    assert times["Mix the chicken"] == pytest.approx(1 / 2, abs=0.03)
    cheese = ratios[:, 5, 5]
    mean, margin = mean_and_margin(cheese)
    assert mean < 0 < mean + margin
    ends = f"({2.0 ** (mean - margin):.1f} to {2.0 ** (mean + margin):.1f})"
    assert f"{times['Boil the cheese']:.1f} times {ends}, and its rank" in text
    below = (ratios.mean(axis=0) < 0)[IS_ODD], (ratios.mean(axis=0) < 0)[~IS_ODD]
    assert [int(each.sum()) for each in below] == [6, 13]
    assert 'than others": holds (by chance 0.1%)' in printed(9, "knows-control")
    assert "only 0.1% of random sixes lie as low" in text
    assert "without the two that chop: by chance 2%\n" in printed(9, "knows-control")
    assert "(Without the two *Chop* pairs: 2% of random fours.)" in text
    assert "at most 21% of the next token" in text
    tables = [joint(reading, 1.0) for reading in readings]
    ranks = [int((p > p[5, 5]).sum()) + 1 for p in tables]
    assert f"between {min(ranks)} and {max(ranks)}" in text


@pytest.fixture(scope="module")
def heated(readings):
    """Each writer's probability of each pair: prompts, temperatures, pairs."""
    joints = np.array([[joint(r, T) for T in HEATS] for r in readings])
    alone = np.array([[separate(p) for p in row] for row in joints])
    return {"separate": alone.reshape(6, -1, 36), "joint": joints.reshape(6, -1, 36)}


def any_six(change, rise):
    """How many of many random sixes change as much or more."""
    rng = np.random.default_rng(11)
    sixes = np.array([rng.permutation(36)[:6] for _ in range(20_000)])
    return np.mean(change.mean(axis=0)[sixes].sum(axis=1) >= rise)


def test_odd_pairs_against_temperature(heated, text):
    at = softmax(np.arange(6), 0.5), softmax(np.arange(6), 2)
    place = [np.outer(p, p)[IS_ODD].sum() for p in at]
    cold, hot = (np.abs(HEATS - T).argmin() for T in (0.5, 2))
    shares = {name: p[:, :, IS_ODD.ravel()].sum(axis=2) for name, p in heated.items()}
    model = shares["joint"][:, [cold, hot]].mean(axis=0)
    assert "By place it fails, in this order: {:.0%} to {:.0%}.".format(*place) in text
    assert "Jointly it holds: {:.0%} to {:.0%};".format(*model) in text
    by_prompt = 100 * (shares["separate"][:, hot] - shares["separate"][:, cold])
    rise, margin = mean_and_margin(by_prompt)
    assert f"the prompt decides ({rise:+.1f} ± {margin:.1f} points)" in text
    assert by_prompt.min() < -3 < 10 < by_prompt.max()


def test_heat_lifts_whatever_lies_below_chance(heated, text):
    p = heated["joint"]
    cold, hot = (np.abs(HEATS - T).argmin() for T in (0.5, 2))
    change = p[:, hot] - p[:, cold]
    rng = np.random.default_rng(12)
    sixes = np.array([rng.permutation(36)[:6] for _ in range(4000)])
    before, rise = p[:, cold].mean(axis=0)[sixes], change.mean(axis=0)[sixes]
    below = before.sum(axis=1) < 1 / 6
    assert np.mean(rise.sum(axis=1)[below] > 0) > 0.995
    as_much = any_six(change, change.mean(axis=0)[IS_ODD.ravel()].sum())
    assert as_much == pytest.approx(0.41, abs=0.02)
    assert "41% of random sixes rise as much" in text
    assert "as much or more: 41% of any six pairs" in printed(9, "claim-judged")


def test_odd_pairs_at_equal_variety(heated, text):
    at_12 = {}
    for name, p in heated.items():
        numbers = 2 ** entropy(p)
        assert np.all(np.diff(numbers) > 0)  # interpolation needs it
        assert np.all(numbers[:, 0] < 4)
        assert np.all(numbers[:, -1] > 35)
        rows = zip(numbers, p, strict=True)
        at_12[name] = np.array([[np.interp(12, x, y) for y in each.T] for x, each in rows])
    alike, model = (at_12[n].mean(axis=0)[IS_ODD.ravel()].sum() for n in ("separate", "joint"))
    assert f"{model:.1%} of SmolLM2's were odd, {alike:.1%} by separate draws" in text
    shown = f"at 12 pairs: separate {alike:.1%} odd\nat 12 pairs: joint {model:.1%} odd\n"
    assert shown in printed(9, "claim-judged")
    more = at_12["separate"] - at_12["joint"]
    assert f"these are odder by {100 * (alike - model):.1f} points" in text
    assert any_six(more, alike - model) == pytest.approx(0.02, abs=0.005)
    assert "as much or more: 2% of any six pairs" in printed(9, "claim-judged")
    assert "points; 2% of random sixes do that. Half is *Mix the chicken*" in text
    chicken = float(re.search(r"Mix the chicken: ([\d.]+) points", printed(9, "claim-judged"))[1])
    assert 0.45 < chicken / float(re.search(r"odder by ([\d.]+) points", text)[1]) < 0.55


def test_the_sheets_are_those_that_the_check_judges():
    sheets = dict(re.findall(r"^([ABC]) = (\[.*\])$", source(9, "exercise-2"), re.M))
    assert {name: json.loads(counts) for name, counts in sheets.items()} == lesson_09.SHEETS
    assert {sum(counts) for counts in lesson_09.SHEETS.values()} == {1000}


@pytest.mark.parametrize("sheet", ["A", "C"])
def test_slots_could_have_written_these_sheets(sheet):
    counts, temperature = np.array(lesson_09.SHEETS[sheet]), lesson_09.WRITTEN_AT[sheet]
    expected = np.outer(softmax([2.0, 0.0], temperature), softmax([1.0, 0.0], temperature)).ravel()
    assert np.sum((counts - 1000 * expected) ** 2 / (1000 * expected)) < 7.8  # 5%, 3 degrees
    boiled, eggs = counts[:2].sum(), counts[::2].sum()
    for z, often in [(2, boiled), (1, eggs)]:  # either slot alone says it well enough
        told = z / np.log(often / (1000 - often))
        assert told == pytest.approx(temperature, rel=lesson_09.NEAR / 2)


def test_no_slots_could_have_written_the_other_sheet():
    counts = np.reshape(lesson_09.SHEETS["B"], (2, 2))
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / 1000
    assert np.sum((counts - expected) ** 2 / expected) > 100


@pytest.mark.parametrize(
    "result",
    [(2.95, None, 0.79), np.array([3, None, 0.8]), [2 / np.log(664 / 336), None, 0.8]],
)
def test_other_right_answers_pass(result):
    def who_wrote_it():
        return result

    assert diagnosis(who_wrote_it)[0].startswith("Correct.")


def _wrong(*result):
    def who_wrote_it():
        return list(result)

    return diagnosis(who_wrote_it)[0]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ((2.95, 2.0, 0.79), "Slots would not write sheet B"),
        ((None, 2.0, None), "Sheet A looks like the work of slots"),
        ((0.79, None, 2.95), "At T = 0.79 slots would boil 926 of 1,000"),
        ((2.95, None, 0.4), "On sheet C it is 927 and 781 times."),
        ((2.95, 0, 0.79), "or None for the model"),
        ((2.95, float("nan"), 0.79), "or None for the model"),
        ((-2.95, None, 0.79), "a temperature above 0"),
        ((float("inf"), None, 0.79), "a temperature above 0"),
        ((2.95, None), "Return a list of three"),
    ],
)
def test_a_wrong_answer_is_told_what_speaks_against_it(result, said):
    assert said in _wrong(*result)


def test_the_words_of_the_verdicts():
    assert verdicts(9) == {
        "odd pairs are avoided more than others": "holds",
        "more varied when hotter": "holds",
        "more odd when hotter, by place here": "fails",
        "more odd when hotter, joint": "holds",
        "at 12 pairs, separate draws are odder": "holds",
    }


def _odd_pairs():
    return [(a, i, f"{ACTIONS[a]} the {INGREDIENTS[i]}") for a, i in np.argwhere(IS_ODD)]
