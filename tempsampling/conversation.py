"""A conversation with a model: messages and replies in turn; a reply can be stopped."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tempsampling._arguments import generator, whole_number, whole_text
from tempsampling.continuation import Continuation, loaded
from tempsampling.generation import generate


@dataclass
class Turn:
    """A message and the reply to it."""

    asked: str
    temperature: float
    reply: Continuation | None = None
    note: str = ""  # how the reply ended, if not by itself


class _Halt(BaseException):
    """Raised out of `generate` when `stop` was called."""


class Conversation:
    """What was said so far, as the model reads it before its next reply."""

    def __init__(
        self,
        model: Any,
        *,
        system: str | None = None,
        max_tokens: int = 200,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        self.model, self.system = loaded(model, "chat_prompt"), system
        self.max_tokens = whole_number(max_tokens, "max_tokens")
        if system is not None:
            whole_text(system, "system")
        self.turns: list[Turn] = []
        self._rng, self._halt = generator(seed, "seed"), threading.Event()

    def ask(self, text: str, temperature: float) -> Turn:
        """Add a message, without a reply yet."""
        self.turns.append(Turn(text, temperature))
        self._halt.clear()
        return self.turns[-1]

    def reply(self, on_token: Callable[[], Any]) -> None:
        """Let the model reply to the last message; if it cannot, the message is taken back.

        What is there already is in the turn's `reply` each time `on_token` is called. Raises what
        `chat_prompt` and `generate` raise.
        """
        turn = self.turns[-1]

        def grown(replies: list[Continuation]) -> None:
            (turn.reply,) = replies
            on_token()
            if self._halt.is_set():
                raise _Halt

        settings = {"max_tokens": self.max_tokens, "seed": self._rng, "on_token": grown}
        try:
            prompt = self.model.chat_prompt(self.messages())
            (turn.reply,) = generate(self.model, prompt, temperature=turn.temperature, **settings)
            turn.note = "" if turn.reply.ended else f", cut off after {self.max_tokens} tokens"
        except _Halt:
            turn.note = ", stopped"
        except BaseException:  # an interrupt, too
            self.turns.pop()
            raise

    def stop(self) -> None:
        """Let a reply that a thread is writing end after its next token; what is written stays."""
        self._halt.set()

    def messages(self) -> list[dict[str, str]]:
        """Return what was said as `chat_prompt` takes it."""
        said = [] if self.system is None else [("system", self.system)]
        for turn in self.turns:
            said.append(("user", turn.asked))
            if turn.reply:
                said.append(("assistant", turn.reply.text))
        return [{"role": role, "content": content} for role, content in said]
