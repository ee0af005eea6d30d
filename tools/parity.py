"""Compare with PyTorch and transformers, live: the filters, and what the lessons say of them.

    make parity

The filters meet many more cases here than the tests store.
"""

import sys

import numpy as np
import torch
import transformers
from reference_samplers import SETTINGS, disagreements, logit_batches, scores_of_transformers

from tempsampling import softmax


def batches():
    """Yield (kind, logits): those of the tests with other seeds, and whole vocabularies."""
    for seed in range(20):
        yield from logit_batches(seed).items()
    rng = np.random.default_rng(0)
    for size in (50_257, 151_936):
        for spread in (0.1, 1, 3):
            yield f"{size} tokens", np.round(64 * spread * rng.standard_normal((4, size))) / 64


def compare_filters():
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
    return not any(wrong.values())


def tokens_left(**options):
    """How many of 500 tokens a small model may draw by generate's defaults and these options."""
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    config = transformers.LlamaConfig(vocab_size=500, num_attention_heads=2, **sizes)
    scores = (
        transformers.LlamaForCausalLM(config)
        .generate(
            torch.tensor([[1, 2]]),
            do_sample=True,
            max_new_tokens=1,
            output_scores=True,
            return_dict_in_generate=True,
            **options,
        )
        .scores[0]
    )
    return int(torch.isfinite(scores).sum())


def refuses_whole_numbers():
    try:
        transformers.TemperatureLogitsWarper(2)
    except ValueError:
        return True
    return False


def check_lesson_1():
    """What the box "In other tools" of lesson 1 says of PyTorch and transformers."""
    logits = np.random.default_rng(0).normal(size=1000)
    in_torch = torch.softmax(torch.tensor(logits) / 0.7, dim=-1).numpy()
    claims = {
        "PyTorch's softmax of logits / T is ours": np.allclose(in_torch, softmax(logits, 0.7)),
        "generate keeps 50 tokens by default": tokens_left() == 50,
        "top_k=0 switches the cut off": tokens_left(top_k=0) == 500,
        "a whole number is no temperature": refuses_whole_numbers(),
    }
    print("\nLesson 1, in other tools")
    for claim, holds in claims.items():
        print(f"  {'holds' if holds else 'FAILS'}: {claim}")
    return all(claims.values())


def main():
    results = [compare_filters(), check_lesson_1()]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
