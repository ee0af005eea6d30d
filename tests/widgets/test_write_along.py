"""`write_along` offers what the model would say, goes back to any place, and writes no HTML."""

import re

import numpy as np
import pytest
from tiny_model import SIZES, write_tiny_model

import tempsampling.widgets.explore
from tempsampling import percent, sample, softmax, visible
from tempsampling.model.smollm import SmolLM2
from tempsampling.widgets.explore import EXPORT
from tempsampling.widgets.write_along import BEGINNINGS, OFFERED, WriteAlong, Writing, write_along

INF = float("inf")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(SIZES, "context", 100)
    write_tiny_model(tmp_path / "tiny.gguf")
    return SmolLM2.load(tmp_path / "tiny.gguf")


@pytest.fixture
def box(tiny):
    return WriteAlong(tiny, "hi", 1.0, seed=1)


class Led:
    """The tiny model, led to say some tokens after a prompt."""

    def __init__(self, model, prompt, tokens):
        self.model = model
        self.led = dict(enumerate(tokens, len(model.tokenize(prompt))))

    def __getattr__(self, name):
        return getattr(self.model, name)

    def next_logits(self, tokens, cache=None):
        logits, cache = self.model.next_logits(tokens, cache)
        if cache.length in self.led:
            logits[:, self.led[cache.length]] = 50
        return logits, cache


def led_to(tiny, tokens):
    """A box after each of some tokens was taken by its button: it is the likeliest."""
    box = WriteAlong(Led(tiny, "hi", tokens), "hi", 1.0, seed=1)
    for _ in tokens:
        box.offers[0].click()
    return box


def anew(tiny, writing, place):
    """The logits after some tokens of a text that is read as a whole."""
    tokens = [step.token for step in writing.steps[:place]]
    return tiny.next_logits([tiny.tokenize(writing.prompt) + tokens])[0][0]


def offered(box):
    return [button.description for button in box.offers]


def labels_of(tiny, logits):
    return [visible(tiny.decode([token])) for token in np.argsort(-logits)[:OFFERED]]


def test_the_likeliest_tokens_are_offered_with_their_probabilities(box, tiny):
    z = tiny.logits("hi")
    assert offered(box) == labels_of(tiny, z)
    for bar, p in zip(box._bars, np.sort(softmax(z))[::-1], strict=False):
        assert percent(p) in bar.value
    rest = np.sort(softmax(z))[:-OFFERED].sum()
    assert f"all {z.size - OFFERED} others" in box._rest.value
    assert percent(rest) in box._rest.value


def test_a_token_taken_by_its_button_stands_at_the_end_with_its_probability_at_one(box, tiny):
    box.temperature.slider.value = 0.3
    for place in (3, 9):
        z, label = anew(tiny, box.writing, len(box.writing.steps)), offered(box)[place]
        before = box.as_text().partition(" …")[0]
        box.offers[place].click()
        step = box.writing.steps[-1]
        assert visible(tiny.decode([step.token])) == label
        assert step.probability == pytest.approx(softmax(z)[step.token], rel=1e-4)
        assert box.as_text().startswith(before + box.writing.pieces()[-1])
        assert f"was taken: {percent(step.probability)} at T = 1" in box.text.value
        assert offered(box) == labels_of(tiny, anew(tiny, box.writing, len(box.writing.steps)))


def test_tokens_are_drawn_from_the_softmax_at_the_temperature_of_the_slider(box, tiny):
    rng = np.random.default_rng(1)  # the seed of the box
    for T in (0.5, 2.0, 1.0, 0.0):
        box.temperature.slider.value = T
        z = box.writing.logits_after(len(box.writing.steps))
        box.buttons["Draw a token"].click()
        assert box.writing.steps[-1].token == sample(z, temperature=T, rng=rng)
        assert box.writing.steps[-1].how == f"drawn at T = {T:g}"


def test_at_zero_the_likeliest_token_is_drawn(tiny):
    box = WriteAlong(tiny, "hi", 0.0, seed=None)
    for _ in range(5):
        likeliest = offered(box)[0]
        box.buttons["Draw a token"].click()
        assert visible(tiny.decode([box.writing.steps[-1].token])) == likeliest


def test_the_same_seed_draws_the_same_and_another_seed_does_not(tiny):
    texts = []
    for seed in (3, 3, 4):
        box = WriteAlong(tiny, "hi", 1.5, seed)
        for _ in range(8):
            box.buttons["Draw a token"].click()
        texts.append(box.as_text())
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("place", range(6))
def test_from_any_place_there_is_a_way_back_and_on(tiny, place):
    """What the model then says is what it says of the text read anew."""
    writing = Writing(tiny, "hi")
    for token in (40, 41, 42, 43, 44):
        writing.take(token)
    writing.back_to(place)
    assert [step.token for step in writing.steps] == [40, 41, 42, 43, 44][:place]
    np.testing.assert_allclose(
        writing.logits_after(place), anew(tiny, writing, place), rtol=1e-4, atol=1e-4
    )
    for token in (50, 51):
        writing.take(token)
        last = len(writing.steps)
        np.testing.assert_allclose(
            writing.logits_after(last), anew(tiny, writing, last), rtol=1e-4, atol=1e-4
        )


def test_a_token_that_stands_there_already_keeps_what_follows_it(tiny):
    writing = Writing(tiny, "hi")
    for token in (40, 41, 42):
        writing.take(token)
    writing.take(41, at=1)
    assert [step.token for step in writing.steps] == [40, 41, 42]
    writing.take(45, at=1)
    assert [step.token for step in writing.steps] == [40, 45]


def test_the_button_goes_back_one_token_at_a_time_to_the_prompt_and_no_further(box):
    back, seen = box.buttons["Back"], [box.as_text()]
    assert back.disabled
    for i in range(3):
        box.offers[i].click()
        seen.append(box.as_text())
    assert not back.disabled
    while seen:
        assert box.as_text() == seen.pop()
        back.click()
    assert box.writing.steps == []
    assert back.disabled


def test_another_prompt_begins_anew(box, tiny):
    box.offers[0].click()
    box.prompt.labeled.value = "oh"
    assert (box.writing.prompt, box.writing.steps) == ("oh", [])
    assert offered(box) == labels_of(tiny, tiny.logits("oh"))


def test_the_menu_offers_the_first_prompt_and_the_others_each_once(tiny):
    for prompt in ("hi", BEGINNINGS[1]):
        box = WriteAlong(tiny, prompt, 1.0, seed=1)
        assert box.prompt.texts == tuple(dict.fromkeys([prompt, *BEGINNINGS]))


REFUSED = {
    "": "prompt must have at least one token",
    "x" * 300: "tokens must fit into the context of 100 tokens",
    "a\ud83d": "text must not hold half a character",
}


@pytest.mark.parametrize("prompt", REFUSED, ids=["empty", "too long", "half a character"])
def test_a_prompt_that_is_refused_leaves_the_text_and_one_can_go_on(box, prompt):
    box.offers[0].click()
    before, text = box.as_text(), box.text.value
    box.prompt.labeled.value = prompt
    assert REFUSED[prompt] in box._problem.value
    assert (box.as_text(), box.text.value) == (before, text)
    box.offers[1].click()
    assert box._problem.value == ""
    assert len(box.writing.steps) == 2


def test_where_the_context_is_full_it_is_told_and_there_is_a_way_back(tiny):
    box = WriteAlong(tiny, "x" * 99, 1.0, seed=1)
    box.offers[0].click()
    assert box._problem.value == ""
    full = box.as_text()
    box.offers[0].click()
    assert "must fit into the context of 100 tokens" in box._problem.value
    assert box.as_text() == full
    box.buttons["Back"].click()
    assert (box._problem.value, box.writing.steps) == ("", [])


def test_after_the_end_of_a_text_one_can_go_on_and_back(tiny):
    (end,) = tiny.tokenize("<|im_end|>")
    assert end in tiny.end_tokens
    box = led_to(tiny, [end])
    assert "&lt;|im_end|&gt; was taken" in box.text.value
    box.offers[0].click()
    assert len(box.writing.steps) == 2
    assert box.as_text().startswith("hi<|im_end|>")
    box.buttons["Back"].click()
    assert "&lt;|im_end|&gt; was taken" in box.text.value


def test_a_character_of_several_tokens_is_shown_when_it_is_complete(tiny):
    tokens = tiny.tokenize("🌡")
    assert len(tokens) == 4
    assert led_to(tiny, tokens[:3]).as_text().startswith("hi …")
    box = led_to(tiny, tokens)
    assert box.writing.pieces() == ["", "", "", "🌡"]
    assert "🌡" in box.text.value
    assert box.as_text().startswith("hi🌡 …")
    box.buttons["Back"].click()
    assert "🌡" not in box.text.value


@pytest.mark.parametrize("T", [0.0, 0.333, 2.0, 5.0, INF])
def test_any_temperature_may_be_the_first_one(tiny, T):
    box = WriteAlong(tiny, "hi", T, seed=1)
    assert box.temperature.value == T
    shares = [percent(p) for p in softmax(tiny.logits("hi"), T)[box._top]]
    assert [share in bar.value for share, bar in zip(shares, box._bars, strict=True)] == [True] * 10
    box.buttons["Draw a token"].click()
    assert box.writing.steps[-1].how == f"drawn at T = {T:g}".replace("inf", "∞")
    box.temperature.slider.value = 1.0
    assert "next at T = 1:" in box.as_text()


def test_a_temperature_that_is_none_is_told_and_the_last_one_counts(box):
    before = box.as_text()
    box.temperature.box.value = "-1"
    assert "temperature must be a number from 0 to infinity, got -1" in box._problem.value
    assert box.as_text() == before
    box.buttons["Draw a token"].click()
    assert box.writing.steps[-1].how == "drawn at T = 1"
    assert "was drawn at T = 1" in box.text.value


def test_in_a_terminal_text_and_offers_are_printed(tiny, capsys):
    write_along(tiny, "hi", temperature=0.5, seed=1)
    printed = capsys.readouterr().out
    labels = labels_of(tiny, tiny.logits("hi"))
    assert printed.startswith(f"hi …\nnext at T = 0.5: {labels[0]} ")
    assert all(label in printed for label in labels)


def test_exported_there_is_what_the_box_begins_with_and_no_widget(tiny, monkeypatch):
    shown = []
    monkeypatch.setenv(EXPORT, "1")
    monkeypatch.setattr(
        tempsampling.widgets.explore, "display", lambda data, raw: shown.append(data)
    )
    write_along(tiny, "hi")
    (data,) = shown
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/html"].startswith('<div class="tempsampling">')
    assert data["text/plain"].startswith("hi …\nnext at T = 1: ")
    for _, p in WriteAlong(tiny, "hi", 1.0, 1)._offered():
        assert percent(p) in data["text/html"]


EVIL = "<img src=x> $x$ &amp;"


def test_nobody_writes_html_into_the_page(tiny):
    prompt, token = WriteAlong(tiny, EVIL, 1.0, seed=1), led_to(tiny, tiny.tokenize(EVIL))
    for page in (prompt.text.value, prompt.as_html(), token.text.value):
        seen = re.sub(r"</?span[^>]*>", "", page)
        assert "<img" not in seen
        assert "&lt;img src=x&gt; $x$ &amp;amp;" in seen
        assert page.index('class="tex2jax_ignore mathjax_ignore"') < page.index("&lt;")
    less = WriteAlong(Led(tiny, "hi", tiny.tokenize("<")), "hi", 1.0, seed=1)
    assert '<div style="width:220px">&lt;</div>' in less.as_html()
    less.offers[0].click()
    assert '">&lt; was taken' in less.text.value
