"""Compare our filters with those of transformers, live, on many more cases than the tests store.

make parity
"""

import sys

import numpy as np
import transformers
from reference_samplers import SETTINGS, disagreements, logit_batches, scores_of_transformers


def batches():
    """Yield (kind, logits): those of the tests with other seeds, and whole vocabularies."""
    for seed in range(20):
        yield from logit_batches(seed).items()
    rng = np.random.default_rng(0)
    for size in (50_257, 151_936):
        for spread in (0.1, 1, 3):
            yield f"{size} tokens", np.round(64 * spread * rng.standard_normal((4, size))) / 64


def main():
    rows = dict.fromkeys(SETTINGS, 0)
    undecided, wrong = dict(rows), dict(rows)
    for kind, logits in batches():
        for dtype in (np.float32, np.float64):
            typed = logits.astype(dtype)
            for name, settings in SETTINGS.items():
                for setting in settings:
                    kept = scores_of_transformers(name, setting, typed) > -np.inf
                    differ, close = disagreements(name, setting, typed, kept)
                    rows[name] += len(logits)
                    undecided[name] += close
                    wrong[name] += len(differ)
                    for row in differ:
                        print(f"{name}({setting}) differs on {kind}, {dtype.__name__}, row {row}")
    print(f"transformers {transformers.__version__}: rows compared, undecided by rounding, differ")
    for name in SETTINGS:
        print(f"{name:15} {rows[name]:8,} {undecided[name]:8,} {wrong[name]:8,}")
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
