"""Any causal language model of the library `transformers`, on CPU or GPU, in SmolLM2's place.

    pip install "tempsampling[transformers]"

Whoever outgrows a laptop runs the same lessons with a larger model: in place of `SmolLM2.load()`,
write `TransformersModel.load("HuggingFaceTB/SmolLM2-1.7B-Instruct", device="cuda")`.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

try:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
except ImportError as error:
    raise ImportError(
        'transformers and torch are not installed: pip install "tempsampling[transformers]"'
    ) from error


class TransformersModel:
    """A model and its tokenizer, with the methods of `SmolLM2`; `load` makes one.

    Where the tokenizer begins a text with a token of its own (Llama's <s>), so do the methods that
    compute logits; `tokenize` and `decode` leave it out.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.context = model.config.max_position_embeddings
        ends = model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends, tokenizer.eos_token_id]
        self.end_tokens = frozenset(ends) - {None}
        bare = tokenizer("")["input_ids"]
        self._begin = bare[:1] if tokenizer.bos_token_id in bare[:1] else []

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

    def logits_for(self, tokens: ArrayLike) -> NDArray[np.float32]:
        """Return the logits that follow each token: (n, vocabulary) or (sequences, n, ...)."""
        rows = np.atleast_2d(np.asarray(tokens))
        begun = self._with_beginning(rows)
        logits = self._run(begun).logits[:, begun.shape[1] - rows.shape[1] :]
        return _numpy(logits).reshape(*np.shape(tokens), -1)

    def next_logits(
        self, tokens: ArrayLike, cache: DynamicCache | None = None
    ) -> tuple[NDArray[np.float32], DynamicCache]:
        """Read more tokens (sequences, n); return logits (sequences, vocabulary) and the cache."""
        rows = np.asarray(tokens)
        if cache is None:
            rows = self._with_beginning(rows)
        elif (sequences := len(cache.layers[0].keys)) == 1 < len(rows):
            cache = deepcopy(cache)  # the cache of the one sequence stays as it was
            cache.batch_repeat_interleave(len(rows))
        elif sequences != len(rows):
            raise ValueError(
                f"tokens must have one row for each of the {sequences} sequences in cache,"
                f" got {len(rows)}"
            )
        result = self._run(rows, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return _numpy(result.logits[:, -1]), result.past_key_values

    def tokenize(self, text: str) -> list[int]:
        """Split a text into token indices."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def decode(self, tokens: Sequence[int]) -> str:
        """Join token indices into a text, special tokens included."""
        options = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
        return self.tokenizer.decode(list(tokens), **options)

    def chat_prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write a conversation as the model was trained to read it, up to where it is to reply."""
        return self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )

    def _with_beginning(self, rows: NDArray) -> NDArray:
        if not self._begin or (rows[:, 0] == self._begin[0]).all():  # a chat prompt has it already
            return rows
        return np.insert(rows, 0, self._begin[0], axis=1)

    @torch.inference_mode()
    def _run(self, rows: NDArray, **options: Any) -> Any:
        tokens = torch.as_tensor(np.array(rows), device=self.model.device, dtype=torch.long)
        return self.model(input_ids=tokens, **options)


def _numpy(logits: torch.Tensor) -> NDArray[np.float32]:
    return logits.float().cpu().numpy()
