"""SmolLM2, a real language model of 135 million weights: text in, logits out.

`llama.py` is the network itself; `weights.py` brings its weights. Here text meets tokens.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment
from numpy.typing import ArrayLike, NDArray

from tempsampling._arguments import plain_array, shorten
from tempsampling.gguf_file import Text
from tempsampling.llama import Array, Cache, Llama
from tempsampling.progress import progress
from tempsampling.weights import load_weights

ROLES = ("system", "user", "assistant")
AT_ONCE = 256  # tokens of a sequence that are read together: more would only need more memory


class SmolLM2:
    """The model with its tokenizer; `SmolLM2.load()` makes one.

    Attributes
    ----------
    context : tokens that a text may have at most, 8192
    end_tokens : tokens that end a turn of a conversation, or a document
    """

    def __init__(self, network: Llama, text: Text) -> None:
        self.network = network
        self.context = network.sizes.context
        self.end_tokens = frozenset(text.end_tokens)
        self._text = text

    @classmethod
    def load(cls, path: str | os.PathLike | None = None) -> "SmolLM2":
        """Load the model, or return the one that this process has loaded already.

        Another model of Llama's architecture with SmolLM's tokenizer is loaded from the path of
        its .gguf file. Raises `FileNotFoundError`, with the command that installs them, if the
        weights are missing, and `ValueError` if the file is damaged or of another kind.
        """
        return _load(cls, path)

    def logits(self, text: str) -> Array:
        """Score every token of the vocabulary as the continuation of a text.

        Parameters
        ----------
        text : a string of 1 to 8192 tokens

        Returns
        -------
        float32 array of shape (49152,), one logit for each token.

        Raises
        ------
        TypeError if `text` is not a string, ValueError if it is empty or too long.

        Examples
        --------
        >>> model = SmolLM2.load()
        >>> model.decode([model.logits("The capital of France is").argmax()])
        ' Paris'
        """
        tokens = self.tokenize(text)
        if not 1 <= len(tokens) <= self.context:
            raise ValueError(f"text must have 1 to {self.context} tokens, got {len(tokens)} tokens")
        return self.next_logits([tokens])[0][0]

    def logits_for(self, tokens: ArrayLike) -> Array:
        """Score the continuation at every position of a text.

        Parameters
        ----------
        tokens : integer array of shape (n,) or (sequences, n), 1 <= n <= 8192

        Returns
        -------
        float32 array of shape (..., n, 49152), 0.2 MB for each token. Row i holds the logits of
        the token that follows tokens 0 to i.

        >>> model = SmolLM2.load()
        >>> model.logits_for(model.tokenize("The weather today is")).shape
        (4, 49152)
        """
        given = self._token_array(tokens, (1, 2))
        rows = np.atleast_2d(given)
        cache = Cache(self.network.sizes, len(rows))
        found = np.empty((*rows.shape, self.network.sizes.vocabulary), np.float32)
        for start, vectors in self._read(rows, cache):
            found[:, start : start + vectors.shape[1]] = self.network.logits(vectors)
        return found.reshape(*given.shape, -1)

    def next_logits(self, tokens: ArrayLike, cache: Cache | None = None) -> tuple[Array, Cache]:
        """Read more tokens of one or several sequences, and score what comes next.

        Parameters
        ----------
        tokens : integer array of shape (sequences, n), the n new tokens of each sequence
        cache : what an earlier call returned, or None to begin
            It remembers the tokens read before, and is changed. A cache of one sequence serves
            any number: each continues it, and it stays as it was.

        Returns
        -------
        float32 array of shape (sequences, 49152), and the cache for the next call.

        Raises
        ------
        ValueError if the sequences would be longer than the context.

        >>> model = SmolLM2.load()
        >>> logits, cache = model.next_logits([model.tokenize("The capital of")])
        >>> model.next_logits([model.tokenize(" France"), model.tokenize(" Italy")], cache)[0].shape
        (2, 49152)
        """
        rows = self._token_array(tokens, (2,))
        if cache is None:
            cache = Cache(self.network.sizes, len(rows))
        elif cache.sequences == 1 < len(rows):
            cache = cache.repeated(len(rows))
        elif cache.sequences != len(rows):
            raise ValueError(
                f"tokens must have one row for each of the {cache.sequences} sequences in cache,"
                f" got {len(rows)}"
            )
        for _, vectors in self._read(rows, cache):
            last = vectors[:, -1]
        return self.network.logits(last), cache

    def tokenize(self, text: str) -> list[int]:
        """Split a text into token indices. Control characters that no token has are dropped.

        >>> SmolLM2.load().tokenize("The weather today is")
        [504, 3947, 1834, 314]
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, got {text!r:.60}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            lone = text[error.start]
            raise ValueError(f"text must not hold half a character, got {lone!r}") from None
        return self._text.tokenizer.encode(text).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """Join token indices into a text, special tokens included.

        >>> SmolLM2.load().decode([504, 3947, 1834, 314])
        'The weather today is'
        """
        indices = self._token_array(tokens, (1,), empty=True)
        return self._text.tokenizer.decode(indices.tolist(), skip_special_tokens=False)

    def chat_prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write a conversation as the model was trained to read it, up to where it is to reply.

        Parameters
        ----------
        messages : dictionaries with a "role" ("system", "user" or "assistant") and its "content"
            Without a system message first, the model's own template adds one.

        Returns
        -------
        A prompt for `generate`. Markers such as <|im_end|> within a content count as markers.

        Raises
        ------
        TypeError or ValueError for messages of another form, ValueError for a model without chat.

        >>> prompt = SmolLM2.load().chat_prompt([{"role": "user", "content": "Hello!"}])
        >>> prompt.endswith("<|im_start|>user\\nHello!<|im_end|>\\n<|im_start|>assistant\\n")
        True
        """
        if not self._text.chat_template:
            raise ValueError("messages must go to a model with a chat template, got one without")
        if isinstance(messages, str | Mapping) or not isinstance(messages, Sequence):
            raise TypeError(f"messages must be a list of dictionaries, got {shorten(messages)}")
        if not messages:
            raise ValueError("messages must hold at least one message, got []")
        for message in messages:
            if not isinstance(message, Mapping) or set(message) != {"role", "content"}:
                raise ValueError(
                    f'messages must each have "role" and "content", got {shorten(message)}'
                )
            if message["role"] not in ROLES or not isinstance(message["content"], str):
                raise ValueError(
                    f"messages must have a role of {ROLES} and a string as content,"
                    f" got {shorten(message)}"
                )
        # The template comes with the weights: a sandbox, as for any program of a stranger.
        template = ImmutableSandboxedEnvironment().from_string(self._text.chat_template)
        return template.render(messages=list(messages), add_generation_prompt=True)

    def _read(self, rows: NDArray[np.intp], cache: Cache) -> Iterator[tuple[int, Array]]:
        """Read a text in parts; yield where each begins, and its vectors."""
        n = rows.shape[1]
        if cache.length + n > self.context:
            raise ValueError(
                f"tokens must fit into the context of {self.context} tokens, got {n} more"
                f" after {cache.length}"
            )
        starts = range(0, n, AT_ONCE)
        for start in progress("Reading", starts) if len(starts) > 1 else starts:
            yield start, self.network.forward(rows[:, start : start + AT_ONCE], cache)

    def _token_array(
        self, tokens: ArrayLike, dimensions: tuple[int, ...], *, empty: bool = False
    ) -> NDArray[np.intp]:
        array = plain_array(tokens, "tokens")
        if array.ndim not in dimensions or (array.size and array.dtype.kind not in "iu"):
            kind = "a sequence" if 1 in dimensions else "rows"
            raise TypeError(f"tokens must be {kind} of token indices, got {shorten(tokens)}")
        if not array.size and not empty:
            raise ValueError(f"tokens must not be empty, got shape {array.shape}")
        outside = array[(array < 0) | (array >= self.network.sizes.vocabulary)]
        if outside.size:
            last = self.network.sizes.vocabulary - 1
            raise ValueError(f"tokens must be indices from 0 to {last}, got {outside[0]}")
        return array.astype(np.intp)


@lru_cache(maxsize=2)
def _load(cls: type[SmolLM2], path: str | os.PathLike | None) -> SmolLM2:
    return cls(*load_weights(path))
