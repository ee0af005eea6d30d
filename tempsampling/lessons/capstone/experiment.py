"""Let a sampler write, and measure its draws.

At every token a sampler draws twice from the same logits. *Diversity* is how often the two draws
differ, *likelihood* the mean logarithm of their probabilities under the model, at T = 1. The text
goes on with the first of the two.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tempsampling._progress import progress
from tempsampling._validate import generator
from tempsampling.lessons.capstone.baselines import prompts_of
from tempsampling.lessons.capstone.problems import NEVER, UNSEEDED, WrongSamplerError, drawn
from tempsampling.model.interface import Model
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.distributions import log_softmax

TEXTS, TOKENS = 4, 20  # that a sampler writes for each prompt, and of each text
ONE_IN = 10  # places at which a draw is made again
BATCH = 64  # texts written at once: memory grows with them


@dataclass(frozen=True, eq=False)
class Trial:
    """What a sampler did on some prompts."""

    prompts: str  # "practice" or "held-out"
    points: NDArray[np.float64]  # (prompts, 2): likelihood in nats per token, share that differs
    texts: list[str]  # the first text of every prompt


def try_out(sampler: Callable, prompts: str = "practice", seed: int = 1) -> Trial:
    """Let a sampler write 20 tokens of four texts for each of 32 prompts; ten seconds or so.

    Parameters
    ----------
    sampler : function of the logits, a float32 array (vocabulary,), and a
        `numpy.random.Generator`; returns a token. Tokens that would end a text have logits of
        minus infinity.
    prompts : "practice" or "held-out"
    seed : of the generators that the sampler gets

    Raises
    ------
    WrongSamplerError for a sampler that is wrong, in one sentence.
    """
    names, model = prompts_of(prompts), SmolLM2.load()
    # The two draws have generators of their own, whose seeds tell nothing: a sampler cannot know
    # the second from the first. One that keeps count of its calls could, so at some places, drawn
    # at random, one of the two draws is made again.
    mine = generator(seed, "seed")
    streams = list(map(np.random.default_rng, mine.integers(2**63, size=2 * len(names) * TEXTS)))

    def draw(i: int, logits: NDArray) -> tuple[float, ...]:
        pair, again = streams[2 * i : 2 * i + 2], int(mine.integers(2 * ONE_IN))
        kept = copy.deepcopy(pair[again]) if again < 2 else None
        tokens = [drawn(sampler, logits, rng) for rng in pair]
        if kept and drawn(sampler, logits, kept) != tokens[again]:
            raise WrongSamplerError(f"Not yet: {UNSEEDED}")
        one, other = tokens
        log_p = log_softmax(logits)
        return one, (log_p[one] + log_p[other]) / 2, one != other

    written = write(model, names, draw, TEXTS)
    if not written[..., 2].any():
        raise WrongSamplerError(f"Not yet: {NEVER}")
    texts = [model.decode(tokens) for tokens in written[:, 0, :, 0].astype(int).tolist()]
    return Trial(prompts, written[..., 1:].mean(axis=(1, 2)), texts)


def write(model: Model, prompts: Sequence[str], draw: Callable, texts: int) -> NDArray[np.float64]:
    """Continue prompts of equally many tokens, some texts at once.

    `draw(i, logits)` returns the token that text i goes on with, and further numbers. Returned is
    what it returned: (prompts, texts, tokens, numbers).
    """
    sequences = [model.tokenize(p) for p in prompts for _ in range(texts)]
    ends, written = list(model.end_tokens), []
    starts = range(0, len(sequences), BATCH)
    with progress("Writing", total=TOKENS * len(starts)) as bar:
        for start in starts:
            new, cache, steps = sequences[start : start + BATCH], None, []
            for _ in range(TOKENS):
                logits, cache = model.next_logits(new, cache)
                logits[:, ends] = -np.inf
                steps.append([draw(i, row) for i, row in enumerate(logits, start)])
                new = [[int(said[0])] for said in steps[-1]]
                bar.update()
            written += zip(*steps, strict=True)
    return np.array(written, dtype=float).reshape(len(prompts), texts, TOKENS, -1)
