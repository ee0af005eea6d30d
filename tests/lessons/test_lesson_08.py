"""The numbers that lesson 8's answers and verdicts name are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose, source, verdicts

from tempsampling import entropy, log_softmax, softmax, truncate
from tempsampling.model.smollm import SmolLM2

FIVE = np.arange(1.0, 6.0)
LAST = ("top_k", "top_p", "min_p", "temperature")


@pytest.fixture(scope="module")
def names():
    """What the cell makes that reads the sentence, run again."""
    found = {"np": np, "SmolLM2": SmolLM2, "softmax": softmax, "my_guess": None}
    exec(source(8, "sizes") + "\n" + source(8, "median"), found)
    return found


def kept(**settings):
    return int((truncate(FIVE, **settings) > 0).sum())


def test_two_of_five_are_not_enough_and_the_third_is_kept():
    running = np.sort(softmax(FIVE))[::-1].cumsum()
    assert f"Two tokens reach {running[1]:.3f}: not enough" in prose(8)
    assert kept(top_p=0.9) == 3
    assert len({printed(8, "cut").splitlines()[i].split(": ")[1].strip() for i in (0, 1)}) == 1
    assert [kept(top_k=4), kept(min_p=0.3)] == [4, 2]
    assert f"bound {0.3 * softmax(FIVE).max():.3f}" in printed(8, "cut")


def test_the_positions_of_the_five_bars(answers):
    heats = np.arange(0.05, 3.001, 0.05).round(2)
    fourth = next(T for T in heats if T >= 1 and kept(top_p=0.9, temperature=T) == 4)
    assert f"At T = {fourth:.2f}." in answers
    assert {kept(top_p=0.9, temperature=T, order=LAST) for T in heats} == {3}


def test_the_order_decides_how_many_of_the_five_are_kept(answers):
    assert kept(temperature=0.5, top_p=0.8) == 1
    assert {kept(temperature=T, top_p=0.8, order=LAST) for T in (0.05, 0.5, 3.0)} == {2}
    cold, warm = softmax(FIVE, 0.5).max(), softmax(FIVE).max()
    assert f"At T = 0.5 the likeliest has {cold:.1%}, enough alone" in answers
    assert f"At T = 1 it has {warm:.1%}, and the second is needed" in answers


@pytest.fixture
def slides_filter():
    found = {"np": np, "softmax": softmax}
    (code,) = re.findall(r"```python\n(.+?)```", source(8, "filter-text"), flags=re.DOTALL)
    exec(code, found)
    return found["filter_logits"]


def test_the_slides_filter_overwrites_its_input(slides_filter):
    scaled = FIVE / 0.7
    slides_filter(scaled, 3, 0.9)
    assert np.isinf(scaled).sum() == 3
    assert "The slide prints it afterwards, with three −∞" in prose(8)


def test_the_slides_filter_drops_tokens_at_p_one(slides_filter):
    dropped = np.isinf(slides_filter(np.zeros(50_000), 0, 1.0)).sum()
    assert f"drops tokens**, {dropped} of 50,000 equal ones" in prose(8)


def test_the_slides_filter_mixes_up_rows(slides_filter):
    table = np.tile(FIVE[::-1], (5, 1))
    with pytest.raises(IndexError):
        slides_filter(table[:2].copy(), 0, 0.9)
    assert np.isinf(slides_filter(table.copy(), 0, 0.9)).all(axis=1).sum() == 2


def test_the_slides_filter_fails_beyond_the_vocabulary(slides_filter):
    with pytest.raises(IndexError):
        slides_filter(FIVE.copy(), 6, 1.0)


def test_the_nuclei_of_the_sentence(names, answers):
    sizes, ranked = names["sizes"], names["ranked"]
    assert len(sizes) == 37
    assert np.median(sizes) == pytest.approx(35, abs=1)
    assert "The median is 35: less than one token in a thousand" in prose(8)
    after = [names["model"].decode([token]) for token in names["tokens"][1:]]
    assert [after[i] for i in np.flatnonzero(sizes == 1)] == [" twice", "ed"]
    assert f"At {(sizes > 50).sum()} of the 37 places the nucleus has more than 50" in answers
    hot = np.median(names["nucleus_sizes"](ranked, 1.5, 0.9))
    assert 4000 < hot < 5000
    likely = ranked - ranked[:, :1]
    bounds = [np.median((likely >= T * np.log(0.1)).sum(axis=1)) for T in (1.0, 1.5)]
    assert "Min-p grows from {:.0f} to {:.0f}.".format(*bounds) in answers


def test_top_k_keeps_what_does_not_fit_and_heat_draws_it(names):
    at = names["tokens"].index(SmolLM2.load().tokenize(" twice")[0]) - 1
    hot = truncate(names["rows"][at], temperature=5, top_k=50).max()
    assert f'after "once or", "twice" falls to {hot:.0%}' in prose(8)
    for rule in ({"top_p": 0.9}, {"min_p": 0.1}):
        assert truncate(names["rows"][at], temperature=5, order=LAST, **rule).max() == 1


def test_the_slider_shows_what_truncate_keeps(names):
    found = dict(names)
    exec(source(8, "places-table"), found)
    for i, T in [(0, 0.5), (10, 1.0), (20, 1.5)]:
        for at in (0, 24, 36):
            row = names["rows"][at]
            for j, p in [(0, 0.05), (17, 0.9)]:
                by_rule = (truncate(row, temperature=T, top_p=p) > 0).sum()
                assert found["by_top_p"][i][at][j] == by_rule
            assert found["by_min_p"][i][at] == (truncate(row, temperature=T, min_p=0.1) > 0).sum()


def test_the_verdicts_on_slips_at_equal_diversity():
    found = {claim.removeprefix("slips below 0.1%, "): word for claim, word in verdicts(8).items()}
    cuts = {claim: word for claim, word in found.items() if claim[:4] == "top-"}
    assert len(cuts) == 6
    assert {word for claim, word in cuts.items() if not claim.endswith("T = 1.5")} == {"fewer"}
    assert cuts["top-k 50, T = 1.5"] == "fewer"
    assert cuts["top-p 0.9, T = 1.5"] == "more"


def test_every_cut_has_less_entropy_and_fewer_slips_by_construction():
    assert "less entropy and fewer slips: 112 of 112" in printed(8, "lower")
    assert "They trade, by construction." in prose(8)


def test_another_limit_or_another_diversity_gives_another_word():
    rows = re.findall(r"(.+), T = (.+), (.+): (\S+) ± (\S+) points", printed(8, "other-limits"))
    points = {(name, float(T), choice): float(m) / float(e) for name, T, choice, m, e in rows}
    assert points["top-k 50", 1.5, "slips below 1%"] > 1
    for name in ["top-k 50", "top-p 0.9"]:
        assert abs(points[name, 0.7, "slips below 1%"]) < 1
    assert points["top-p 0.9", 1.5, "slips below 0.001%"] < -1
    for T in [0.7, 1.0, 1.5]:
        assert points["min-p 0.1", T, "slips below 1%"] < -1
    for name in ["top-k 50", "top-p 0.9", "min-p 0.1"]:
        assert points[name, 1.5, "two draws differ as often"] < -1
    assert "Where two draws differ as often, hot top-p slips *less*." in prose(8)


def test_good_writers_slip(names):
    slips = re.search(r"at (\d+) of 96 places", printed(8, "tales"))[1]
    assert f"Good writers slip: the tales at {slips} of 96 places, *Alice* at 7 of 37" in prose(8)
    slip = softmax(names["rows"]) < 0.001
    assert slip[np.arange(37), names["tokens"][1:]].sum() == 7


def test_the_bound_of_min_p_forbids_slips_but_where_nothing_is_likely(names):
    p = softmax(names["rows"])
    kept = truncate(names["rows"], temperature=1.5, min_p=0.1) > 0
    assert (np.where(kept, p, 1).min(axis=1) >= 0.999 * 0.1**1.5 * p.max(axis=1)).all()
    assert f"where a token has {0.001 / 0.1**1.5:.1%} or more" in prose(8)


def test_temperature_is_the_likeliest_way_to_be_as_diverse(names):
    for z in names["rows"][::6]:
        log_p = log_softmax(z)
        for cut in ({"top_k": 50}, {"top_p": 0.9}, {"min_p": 0.1}):
            q = truncate(z, temperature=1.5, **cut)
            low, high = 0.05, 1.5
            for _ in range(30):
                middle = (low + high) / 2
                cooler = entropy(softmax(z, middle)) < entropy(q)
                low, high = (middle, high) if cooler else (low, middle)
            assert softmax(z, high) @ log_p >= q @ log_p - 1e-6


def test_the_playground_heated_is_mended_by_top_k_and_min_p_and_helped_by_temperature_last():
    z = SmolLM2.load().logits("The weather today is")
    slips = softmax(z) < 0.001

    def slipping(**cut):
        return truncate(z, temperature=2, **cut)[slips].sum()

    assert slipping(top_p=0.9) > 0.5
    assert slipping(top_k=50) < 0.2 and slipping(min_p=0.1) < 0.2
    assert slipping(top_p=0.9, order=LAST) < slipping(top_p=0.9) - 0.1


# The other cuts, and penalties


def test_of_the_eight_cuts_two_keep_the_same_tokens_at_every_temperature():
    rows, cat = {}, SmolLM2.load().logits("My cat likes to")
    exec(source(8, "zoo").partition("cat =")[0], rows)
    same = [
        name
        for name, cut in rows["zoo"].items()
        if len({(truncate(cat, temperature=T, **cut) > 0).tobytes() for T in (0.5, 1, 1.5, 2)}) == 1
    ]
    assert same == ["top-k 6", "top-nσ 0.5"]
    assert "Top-k keeps a number. Top-nσ compares" in prose(8)


def test_penalties_leave_fewer_loops_and_only_the_strong_one_has_a_price_that_is_shown():
    found = {claim: word for claim, word in verdicts(8).items() if not claim.startswith("slips")}
    assert found == {
        "DRY: fewer loops": "holds",
        "DRY: new tokens are less likely": "not shown",
        "repetition 1.05: fewer loops": "holds",
        "repetition 1.05: new tokens are less likely": "not shown",
        "repetition 1.2: fewer loops": "holds",
        "repetition 1.2: new tokens are less likely": "holds",
    }
    rows = re.findall(r"before: +(\d+)%, ([\d.]+) bits", printed(8, "loops-verdicts"))
    (none, plain), (by_dry, _), (weak, _), (strong, price) = rows
    said = f"of {none}% of the runs DRY leaves {by_dry}%, a penalty of 1.05 {weak}%, one of 1.2 "
    assert said + ("none" if strong == "0" else f"{strong}%") in prose(8)
    assert f"{price} bits instead of {plain}" in prose(8)
