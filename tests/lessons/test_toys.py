"""The toys answer to temperature, which the slides' generator does not."""

import numpy as np
import pytest

from tempsampling import entropy, sample, softmax
from tempsampling.lessons.toys import FOX_LOGITS, FOX_WORDS, fox_text


def test_greedy_runs_in_a_circle_and_never_meets_the_dog():
    words = fox_text(0, 60)
    assert words[:6] * 10 == words
    assert "dog" not in words


def test_every_word_has_one_likeliest_successor():
    ranked = np.sort(FOX_LOGITS, axis=1)
    assert np.all(ranked[:, -1] > ranked[:, -2])
    assert FOX_LOGITS.shape == (len(FOX_WORDS), len(FOX_WORDS))


def test_the_table_cannot_be_overwritten():
    with pytest.raises(ValueError, match="read-only"):
        FOX_LOGITS[0, 0] = 1.0


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0, np.inf])
def test_words_follow_each_other_as_often_as_the_table_says(temperature):
    words = fox_text(temperature, 40_000, seed=1)
    counts = np.zeros((8, 8))
    np.add.at(
        counts,
        ([FOX_WORDS.index(w) for w in words[:-1]], [FOX_WORDS.index(w) for w in words[1:]]),
        1,
    )
    p = softmax(FOX_LOGITS, temperature)
    n = counts.sum(axis=1, keepdims=True)
    assert np.all(np.abs(counts - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1)


def test_the_slides_generator_is_uniform_at_every_temperature_and_this_one_is_not():
    rng = np.random.default_rng(1)
    for temperature in (0.05, 1.0, 100.0):
        mean = softmax(rng.random((40_000, 8)), temperature).mean(axis=0)
        assert entropy(mean) == pytest.approx(3, abs=0.001)
    bits = [entropy(softmax(FOX_LOGITS, t)).mean() for t in (0.05, 1.0, 100.0)]
    assert bits[0] < 0.01
    assert bits[0] < bits[1] < bits[2]
    assert bits[2] > 2.99


def test_the_same_seed_is_the_same_noise_at_every_temperature():
    cold, warm = fox_text(0.99, 30, seed=4), fox_text(1.0, 30, seed=4)
    assert cold == warm
    assert fox_text(1.0, 30, seed=5) != warm


def test_it_starts_after_any_of_its_words():
    assert fox_text(0, 2, start="lazy") == ["dog", "the"]
    with pytest.raises(ValueError, match=r"start must be one of the, quick, .*, got 'cat'"):
        fox_text(1.0, 2, start="cat")
    with pytest.raises(ValueError, match="length"):
        fox_text(1.0, 0)
    with pytest.raises(ValueError, match="temperature"):
        fox_text(-1.0, 2)


def test_it_draws_as_sample_does():
    noise = np.random.default_rng(7).random(200)
    current, words = 0, []
    for u in noise:
        current = sample(FOX_LOGITS[current], temperature=1.3, noise=u)
        words.append(FOX_WORDS[current])
    assert fox_text(1.3, 200, seed=7) == words
