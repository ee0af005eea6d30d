"""Write tests/reference/logits.npz: the next-token logits that Transformers computes.

Transformers reads the very file that `SmolLM2.load` reads and runs it in PyTorch, in float32. The
prompts cover one token, prose, digits, code and other scripts. Run with the bench extra installed:

    .venv/bin/python tools/reference_logits.py
"""

from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tempsampling.weights import find_weights

TARGET = Path(__file__).resolve().parent.parent / "tests" / "reference" / "logits.npz"
PROMPTS = [
    "The",
    "The weather today is",
    "In 1905 Einstein published 4 papers; 12 × 12 = ",
    "def softmax(logits, temperature):\n    return",
    "Der Himmel über Berlin, 東京の空 and the 🌦️ forecast say",
]


def main():
    weights = find_weights()
    place = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(**place)
    arrays = {"prompts": np.array(PROMPTS)}
    for i, prompt in enumerate(PROMPTS):
        tokens = tokenizer(prompt)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0, -1].double().numpy()
        arrays[f"tokens_{i}"] = np.array(tokens)
        # In steps of 2^-14 (0.00006), far below the test's bar: the file is a third smaller.
        arrays[f"logits_{i}"] = (np.round(logits * 2**14) / 2**14).astype(np.float32)
    np.savez_compressed(TARGET, **arrays)
    print(f"wrote {TARGET.name}: {len(PROMPTS)} prompts, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
