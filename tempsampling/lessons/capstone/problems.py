"""What is wrong with a sampler, in one sentence: small calls that every sampler must stand.

A sampler is a function of logits and a random generator that returns a token. Many different ones
are right, so nothing is compared with a solution. Each call asks for a property instead: the token
exists and is possible, it is drawn from `rng` and nothing else, it depends on the logits, and only
on their differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tempsampling.lessons.calls import MOST_LINES, NOTHING, TooLongError, call, raised

VOCABULARY = 49_152  # tokens of SmolLM2
MOST_FOR_A_TOKEN = 20_000  # lines of Python that a sampler may run
DRAWS = 100

LOGIT = "You returned a logit. Return the token's index: where it stands, not its score."
MANY = "You returned a number for each token. Draw one of them: rng.choice(p.size, p=p)."
SUM = "Your probabilities do not sum to 1. After a cut, divide by the sum of what is kept."
NEGATIVE = "Some of your probabilities are negative. np.exp makes positive weights of the logits."
NAN = (
    "Your probabilities are not numbers (nan). Subtract the largest logit before np.exp, which"
    " overflows otherwise (lesson 2)."
)
BEYOND = (
    "You returned the place after the last token. After a cut the running sum ends below 1: divide"
    " by the sum of what is kept before you search in it."
)
IMPOSSIBLE = (
    "You returned a token whose logit is minus infinity. It is impossible: its weight is 0."
)
CHANGED = "Your function changes its argument logits. Make a new array instead."
GREEDY = (
    "Your sampler always takes the likeliest token. That is T = 0: two draws never differ. Draw a"
    " token instead."
)
STUCK = (
    "Your sampler returns the same token whatever rng is. Draw with rng: a generator that you make"
    " yourself begins anew in each call."
)
UNSEEDED = (
    "The same logits, with an rng of the same seed, gave two different tokens. Draw with rng and"
    " nothing else, not with np.random."
)
RANK = (
    "You returned a place in the ranking. The token is what stands there in your sorted order:"
    " order[place]."
)
BLIND = (
    "One token had nearly all the probability, and your sampler never took it. Larger logits must"
    " get more probability."
)
SHIFTED = (
    "If every logit is smaller by 40, no probability changes (lesson 2), but your sampler draws"
    " other tokens. What is cut needs the logit minus infinity, or the weight 0: the logit 0 is a"
    " logit like any other."
)
SLOW = (
    "Your sampler runs thousands of lines of Python for one token. There are 49,152: let NumPy work"
    " on the whole array."
)
RAISED = {  # by rng.choice
    "do not sum to 1": SUM,
    "contain NaN": NAN,
    "are not non-negative": NEGATIVE,
}

# Eighths, so that a shift by a whole number is exact, and with the likeliest not in front.
HILLY = (np.arange(16) * 7 % 16 / 8 - 1).astype(np.float32)
FLAT = np.zeros(16, np.float32)
SURE = 11
CERTAIN = HILLY + np.float32(60) * (np.arange(16) == SURE)
BARRED = np.where(np.arange(16) % 4 == 2, -np.inf, FLAT).astype(np.float32)


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
    _unless(flat == _draws(sampler, FLAT), UNSEEDED)
    if len(set(flat)) == 1:
        greedy = all(set(_draws(sampler, z)) == {int(z.argmax())} for z in (HILLY, HILLY[::-1]))
        _unless(False, GREEDY if greedy else STUCK)
    certain = _draws(sampler, CERTAIN)
    _unless(SURE in certain, RANK if set(certain) in ({0}, {15}) else BLIND)
    _unless(_draws(sampler, HILLY - 40) == hilly, SHIFTED)
    _unless(_draws(sampler, HILLY + 1000) == hilly, NAN)
    _draws(sampler, BARRED)
    many = np.random.default_rng(seed=1).normal(scale=3, size=VOCABULARY)
    drawn(sampler, many.astype(np.float32), np.random.default_rng(seed=1))


def drawn(sampler: Callable, logits: NDArray, rng: np.random.Generator) -> int:
    """Return the token that a sampler draws, or raise WrongSamplerError."""
    name = getattr(sampler, "__name__", "your sampler")
    given, large = logits.copy(), logits.size == VOCABULARY
    try:
        most = MOST_FOR_A_TOKEN if large else MOST_LINES
        result = call(lambda: sampler(given, rng), {}, most)  # whatever its arguments' names
    except TooLongError:
        wrong = SLOW if large else f"{name} does not end. Look at its loops."
        raise WrongSamplerError(f"Not yet: {wrong}") from None
    except (Exception, SystemExit) as error:
        said = f"{name} {raised(error)}."
        known = [sentence for part, sentence in RAISED.items() if part in said]
        raise WrongSamplerError(f"Not yet: {[*known, said][0]}") from None
    if result is None or result is ...:
        raise WrongSamplerError(NOTHING.format(name))
    _unless(np.array_equal(given, logits), CHANGED)
    wrong = _wrong_token(result, logits)
    _unless(wrong is None, wrong)
    return int(result)


def _draws(sampler: Callable, logits: NDArray) -> list[int]:
    """Return the tokens that a sampler draws from the same logits with different seeds."""
    return [drawn(sampler, logits, np.random.default_rng(seed)) for seed in range(DRAWS)]


def _unless(right: bool, sentence: str | None) -> None:
    if not right:
        raise WrongSamplerError(f"Not yet: {sentence}")


def _wrong_token(result: Any, logits: NDArray) -> str | None:
    whole = isinstance(result, int | np.integer) and not isinstance(result, bool | np.timedelta64)
    if not whole and isinstance(result, float | np.floating) and result in logits:
        return LOGIT
    if not whole and isinstance(result, np.ndarray | list) and _length(result) == logits.size:
        return MANY
    if not whole:
        return f"Return one token, a whole number; yours is of type {type(result).__name__}."
    if result == logits.size:
        return BEYOND
    if not 0 <= result < logits.size:
        last = logits.size - 1
        return f"The {logits.size} tokens are numbered from 0 to {last}; you returned {result}."
    return IMPOSSIBLE if logits[result] == -np.inf else None


def _length(values: NDArray | list) -> int:
    return values.size if isinstance(values, np.ndarray) else len(values)
