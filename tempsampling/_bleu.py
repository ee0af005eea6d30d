"""BLEU among generated texts: how similar they are to each other."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from tempsampling._arguments import shorten, whole_number
from tempsampling._texts import ngrams, token_lists


def self_bleu(texts: Iterable[Sequence[Hashable]], n: int = 4) -> float:
    """Return how similar the texts are to each other, from 0 (nothing in common) to 1.

    The mean over the texts of the BLEU score that a text gets with all the others as references:
    the geometric mean, over 1-grams to n-grams, of the share of its n-grams found in one of them,
    times a penalty for being shorter than the reference closest in length. If no n-gram of some
    length is found, 0.1 of one counts as found; if not even a token is, the score is 0.

    Fewer than two texts are a ValueError.

    Source: Zhu et al. (2018), "Texygen", arXiv:1802.01886; Papineni et al. (2002), "BLEU"; the
    smoothing is method 1 of Chen and Cherry (2014). The same as the mean of
    `nltk.translate.bleu_score.sentence_bleu`, which takes a second to import.

    Examples
    --------
    >>> self_bleu(["the cat sat down".split(), "the cat sat down".split()])
    1.0
    """
    texts = token_lists(texts)
    n = whole_number(n, "n", most=max(4, *map(len, texts)))
    if len(texts) < 2:
        raise ValueError(f"texts must be at least two, to compare them, got {shorten(texts)}")
    found, total = np.empty((2, n, len(texts)))
    for size in range(1, n + 1):
        counts = [Counter(ngrams(text, size)) for text in texts]
        found[size - 1] = _found_elsewhere(counts)
        total[size - 1] = [max(count.total(), 1) for count in counts]
    precision = np.where(found > 0, found, 0.1) / total
    scores = np.exp(np.log(precision).mean(axis=0)) * _brevity_penalties(texts) * (found[0] > 0)
    return float(scores.mean())


def _found_elsewhere(counts: list[Counter]) -> list[int]:
    """Count for each text its n-grams that stand in another text, each at most as often as there.

    Of each n-gram only the two largest counts matter: a text that holds the largest is compared
    with the second.
    """
    largest, second = Counter(), Counter()
    for count in counts:
        for gram, times in count.items():
            if times > largest[gram]:
                largest[gram], second[gram] = times, largest[gram]
            elif times > second[gram]:
                second[gram] = times
    return [
        sum(
            min(times, second[gram] if times == largest[gram] else largest[gram])
            for gram, times in count.items()
        )
        for count in counts
    ]


def _brevity_penalties(texts: list[list]) -> list[float]:
    penalties = []
    for i, text in enumerate(texts):
        lengths = [len(other) for other in texts[:i] + texts[i + 1 :]]
        closest = min(lengths, key=lambda length: (abs(length - len(text)), length))
        shorter = 0 < len(text) < closest
        penalties.append(math.exp(1 - closest / len(text)) if shorter else 1.0)
    return penalties
