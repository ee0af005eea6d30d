"""Questions whose numbers vary by a seed: three for each lesson, each on one wrong belief.

A function draws the numbers and writes the question. The right answer is computed by the course's
own functions, every other option by the mistake that its sentence explains.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import comb, erfc, inf
from typing import Any

import numpy as np

from tempsampling import (
    FOX_WORDS,
    distinct_n,
    entropy,
    expected_calibration_error,
    pass_at_k,
    softmax,
    tail_mass,
    truncate,
    unbiased_pass_at_k,
)
from tempsampling.lessons import solutions

APART = 0.07  # of the larger one: as far two answers must be from each other


@dataclass(frozen=True)
class Variant:
    """A question with its numbers: what is right, and what each mistake gives, with sentences."""

    text: str
    right: tuple[Any, str]
    wrong: list[tuple[Any, str]]
    shown: Callable[[Any], str]


@dataclass(frozen=True)
class Template:
    """What makes variants of one question, and the wrong belief that it uncovers."""

    lesson: int
    belief: str
    make: Callable[[np.random.Generator], Variant]

    @property
    def name(self) -> str:
        return self.make.__name__.replace("_", "-")


TEMPLATES: list[Template] = []


def uncovers(lesson: int, belief: str) -> Callable:
    """Register the function below as the template that uncovers a wrong belief of a lesson."""

    def register(make: Callable) -> Callable:
        TEMPLATES.append(Template(lesson, belief, make))
        return make

    return register


def variant(template: Template, rng: np.random.Generator) -> Variant:
    """Draw a variant whose answers are far enough apart to tell what a student thought."""
    for _ in range(1000):
        drawn = template.make(rng)
        values, wrong = [drawn.right[0]], []
        for value, why in drawn.wrong:
            if possible(value, drawn.shown) and all(apart(value, v, drawn.shown) for v in values):
                values.append(value)
                wrong.append((value, why))
        if len(wrong) >= 2 and possible(drawn.right[0], drawn.shown):
            return Variant(drawn.text, drawn.right, wrong, drawn.shown)
    raise ValueError(f"{template.name}: no numbers were found whose answers differ")


def possible(value: Any, shown: Callable) -> bool:
    """Say whether a value can be offered: a chance lies between 0 and 1, a number is finite."""
    if isinstance(value, str):
        return True
    ends = (0.0005, 0.9995) if shown is percent else (-inf, inf)
    return value in (0, 1) or ends[0] <= value <= ends[1]


def apart(a: Any, b: Any, shown: Callable) -> bool:
    """Say whether two answers look different, and numbers are not nearly the same."""
    if isinstance(a, str) or shown(a) == shown(b):
        return shown(a) != shown(b)
    return abs(a - b) > APART * max(abs(a), abs(b))


def percent(chance: float) -> str:
    return f"{chance:.1%}" if 0 < chance < 1 else f"{chance:.0%}"


def two_digits(number: float) -> str:
    return f"{number:.2f}"


def whole(number: float) -> str:
    return f"{number:,.0f}"


def to_one(odds: float) -> str:
    return f"{odds:,.1f}".removesuffix(".0") + " to 1"


def bits(number: float) -> str:
    return f"{number:.2f} bits"


def listed(numbers: Any) -> str:
    """Write numbers in a row: 1, 2 and 0.5."""
    *first, last = [f"{number:g}".replace("-", "−") for number in numbers]
    return f"{', '.join(first)} and {last}"


def in_percent(chances: Any, digits: int = 0) -> str:
    *first, last = [f"{chance:.{digits}%}" for chance in chances]
    return f"{', '.join(first)} and {last}"


def some_logits(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n different logits in steps of a half, the largest first."""
    return np.sort(rng.choice(np.arange(-2, 10), n, replace=False) / 2)[::-1]


def shares(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n different shares in whole percents that sum to 1, the largest first."""
    while True:
        cuts = np.sort(rng.choice(np.arange(3, 98), n - 1, replace=False))
        found = np.sort(np.diff([0, *cuts, 100]))[::-1]
        if found.min() >= 3 and len(set(found)) == n:
            return found / 100


# Lesson 1


@uncovers(1, "Temperature multiplies the logits")
def likeliest_of_four(rng: np.random.Generator) -> Variant:
    z, T = some_logits(rng, 4), rng.choice([0.5, 2.0, 4.0])
    p = softmax(z)
    return Variant(
        f"Four tokens have the logits {listed(z)}. Which probability does the likeliest one have at"
        f" T = {T:g}?",
        (softmax(z, T)[0], "Divide the logits by T, exponentiate, divide by the sum."),
        [
            (softmax(z, 1 / T)[0], "This comes of multiplying the logits by T. Divide them."),
            (p[0], "This is its probability at T = 1. Divide the logits by T first."),
            (p[0] / T, "You divided the probability by T. Divide the logits, before the softmax."),
            (
                z[0] / z.sum() if z.min() > 0 else inf,
                "These are shares of the logits, without exp.",
            ),
        ],
        percent,
    )


@uncovers(1, "The odds of two tokens are the difference of their logits over T")
def temperature_of_a_chart(rng: np.random.Generator) -> Variant:
    gap, T = rng.choice([1.0, 1.5, 2.0, 3.0]), rng.choice([0.4, 0.5, 0.8, 1.25, 2.0, 2.5])
    odds = np.exp(gap / T).round(2)
    found = solutions.temperature_of(np.array([gap, 0.0]), np.array([odds, 1.0]))
    return Variant(
        f"In a chart of a model's probabilities one bar is {odds:g} times as long as another. The"
        f" logits of the two tokens differ by {gap:g}. At which temperature was the chart drawn?",
        (found, r"The odds are $e^{\Delta/T}$, so $T = \Delta / \ln(\text{odds})$."),
        [
            (1 / found, r"This is 1 / T: $\ln(\text{odds}) = \Delta/T$ must be solved for T."),
            (gap / odds, r"The odds are $e^{\Delta/T}$, not $\Delta/T$: take their logarithm."),
            (gap / np.log2(odds), "The logarithm to the base 2 counts in bits; softmax uses e."),
            (gap, "This would be T only if the odds were e, about 2.7 to 1."),
        ],
        two_digits,
    )


@uncovers(1, "A softmax of the largest logits alone is as good as one of all")
def bar_of_a_cut_chart(rng: np.random.Generator) -> Variant:
    k, held, bar = (
        rng.choice([10, 20, 50]),
        rng.choice([0.2, 0.3, 0.4, 0.6]),
        rng.choice([8, 12, 15]),
    )
    bar = bar / 100
    return Variant(
        f"At T = 2 the {k} likeliest tokens of a model hold {held:.0%} of the probability. A page"
        f" takes the softmax of those {k} alone; its top bar reads {bar:.0%}. What does the whole"
        " vocabulary give this token?",
        (held * bar, f"The bar is a share of the {held:.0%} only: {held:.0%} of {bar:.0%}."),
        [
            (bar, f"The other tokens are unlikely one by one, but hold {1 - held:.0%} together."),
            (bar / held, "Leaving tokens out makes the remaining bars too long, not too short."),
            (bar * (1 - held), "This is a share of what the left-out tokens hold."),
        ],
        percent,
    )


# Lesson 2


@uncovers(2, "Temperature divides the odds")
def odds_at_another_temperature(rng: np.random.Generator) -> Variant:
    a, T = rng.choice([4, 9, 16, 25, 36, 49]), rng.choice([0.5, 2.0])
    p = softmax(np.log([a, 1]), T)
    return Variant(
        f"Two tokens have odds of {a} to 1 at T = 1. What are they at T = {T:g}?",
        (p[0] / p[1], f"T divides the logarithm of the odds: ${a}^{{1/T}} = {a}^{{{1 / T:g}}}$."),
        [
            (a / T, "T divides the logits, not the odds. The logits stand in an exponent."),
            (float(a) ** T, "This is the other way round: heat brings odds closer to 1."),
            (float(a), "Another temperature changes all odds but 1 to 1."),
        ],
        to_one,
    )


@uncovers(2, "Softmax sees only which logit is largest, or how large the logits are")
def logits_multiplied(rng: np.random.Generator) -> Variant:
    factor, shift = rng.choice([0.4, 0.5, 2.0, 2.5, 4.0, 5.0]), rng.choice([3, 7, 10])
    return Variant(
        f"Somebody multiplies all logits by {factor:g}, and then adds {shift} to each. With the old"
        " logits, which temperature gives the same probabilities?",
        (
            1 / factor,
            f"Dividing by T = {1 / factor:g} is multiplying by {factor:g}; a shift cancels.",
        ),
        [
            (factor, "T divides. A factor on the logits is therefore 1 / T."),
            (1.0, "A shift does nothing, but a factor moves the logits apart or together."),
            (1 / (factor + shift), "A number added to every logit cancels in the softmax."),
        ],
        two_digits,
    )


@uncovers(2, "Twice the temperature is twice the randomness")
def entropy_when_doubled(rng: np.random.Generator) -> Variant:
    z = some_logits(rng, 3)
    once, twice = entropy(softmax(z, 0.5)), entropy(softmax(z, 1.0))
    return Variant(
        f"Three tokens have the logits {listed(z)}. At T = 0.5 their entropy is {once:.2f} bits."
        " What is it at T = 1?",
        (
            twice,
            f"It must be computed, from {in_percent(softmax(z), 1)}. Neither H nor 2 to the power"
            " of H is proportional to T.",
        ),
        [
            (2 * once, "The entropy is not proportional to T."),
            (once + 1, "This doubles the effective number of tokens; T does not do that."),
            (once, "The entropy grows with T, unless all logits are equal."),
            (np.log2(3), "This is the entropy of three equally likely tokens, at T = ∞."),
        ],
        bits,
    )


# Lesson 3


@uncovers(3, "Two draws agree as often as the likeliest token comes")
def two_cold_draws(rng: np.random.Generator) -> Variant:
    p, n = rng.choice([0.7, 0.75, 0.8, 0.85, 0.9, 0.95]), rng.choice([3, 4, 5, 8, 10, 20])
    logits = np.tile(np.log([p, 1 - p]), (2, 1))  # both words are followed by the same
    agree = solutions.chance_to_agree(logits, 1.0, n)
    one = p**2 + (1 - p) ** 2
    return Variant(
        f"At a low temperature one token has {p:.0%} at every step and another has {1 - p:.0%}."
        f" Two texts of {n} tokens are drawn. How likely is it that they are the same?",
        (agree, rf"One token agrees with ${p:g}^2 + {1 - p:.2g}^2$, and all {n} must."),
        [
            (
                p**n,
                "This is the chance of the likeliest text. Two texts can agree on others, too,"
                " and both must be drawn.",
            ),
            (one, f"This is the chance for one token. All {n} must agree."),
            (
                p ** (2 * n),
                "This is the chance that both are the likeliest text. They can agree on"
                " another one.",
            ),
        ],
        percent,
    )


@uncovers(3, "At T = 0 the first of several equal tokens wins, or nothing is defined")
def tie_at_zero(rng: np.random.Generator) -> Variant:
    ties, others = rng.choice([2, 3, 4, 5]), rng.choice([1, 2, 3, 4])
    z = np.append(np.full(ties, 4.0), np.arange(others))
    return Variant(
        f"In the limit T → 0, which probability has the first of {len(z)} tokens with the logits"
        f" {listed(z)}?",
        (softmax(z, 0)[0], "Equal logits have odds of 1 to 1 at every temperature: they share."),
        [
            (1.0, "A program's argmax takes the first one. The limit of the softmax does not."),
            (1 / len(z), "This is the other end: all are equally likely at T = ∞."),
            (0.0, "Nothing is divided by 0 in a limit: the largest logits keep everything."),
        ],
        percent,
    )


@uncovers(3, "If each step of a demo is focused, its text is focused")
def demo_with_new_logits(rng: np.random.Generator) -> Variant:
    n, T = rng.choice([4, 5, 8, 10]), rng.choice([0.05, 0.1, 0.2])
    focused = softmax(np.random.default_rng(1).random((20_000, n)), T).max(axis=1).mean()
    return Variant(
        f"A demo draws each word from {n}, with new random logits between 0 and 1 for every word,"
        f" at T = {T:g}. In a very long text, how often does each word come?",
        (1 / n, "No word is preferred for long: on average all are equally likely, at every T."),
        [
            (
                focused,
                "This is the mean probability of the likeliest word of a step, and that is"
                " another word each time.",
            ),
            (1.0, "Cold makes each step surer, but its favorite is made up anew each time."),
        ],
        percent,
    )


# Lesson 4


@uncovers(4, "A token with a large lead keeps most of the probability when it gets hot")
def lead_over_many(rng: np.random.Generator) -> Variant:
    lead, n, T = (
        rng.choice([6, 8, 10, 12]),
        rng.choice([1000, 10_000, 50_000]),
        rng.choice([1.5, 2]),
    )
    z = np.append(lead, np.zeros(n))
    return Variant(
        f"One token has the logit {lead}, {n:,} others have 0. Which probability has the one at"
        f" T = {T:g}?",
        (
            softmax(z, T)[0],
            f"Its weight is {np.exp(lead / T):.0f}, against {n:,}: the others win by number.",
        ),
        [
            (softmax(z)[0], "This is its probability at T = 1."),
            (softmax(z)[0] / T, "You divided the probability at T = 1 by T. Divide the logits."),
            (softmax([lead, 0.0], T)[0], "This is against one other token. There are many."),
            (softmax(z, 1 / T)[0], "You multiplied by T. Divide the logits by it."),
        ],
        percent,
    )


@uncovers(4, "How hot is too hot does not depend on how many tokens there are")
def when_the_others_take_half(rng: np.random.Generator) -> Variant:
    lead, n = rng.choice([5, 8, 10, 15]), rng.choice([50, 500, 5000, 50_000])
    return Variant(
        f"One token is {lead} logits ahead of {n:,} others, which are all equal. At which"
        " temperature do the others hold half of the probability together?",
        (lead / np.log(n), r"There $e^{\Delta/T} = n$, so $T = \Delta / \ln n$."),
        [
            (np.log(n) / lead, r"This is 1 / T: solve $\Delta/T = \ln n$ for T."),
            (lead / np.log10(n), "Softmax uses powers of e, so the logarithm is the natural one."),
            (float(lead), "At this T the lead is e to 1 against each of them, not against all."),
            (lead / np.log2(n), "Softmax uses powers of e, not of 2."),
        ],
        two_digits,
    )


@uncovers(4, "A small tail can be neglected in a whole text")
def a_text_meets_the_tail(rng: np.random.Generator) -> Variant:
    m, n = rng.choice([0.01, 0.02, 0.03, 0.05]), rng.choice([10, 20, 30, 50])
    tail = tail_mass([1 - m, m], 1)
    return Variant(
        f"The tokens outside the top 1,000 hold {m:.0%} at each draw. How likely is it that a text"
        f" of {n} draws has at least one of them?",
        (1 - (1 - tail) ** n, f"All {n} draws stay out with $(1 - {m:g})^{{{n}}}$."),
        [
            (m, f"This is the chance at one draw. There are {n}."),
            ((1 - m) ** n, "This is the chance that it has none."),
            (n * m, "Adding the chances counts a text twice that meets the tail twice."),
        ],
        percent,
    )


# Lesson 5


@uncovers(5, "Any count of different words measures how diverse a writer is")
def pairs_of_a_text(rng: np.random.Generator) -> Variant:
    n = rng.choice([7, 8, 9, 10])
    words = rng.choice(FOX_WORDS[:4], n).tolist()
    pairs = list(pairwise(words))
    d = distinct_n([words], 2)
    return Variant(
        f"A text reads: *{' '.join(words)}*. What is its distinct-2?",
        (d, "The number of different pairs of neighbors, divided by the number of all pairs."),
        [
            (
                distinct_n([words], 1),
                "This is distinct-1, of single words. Take pairs of neighbors.",
            ),
            (len(set(pairs)) / n, f"Divide by the number of pairs: {n} words have {n - 1}."),
            (1 - d, "This is the share that is repeated: 1 minus distinct-2."),
            (
                sum(pairs.count(pair) == 1 for pair in pairs) / (n - 1),
                "A pair that comes twice is one different pair, not none.",
            ),
        ],
        two_digits,
    )


@uncovers(5, "A long text shows more of a sampler's diversity than a short one")
def different_words_expected(rng: np.random.Generator) -> Variant:
    V, n, prompt = rng.choice([6, 8, 12]), rng.choice([40, 60, 100]), rng.choice([3, 4, 5])
    new = solutions.expected_different(np.full(V, 1 / V), n)
    return Variant(
        f"A demo draws {n} words, each from the same {V}, all equally likely, and writes them"
        f" behind a prompt of {prompt} others. It counts the different words of the whole text."
        " What does it count on average, to the nearest whole number?",
        (
            round(new + prompt),
            f"On average {new:.2f} of the {V} have come up, and the prompt adds {prompt}: the count"
            " is at its ceiling, whatever the sampler does.",
        ),
        [
            (V, "The prompt was counted as well."),
            (n + prompt, f"Only {V} words can be drawn: most draws repeat one."),
            (n, f"Only {V} words can be drawn, most draws repeat one, and the prompt counts."),
        ],
        whole,
    )


@uncovers(5, "The likelihood of a text is judged at the temperature that wrote it")
def bits_per_token(rng: np.random.Generator) -> Variant:
    gaps = rng.integers(2, 6, 4)
    cold_gaps = gaps - rng.integers(0, 2, 4)
    said, cold = [", ".join(f"1/{2**g}" for g in each) for each in (gaps, cold_gaps)]
    likely, mean = 2.0**-gaps, gaps.mean()
    return Variant(
        f"A sampler wrote four tokens at T = 0.5, which had {cold} there. At T = 1 the model gives"
        f" them {said}. What is the text's surprise, in bits per token, as texts of all"
        " temperatures are compared?",
        (mean, r"The mean of $-\log_2 p$ at T = 1, whatever temperature wrote the text."),
        [
            (gaps.sum(), "This is the sum. Divide by the number of tokens."),
            (cold_gaps.mean(), "These are the probabilities at T = 0.5. Compare texts at T = 1."),
            (mean * np.log(2), "These are nats. A bit is ln 2 of them."),
            (-np.log2(likely.mean()), "Take the logarithms first, and then their mean."),
        ],
        bits,
    )


# Lesson 6


@uncovers(6, "Ten draws show ten completions, or all that are possible")
def different_in_n_draws(rng: np.random.Generator) -> Variant:
    p, n = shares(rng, 4), rng.choice([3, 4, 5, 6])
    return Variant(
        f"Four completions have the probabilities {in_percent(p)}. How many different ones do {n}"
        " independent draws show on average?",
        (solutions.expected_different(p, n), r"The sum of $1 - (1 - p)^n$ over the completions."),
        [
            (float(min(n, 4)), "They need not all come: the rare ones are missed often."),
            (2 ** entropy(p), "The effective number does not know how often you draw."),
            (np.minimum(1, n * p).sum(), "n times p counts a completion again each time it comes."),
            (1 + (1 - (p**n).sum()), "This asks only whether a second one comes."),
        ],
        two_digits,
    )


@uncovers(6, "What never came up has no probability")
def never_seen(rng: np.random.Generator) -> Variant:
    p, n = rng.choice([0.01, 0.02, 0.03, 0.05]), rng.choice([20, 30, 50, 100])
    return Variant(
        f"A completion has a probability of {p:.0%}. How likely is it that {n} independent draws"
        " miss it?",
        ((1 - p) ** n, f"Each draw misses it with {1 - p:.0%}, and all {n} must."),
        [
            (1 - (1 - p) ** n, "This is the chance that it comes at least once."),
            (max(1 - n * p, 0.0), "Chances to come add up only as long as they are tiny."),
            (1 - p, "This is the chance that one draw misses it."),
            (1 / n, "This does not ask how likely the completion is."),
        ],
        percent,
    )


@uncovers(6, "Twice as many draws halve the error")
def draws_for_an_accuracy(rng: np.random.Generator) -> Variant:
    p, e = rng.choice([0.2, 0.3, 0.5, 0.8]), rng.choice([0.005, 0.01, 0.02, 0.05])
    n = p * (1 - p) / e**2
    return Variant(
        f"A word has a probability of {p:.0%}. How many draws bring the standard error of its"
        f" frequency down to {100 * e:g} percentage point{'' if e == 0.01 else 's'}?",
        (n, r"Solve $\sqrt{p(1-p)/n} = e$ for n."),
        [
            (p * (1 - p) / e, "The error falls as one over the *square root* of n."),
            (1 / e**2, "The variance of one draw is p(1 − p), not 1."),
            (np.sqrt(p * (1 - p)) / e, "The root of n stands there: square the result."),
            (p / e**2, "The variance of one draw is p(1 − p)."),
        ],
        whole,
    )


# Lesson 7


@uncovers(7, "Two people get the same reply as often as the favorite comes")
def same_reply(rng: np.random.Generator) -> Variant:
    p = shares(rng, 4)
    return Variant(
        f"A bot has four replies, with probabilities of {in_percent(p)}. Two people say hello. How"
        " likely is it that both get the same reply?",
        ((p**2).sum(), r"Both get reply i with $p_i^2$; add up: $\sum_i p_i^2$."),
        [
            (p[0], "This is the chance of the favorite for one person."),
            (p[0] ** 2, "They can also agree on another reply than the favorite."),
            (0.25, "The replies are not equally likely."),
            (1 - (p**2).sum(), "This is the chance that the two replies differ."),
        ],
        percent,
    )


@uncovers(7, "A place in a list is a score")
def sorted_replies(rng: np.random.Generator) -> Variant:
    T = rng.choice([0.5, 1.0, 2.0])
    replies = rng.permutation(["Greetings!", "Hello!", "Hey!", "Hi there!", "Welcome!"]).tolist()
    last, p = replies[-1], softmax(np.arange(5), T)
    place = sorted(replies).index(last)
    return Variant(
        f"A bot takes a reply's place in its list as the logit: {', '.join(replies)} have 0, 1, 2,"
        f" 3, 4. At T = {T:g} it says “{last}” {percent(p[-1])} of the time. Then the list is"
        " sorted alphabetically. How often does it say that now?",
        (p[place], f"It stands at place {place} now. Such scores say nothing about the replies."),
        [
            (p[-1], "The reply is the same, but its place, and with it its logit, is another."),
            (0.2, "The replies are still not equally likely: the last one in the list leads."),
            (p[4 - place], "Count the places from the front, beginning with 0."),
        ],
        percent,
    )


@uncovers(7, "The share of the most frequent answer is the consistency")
def agreement_of_answers(rng: np.random.Generator) -> Variant:
    counts = np.sort(rng.integers(1, 8, 3))[::-1]
    answers = [name for name, n in zip("ABC", counts, strict=True) for _ in range(n)]
    n, agree = len(answers), solutions.agreement(answers)
    return Variant(
        f"A model was asked one question {n} times: {counts[0]} answers were A, {counts[1]} B and"
        f" {counts[2]} C. What is their agreement, the share of pairs that are equal?",
        (
            agree,
            f"Of the {comb(n, 2)} pairs of two askings,"
            f" {sum(comb(int(count), 2) for count in counts)} are equal.",
        ),
        [
            (
                counts[0] / n,
                "This is the share of the most frequent answer. Pairs can agree on"
                " another one, too.",
            ),
            (
                ((counts / n) ** 2).sum(),
                "This compares each answer with itself, too, and those pairs always agree.",
            ),
            (1 - 3 / n, "This knows how many answers are repeated, not which pairs agree."),
            (1 / 3, "This would be so for three equally likely answers, asked very often."),
        ],
        percent,
    )


# Lesson 8


@uncovers(8, "Top-p drops the token that crosses p, or keeps p of the tokens")
def kept_by_top_p(rng: np.random.Generator) -> Variant:
    p, bound = shares(rng, 6), rng.choice([0.6, 0.7, 0.8, 0.9])
    kept = np.count_nonzero(truncate(np.log(p), top_p=bound))
    return Variant(
        f"Six tokens have the probabilities {in_percent(p)}. How many does top-p with p = {bound:g}"
        " keep?",
        (
            kept,
            f"The likeliest ones sum to {in_percent(np.cumsum(p))}: the first {kept} reach p.",
        ),
        [
            (kept - 1, "Without the token that crosses p they do not reach it."),
            (round(6 * bound), "p is a share of the probability, not of the tokens."),
            (
                np.count_nonzero(p >= 1 - bound),
                f"This counts tokens of {1 - bound:.0%} or more. It is a sum that must reach p.",
            ),
            (6, "Some are dropped: fewer reach p already."),
        ],
        whole,
    )


@uncovers(8, "A cut changes nothing for the tokens that are kept")
def renormalized(rng: np.random.Generator) -> Variant:
    p, k = shares(rng, 5), rng.choice([2, 3])
    cut = truncate(np.log(p), top_k=int(k))
    return Variant(
        f"Five tokens have the probabilities {in_percent(p)}. Top-k keeps {k}. Which probability"
        " has the likeliest one then?",
        (cut.max(), f"Divide by the sum of what is kept, {p[:k].sum():.0%}."),
        [
            (p[0], "What is kept must sum to 1 again: divide by its sum."),
            (p[0] + p[k:].sum(), "The lost probability goes to all that are kept, in proportion."),
            (p[0] + p[k:].sum() / k, "It is shared in proportion, not equally."),
            (1 / k, "The cut does not make them equally likely."),
        ],
        percent,
    )


@uncovers(8, "The order of temperature and cut does not matter")
def before_or_after(rng: np.random.Generator) -> Variant:
    z, bound = some_logits(rng, 5), rng.choice([0.7, 0.8, 0.9])
    T = rng.choice([0.5, 2.0])
    last = ("top_k", "top_p", "min_p", "temperature")
    a = np.count_nonzero(truncate(z, temperature=T, top_p=bound))
    b = np.count_nonzero(truncate(z, temperature=T, top_p=bound, order=last))
    how = "hot" if T > 1 else "cold"
    both = "first: {}, last: {}".format
    return Variant(
        f"Five tokens have the logits {listed(z)}. How many does top-p {bound:g} keep at T = {T:g},"
        " with temperature first, and with temperature last?",
        (
            both(a, b),
            f"Temperature first, p is reached by the {how} probabilities; last, by those at T = 1.",
        ),
        [
            (both(a, a), "With temperature last the cut sees the probabilities at T = 1."),
            (both(b, b), "With temperature first the cut sees the probabilities at this T."),
            (both(b, a), "It is the other way round."),
        ],
        str,
    )


# Lesson 9


@uncovers(9, "The number of combinations is a mean, or a sum, of what its parts have")
def effective_combinations(rng: np.random.Generator) -> Variant:
    slots = [some_logits(rng, n) for n in rng.choice([3, 4, 5, 6], 2, replace=False)]
    h = np.array([entropy(softmax(z)) for z in slots])
    size = slots[0].size * slots[1].size
    return Variant(
        f"Two independent slots have entropies of {h[0]:.2f} and {h[1]:.2f} bits; they have"
        f" {slots[0].size} and {slots[1].size} entries. How many combinations do they write,"
        " effectively?",
        (2 ** h.round(2).sum(), "Entropies add, so effective numbers multiply: 2 to the sum."),
        [
            (2 ** h.mean(), "This is one typical slot. Independent slots add their entropies."),
            (
                (2**h).sum(),
                "Every choice of one slot goes with every choice of the other: multiply.",
            ),
            (float(size), "These are all combinations. They are not equally likely."),
            (h.sum(), "This is the entropy in bits. Raise 2 to it."),
        ],
        two_digits,
    )


@uncovers(9, "A demo that likes a combination knows something about it")
def last_of_each_list(rng: np.random.Generator) -> Variant:
    sizes, T = rng.choice([4, 5, 6], 3), rng.choice([0.5, 1.0, 2.0])
    ends = np.array([softmax(np.arange(n), T)[-1] for n in sizes])
    return Variant(
        f"A program draws one entry from each of three lists with {sizes[0]}, {sizes[1]} and"
        f" {sizes[2]} entries. An entry's logit is its place: 0, 1, 2, … At T = {T:g}, how often"
        " does it write the last entry of each list?",
        (
            ends.prod(),
            "Independent draws: the three probabilities multiply. Sort the lists, and"
            " another combination is written as often.",
        ),
        [
            (ends[0], "This is the last entry of the first list alone."),
            (1 / sizes.prod(), "The entries are not equally likely: the last ones lead."),
            (ends[0] ** 2, "There are three lists, not two."),
            (
                np.prod([softmax(np.arange(n))[-1] for n in sizes]) if T != 1 else inf,
                "This is so at T = 1.",
            ),
        ],
        percent,
    )


@uncovers(9, "How often two words come tells how often they come together")
def joint_or_separate(rng: np.random.Generator) -> Variant:
    table = np.array(rng.multinomial(100, [0.45, 0.1, 0.1, 0.35])).reshape(2, 2)
    first, second = table[0].sum() / 100, table[:, 0].sum() / 100
    return Variant(
        f"Of 100 recipes by a model, {table[0, 0]} boil eggs, {table[0, 1]} boil cheese,"
        f" {table[1, 0]} chop eggs and {table[1, 1]} chop cheese. Two separate slots have the same"
        " shares of actions and of ingredients. How often do they boil cheese?",
        (
            first * (1 - second),
            f"Separate draws multiply the shares: {first:.0%} boil, {1 - second:.0%} use cheese.",
        ),
        [
            (table[0, 1] / 100, "This is how often the model does it: it looks at the action."),
            (table[0, 1] / table[0].sum(), "This is the share of cheese among what is boiled."),
            ((first + 1 - second) / 2, "Both must happen: multiply."),
            (0.25, "The words are not equally likely."),
        ],
        percent,
    )


# Lesson 10


@uncovers(10, "Confidence is divided by the temperature")
def temperature_for_a_confidence(rng: np.random.Generator) -> Variant:
    c, r = rng.choice([0.85, 0.9, 0.95, 0.98]), rng.choice([0.6, 0.65, 0.7, 0.75])
    log_odds = [np.log(x / (1 - x)) for x in (c, r)]
    return Variant(
        f"A model answers yes/no questions, always with a confidence of {c:.0%}, and is right in"
        f" {r:.0%}. Which temperature brings its confidence to {r:.0%}?",
        (
            log_odds[0] / log_odds[1],
            r"T divides the logarithm of the odds,"
            rf" $\ln\frac{{{c:g}}}{{{1 - c:.2g}}}$.",
        ),
        [
            (c / r, "T does not divide the confidence, but the logits."),
            (log_odds[1] / log_odds[0], "This makes it more confident: less confident is hotter."),
            (r / c, "T does not multiply the confidence."),
            (log_odds[0] - log_odds[1], "The logits are divided, nothing is subtracted."),
        ],
        two_digits,
    )


@uncovers(10, "A calibrated model is right more often")
def right_after_calibration(rng: np.random.Generator) -> Variant:
    n, right, said = (
        rng.choice([200, 400, 500]),
        rng.choice([0.55, 0.6, 0.7]),
        rng.choice([0.85, 0.9]),
    )
    count = n * right
    return Variant(
        f"A model gives its likeliest answer to {n} questions: its mean confidence is {said:.0%},"
        f" and {count:.0f} answers are right. A temperature is fitted, and the mean confidence"
        f" falls to {right:.0%}. How many of the {n} likeliest answers are right now?",
        (count, "As many as before: no temperature changes which answer is the likeliest."),
        [
            (n * said, "The confidence was brought to the facts, not the facts to the confidence."),
            (count * right / said, "Only what the model says of its answers was changed."),
            (count * said / right * 0.5 + count * 0.5, "Calibration mends no answer."),
        ],
        whole,
    )


@uncovers(10, "A calibration error is a mean over bins, whatever they hold")
def error_of_two_bins(rng: np.random.Generator) -> Variant:
    few, many = rng.choice([10, 20]), rng.choice([60, 80])
    said, hits = (
        np.array([0.6, 0.9]),
        np.array([rng.integers(3, few - 1), rng.integers(20, many - 9)]),
    )
    confidence = np.repeat(said, [few, many])
    right = np.repeat([1.0, 0.0, 1.0, 0.0], [hits[0], few - hits[0], hits[1], many - hits[1]])
    off = said - hits / [few, many]
    return Variant(
        f"A model gives {few} answers with a confidence of 60%, of which {hits[0]} are right, and"
        f" {many} with 90%, of which {hits[1]} are right. What is its expected calibration error?",
        (
            expected_calibration_error(confidence, right, bins=4),
            "The distances of the two bins, weighted with their numbers of answers:"
            rf" $({few} \cdot {abs(off[0]):.2f} + {many} \cdot {abs(off[1]):.2f}) / {few + many}$.",
        ),
        [
            (
                np.abs(off).mean(),
                "The larger bin counts for more: weight by the number of answers.",
            ),
            (np.abs(off).max(), "This is the largest distance. Take the weighted mean."),
            (
                np.abs(off).sum(),
                "This is the sum of both distances. Weight each by its share of the answers.",
            ),
        ],
        two_digits,
    )


# Lesson 11


@uncovers(11, "Any logits answer to temperature")
def largest_odds(rng: np.random.Generator) -> Variant:
    n, reach, T = rng.choice([64, 256]), rng.choice([1.0, 2.0, 3.0]), rng.choice([0.5, 2.0])
    p = softmax([reach, 0.0], T)
    return Variant(
        f"The {n} logits of a color channel lie between 0 and {reach:g}. What are the largest odds"
        f" that two brightnesses can have at T = {T:g}?",
        (p[0] / p[1], rf"$e^{{{reach:g}/T}}$: the spread of the logits over T decides."),
        [
            (np.exp(reach * T), "You multiplied by T. Divide."),
            (reach / T, "This is the logarithm of the odds."),
            (np.exp(reach), "This is so at T = 1."),
            (float(n), "How many there are does not enter the odds of two of them."),
        ],
        to_one,
    )


@uncovers(11, "A pixel follows the majority of its neighbors")
def dark_pixel(rng: np.random.Generator) -> Variant:
    h, T = rng.choice([2, 4]), rng.choice([1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0])
    return Variant(
        f"Dark is +1 and bright −1. The four neighbors of a pixel sum to {h}; its logits are {h} if"
        f" dark and −{h} if bright. How likely is it to be dark at T = {T:g}?",
        (softmax([h, -h], T)[0], f"The two logits differ by {2 * h}: odds of $e^{{{2 * h}/T}}$."),
        [
            (1.0, "Only at T = 0 does it always follow the majority."),
            (softmax([h, 0], T)[0], f"The logits differ by {2 * h}, from −{h} to {h}."),
            (softmax([h, -h], 1 / T)[0], "You multiplied by T. Divide the logits by it."),
            (0.5 + h / 8, "This is the share of dark neighbors. The pixel draws by a softmax."),
        ],
        percent,
    )


@uncovers(11, "From a picture alone one cannot tell its temperature")
def thermometer(rng: np.random.Generator) -> Variant:
    dark = rng.choice([0.65, 0.7, 0.75, 0.78, 0.8, 0.85, 0.88, 0.9, 0.92, 0.95])
    T = 4 / np.log(dark / (1 - dark))
    return Variant(
        "A picture of dark (+1) and bright (−1) pixels was drawn without bias, so that a pixel"
        f" whose neighbors sum to h has logits of h and −h. Of those with h = 2, {dark:.0%} are"
        " dark. What was the temperature?",
        (T, r"Odds of $e^{2h/T} = e^{4/T}$: $T = 4 / \ln(\text{odds})$."),
        [
            (T / 2, "The logits 2 and −2 differ by 4, not by 2."),
            (1 / T, "This is 1 / T."),
            (4 / (dark / (1 - dark)), "Take the logarithm of the odds."),
            (-4 / np.log(dark), "Odds are the share of dark over the share of bright."),
        ],
        two_digits,
    )


# Lesson 12


@uncovers(12, "An adaptive rule heats where the model is sure")
def rule_of_the_slide(rng: np.random.Generator) -> Variant:
    c, low, high = (
        rng.choice([0.2, 0.3, 0.6, 0.8, 0.9]),
        rng.choice([0.2, 0.5]),
        rng.choice([1.5, 2.0]),
    )
    logits = np.log([c, *np.full(9, (1 - c) / 9)])
    return Variant(
        f"A rule goes in a straight line from T = {low:g} where the largest probability is 100% to"
        f" {high:g} where it would be 0%. The likeliest token has {c:.0%}, nine others share the"
        " rest. Which temperature follows?",
        (
            solutions.adaptive_temperature(logits, low, high),
            f"With p = {c:g}: low + (1 − p) (high − low).",
        ),
        [
            (low + c * (high - low), "This heats where the model is sure. Use 1 − p."),
            ((1 - c) * (high - low), "The coldest temperature must be added."),
            (low + (1 - c) * high, "At a confidence of 0 this gives more than the hottest."),
            ((1 - c) * high, "At a confidence of 1 this gives 0, not the coldest."),
        ],
        two_digits,
    )


@uncovers(12, "Every adaptive rule is cold where the model is fairly sure")
def entropy_rule(rng: np.random.Generator) -> Variant:
    hottest, theta = rng.choice([1.2, 1.5, 2.0]), rng.choice([0.5, 0.7, 1.0])
    nats = rng.choice([0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 0.8])
    return Variant(
        rf"EDT chooses $T = T_0 \cdot 0.8^{{\,\theta/H}}$, here with $T_0$ = {hottest:g} and θ ="
        f" {theta:g}. The entropy of a step is {nats:g} nats. Which temperature follows?",
        (hottest * 0.8 ** (theta / nats), "It nears 0 only where H is far below θ."),
        [
            (hottest * 0.8 ** (nats / theta), "The entropy stands below the fraction line."),
            (hottest * 0.8 ** (theta * nats), "θ is divided by H."),
            (
                hottest * (1 - 0.8 ** (theta / nats)),
                "This would be hottest where the model is surest.",
            ),
            (hottest * 0.8, "This is so only where H equals θ."),
        ],
        two_digits,
    )


@uncovers(12, "Mirostat jumps to its target")
def thermostat(rng: np.random.Generator) -> Variant:
    tau, eta = rng.choice([2.0, 3.0, 4.0]), rng.choice([0.1, 0.2, 0.5])
    mu, surprise = 2 * tau, tau + rng.choice([-1.5, -1.0, 1.0, 1.5])
    return Variant(
        rf"Mirostat has τ = {tau:g}, η = {eta:g} and μ = {mu:g}. A token with a surprise of"
        f" {surprise:g} bits is drawn. What is μ then?",
        (
            mu - eta * (surprise - tau),
            rf"$\mu - \eta\,(\text{{surprise}} - \tau)$, here"
            rf" ${mu:g} - {eta:g} \cdot ({surprise:g} - {tau:g})$.",
        ),
        [
            (mu + eta * (surprise - tau), "This steers the wrong way: surprise must lower μ."),
            (mu - (surprise - tau), "It goes only a part of the way: η times."),
            (mu - eta * surprise, "Only what the surprise has above τ counts."),
            (tau, "μ is a bound, and is not set to the target."),
        ],
        lambda number: f"{number:.3g}",
    )


# Lesson 13


@uncovers(13, "k tries are k times as good as one")
def k_tries(rng: np.random.Generator) -> Variant:
    P, k = rng.choice([0.05, 0.1, 0.15, 0.2]), rng.choice([3, 4, 5, 8])
    return Variant(
        f"One try solves a task with {P:.0%}. A checker picks a right one of {k} independent tries."
        " How likely is it that there is one?",
        (float(pass_at_k(P, int(k))), f"All {k} are wrong with $(1 - {P:g})^{{{k}}}$."),
        [
            (k * P, "This counts twice what two tries both solve."),
            ((1 - P) ** k, "This is the chance that all are wrong."),
            (P, "This is the chance of one try."),
        ],
        percent,
    )


@uncovers(13, "Cold is safest, however many tries there are")
def cold_tries(rng: np.random.Generator) -> Variant:
    right, other = rng.choice([0.2, 0.25, 0.3]), rng.choice([0.4, 0.45, 0.5])
    T, k = rng.choice([0.2, 0.25]), int(rng.choice([5, 10, 20]))
    z = np.log([right, other, 1 - right - other])
    return Variant(
        f"At T = 1 the right answer has {right:.0%}, a wrong one {other:.0%} and another wrong one"
        f" {1 - right - other:.0%}. How likely is a right answer among {k} independent draws at"
        f" T = {T:g}?",
        (
            float(pass_at_k(softmax(z, T)[0], k)),
            f"At this T one draw is right with {percent(softmax(z, T)[0])}: cold favors what is"
            " likeliest already, and that is wrong.",
        ),
        [
            (float(pass_at_k(right, k)), "This is so at T = 1."),
            (softmax(z, T)[0], f"This is the chance of one draw. There are {k}."),
            (float(pass_at_k(softmax(z, 1 / T)[0], k)), "You multiplied by T: that is heat."),
            (0.0, "Only at T = 0 is the likeliest answer the only one."),
        ],
        percent,
    )


@uncovers(13, "From n draws one may put c / n in place of P")
def estimate_from_draws(rng: np.random.Generator) -> Variant:
    n, c, k = int(rng.choice([8, 10])), int(rng.choice([1, 2, 3])), int(rng.choice([3, 4, 5]))
    return Variant(
        f"Of {n} draws {c} solved a task. What is the unbiased estimate of pass@{k}?",
        (
            float(unbiased_pass_at_k(n, c, k)),
            r"$1 - \binom{n-c}{k} / \binom{n}{k}$: of all choices"
            " of k draws, those with a solved one.",
        ),
        [
            (
                float(pass_at_k(c / n, k)),
                "With c / n in place of P the estimate is too low on average.",
            ),
            (c / n, "This is pass@1."),
            (comb(n - c, k) / comb(n, k), "These are the choices without a solved one."),
            (k * c / n, "This counts twice what two draws both solve."),
        ],
        percent,
    )


# Lesson 14


@uncovers(14, "Two draws differ as often as the likeliest token does not come")
def two_draws_differ(rng: np.random.Generator) -> Variant:
    z, T, k = some_logits(rng, 5), rng.choice([0.8, 1.2, 1.5]), int(rng.choice([2, 3]))
    q = truncate(z, temperature=T, top_k=k)
    plain = softmax(z, T)
    return Variant(
        f"A sampler takes T = {T:g}, and only the top {k} of five tokens with the logits"
        f" {listed(z)}. How often do two of its draws differ?",
        (1 - q @ q, r"$D = 1 - \sum_i q_i^2$, with the probabilities q that it draws from."),
        [
            (q @ q, "This is how often two draws are the same."),
            (1 - plain @ plain, f"Here nothing was cut. Only {k} tokens are left, renormalized."),
            (1 - q.max(), "Two draws can be the same on another token than the likeliest."),
            (1 - plain[:k] @ plain[:k], "After the cut, divide by the sum of what is kept."),
        ],
        percent,
    )


@uncovers(14, "Of two samplers at one setting each, one is always better")
def who_beats_c(rng: np.random.Generator) -> Variant:
    L, D = (
        rng.choice(np.arange(10, 35), 6, replace=False) / -10,
        rng.choice(np.arange(40, 80), 6, replace=False),
    )
    share = solutions.beaten_by(L, D)[2]
    likelier, diverse = L - L[2] > 0, D - D[2] > 0
    each = zip("ABCDEF", L, D, strict=True)
    rows = "; ".join(f"{name}: −{-one:g} and {two}%" for name, one, two in each)
    return Variant(
        "One sampler beats another if it is at least as likely and at least as diverse, and better"
        f" in one of the two. Mean log-likelihood and diversity of six: {rows}. How many beat C?",
        (
            round(6 * share),
            "Those that are both likelier and more diverse: no two are equal here. None of the"
            " others is better than C in both.",
        ),
        [
            (likelier.sum(), "These are likelier. To beat C they must be as diverse, too."),
            (diverse.sum(), "These are more diverse. To beat C they must be as likely, too."),
            ((likelier | diverse).sum(), "Better in one of the two is not enough."),
        ],
        whole,
    )


@uncovers(14, "The best of many samplers has shown that it is better")
def best_of_many(rng: np.random.Generator) -> Variant:
    n, chance = rng.choice([4, 5, 6, 8, 10, 12, 15, 20, 25, 30]), round(erfc(2**0.5) / 2, 3)
    return Variant(
        f"Each of {n} samplers is only as good as the baseline, and is above it by two standard"
        " errors with a chance of 2.3%, independently of the others. How likely is it that the best"
        " of them is?",
        (
            1 - (1 - chance) ** n,
            f"It is enough that one of them is: 1 minus {1 - chance:.3f} to the"
            " power of their number. Choose on other prompts than those you judge on.",
        ),
        [
            (chance, "This is the chance of one that was chosen beforehand."),
            (chance**n, "This is the chance that all of them are."),
            (n * chance, "This counts twice where two of them are."),
            (0.05, "A 5% level is that of one comparison, on two sides."),
        ],
        percent,
    )
