"""The numbers that lesson 5 names in its text are those that its cells give."""

import re

import numpy as np
import pytest
from lessons import printed, prose, verdicts

from tempsampling import distinct_n, log_softmax, shipped_texts, softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text
from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import generate

TEMPERATURES = [0, 0.5, 0.8, 1.0, 1.2, 1.5]
PERPLEXITY = [r"perplexity .* human: +(\S+)", r"perplexity .* 1: +(\S+)"]


def different(temperature, length):
    texts = [fox_text(temperature, 50, seed=seed) for seed in range(100)]
    return np.mean([len(set(text[:length])) for text in texts])


def toy_distinct_2(temperature, length):
    texts = [["the", *fox_text(temperature, 100, seed=seed)] for seed in range(20)]
    return np.mean([distinct_n([text[:length]], 2) for text in texts])


def numbers(cell, pattern):
    """What a cell prints where the pattern has groups, as rows of numbers."""
    return np.array(re.findall(pattern, printed(5, cell)), dtype=float)


def controls():
    """The percent saved by people, shuffled, twice: each with its margin."""
    return numbers("controls", r": (\S+)% ± (\S+)% saved")


def against_people():
    """For each temperature the three differences: pairs, bits, share; each with its margin."""
    rows = re.findall(r"T = +\S+ +(.*)", printed(5, "table"))
    found = [re.findall(r"(-?\d\.\d+) ± (\S+)", row) for row in rows]
    return dict(zip(TEMPERATURES, np.array(found, dtype=float), strict=True))


def test_the_slide_counts_twelve_words():
    missed = (7 / 8) ** 50
    assert f"(7/8)⁵⁰ ≈ {missed:.3f}" in prose(5)
    assert f"formula: {4 + 8 * (1 - missed):.2f}" in printed(5, "slide-count")
    means = re.findall(r"mean (\S+), least", printed(5, "slide-count"))
    assert [float(mean) for mean in means] == pytest.approx([12, 12, 12], abs=0.05)


def test_the_count_of_words_depends_on_the_length():
    short, long = ([different(T, length) for T in [0, 0.5, 1, 2]] for length in [6, 50])
    assert short[0] == max(short) == 6
    assert long[0] == min(long) == 6
    assert min(long[1:]) > 7.85


def test_a_hundred_words_repeat_pairs_that_ten_do_not(answers):
    ten, hundred = toy_distinct_2(1.0, 10), toy_distinct_2(1.0, 100)
    assert f"About {ten:.2f}, and {hundred:.2f}." in answers
    assert "Eight words make 64 pairs" in answers
    assert len(FOX_WORDS) ** 2 == 64


def test_fifty_words_need_three_times_the_temperature_of_twenty(answers):
    assert toy_distinct_2(1.0, 20) == pytest.approx(0.6, abs=0.03)
    assert toy_distinct_2(3.0, 50) == pytest.approx(toy_distinct_2(1.0, 20), abs=0.02)
    assert "Near T = 3." in answers


def test_the_phrase_that_comes_twice(answers):
    phrase = re.search(r'"(go to the beach.*?)"', answers)[1]
    prompt = "Once upon a time, there was a little"
    (text,) = generate(SmolLM2.load(), prompt, temperature=0, max_tokens=40)
    assert text.text.count(phrase) == 2


def test_the_surprise_of_one_of_eight():
    assert np.log2(8) == 3
    p = softmax(FOX_LOGITS)[FOX_WORDS.index("over"), FOX_WORDS.index("the")]
    assert p == pytest.approx(0.9, abs=0.02)  # "after over, the is likely"


def test_the_text_after_the_phrase_repeats_another():
    (text,) = generate(
        SmolLM2.load(), "Once upon a time, there was a little", temperature=0, max_tokens=90
    )
    assert text.text.count("go to the beach and play with her friends") == 2
    assert text.text.count("put it in a big ball of yarn") >= 3


def test_coherence_is_lost_with_the_order_of_the_tokens():
    people, shuffled, _ = controls()
    assert people[0] - people[1] > shuffled[0] + shuffled[1]
    assert shuffled[0] < people[0] / 3
    assert "Shuffled tokens keep little" in prose(5)


def test_saying_everything_twice_saves_more_than_people_do(answers):
    people, _, twice = controls()
    assert twice[0] - twice[1] > people[0] + people[1]
    assert "saying everything twice saves more than people's stories do" in prose(5)
    assert "Saying everything twice saves more than people's stories do, too" in answers


def test_each_warning_holds_at_its_end_and_neither_loss_is_shown_at_one():
    assert verdicts(5) == {
        "shuffling takes coherence away": "holds",
        "T = 0 repeats more pairs than people": "holds",
        "T = 1 repeats more pairs than people": "not shown",
        "T = 0.8 is likelier than people": "holds",
        "T = 1 is likelier than people": "not shown",
        "T = 1 is less coherent than people": "not shown",
        "T = 1.5 is less coherent than people": "holds",
        "T = 1.5 is less coherent, beside human beginnings": "holds",
    }
    assert "both warnings hold at the ends" in prose(5)
    assert "At T = 1 neither loss is shown" in prose(5)


def test_the_last_ten_tokens_show_half_of_the_loss():
    (hot,) = numbers("verdicts", r"1\.5 is less coherent than people\": holds \((\S+) ± (\S+)\)")
    (late,) = numbers("varied", r"Only the last 10 tokens: (\S+) ± (\S+);")
    assert late[0] + late[1] < 0
    assert late[0] / hot[0] == pytest.approx(0.5, abs=0.15)


def test_likelihood_and_coherence_match_people_at_the_same_temperature():
    found = [float(T) for T in numbers("varied", r"as people's at T = (\S+)")]
    assert found == pytest.approx([0.98, 0.98], abs=0.02)
    assert "likelihood and coherence both match people at 0.98" in prose(5)


def test_at_four_fifths_neither_loss_is_shown_but_the_stories_are_likelier():
    pairs, bits, share = against_people()[0.8]
    assert pairs[0] > -pairs[1]
    assert share[0] > -share[1]
    assert bits[0] < -bits[1]
    assert "At 0.8 neither is shown. But its stories are likelier" in prose(5)


def test_the_hotter_the_less_likely_and_the_less_coherent(answers):
    _, bits, share = np.transpose([*against_people().values()], (1, 0, 2))
    assert (np.diff(bits[:, 0]) > 0).all()
    assert (np.diff(share[:, 0]) < 0).all()
    assert share[0, 0] > share[0, 1]
    assert "and so does T = 0" in answers
    assert "the further right and down: less likely, less coherent" in prose(5)


def test_unequal_lengths_turn_less_into_more():
    rows = numbers("unequal", r"first (\d+), their first (\d+): +(\S+) ± (\S+)")
    found = {(its, their): (mean, margin) for its, their, mean, margin in rows}
    assert found[40, 40][0] < -found[40, 40][1]
    assert found[10, 40][0] > found[10, 40][1]
    assert "Forty tokens beside forty, T = 0 has fewer different ones" in prose(5)
    assert "first ten beside people's forty, and it has more" in prose(5)


@pytest.mark.rare
def test_no_tale_saves_as_much_as_the_second_exercise_asks():
    model = SmolLM2.load()
    tales = [model.tokenize(tale)[:50] for tale in shipped_texts("stories")]
    rows = [[*tales[i][:30], *tale[30:]] for tale, i in zip(tales, [*range(1, 16), 0], strict=True)]
    own, apart = (
        -np.sum(
            [
                log_softmax(each[29:-1])[np.arange(20), tale[30:]]
                for each, tale in zip(model.logits_for(read), tales, strict=True)
            ],
            axis=1,
        )
        for read in (tales, rows)
    )
    assert max(1 - own / apart) < 0.5
    assert "more than in any tale above" in prose(5)


def test_the_measures_of_the_paper_cross_between_nine_tenths_and_one():
    found = [float(t) for t in re.findall(r"match: T = (\S+)", printed(5, "paper-crossing"))]
    assert len(found) == 3
    assert all(0.9 < match < 1 for match in found)
    assert f"between {min(found):.2f} and about {max(found):.0f}: 0.22% and 0.28%" in prose(5)
    human, plain = (float(re.search(p, printed(5, "paper-crossing"))[1]) for p in PERPLEXITY)
    assert plain / human == pytest.approx(2, abs=0.2)
    assert "perplexity is nearly twice that of people" in prose(5)


def test_the_pairs_of_five_hundred_and_of_fifty_words(answers):
    assert f"about {0.80 * 500:.0f} against {0.97 * 49:.0f}" in answers
