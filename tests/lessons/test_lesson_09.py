"""The numbers that lesson 9's answers and verdicts name are those that its cells give."""

import numpy as np
import pytest
from lessons import printed, verdicts

from tempsampling import entropy, mean_and_margin, softmax
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
    assert f"as evenly as {recipes(COOK, 2.0):.0f} equally likely" in text
    hand, place = recipes(COOK, 2.0), recipes(PLACE, 2.0)
    assert f"{hand:.1f} effective recipes at T = 2; scored by place, it was {place:.1f}" in answers
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
    assert f"{times['Boil the cheese']:.1f} times {ends}; its rank" in text
    below = (ratios.mean(axis=0) < 0)[IS_ODD], (ratios.mean(axis=0) < 0)[~IS_ODD]
    assert [int(each.sum()) for each in below] == [6, 13]
    assert 'than others": holds (by chance 0.1%)' in printed(9, "knows-control")
    assert "lie as low in 0.1% of draws only" in text
    assert "at most 21% of the next token" in text
    tables = [joint(reading, 1.0) for reading in readings]
    ranks = [int((p > p[5, 5]).sum()) + 1 for p in tables]
    assert f"between {min(ranks)} and {max(ranks)}" in text


def test_odd_pairs_against_temperature(readings, text):
    place = [
        np.outer(softmax(np.arange(6), T), softmax(np.arange(6), T))[IS_ODD].sum() for T in (0.5, 2)
    ]
    tables = [[joint(r, T) for r in readings] for T in (0.5, 2)]
    alike = [np.mean([separate(p)[IS_ODD].sum() for p in row]) for row in tables]
    model = [np.mean([p[IS_ODD].sum() for p in row]) for row in tables]
    assert "By place, in this order, it fails: from T = 0.5 to 2, odd pairs fall" in text
    assert "odd pairs fall from {:.0%} to {:.0%}.".format(*place) in text
    assert "For the joint model it holds, from {:.0%} to {:.0%};".format(*model) in text
    assert "separate draws stay near 20% here" in text
    assert np.allclose(alike, 0.2, atol=0.015)
    assert f"What lies below chance, {IS_ODD.mean():.1%}, rises" in text


def test_odd_pairs_at_equal_variety(readings, text):
    heats = 2 ** np.linspace(-4, 5, 181)
    shares = []
    for make in (separate, np.asarray):
        for reading in readings:
            tables = np.array([make(joint(reading, T)) for T in heats])
            numbers = 2 ** entropy(tables.reshape(181, 36))
            assert np.all(np.diff(numbers) > 0)  # interpolation needs it
            assert numbers[0] < 4
            assert numbers[-1] > 32
            shares.append(np.interp(12, numbers, tables[:, IS_ODD].sum(axis=1)))
    alike, model = np.reshape(shares, (2, 6)).mean(axis=1)
    assert f"SmolLM2 wrote {model:.1%} odd ones, separate draws {alike:.1%}" in text
    shown = f"at 12 pairs: separate {alike:.1%}, joint {model:.1%}\n"
    assert shown in printed(9, "claim-numbers")


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
