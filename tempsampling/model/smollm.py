"""SmolLM2, a real language model of 135 million weights: text in, logits out.

`llama.py` is the network itself; `weights.py` brings its weights. Here text meets tokens.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from numpy.typing import ArrayLike, NDArray

from tempsampling._memory import enough_memory
from tempsampling._progress import progress
from tempsampling._validate import index_array, shorten, string, whole_number
from tempsampling.model.gguf_file import Text
from tempsampling.model.interface import check_room, token_array
from tempsampling.model.llama import Array, Cache, Llama
from tempsampling.model.threads import Threads
from tempsampling.model.weights import SHA256, find_file, find_weights, load_weights

ROLES = ("system", "user", "assistant")
READ_AT_ONCE = 256  # tokens, of all sequences together: more would only need more memory
MOST_SEQUENCES = 1000
THREADS = Threads()


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
    @enough_memory()
    def load(cls, path: str | os.PathLike | None = None) -> "SmolLM2":
        """Load the model, or return the one that this process has loaded already.

        Another model of Llama's architecture with SmolLM's tokenizer is loaded from the path of
        its .gguf file. Raises `FileNotFoundError`, with the command that installs them, if the
        weights are missing, and `ValueError` if the file is damaged or of another kind.
        """
        source = find_weights() if path is None else find_file(path)
        return _load(cls, source, path is None, source.stat().st_mtime_ns)

    def logits(self, text: str) -> Array:
        """Score every token of the vocabulary as the continuation of a text.

        The text has 1 to 8192 tokens; the result is a float32 array of shape (49152,).

        >>> model = SmolLM2.load()
        >>> model.decode([model.logits("The capital of France is").argmax()])
        ' Paris'
        """
        tokens = self.tokenize(text)
        if not 1 <= len(tokens) <= self.context:
            raise ValueError(f"text must have 1 to {self.context} tokens, got {len(tokens)} tokens")
        return self.next_logits([tokens])[0][0]

    @enough_memory()
    def logits_for(self, tokens: ArrayLike, cache: Cache | None = None) -> Array:
        """Score the continuation at every position of a text.

        Parameters
        ----------
        tokens : integer array of shape (n,) or (sequences, n), 1 <= n <= 8192
        cache : as in `next_logits`; n continues a cache of one sequence

        Returns
        -------
        float32 array of shape (..., n, 49152), 0.2 MB for each token. Row i holds the logits of
        the token that follows tokens 0 to i.

        >>> model = SmolLM2.load()
        >>> model.logits_for(model.tokenize("The weather today is")).shape
        (4, 49152)
        """
        given = token_array(tokens, self.network.sizes.vocabulary, (1, 2))
        rows = np.atleast_2d(given)
        cache = self._cache_for(rows, cache)
        found = np.empty((*rows.shape, self.network.sizes.vocabulary), np.float32)
        for start, vectors in self._read(rows, cache):
            with THREADS.same():
                found[:, start : start + vectors.shape[1]] = self.network.logits(vectors)
        return found.reshape(*given.shape, -1)

    @enough_memory()
    def next_logits(self, tokens: ArrayLike, cache: Cache | None = None) -> tuple[Array, Cache]:
        """Read more tokens of one or several sequences, and score what comes next.

        Parameters
        ----------
        tokens : integer array of shape (sequences, n), the n new tokens of each sequence
        cache : what an earlier call returned, or None to begin
            It remembers the tokens read before, and now these too. To go on from one place in
            several ways, give each a cache of its own: `branch`.

        Returns
        -------
        float32 array of shape (sequences, 49152), and the cache for the next call.

        >>> model = SmolLM2.load()
        >>> logits, cache = model.next_logits([model.tokenize("The capital of")])
        >>> ends = [model.tokenize(" France"), model.tokenize(" Italy")]
        >>> model.next_logits(ends, model.branch(cache, 2))[0].shape
        (2, 49152)
        """
        rows = token_array(tokens, self.network.sizes.vocabulary, (2,))
        cache = self._cache_for(rows, cache)
        for _, vectors in self._read(rows, cache):
            last = vectors[:, -1]
        with THREADS.same():
            return self.network.logits(last), cache

    def branch(self, cache: Cache, sequences: int = 1) -> Cache:
        """Return a cache of several sequences with the past of this one's, which stays as it is."""
        if not isinstance(cache, Cache) or cache.sequences != 1:
            raise ValueError(f"cache must be that of one sequence, got {shorten(cache)}")
        return cache.repeated(whole_number(sequences, "sequences", most=MOST_SEQUENCES))

    def keep(self, cache: Cache, rows: Sequence[int]) -> Cache:
        """Let a cache forget all of its sequences but those in some rows, and return it.

        >>> model = SmolLM2.load()
        >>> _, cache = model.next_logits([[504], [28], [260]])
        >>> model.next_logits([[314], [314]], model.keep(cache, [0, 2]))[0].shape
        (2, 49152)
        """
        _checked(cache).keep(index_array(rows, "rows", cache.sequences).tolist())
        return cache

    def tokenize(self, text: str) -> list[int]:
        """Split a text into token indices. Control characters that no token has are dropped.

        >>> SmolLM2.load().tokenize("The weather today is")
        [504, 3947, 1834, 314]
        """
        return self._text.tokenizer.encode(string(text, "text", whole=True)).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """Join token indices into a text, special tokens included.

        >>> SmolLM2.load().decode([504, 3947, 1834, 314])
        'The weather today is'
        """
        indices = token_array(tokens, self.network.sizes.vocabulary, (1,), empty=True)
        return self._text.tokenizer.decode(indices.tolist(), skip_special_tokens=False)

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that a token stands for; several may make one character.

        >>> SmolLM2.load().bytes_of(314)
        b' is'
        """
        return self._text.bytes_of(int(token))

    def chat_prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write a conversation as the model was trained to read it, up to where it is to reply.

        Parameters
        ----------
        messages : dictionaries with a "role" ("system", "user" or "assistant") and its "content"
            Without a system message first, the model's own template adds one.

        Returns
        -------
        A prompt for `generate`. Markers such as <|im_end|> within a content count as markers.

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
        return render(self._text.chat_template, list(messages))

    def _cache_for(self, rows: NDArray[np.intp], cache: Cache | None) -> Cache:
        """Return the cache, or a new one, if it has room for so many rows of so many tokens."""
        if cache is None:
            sizes = self.network.sizes
            cache = Cache(sizes.blocks, len(rows), sizes.kv_heads, sizes.size)
        check_room(rows, _checked(cache).sequences, cache.length, self.context)
        return cache

    def _read(self, rows: NDArray[np.intp], cache: Cache) -> Iterator[tuple[int, Array]]:
        """Read a text in parts; yield where each begins, and its vectors."""
        before, part = cache.length, max(1, READ_AT_ONCE // len(rows))
        starts = range(0, rows.shape[1], part)
        try:
            for start in progress("Reading", starts) if len(starts) > 1 else starts:
                new = rows[:, start : start + part]
                with THREADS.step(new.size):
                    vectors = self.network.forward(new, cache)
                yield start, vectors
        except BaseException:  # an interrupt too: the cache is as before, or has read all
            cache.length = before
            raise


def _checked(cache: Cache) -> Cache:
    if not isinstance(cache, Cache):
        raise TypeError(f"cache must be what next_logits returned last, got {shorten(cache)}")
    return cache


def render(template: str, messages: list[Mapping[str, str]]) -> str:
    """Fill in a chat template as Transformers does; ValueError says what the template refuses."""

    def refuse(message: str) -> None:
        raise TemplateError(message)

    # The template comes with the weights, and is a program: it runs in a sandbox.
    sandbox = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    sandbox.globals |= {"raise_exception": refuse}
    try:
        return sandbox.from_string(template).render(messages=messages, add_generation_prompt=True)
    except TemplateError as error:
        raise ValueError(f"messages must suit the model's chat template, got: {error}") from None


@lru_cache(maxsize=2)
def _load(cls: type[SmolLM2], source: Path, default: bool, changed: int) -> SmolLM2:
    return cls(*load_weights(source, SHA256 if default else None))
