"""Write tests/reference/logits.npz and tokens.json: what Transformers makes of the same file.

Transformers reads the very file that `SmolLM2.load` reads and runs it in PyTorch, in float32. The
texts cover one token, prose, digits, code and other scripts; for each there are all logits of the
next token, and at every position those of every 96th token, the largest, and the log of the sum of
all exponentials, which depends on every one. Run with the bench extra installed:

    .venv/bin/python tools/model/reference_logits.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from tempsampling.model.weights import find_weights

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "reference"
EVERY = 96  # of 49,152 tokens: 512 remain
PROMPTS = [
    "The",
    "The weather today is",
    "In 1905 Einstein published 4 papers; 12 × 12 = ",
    "def softmax(logits, temperature):\n    return",
    "Der Himmel über Berlin, 東京の空 and the 🌦️ forecast say",
]
PIECES = [
    *"abcxyzÄéßñøπЖжאبあ漢字한ไ0123456789.,;:!?'\"()[]{}<>/\\|@#$%^&*-+=_~`",
    *(" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u3000", "\ufeff", "e\u0301", "ﬁ", "½"),
    *(
        "🌦️",
        "👩‍🔬",
        "🇩🇪",
        "👍🏽",
        "\U0001f600",
        "the",
        " The",
        "ing",
        " temperature",
        "don't",
        "2.5",
        "1e-3",
    ),
    *("def f(x):\n    return x", "<b>", "</script>", "SELECT *", "C:\\", "λx.x", "\x00", "\x7f"),
]


def strings(special, count=2000):
    """Return the special tokens alone and within text, and strings of random pieces."""
    rng = np.random.default_rng(0)
    found = ["", *special, *(f"a {token} b" for token in special), *PIECES]
    pieces = [*PIECES, *special]
    while len(found) < count:
        found.append("".join(rng.choice(pieces, size=rng.integers(1, 9))))
    return found


def main():
    weights = find_weights()
    place = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(**place)
    # From a .gguf file, Transformers 5 reads vocabulary and merges but not the kind of splitting
    # that comes first: llama.cpp's "smollm" cuts every digit off, which changes spaces before it.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )

    rows = []
    for string in strings(tokenizer.all_special_tokens + list(tokenizer.get_added_vocab())):
        tokens = tokenizer(string)["input_ids"]
        decoded = tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
        rows.append([string, tokens] + ([decoded] if decoded != string else []))
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (FOLDER / "tokens.json").write_text(f"[\n{lines}\n]\n")
    print(f"wrote tokens.json: {len(rows)} strings")

    arrays = {"prompts": np.array(PROMPTS), "every": EVERY}
    for i, prompt in enumerate(PROMPTS):
        tokens = tokenizer(prompt)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].double().numpy()
        arrays[f"tokens_{i}"] = np.array(tokens)
        arrays[f"logits_{i}"] = rounded(logits[-1])
        arrays[f"some_{i}"] = rounded(logits[:, ::EVERY])
        arrays[f"largest_{i}"] = rounded(logits.max(axis=1))
        arrays[f"log_sum_{i}"] = rounded(np.logaddexp.reduce(logits, axis=1))
    np.savez_compressed(FOLDER / "logits.npz", **arrays)
    print(f"wrote logits.npz: {len(PROMPTS)} prompts")


def rounded(logits):
    """In steps of 2^-14 (0.00006), far below the test's bar: the file is a third smaller."""
    return (np.round(logits * 2**14) / 2**14).astype(np.float32)


if __name__ == "__main__":
    main()
