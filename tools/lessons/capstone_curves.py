"""Let the capstone's four baselines write, each at eleven settings, and keep what they measure.

    .venv/bin/python tools/lessons/capstone_curves.py              (twenty minutes)

The result is curves.json, which ships with the package: the prompts, and for every baseline,
setting and prompt the mean over eight texts of 20 tokens of the four measures that
`capstone.MEASURES` names. What is drawn from is known here, so its likelihood, entropy and chance
that two draws differ are computed at every token, and only the text is drawn.
"""

import json
import sys
from pathlib import Path

import numpy as np

from tempsampling import distinct_n, entropy, log_softmax, truncate
from tempsampling.lessons.capstone import baselines
from tempsampling.lessons.capstone.experiment import write
from tempsampling.model.smollm import SmolLM2

FILE = Path(baselines.__file__).with_name("curves.json")
TEXTS = 8

# All of five tokens, so that their texts grow in one batch. Chosen before anything was measured.
PROMPTS = {
    "practice": """
        The future of AI is | I opened the door and | The best way to learn | Once upon a time,
        She looked at him and | The most important thing is | Water boils when it is
        The old man sat down | In the middle of the | Scientists have found that the
        On the way to school | The train was late because | When the sun came up
        He wrote a letter to | The reason for this is | After the war, the | We went to the beach
        The city is known for | At night the forest is | The first time I saw
        My sister told me that | The doctor looked at the | The law says that a
        In the kitchen there was | The game ended with a | Most people think that the
        The river flows into the | If you want to sleep | The price of bread has
        He could not remember the | Students who read a lot | The teacher asked us to""",
    "held-out": """
        The history of music is | I woke up late and | The easiest way to cook
        One cold winter morning, | They waited for hours until | The worst part of it
        Plants grow faster when they | The young girl ran home | At the end of the
        Researchers believe that the human | On my last day at | The shop was closed because
        When the phone rang, | She sent a message to | The problem with this idea
        Before the storm, the | They moved to a new | The island is famous for
        In summer the garden is | The last time we met | My friend believes that the
        The captain looked at the | The rules say that no | In the attic there was
        The meeting ended with a | Few people know that the | The road leads to a
        If you want to save | The number of birds has | She could not find her
        Children who play music often | The boss asked me to""",
}
GREEDY, PLAIN = {"temperature": 0.0}, {}
# From cold to hot. The three cuts begin where only the likeliest token is left, and end uncut.
SETTINGS = {
    "temperature": [0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5],
    "top-k": [1, 2, 3, 4, 6, 8, 12, 20, 60, 300, 49_152],
    "top-p": [0.01, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0],
    "min-p": [1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.03, 0.01, 0.001, 0.0],
}


def main():
    model, result = SmolLM2.load(), {}
    for name, listed in PROMPTS.items():
        prompts = [p.strip() for line in listed.strip().splitlines() for p in line.split("|")]
        points = {}
        for baseline, settings in SETTINGS.items():
            for setting in settings:
                chain = chain_of(baseline, setting)
                if str(chain) not in points:
                    print(name, baseline, setting, file=sys.stderr, flush=True)
                    points[str(chain)] = measured(model, prompts, chain)
        curves = {
            baseline: {
                "settings": settings,
                "points": [points[str(chain_of(baseline, setting))] for setting in settings],
            }
            for baseline, settings in SETTINGS.items()
        }
        result[name] = {"prompts": prompts, "curves": curves}
    FILE.write_text(json.dumps(result, separators=(",", ":")) + "\n", encoding="utf-8")


def chain_of(baseline, setting):
    """What `truncate` is told; the same for all baselines at the ends that they share."""
    if setting == SETTINGS[baseline][0]:
        return GREEDY
    if setting == (1.0 if baseline == "temperature" else SETTINGS[baseline][-1]):
        return PLAIN
    return {baseline.replace("-", "_"): setting}


def measured(model, prompts, chain):
    rng = np.random.default_rng(seed=1)

    def draw(i, logits):
        q, log_p = truncate(logits, **chain), log_softmax(logits)
        kept = q > 0
        running = q.cumsum()
        token = running.searchsorted(rng.random() * running[-1], side="right")
        return token, q[kept] @ log_p[kept], 1 - q @ q, entropy(q)

    written = write(model, prompts, draw, TEXTS)
    tokens = written[..., 0].astype(int).tolist()
    pairs = [distinct_n(texts, 2) for texts in tokens]
    means = np.column_stack([written[..., 1:].mean(axis=(1, 2)), pairs])
    return means.round(3).tolist()


if __name__ == "__main__":
    main()
