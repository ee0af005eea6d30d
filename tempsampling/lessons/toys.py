"""The slides' mock models, repaired: small tables whose logits depend on what was said before.

The slides' text generator draws new random logits at every step, so that its words are equally
likely at every temperature. Here each word has logits of its own for the word that follows it.
"""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from tempsampling._validate import MOST, generator, one_of, whole_number
from tempsampling.numerics.distributions import softmax

FOX_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog")

_NEXT = {  # the logits of the next word; of those that are not named, -2
    "the": {"quick": 3.0, "lazy": 2.5, "brown": 1.5, "fox": 1.5, "dog": 1.5},
    "quick": {"brown": 4.0, "fox": 3.0, "dog": 2.0, "lazy": 0.0},
    "brown": {"fox": 4.0, "dog": 3.0, "lazy": 0.0},
    "fox": {"jumps": 4.0, "over": 1.0, "the": 0.0},
    "jumps": {"over": 4.0, "the": 1.0, "quick": 0.0},
    "over": {"the": 4.0, "quick": 1.0, "lazy": 1.0},
    "lazy": {"dog": 4.0, "fox": 2.0, "brown": 2.0},
    "dog": {"the": 2.5, "jumps": 2.0, "over": 1.0},
}

FOX_LOGITS: NDArray[np.float64] = np.array(
    [[_NEXT[word].get(following, -2.0) for following in FOX_WORDS] for word in FOX_WORDS]
)
FOX_LOGITS.setflags(write=False)
_RANKING = np.argsort(-FOX_LOGITS, axis=1, kind="stable")


def fox_text(
    temperature: float,
    length: int,
    *,
    start: str = "the",
    seed: int | np.random.Generator | None = None,
) -> list[str]:
    """Let the table of the fox words write: each word follows from the one before it.

    The same seed means the same noise at every temperature, and as in `sample` the likeliest word
    comes first, so that a little more heat gives the same word or a less likely one.

    Parameters
    ----------
    temperature : real number from 0 to infinity
    length : number of words, at least 1
    start : the word before the first one
    seed : seed, `numpy.random.Generator`, or None for fresh randomness

    Returns
    -------
    A list of `length` words, without `start`.

    Examples
    --------
    >>> " ".join(fox_text(0, 8))
    'quick brown fox jumps over the quick brown'
    """
    one_of(start, "start", FOX_WORDS)
    noise = generator(seed, "seed").random(whole_number(length, "length", most=MOST))
    ranked = np.take_along_axis(softmax(FOX_LOGITS, temperature), _RANKING, axis=1)
    # Lists: for one number at a time they are several times faster than arrays.
    heights, ranking = np.cumsum(ranked, axis=1).tolist(), _RANKING.tolist()
    current, words = FOX_WORDS.index(start), []
    for u in noise.tolist():
        place = bisect_right(heights[current], u * heights[current][-1])
        current = ranking[current][place]
        words.append(FOX_WORDS[current])
    return words
