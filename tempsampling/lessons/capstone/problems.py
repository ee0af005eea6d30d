"""What is wrong with a sampler, in one sentence: small calls that every sampler must stand.

A sampler is a function of logits and a random generator that returns a token. Many different ones
are right, so nothing is compared with a solution. Each call asks for a property instead: the token
exists and is possible, it is drawn from `rng` and nothing else, it depends on the logits, and only
on their differences. What is said is what was seen.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tempsampling.lessons.calls import MOST_LINES, NOTHING, TooLongError, call, raised

VOCABULARY = 49_152  # tokens of SmolLM2
MOST_FOR_A_TOKEN = 20_000  # lines of Python that a sampler may run
DRAWS = 60

LOGIT = "You returned a logit. Return the token's index: where it stands, not its score."
MANY = (
    "You returned as many numbers as there are tokens. Return one token: rng.choice(p.size, p=p)"
    " draws it."
)
SUM = "Your probabilities do not sum to 1. After a cut, divide by the sum of what is kept."
NEGATIVE = "Some of your probabilities are negative. np.exp makes positive weights of the logits."
NAN = (
    "Your probabilities are not numbers (nan). 0/0, inf/inf and inf - inf give nan, and so does"
    " 0 times inf: print what you divide and subtract."
)
OVERFLOW = (
    "Some of our logits are large, and a number in your function overflows. Subtract the largest"
    " logit before np.exp (lesson 2): that changes no probability."
)
BEYOND = (
    "You returned the place after the last token. If you search in a running sum: after a cut it"
    " ends below 1, so divide by the sum of what is kept first."
)
IMPOSSIBLE = (
    "You returned a token whose logit is minus infinity. It is impossible: its weight is 0."
)
CHANGED = "Your function changes its argument logits. Make a new array instead."
GREEDY = (
    "Your sampler took the likeliest token in every trial, whatever rng was. That is T = 0: two"
    " draws never differ. Draw a token instead."
)
STUCK = (
    "Your sampler returns the same token whatever rng is. Draw with rng. (A generator that is made"
    " anew in each call, with a seed of its own, would not help: it begins anew, too.)"
)
NEVER = (
    "On the real prompts your two draws were the same everywhere, whatever rng was: a diversity of"
    " 0, as at T = 0. Share the probability among more tokens, and draw with rng."
)
UNSEEDED = (
    "The same logits, with an rng in the same state, gave two different tokens. The token must"
    " depend on logits and rng alone: on no other generator, and on no earlier call."
)
RANK = (
    "The same logits in another order gave the same numbers: those are places in a ranking. The"
    " token is what stands there in your sorted order: order[place]."
)
PLACE = (
    "One token had nearly all the probability, and you returned 0, wherever it stood. Is that a"
    " place among the tokens that you kept? Then return kept[place], with kept ="
    " np.flatnonzero(...)."
)
NEIGHBOR = (
    "One token had nearly all the probability, and you returned the one beside it. Tokens are"
    " counted from 0."
)
BLIND = (
    "One token had nearly all the probability, and your sampler never took it. Larger logits must"
    " get more probability."
)
DIFFERENCES = (
    " no probability changes (lesson 2), but your sampler draws other tokens. Use differences of"
    " logits only, such as logits - logits.max(). And if you cut, set the logit to minus infinity"
    " or the weight to 0: the logit 0 is a logit like any other."
)
SHIFTED = f"With every logit smaller by 40{DIFFERENCES}"
FAR = f"With every logit larger by 1,000{DIFFERENCES}"
SLOW = (
    "Your sampler runs more than 20,000 lines of Python for one token. There are 49,152: let NumPy"
    " work on the whole array."
)
RAISED = {  # by rng.choice
    "do not sum to 1": SUM,
    "contain NaN": NAN,
    "are not non-negative": NEGATIVE,
}


def _logits() -> NDArray[np.float32]:
    """Return logits as many as a model's, in odd sixteenths: a shift by a whole number is exact.

    No place in them looks like a logit, and one token is likelier than all others.
    """
    made = np.round(8 * np.random.default_rng(seed=1).normal(scale=3, size=VOCABULARY)) / 8
    made[SURE] = made.max() + 1 / 8
    return (made + 1 / 16).astype(np.float32)


SURE, MOVED = 30_011, 7_000  # a token, and how far all are moved
HILLY = _logits()
MIXED = np.roll(HILLY, MOVED)
FLAT = np.full(VOCABULARY, 1 / 16, np.float32)
CERTAIN = HILLY + np.float32(1000) * (np.arange(VOCABULARY) == SURE)
BARRED = np.where(np.arange(VOCABULARY) % 4 == 2, -np.inf, FLAT).astype(np.float32)


class WrongSamplerError(Exception):
    """What is wrong with a sampler, as `check` says it."""


def check_sampler(sampler: Callable) -> None:
    """Raise WrongSamplerError if a sampler is wrong.

    >>> check_sampler(lambda logits, rng: rng.choice(logits))
    Traceback (most recent call last):
    tempsampling.lessons.capstone.problems.WrongSamplerError: Not yet: You returned a logit. \
Return the token's index: where it stands, not its score.
    """
    hilly, flat = _draws(sampler, HILLY), _draws(sampler, FLAT)
    for logits, before in ((FLAT, flat), (HILLY, hilly)):
        _unless(_draws(sampler, logits, shuffled=True) == before, UNSEEDED)
    if len(set(flat)) == 1:
        greedy = all(set(_draws(sampler, z)) == {int(z.argmax())} for z in (HILLY, MIXED))
        _unless(False, GREEDY if greedy else STUCK)
    _takes_what_is_sure(sampler, hilly, flat)
    _unless(_alike(_draws(sampler, HILLY - np.float32(40)), hilly), SHIFTED)
    met: set[str] = set()
    far = _alike(_draws(sampler, HILLY + np.float32(1000), met), hilly)
    _unless(far, OVERFLOW if "overflow" in met else FAR)
    _draws(sampler, BARRED)


def _takes_what_is_sure(sampler: Callable, hilly: list[int], flat: list[int]) -> None:
    one, other = (_draws(sampler, np.roll(CERTAIN, by)) for by in (0, MOVED))
    if SURE in one and SURE + MOVED in other:
        return
    ranked = one == other != flat and _alike(_draws(sampler, MIXED), hilly)
    _unless(not ranked, RANK)
    _unless({*one, *other} != {0}, PLACE)
    _unless(set(one) not in ({SURE - 1}, {SURE + 1}), NEIGHBOR)
    _unless(False, BLIND)


def drawn(
    sampler: Callable, logits: NDArray, rng: np.random.Generator, met: set[str] | None = None
) -> int:
    """Return the token that a sampler draws, or raise WrongSamplerError.

    `met` gets what NumPy would warn of, such as "overflow".
    """
    name = getattr(sampler, "__name__", "your sampler")
    given, met = logits.copy(), set() if met is None else met
    try:
        result = _called(sampler, given, rng, met, MOST_FOR_A_TOKEN)
    except TooLongError:
        raise WrongSamplerError(f"Not yet: {_slow(sampler, logits, name)}") from None
    except (Exception, SystemExit) as error:
        said = f"{name} {raised(error)}."
        known = [sentence for part, sentence in RAISED.items() if part in said]
        wrong = OVERFLOW if known == [NAN] and "overflow" in met else [*known, said][0]
        raise WrongSamplerError(f"Not yet: {wrong}") from None
    if result is None or result is ...:
        raise WrongSamplerError(NOTHING.format(name))
    _unless(np.array_equal(given, logits), CHANGED)
    if isinstance(result, np.ndarray) and result.ndim == 0:
        result = result[()]
    wrong = _wrong_token(result, logits)
    _unless(wrong is None, wrong)
    return int(result)


def _called(
    sampler: Callable, logits: NDArray, rng: np.random.Generator, met: set[str], most: int
) -> Any:
    def answer() -> Any:  # whatever the names of the sampler's arguments
        with np.errstate(over="call", call=lambda kind, _: met.add(kind)):
            return sampler(logits, rng)

    return call(answer, {}, most)


def _slow(sampler: Callable, logits: NDArray, name: str) -> str:
    """Say whether a sampler that took too long would have ended."""
    try:
        _called(sampler, logits.copy(), np.random.default_rng(seed=1), set(), MOST_LINES)
    except TooLongError:
        return f"{name} does not end. Look at its loops."
    except (Exception, SystemExit):
        pass
    return SLOW


def _draws(
    sampler: Callable, logits: NDArray, met: set[str] | None = None, *, shuffled: bool = False
) -> list[int]:
    """Return the tokens that a sampler draws from the same logits with different seeds.

    `shuffled` calls it in another order: what it keeps from call to call shows.
    """
    seeds = np.random.default_rng(seed=1).permutation(DRAWS) if shuffled else range(DRAWS)
    tokens = {seed: drawn(sampler, logits, np.random.default_rng(seed), met) for seed in seeds}
    return [tokens[seed] for seed in range(DRAWS)]


def _alike(tokens: list[int], others: list[int]) -> bool:
    """Say whether draws from equal probabilities are the same, but for rounding in float32."""
    return sum(map(int.__ne__, tokens, others)) <= DRAWS / 10


def _unless(right: bool, sentence: str | None) -> None:
    if not right:
        raise WrongSamplerError(f"Not yet: {sentence}")


def _wrong_token(result: Any, logits: NDArray) -> str | None:
    whole = isinstance(result, int | np.integer) and not isinstance(result, bool | np.timedelta64)
    if not whole and isinstance(result, float | np.floating) and result in logits:
        return LOGIT
    if not whole and _is_numbers(result, logits.size):
        return MANY
    if not whole:
        return f"Return one token, a whole number; yours is of type {type(result).__name__}."
    if result == logits.size:
        return BEYOND
    if not 0 <= result < logits.size:
        last = logits.size - 1
        return f"The {logits.size} tokens are numbered from 0 to {last}; you returned {result}."
    return IMPOSSIBLE if logits[result] == -np.inf else None


def _is_numbers(result: Any, count: int) -> bool:
    if not isinstance(result, np.ndarray | list):
        return False
    try:
        values = np.asarray(result)
    except Exception:  # a list of what is no array
        return False
    return values.shape == (count,) and values.dtype.kind in "iuf"
