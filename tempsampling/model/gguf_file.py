"""Read a GGUF file: the sizes, the tokenizer and the weights of a model of Llama's architecture.

GGUF is llama.cpp's format: names and values first, then tensors, mostly in 4 or 8 bits a number.
The library `gguf` reads it; here its tensors become the float32 arrays of `llama.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, ReaderTensor, TokenType
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from tempsampling.model.llama import Array, Sizes

# The network's names, and the tensors of the file that go into each. Few large products are faster
# than many small ones, so that matrices which meet the same vector are stacked.
OUTER_TENSORS = {"token_embd", "output_norm", "output"}
BLOCK_TENSORS = {
    "attention_norm": ["attn_norm"],
    "query_key_value": ["attn_q", "attn_k", "attn_v"],
    "attention_output": ["attn_output"],
    "feed_forward_norm": ["ffn_norm"],
    "gate_up": ["ffn_gate", "ffn_up"],
    "down": ["ffn_down"],
}
END_OF_TEXT = "<|endoftext|>"  # ends a document, as the token of the metadata ends a turn
# Byte-level vocabularies write each byte as a letter: printable ones as themselves, the others as
# letters from 256 on (Radford et al. 2019, GPT-2).
PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
OTHERS = [byte for byte in range(256) if byte not in PRINTABLE]
BYTE_OF = {chr(byte): byte for byte in PRINTABLE} | {chr(256 + i): b for i, b in enumerate(OTHERS)}


@dataclass(frozen=True)
class Text:
    """What turns text into tokens and a conversation into text."""

    tokenizer: Tokenizer
    end_tokens: tuple[int, ...]
    chat_template: str | None

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that a token stands for."""
        special = self.tokenizer.get_added_tokens_decoder().get(token)
        if special:
            return special.content.encode()
        return bytes(BYTE_OF[letter] for letter in self.tokenizer.id_to_token(token))


class _PlainReader(GGUFReader):
    """GGUFReader cuts its data into 250,000 pieces: a plain array takes a third of the time."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value.view(np.ndarray) if name == "data" else value)


class GGUFFile:
    """An opened file; `ValueError` says what in it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = _PlainReader(path)
        except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is no complete GGUF file ({error})") from None
        architecture = self.metadata("general.architecture")
        if architecture != "llama":
            raise ValueError(f"{path} must hold a model of architecture llama, got {architecture}")
        scaling = self.metadata("llama.rope.scaling.type", "none")
        if scaling != "none":
            raise ValueError(f"{path} must have rotary embedding without scaling, got {scaling}")

    def metadata(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default; without either, the file is refused."""
        field = self._file.fields.get(key)
        if field is None and default is None:
            raise ValueError(f"{self.path} must have the key {key}, got none")
        return default if field is None else field.contents()

    def sizes(self) -> Sizes:
        """Return the numbers that shape the network."""
        width, heads = (
            self.metadata(f"llama.{key}") for key in ("embedding_length", "attention.head_count")
        )
        size = self.metadata("llama.attention.key_length", width // heads)
        kv_heads = self.metadata("llama.attention.head_count_kv", heads)
        if heads % kv_heads:
            raise ValueError(f"{self.path} must share heads evenly, got {heads} over {kv_heads}")
        if self.metadata("llama.rope.dimension_count", size) != size:
            raise ValueError(f"{self.path} must rotate whole heads, got a part of {size} numbers")
        return Sizes(
            blocks=self.metadata("llama.block_count"),
            width=width,
            heads=heads,
            kv_heads=kv_heads,
            size=size,
            context=self.metadata("llama.context_length"),
            vocabulary=len(self.metadata("tokenizer.ggml.tokens")),
            rotation_base=self.metadata("llama.rope.freq_base", 10000.0),
            norm_epsilon=self.metadata("llama.attention.layer_norm_rms_epsilon"),
        )

    def text(self) -> Text:
        """Return byte-pair encoding over bytes, every digit a token of its own."""
        kind = f"{self.metadata('tokenizer.ggml.model')}, {self.metadata('tokenizer.ggml.pre', '')}"
        if kind != "gpt2, smollm":
            raise ValueError(f"{self.path} must have the tokenizer of SmolLM (gpt2), got {kind}")
        words = self.metadata("tokenizer.ggml.tokens")
        kinds = self.metadata("tokenizer.ggml.token_type")
        merges = [tuple(merge.split(" ")) for merge in self.metadata("tokenizer.ggml.merges")]
        tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        control = [w for w, kind in zip(words, kinds, strict=True) if kind == TokenType.CONTROL]
        tokenizer.add_special_tokens([AddedToken(word, normalized=False) for word in control])
        ends = {self.metadata("tokenizer.ggml.eos_token_id")}
        ends |= {words.index(END_OF_TEXT)} if END_OF_TEXT in control else set()
        template = self.metadata("tokenizer.chat_template", "")
        return Text(tokenizer, tuple(sorted(ends)), template or None)

    def tensors(self) -> dict[str, ReaderTensor]:
        """Return the tensors by their names, quantized as they are in the file."""
        return {t.name.removesuffix(".weight"): t for t in self._file.tensors}

    def weights(self) -> Iterator[tuple[str, Array]]:
        """Yield each kind of weights: those of all blocks are one array, the block first."""
        tensors = self.tensors()
        blocks = range(self.metadata("llama.block_count"))
        parts = [part for kind in BLOCK_TENSORS.values() for part in kind]
        known = OUTER_TENSORS | {f"blk.{block}.{part}" for block in blocks for part in parts}
        if unknown := tensors.keys() - known:
            raise ValueError(f"{self.path} must have only Llama's tensors, got {min(unknown)}")
        if missing := known - tensors.keys() - {"output"}:
            raise ValueError(f"{self.path} must have all tensors, got none of name {min(missing)}")
        self._check_shapes(tensors)
        for name in sorted(OUTER_TENSORS & tensors.keys()):
            yield name, self._dequantized(tensors[name])
        for name, parts in BLOCK_TENSORS.items():
            whole = None
            for block in blocks:
                found = [self._dequantized(tensors[f"blk.{block}.{part}"]) for part in parts]
                stacked = np.concatenate(found)
                if whole is None:
                    whole = np.empty((len(blocks), *stacked.shape), np.float32)
                whole[block] = stacked
            yield name, whole

    def _check_shapes(self, tensors: dict[str, ReaderTensor]) -> None:
        sizes = self.sizes()
        inner = int(tensors["blk.0.ffn_gate"].shape[-1])
        matrices = {
            ("token_embd", "output"): (sizes.vocabulary, sizes.width),
            ("output_norm", "attn_norm", "ffn_norm"): (sizes.width,),
            ("attn_q",): (sizes.heads * sizes.size, sizes.width),
            ("attn_k", "attn_v"): (sizes.kv_heads * sizes.size, sizes.width),
            ("attn_output",): (sizes.width, sizes.heads * sizes.size),
            ("ffn_gate", "ffn_up"): (inner, sizes.width),
            ("ffn_down",): (sizes.width, inner),
        }
        shapes = {part: shape for parts, shape in matrices.items() for part in parts}
        for name, tensor in tensors.items():
            # A matrix of (outputs, inputs) is listed with its inputs first.
            found = tuple(int(length) for length in reversed(tensor.shape))
            wanted = shapes[name.rpartition(".")[2]]
            if found != wanted:
                raise ValueError(f"{self.path} must have {name} of shape {wanted}, got {found}")

    def _dequantized(self, tensor: ReaderTensor) -> Array:
        try:
            return dequantize(tensor.data, tensor.tensor_type)
        except NotImplementedError:
            raise ValueError(
                f"{self.path} must be quantized in a way that the library gguf reads, got"
                f" {tensor.tensor_type.name} in {tensor.name}"
            ) from None
