"""A tiny Llama with random weights, written with gguf's own writer."""

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import quantize
from tokenizers import pre_tokenizers

# All odd, so that a size that is not read from the file is found out.
SIZES = {"blocks": 2, "width": 64, "heads": 4, "kv_heads": 2, "size": 24, "inner": 96}
SIZES |= {"context": 40, "epsilon": 3e-3, "base": 500.0}
WORDS = ["<|endoftext|>", "<|im_end|>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "the"]
MERGES = ["t h", "th e"]


def write_tiny_model(path, *, seed=0, architecture="llama", change=None, leave_out=(), **extra):
    """Write the file; `change` maps tensors to quantization types, `extra` adds metadata."""
    rng = np.random.default_rng(seed)
    s = SIZES
    writer = GGUFWriter(path, architecture)
    numbers = {
        f"{architecture}.block_count": s["blocks"],
        f"{architecture}.embedding_length": s["width"],
        f"{architecture}.context_length": s["context"],
        f"{architecture}.attention.head_count": s["heads"],
        f"{architecture}.attention.head_count_kv": extra.get("kv_heads", s["kv_heads"]),
        f"{architecture}.attention.key_length": s["size"],
        f"{architecture}.rope.dimension_count": extra.get("rotated", s["size"]),
    }
    for key, value in numbers.items():
        if key not in leave_out:
            writer.add_uint32(key, value)
    writer.add_float32(f"{architecture}.attention.layer_norm_rms_epsilon", s["epsilon"])
    writer.add_float32(f"{architecture}.rope.freq_base", s["base"])
    writer.add_string("tokenizer.ggml.model", extra.get("tokenizer", "gpt2"))
    writer.add_string("tokenizer.ggml.pre", "smollm")
    writer.add_array("tokenizer.ggml.tokens", WORDS)
    kinds = [TokenType.CONTROL] * 2 + [TokenType.NORMAL] * (len(WORDS) - 2)
    writer.add_array("tokenizer.ggml.token_type", [int(kind) for kind in kinds])
    writer.add_array("tokenizer.ggml.merges", MERGES)
    writer.add_uint32("tokenizer.ggml.eos_token_id", 1)
    if "scaling" in extra:
        writer.add_string(f"{architecture}.rope.scaling.type", extra["scaling"])
    heads_width, kv_width = s["heads"] * s["size"], s["kv_heads"] * s["size"]
    shapes = {
        "token_embd": (len(WORDS), s["width"]),
        "output_norm": (s["width"],),
        "output": (len(WORDS), s["width"]),
    }
    for block in range(s["blocks"]):
        for name, shape in {
            "attn_norm": (s["width"],),
            "attn_q": (heads_width, s["width"]),
            "attn_k": (kv_width, s["width"]),
            "attn_v": (kv_width, s["width"]),
            "attn_output": (s["width"], heads_width),
            "ffn_norm": (s["width"],),
            "ffn_gate": (s["inner"], s["width"]),
            "ffn_up": (s["inner"], s["width"]),
            "ffn_down": (s["width"], s["inner"]),
        }.items():
            shapes[f"blk.{block}.{name}"] = shape
    shapes |= extra.get("more", {})
    tensors = {}
    for name, shape in shapes.items():
        if name in leave_out:
            continue
        values = rng.standard_normal(shape).astype(np.float32) / 4
        kind = (change or {}).get(name, GGMLQuantizationType.F32)
        data = values if kind == GGMLQuantizationType.F32 else quantize(values, kind)
        writer.add_tensor(f"{name}.weight", data, raw_dtype=kind)
        tensors[name] = values
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors
