"""A conversation that a learner types: `chat(model)`, with a temperature, Send, Stop and Clear.

Live, a thread writes the reply, so that the page shows it token by token and Stop can be pressed.
Still and exported, where nothing answers, the same cell shows one exchange written beforehand.
"""

import os
import threading
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.core.getipython import get_ipython
from IPython.display import display

from tempsampling._arguments import temperature_number, whole_text
from tempsampling._chat_html import conversation, legend, plain
from tempsampling.controls import LOOK, look, make_controls
from tempsampling.conversation import Conversation
from tempsampling.explore import EXPORT, WIDGET, one_for_each_cell, show_still

PROBLEM = '<div role="alert" style="border-left:4px solid #E66100;padding:4px 10px">{}</div>'
STYLE = """<style>
.tempsampling-chat { max-width: 800px }
.tempsampling-log { flex-direction: column-reverse; max-height: 320px; overflow-y: auto }
.tempsampling-log > * { flex: none }
</style>"""  # a column in reverse stays at its end while it grows


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

    >>> from tempsampling.smollm import SmolLM2
    >>> chat(SmolLM2.load(), temperature=0)
    You: What is the capital of France?
    SmolLM2, T = 0: The capital of France is Paris.
    """
    whole_text(first, "first")
    talk = Conversation(model, system=system, max_tokens=max_tokens, seed=seed)
    with one_for_each_cell():
        shown = Chat(talk, temperature_number(temperature), first)
        html, text = (as_text(talk.turns, shown.speaker) for as_text in (conversation, plain))
        still = {"text/html": html + legend(), "text/plain": text}
        if os.environ.get(EXPORT):
            still["text/html"] = f'<div class="{LOOK}">{still["text/html"]}</div>'  # as a demo
            return display(still, raw=True)
        show_still(still, {})
    if get_ipython():
        display({WIDGET: shown._repr_mimebundle_()[WIDGET]}, raw=True)


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
        below = self._problem, widgets.HTML(legend()), look(), widgets.HTML(STYLE)
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
        self._past.value = conversation(self.talk.turns, self.speaker)
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
        self._now.value = conversation(self.talk.turns[-1:], self.speaker)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        for name, button in self.buttons.items():
            button.disabled = busy != (name == "Stop")

    def _tell(self, sentence: str) -> None:
        self._problem.value = sentence and PROBLEM.format(escape(sentence))
