"""`chat` keeps a conversation, ends a reply when told to, and writes no HTML of anybody's."""

import threading

import pytest
from tiny_model import write_tiny_model

import tempsampling.widgets.chat
import tempsampling.widgets.explore
from tempsampling._progress import progress
from tempsampling.model.smollm import SmolLM2
from tempsampling.widgets.chat import Chat, Conversation, _as_html, _as_plain, chat
from tempsampling.widgets.explore import EXPORT


class Tiny:
    """The tiny model with a chat form of its own; its context is 40 tokens."""

    def __init__(self, model):
        self.model = model
        self.end_tokens = frozenset()  # its replies end at max_tokens only
        self.prompts = []

    def __getattr__(self, name):
        return getattr(self.model, name)

    def chat_prompt(self, messages):
        self.prompts.append([(m["role"], m["content"]) for m in messages])
        return "".join(m["content"] for m in messages) + ":"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    write_tiny_model(tmp_path / "tiny.gguf")
    return Tiny(SmolLM2.load(tmp_path / "tiny.gguf"))


@pytest.fixture
def box(tiny):
    return Chat(Conversation(tiny, max_tokens=4, seed=1), 0.7, "hi")


def say(box, text):
    """Write on the line and press Enter, as the browser tells it."""
    box.message.value = text
    box.message._handle_custom_msg({"event": "submit"}, [])


def finish(box):
    box.thread.join(timeout=20)
    assert not box.busy


class Gate:
    """Holds a thread that writes a reply after its third token."""

    def __init__(self, box, monkeypatch):
        self.reached, self.go_on, tokens = threading.Event(), threading.Event(), []
        show = box._show

        def held():
            show()
            if threading.current_thread() is not threading.main_thread():
                tokens.append(1)
                if len(tokens) == 3:
                    self.reached.set()
                    assert self.go_on.wait(20)

        monkeypatch.setattr(box, "_show", held)


@pytest.fixture
def gate(box, monkeypatch):
    box.talk.max_tokens = 20
    gate = Gate(box, monkeypatch)
    yield gate
    gate.go_on.set()


def test_the_first_message_is_answered_at_once(box):
    (turn,) = box.talk.turns
    assert (turn.asked, turn.temperature, len(turn.reply.tokens)) == ("hi", 0.7, 4)
    assert "Tiny, T = 0.7, cut off after 4 tokens" in box._now.value
    assert not box.busy


def test_the_conversation_is_kept_and_goes_into_the_next_prompt(box, tiny):
    box.temperature.value = 0.3
    say(box, "and?")
    finish(box)
    first, second = box.talk.turns
    assert tiny.prompts[-1] == [("user", "hi"), ("assistant", first.reply.text), ("user", "and?")]
    assert second.temperature == second.reply.temperature == 0.3
    assert "hi" in box._past.value
    assert "and?" in box._now.value
    assert box.message.value == ""


def test_a_system_message_stands_first(tiny):
    Chat(Conversation(tiny, system="ahoy", max_tokens=1), 0, "hi")
    assert tiny.prompts[-1] == [("system", "ahoy"), ("user", "hi")]


def test_stop_ends_the_reply_and_what_is_written_stays(box, gate):
    say(box, "x")
    assert gate.reached.wait(20)
    assert not box.buttons["Stop"].disabled
    box.buttons["Stop"].click()
    gate.go_on.set()
    finish(box)
    reply = box.talk.turns[-1].reply
    assert 2 <= len(reply.tokens) <= 3
    assert "T = 0.7, stopped" in box._now.value
    say(box, "y")  # and the next one is written to its end
    finish(box)
    assert ("assistant", reply.text) in box.talk.model.prompts[-1]


def test_while_a_reply_is_written_a_second_message_waits_on_the_line(box, gate):
    say(box, "one")
    assert gate.reached.wait(20)
    thread = box.thread
    say(box, "two")
    assert box.thread is thread
    assert box.message.value == "two"
    assert "still writing" in box._problem.value
    box.buttons["Clear"].click()
    assert len(box.talk.turns) == 2
    assert box.buttons["Send"].disabled
    gate.go_on.set()
    finish(box)
    assert [turn.asked for turn in box.talk.turns] == ["hi", "one"]
    assert box._problem.value == ""


def test_a_double_click_on_send_sends_once(box, gate):
    box.message.value = "x"
    box.buttons["Send"].click()
    box.buttons["Send"].click()  # on its way before the page knew that the button is off
    assert gate.reached.wait(20)
    say(box, "")  # Enter once more
    assert "still writing" in box._problem.value
    gate.go_on.set()
    finish(box)
    assert [turn.asked for turn in box.talk.turns] == ["hi", "x"]
    assert box._problem.value == ""


def test_a_slider_moved_while_a_reply_is_written_counts_from_the_next_on(box, gate):
    box.talk.max_tokens = 5  # three replies fit into the context
    say(box, "x")
    assert gate.reached.wait(20)
    box.temperature.value = 0.1
    gate.go_on.set()
    finish(box)
    say(box, "y")
    finish(box)
    assert [turn.reply.temperature for turn in box.talk.turns] == [0.7, 0.7, 0.1]


def test_sent_in_the_moment_in_which_a_reply_ends_a_message_waits_and_no_sentence_stays(
    box, monkeypatch
):
    say(box, "x")
    finish(box)
    set_busy = box._set_busy

    def at_the_last_moment(busy):
        if not busy:
            say(box, "z")
            assert "still writing" in box._problem.value
        set_busy(busy)

    monkeypatch.setattr(box, "_set_busy", at_the_last_moment)
    say(box, "y")
    finish(box)
    assert [turn.asked for turn in box.talk.turns] == ["hi", "x", "y"]
    assert (box.message.value, box._problem.value) == ("z", "")


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_message_is_not_sent(box, empty):
    say(box, empty)
    assert len(box.talk.turns) == 1
    assert "Write a message first." in box._problem.value


def test_nobody_writes_html_into_the_page(box, tiny, monkeypatch):
    box.clear()
    evil = "<img src=x> $x$ &amp;"
    monkeypatch.setattr(tiny, "bytes_of", lambda token: b"<script>")
    say(box, evil)
    finish(box)
    for page in (box._now.value, _as_html(box.talk.turns, "<b>me</b>")):
        assert "<img" not in page
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "&lt;img src=x&gt; $x$ &amp;amp;" in page
    assert "<b>me" not in _as_html(box.talk.turns, "<b>me</b>")


def test_a_message_too_long_for_the_model_comes_back_with_a_sentence(box):
    long = "x" * 50 + "<b>"
    say(box, long)
    finish(box)
    assert "No reply: prompt must leave room for 4 more tokens" in box._problem.value
    assert "<b>" not in box._problem.value
    assert box.message.value == long
    assert [turn.asked for turn in box.talk.turns] == ["hi"]
    assert "hi" in box._past.value  # the exchange before is still there
    say(box, "short")
    finish(box)
    assert box._problem.value == ""


def test_clear_forgets_everything(box, tiny):
    box.buttons["Clear"].click()
    assert box._past.value == box._now.value == ""
    box.message.value = "new"
    box.buttons["Send"].click()
    finish(box)
    assert tiny.prompts[-1] == [("user", "new")]


def test_closing_ends_the_thread(box, gate):
    say(box, "x")
    assert gate.reached.wait(20)
    box.close()
    gate.go_on.set()
    box.thread.join(timeout=20)
    assert len(box.talk.turns[-1].reply.tokens) <= 3


def test_a_temperature_that_is_none_is_told(box):
    box.temperature.value = -1
    say(box, "x")
    finish(box)
    assert "temperature must be a number from 0 to infinity, got -1" in box._problem.value


@pytest.mark.parametrize("temperature", [-1, "hot"])
def test_chat_refuses_at_once_what_generate_would(tiny, temperature):
    with pytest.raises((ValueError, TypeError), match="temperature must be"):
        chat(tiny, temperature)


def test_a_temperature_beyond_the_slider_is_used(tiny):
    assert Chat(Conversation(tiny, max_tokens=1), 5.0, "hi").temperature.value == 5.0


def test_the_same_seed_gives_the_same_conversation(tiny):
    texts = []
    for _ in range(2):
        box = Chat(Conversation(tiny, max_tokens=4, seed=3), 1.0, "hi")
        say(box, "so")
        finish(box)
        texts.append(_as_plain(box.talk.turns, "Tiny"))
    assert texts[0] == texts[1]


def test_exported_there_is_the_first_exchange_and_no_widget(tiny, monkeypatch):
    shown = []
    monkeypatch.setenv(EXPORT, "1")
    monkeypatch.setattr(
        tempsampling.widgets.explore, "display", lambda data, raw: shown.append(data)
    )
    chat(tiny, 0.5, first="hi", max_tokens=2)
    (data,) = shown
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/html"].startswith('<div class="tempsampling">')
    assert data["text/plain"].startswith("You: hi\nTiny, T = 0.5")


def test_a_bar_of_progress_does_not_show_up_in_a_thread(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    disabled = []
    thread = threading.Thread(target=lambda: disabled.append(progress("Writing", total=1).disable))
    thread.start()
    thread.join()
    with progress("Writing", total=1) as bar:
        assert [bar.disable, *disabled] == [False, True]


def test_the_answer_of_the_real_model_at_zero(capsys):
    chat(SmolLM2.load(), 0)
    assert capsys.readouterr().out == (
        "You: What is the capital of France?\nSmolLM2, T = 0: The capital of France is Paris.\n"
    )


@pytest.mark.parametrize(
    "text", ["🌡️", "a\x1bb", "שלום \u202ea", "<|im_end|>", "<script>1</script>"]
)
def test_any_message_of_whole_characters_is_answered(box, text):
    say(box, text)
    finish(box)
    assert box._problem.value == ""
    assert [turn.asked for turn in box.talk.turns] == ["hi", text]
    assert len(box.talk.turns[-1].reply.tokens) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("word " * 10_000, "No reply: prompt must leave room for 4 more tokens in the context"),
        ("a\ud83d", "No reply: prompt must not hold half a character, got &#x27;\\ud83d&#x27;"),
        ("é" * 60, "No reply: prompt must leave room"),
    ],
    ids=["10,000 words", "half a character", "60 accents"],
)
def test_a_message_that_cannot_be_answered_is_told_and_stays_on_the_line(box, text, told):
    say(box, text)
    finish(box)
    assert told in box._problem.value
    assert [turn.asked for turn in box.talk.turns] == ["hi"]
    assert box.message.value.strip() == text.strip()
