"""The solutions of the exercises, the one place where they stand.

Each is written as a learner would write it, with what its lesson has taught; the lesson shows the
same text in a fold. Its name is the name of the lesson's exercise.
"""

import numpy as np

from tempsampling.numerics.distributions import entropy, softmax
from tempsampling.numerics.metrics import tail_mass
from tempsampling.numerics.uncertainty import mean_and_margin


def scale_and_normalize(logits, temperature):
    """Lesson 1: probabilities at a temperature."""
    scaled = logits / temperature
    weights = np.exp(scaled)
    return weights / weights.sum()


def temperature_of(logits, probabilities):
    """Lesson 1: the temperature that made probabilities of logits."""
    most, least = logits.argmax(), logits.argmin()
    odds = probabilities[most] / probabilities[least]
    return (logits[most] - logits[least]) / np.log(odds)


def stable_softmax(logits, temperature):
    """Lesson 2: probabilities of every row at a temperature, without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    weights = np.exp(shifted / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def staircase():
    """Lesson 2: the logits of four tokens whose entropy climbs in two steps."""
    near = 0.2  # twenty units of T = 0.01, a fifth of a unit of T = 1
    far = 100.0  # ten units of T = 10, a tenth of a unit of T = 1,000
    return np.array([0.0, -near, -far, -far])


def probabilities_at(logits, temperature):
    """Lesson 3: probabilities at a temperature, zero included."""
    if temperature == 0:
        best = logits == logits.max()
        return best / best.sum()
    weights = np.exp((logits - logits.max()) / temperature)
    return weights / weights.sum()


def chance_to_agree(logits, temperature, length):
    """Lesson 3: the chance that two texts from a table begin with the same words."""
    p = softmax(logits, temperature)
    chance = np.ones(len(p))  # of going on alike for no word more
    for _ in range(length):
        chance = p**2 @ chance
    return chance[0]


def mass_outside_top(logits, temperature, k):
    """Lesson 4: the probability of all tokens but the k likeliest."""
    ranked = np.sort(softmax(logits, temperature))[::-1]
    return ranked[k:].sum()


def hottest(logits, temperatures, k, length):
    """Lesson 4: the highest temperature at which a text may stay out of the tail."""
    good = []
    for temperature in temperatures:
        inside = 1 - tail_mass(softmax(logits, temperature), k)
        if inside**length >= 0.5:
            good.append(temperature)
    return max(good)


def distinct(tokens, prompt_length, n):
    """Lesson 5: distinct-n of what was written after the prompt."""
    written = tokens[prompt_length:]
    grams = [tuple(written[i : i + n]) for i in range(len(written) - n + 1)]
    return len(set(grams)) / len(grams)


def hollow():
    """Lesson 5: a text that the measures praise, and that tells nothing."""
    numbers = "one two three four five six seven eight nine ten eleven twelve"
    numbers += " thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    return numbers.replace(" ", ", ") + ", twenty, twenty-one, twenty-two"


def expected_different(probabilities, n):
    """Lesson 6: how many different outcomes to expect in n draws."""
    missed = (1 - probabilities) ** n
    return (1 - missed).sum()


def write_on(tokens, next_logits, draw, temperature, length):
    """Lesson 6: the loop in which a language model writes."""
    text = list(tokens)
    for _ in range(length):
        p = softmax(next_logits(text), temperature)
        text.append(draw(p))
    return text


def agreement(answers):
    """Lesson 7: the share of pairs of answers that are equal."""
    same, pairs = 0, 0
    for i in range(len(answers)):
        for j in range(i):
            same += answers[i] == answers[j]
            pairs += 1
    return same / pairs


def agreement_in_meaning(logits, temperature, meanings):
    """Lesson 7: the chance that two replies mean the same."""
    p = softmax(logits, temperature)
    chance = 0
    for meaning in set(meanings):
        shared = p[np.array(meanings) == meaning].sum()
        chance += shared**2  # both replies have this meaning
    return chance


def nucleus(probabilities, p):
    """Lesson 8: the probabilities that top-p leaves, in the order given."""
    order = np.argsort(-probabilities)
    running = np.cumsum(probabilities[order])
    kept = order[: (running < p - 1e-9).sum() + 1]  # reached, but for rounding
    result = np.zeros(probabilities.size)
    result[kept] = probabilities[kept] / probabilities[kept].sum()
    return result


def tamed():
    """Lesson 8: settings that are diverse and seldom slip."""
    return {"temperature": 1.9, "min_p": 0.1}


def effective_recipes(slots, temperature):
    """Lesson 9: how many recipes, effectively, independent slots write at a temperature."""
    bits = 0
    for scores in slots:
        bits += entropy(softmax(scores, temperature))
    return 2**bits


def who_wrote_it():
    """Lesson 9: the temperatures of two sheets that slots wrote, None for the model's."""
    boiled = np.array([664, 731, 927])  # of 1,000; eggs: 583, 622, 781
    # Slots have Boil e ** (2 / T) times as often as Chop. B is not theirs: 731 * 0.622 is 455.
    a, _, c = 2 / np.log(boiled / (1000 - boiled))
    return [a, None, c]


def best_temperature(logits, labels, temperatures):
    """Lesson 10: the temperature at which the labels are likeliest."""
    likelihoods = []
    for temperature in temperatures:
        p = softmax(logits, temperature)
        likelihoods.append(np.log(p[np.arange(len(labels)), labels]).mean())
    return temperatures[np.argmax(likelihoods)]


def deviations(confidence, right):
    """Lesson 10: overconfidence, in standard deviations of a perfect model."""
    excess = confidence.sum() - right.sum()
    variance = (confidence * (1 - confidence)).sum()
    return excess / np.sqrt(variance)


def palette_entropy(logits, temperature):
    """Lesson 11: the entropy of each channel of a palette, in bits."""
    p = softmax(logits, temperature)
    surprise = -np.log2(np.maximum(p, 1e-300))
    return (p * surprise).sum(axis=1)


def thermometer(pixels):
    """Lesson 11: the temperature of a picture, from pixels whose neighbors sum to 2."""
    h = sum(np.roll(pixels, step, axis) for step in (1, -1) for axis in (0, 1))
    dark = np.mean(pixels[h == 2] == 1)
    return 4 / np.log(dark / (1 - dark))  # dark against bright: odds of e ** (2 * h / T)


def adaptive_temperature(logits, low, high):
    """Lesson 12: a temperature from the model's confidence, cold where it is sure."""
    confidence = softmax(logits).max()
    return low + (1 - confidence) * (high - low)


def cold_prompt():
    """Lesson 12: a prompt after which the slide's rule stays cold."""
    return "10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,"


def temperature_for_tries(p_right, temperatures, k):
    """Lesson 13: the temperature with the largest mean pass@k."""
    chances = 1 - (1 - p_right) ** k
    return temperatures[chances.mean(axis=0).argmax()]


def good_enough(p_right, temperatures, k):
    """Lesson 13: the temperatures that are not measurably worse than the best one."""
    p_solved = 1 - (1 - p_right) ** k
    best = p_solved.mean(axis=0).argmax()
    loss, margin = mean_and_margin(p_solved[:, [best]] - p_solved)
    return temperatures[loss <= margin]


def my_sampler(logits, rng):
    """Lesson 14: probabilities that fall in a straight line with the logits (sparsemax)."""
    z = logits.astype(float) / 6
    sums = np.cumsum(np.sort(z)[::-1]) - 1
    threshold = (sums / np.arange(1, z.size + 1)).max()
    p = np.maximum(z - threshold, 0)
    return rng.choice(p.size, p=p / p.sum())


def beaten_by(likelihood, diversity):
    """Lesson 14: the share of samplers that beat each."""
    result = []
    for i in range(likelihood.size):
        as_good = (likelihood >= likelihood[i]) & (diversity >= diversity[i])
        better = (likelihood > likelihood[i]) | (diversity > diversity[i])
        result.append((as_good & better).mean())
    return np.array(result)
