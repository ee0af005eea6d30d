"""A conversation that a learner types: `chat(model)`, with a temperature, Send, Stop and Clear.

Live, a thread writes the reply, so that the page shows it token by token and Stop can be pressed.
Still and exported, where nothing answers, the same cell shows one exchange written beforehand. As
HTML a conversation needs no style sheet: its look stands at each element, half transparent over
whatever the background is, so it serves light and dark themes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np

from tempsampling._validate import generator, real_number, string, whole_number
from tempsampling.model.interface import loaded
from tempsampling.widgets.controls import LOOK, look, make_controls
from tempsampling.widgets.explore import one_for_each_cell, show_answering
from tempsampling.writing.generation import Continuation, generate
from tempsampling.writing.tint import running, tint_scale, tinted_pieces

PROBLEM = '<div role="alert" style="border-left:4px solid #E66100;padding:4px 10px">{}</div>'
CSS = """<style>
.tempsampling-chat { max-width: 800px }
.tempsampling-log { flex-direction: column-reverse; max-height: 320px; overflow-y: auto }
.tempsampling-log > * { flex: none }
</style>"""  # a column in reverse stays at its end while it grows
BUBBLE = (
    "display:inline-block;max-width:85%;padding:6px 12px;border-radius:12px;text-align:left;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background-color:"
)
YOURS, ITS = "#0072b233", "#88888820"


def chat(
    model: Any,
    temperature: float = 0.7,
    *,
    first: str = "What is the capital of France?",
    system: str | None = None,
    max_tokens: int = 200,
    seed: int | None = None,
) -> None:
    """Show a conversation with a model, to be continued; it begins with a first exchange.

    Parameters
    ----------
    model : a `SmolLM2`, or another model for `generate` that has `chat_prompt`
    temperature : of the first reply; a slider changes it for those that follow
    first : the learner's first message
    system : the system message, which says whom the model plays; by default the model's own
    max_tokens : tokens of a reply at most
    seed : the same seed gives the same replies to the same messages

    Raises what `chat_prompt` and `generate` raise for the first message; later, it is shown.

    >>> from tempsampling import SmolLM2
    >>> chat(SmolLM2.load(), temperature=0)
    You: What is the capital of France?
    SmolLM2, T = 0: The capital of France is Paris.
    """
    string(first, "first", whole=True)
    talk = Conversation(model, system=system, max_tokens=max_tokens, seed=seed)
    with one_for_each_cell():
        shown = Chat(talk, real_number(temperature, "temperature", 0), first)
        html, text = (as_text(talk.turns, shown.speaker) for as_text in (_as_html, _as_plain))
        still = {"text/html": html + tint_scale(), "text/plain": text}
        show_answering(shown, still)


@dataclass
class Turn:
    """A message and the reply to it."""

    asked: str
    temperature: float
    reply: Continuation | None = None
    note: str = ""  # how the reply ended, if not by itself


class Conversation:
    """What was said so far, as the model reads it before its next reply; a reply can be stopped."""

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
            string(system, "system", whole=True)
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


class _Halt(BaseException):
    """Raised out of `generate` when `stop` was called."""


class Chat(widgets.VBox):
    """A slider, the conversation, and a line to write on."""

    def __init__(self, talk: Conversation, temperature: float, first: str) -> None:
        self.talk, self.speaker = talk, type(talk.model).__name__
        slider, start = {"temperature": (0.0, 2.0, 0.05)}, min(temperature, 2.0)
        self.temperature = make_controls(lambda temperature=start: 0, slider)["temperature"]
        if temperature > start:  # beyond the slider's end, and infinity too
            self.temperature.box.value = str(temperature)
        self.message = widgets.Text(placeholder="Write a message, then press Enter")
        self.message.layout = {"flex": "1 1 0", "width": "auto"}
        self.message.on_msg(lambda _, event, __: event.get("event") == "submit" and self.send())
        acts = {"Send": self.send, "Stop": talk.stop, "Clear": self.clear}
        narrow = {"width": "80px"}
        self.buttons = {name: widgets.Button(description=name, layout=narrow) for name in acts}
        for name, button in self.buttons.items():
            button.on_click(lambda _, act=acts[name]: act())
        self._past, self._now, self._problem = widgets.HTML(), widgets.HTML(), widgets.HTML()
        log = widgets.Box([widgets.VBox([self._past, self._now])]).add_class("tempsampling-log")
        line = widgets.HBox([self.message, *self.buttons.values()])
        below = self._problem, widgets.HTML(tint_scale()), look(), widgets.HTML(CSS)
        super().__init__([self.temperature, log, line, *below])
        self.add_class(LOOK).add_class("tempsampling-chat")
        self._ask(first)
        self._write()
        self._set_busy(False)

    def send(self) -> None:
        """Send what is on the line, and let a thread reply."""
        text = self.message.value.strip()
        if self.busy:
            self._tell("The model is still writing. Wait, or press Stop.")
        elif not text:
            self._tell("Write a message first.")
        else:
            self._ask(text)
            self.message.value = ""
            self.thread = threading.Thread(target=self._reply, args=[text], daemon=True)
            self.thread.start()

    def clear(self) -> None:
        """Forget the conversation."""
        if not self.busy:
            self.talk.turns.clear()
            self._past.value = self._now.value = self._problem.value = ""

    def close(self) -> None:
        """Write no more: the cell was run again."""
        self.talk.stop()
        super().close()

    def _ask(self, text: str) -> None:
        self._set_busy(True)
        self._tell("")
        self._past.value = _as_html(self.talk.turns, self.speaker)
        self.talk.ask(text, self.temperature.value)
        self._show()

    def _reply(self, text: str) -> None:
        problem = ""
        try:
            self._write()
        except Exception as error:  # the message goes back to where it can be changed
            self._now.value = ""
            self.message.value = self.message.value or text
            problem = f"No reply: {error}. Change your message, or press Clear."
        finally:
            self._set_busy(False)
            self._tell(problem)  # last, or "still writing" might stay

    def _write(self) -> None:
        self.talk.reply(on_token=self._show)
        self._show()  # how it ended

    def _show(self) -> None:
        self._now.value = _as_html(self.talk.turns[-1:], self.speaker)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        for name, button in self.buttons.items():
            button.disabled = busy != (name == "Stop")

    def _tell(self, sentence: str) -> None:
        self._problem.value = sentence and PROBLEM.format(escape(sentence))


def _as_html(turns: list[Turn], speaker: str) -> str:
    """Return turns as HTML; the tokens of the replies are tinted by their probability."""
    rows = []
    for turn in turns:
        said = "…" if turn.reply is None else _said(turn.reply)
        rows.append(_row("right", "You", running(turn.asked), YOURS))
        rows.append(_row("left", _heading(turn, speaker), said, ITS))
    # Dollar signs are not to be taken for formulas.
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(rows)}</div>'


def _as_plain(turns: list[Turn], speaker: str) -> str:
    return "\n".join(
        f"You: {turn.asked}\n{_heading(turn, speaker)}: {turn.reply.text if turn.reply else '…'}"
        for turn in turns
    )


def _heading(turn: Turn, speaker: str) -> str:
    return f"{speaker}, T = {turn.temperature:g}{turn.note}".replace("inf", "∞")


def _row(side: str, who: str, said: str, color: str) -> str:
    bubble = f'<span style="{BUBBLE}{color}">{said}</span>'
    who = f'<span style="font-size:.85em;opacity:.75">{escape(who)}</span>'
    return f'<div style="text-align:{side};margin:6px 2px;line-height:1.5">{who}<br>{bubble}</div>'


def _said(reply: Continuation) -> str:
    shown = reply.pieces[: len(reply.pieces) - reply.ended]  # without the token that ended it
    return tinted_pieces(shown, reply.probabilities[: len(shown)])
