"""Any causal language model of the library `transformers`, on CPU or GPU, in SmolLM2's place.

    pip install -e ".[transformers]"

Whoever outgrows a laptop runs the same lessons with a larger model: in place of `SmolLM2.load()`,
write `TransformersModel.load("HuggingFaceTB/SmolLM2-1.7B-Instruct", device="cuda")`.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tempsampling._validate import index_array
from tempsampling.model.gguf_file import BYTE_OF
from tempsampling.model.interface import check_room, token_array

try:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
except ImportError as error:
    raise ImportError(
        "transformers and torch are not installed; in the folder of the course, this brings them:"
        ' pip install -e ".[transformers]"'
    ) from error


class TransformersModel:
    """A model and its tokenizer, with the methods of `SmolLM2`; `load` makes one.

    Where the tokenizer begins a text with a token of its own (Llama's <s>), so do the methods that
    compute logits; `tokenize` and `decode` leave it out.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        ends = model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends, tokenizer.eos_token_id]
        self.end_tokens = frozenset(ends) - {None}
        bare = tokenizer("")["input_ids"]
        self._begin = bare[:1] if tokenizer.bos_token_id in bare[:1] else []
        self.context = model.config.max_position_embeddings - len(self._begin)
        backend = getattr(tokenizer, "backend_tokenizer", None)
        self._byte_level = "ByteLevel" in repr(getattr(backend, "decoder", None))
        # Some tokenizers drop the space before the first word of what they decode.
        self._anchor = tokenizer("a", add_special_tokens=False)["input_ids"]

    @classmethod
    def load(
        cls, name: str, *, device: str = "cpu", dtype: str = "float32", **options: Any
    ) -> "TransformersModel":
        """Load a model by its name on the Hugging Face hub, or from a folder.

        Parameters
        ----------
        name : as for `AutoModelForCausalLM.from_pretrained`
        device : "cpu", "cuda" or "mps"
        dtype : "float32", or "bfloat16" to halve the memory
        options : further arguments of both `from_pretrained`, such as `gguf_file`
        """
        tokenizer = AutoTokenizer.from_pretrained(name, **options)
        model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype, **options)
        return cls(model.to(device), tokenizer)

    def logits(self, text: str) -> NDArray[np.float32]:
        """Return the logits of the token that follows a text: (vocabulary,)."""
        return self.next_logits([self.tokenize(text)])[0][0]

    def logits_for(
        self, tokens: ArrayLike, cache: DynamicCache | None = None
    ) -> NDArray[np.float32]:
        """Read n tokens; return the logits that follow each: (..., n, vocabulary)."""
        given = token_array(tokens, self.model.config.vocab_size, (1, 2))
        result = self._run(np.atleast_2d(given), cache)
        return _numpy(result.logits[:, -given.shape[-1] :]).reshape(*given.shape, -1)

    def next_logits(
        self, tokens: ArrayLike, cache: DynamicCache | None = None
    ) -> tuple[NDArray[np.float32], DynamicCache]:
        """Read more tokens (sequences, n); return logits (sequences, vocabulary) and the cache."""
        rows = token_array(tokens, self.model.config.vocab_size, (2,))
        result = self._run(rows, cache, use_cache=True, logits_to_keep=1)
        return _numpy(result.logits[:, -1]), result.past_key_values

    def branch(self, cache: DynamicCache, sequences: int = 1) -> DynamicCache:
        """Return a cache of several sequences with the past of this one's, which stays."""
        other = deepcopy(cache)
        other.batch_repeat_interleave(sequences)
        return other

    def keep(self, cache: DynamicCache, rows: Sequence[int]) -> DynamicCache:
        """Let a cache forget all of its sequences but those in some rows, and return it."""
        kept = index_array(rows, "rows", len(cache.layers[0].keys))
        cache.batch_select_indices(torch.as_tensor(kept, device=self.model.device))
        return cache

    def tokenize(self, text: str) -> list[int]:
        """Split a text into token indices."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def decode(self, tokens: Sequence[int]) -> str:
        """Join token indices into a text, special tokens included."""
        options = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
        before = self.tokenizer.decode(self._anchor, **options)
        return self.tokenizer.decode([*self._anchor, *map(int, tokens)], **options)[len(before) :]

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that a token stands for; several may make one character."""
        token = int(token)
        name = self.tokenizer.convert_ids_to_tokens(token)
        if token not in self.tokenizer.all_special_ids:
            if byte := re.fullmatch("<0x([0-9A-F]{2})>", name):  # of a sentencepiece vocabulary
                return bytes.fromhex(byte[1])
            if self._byte_level and BYTE_OF.keys() >= set(name):
                return bytes(BYTE_OF[letter] for letter in name)
        return self.decode([token]).encode()

    def chat_prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write a conversation as the model was trained to read it, up to where it is to reply."""
        return self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )

    @torch.inference_mode()
    def _run(self, rows: NDArray, cache: DynamicCache | None, **options: Any) -> Any:
        before = 0 if cache is None else cache.get_seq_length()
        begun = self._begin and (rows[:, 0] == self._begin[0]).all()  # as a chat prompt is
        if before == 0 and self._begin and not begun:
            rows = np.insert(rows, 0, self._begin[0], axis=1)
        sequences = len(cache.layers[0].keys) if before else len(rows)
        check_room(rows, sequences, before, self.context + len(self._begin))
        tokens = torch.as_tensor(rows, device=self.model.device)
        return self.model(input_ids=tokens, past_key_values=cache, **options)


def _numpy(logits: torch.Tensor) -> NDArray[np.float32]:
    return logits.float().cpu().numpy()
