"""The playground draws bars at once and a text by a thread, of the same settings and noise."""

import re
import threading
from html import escape

import matplotlib.pyplot as plt
import numpy as np
import pytest
from films import Film
from tiny_model import SIZES, write_tiny_model

from tempsampling import generate, sample, softmax, truncate
from tempsampling.model.smollm import SmolLM2
from tempsampling.numerics.sampling import ORDER, survivors
from tempsampling.numerics.truncation import CUTS as KNOWN
from tempsampling.widgets.controls import choices
from tempsampling.widgets.playground import (
    CUTS,
    ORDERS,
    PROMPTS,
    WRITTEN,
    Panel,
    Playground,
    playground,
    steps_of,
)
from tempsampling.writing.labels import writable

INF = float("inf")
PROMPT = "The sky is"


def probabilities(z, temperature, order, **cuts):
    """What tokens are drawn from."""
    kept, left, final = survivors(np.array(z), steps_of(order, temperature, cuts))
    p = np.zeros(len(z))
    p[kept] = softmax(left, final)
    return p


class Watched:
    """The tiny model, which keeps how many tokens it read at each call, and can be held up."""

    def __init__(self, model):
        self.model, self.read, self.holds = model, [], None

    def __getattr__(self, name):
        return getattr(self.model, name)

    def next_logits(self, tokens, cache=None):
        self.read.append(len(tokens[0]))
        if self.holds and len(self.read) == 3:
            self.reached.set()
            assert self.holds._halted.wait(20)
        return self.model.next_logits(tokens, cache)

    def hold(self, shown):
        """Draw again, and return while the thread reads its third token, until it is halted."""
        self.read.clear()
        self.holds, self.reached = shown, threading.Event()
        shown.controls["seed"].click()
        assert self.reached.wait(20)
        self.holds = None


def tiny_model(folder, monkeypatch, context):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(folder / "cache"))
    monkeypatch.setitem(SIZES, "context", context)
    write_tiny_model(folder / "tiny.gguf")
    return Watched(SmolLM2.load(folder / "tiny.gguf"))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    return tiny_model(tmp_path, monkeypatch, context=200)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def shown(tiny):
    shown = Playground(Panel(tiny, PROMPT))
    shown.finish()
    yield shown
    shown.close()


def slide(shown, name, value):
    shown.controls[name].slider.value = value


def alerts(html):
    return re.findall('<div role="alert"[^>]*>(.*?)</div>', html)


def bars_of(shown):
    return shown.output[0]["text/plain"]


# The steps

ROWS = {
    "steep": [3.0, 2.0, 1.0, 0.0, -1.0, -5.0],
    "flat": [0.3, 0.2, 0.1, 0.0],
    "equal": [1.0, 2.0, 2.0, 2.0, 0.0],
    "all equal": [0.5] * 7,
    "one": [4.0],
    "impossible": [1.0, -INF, 0.5, 0.0, -INF],
    "far apart": [0.0, 900.0, 899.0, -900.0],
    "random": np.random.default_rng(0).standard_normal(300) * 3,
}


def test_a_step_that_is_not_named_is_not_taken():
    z = ROWS["steep"]
    settings = {
        "top_k": 2,
        "top_p": 0.5,
        "min_p": 0.9,
        "typical_p": 0.1,
        "epsilon_cutoff": 0.3,
        "eta_cutoff": 0.3,
        "top_n_sigma": 0.1,
        "xtc": 0.1,
    }
    np.testing.assert_allclose(probabilities(z, 0.2, "", **settings), softmax(z))
    np.testing.assert_allclose(probabilities(z, 0.2, "temperature", **settings), softmax(z, 0.2))
    np.testing.assert_allclose(
        probabilities(z, 0.2, "top_k", **settings), truncate(z, top_k=2), atol=1e-12
    )


def test_what_is_switched_off_changes_nothing():
    off = {name: off for name, (off, _) in CUTS.items()}
    for order in ORDERS:
        np.testing.assert_allclose(
            probabilities(ROWS["random"], 0.7, order, **off), softmax(ROWS["random"], 0.7)
        )


@pytest.mark.parametrize("name", ["typical_p", "epsilon_cutoff", "eta_cutoff"])
def test_the_other_cuts_see_the_temperature_where_it_stands_before_them(name):
    z, settings = np.log([0.5, 0.2, 0.15, 0.1, 0.05]), {name: 0.5 if name == "typical_p" else 0.12}
    before = probabilities(z, 3.0, f"{name}, temperature", **settings)
    after = probabilities(z, 3.0, f"temperature, {name}", **settings)
    assert (before > 0).tolist() != (after > 0).tolist()
    for p in (before, after):
        kept = p > 0
        np.testing.assert_allclose(p[kept], softmax(z[kept], 3.0))


@pytest.mark.parametrize("order", ["top_q", "temperature, Top_k", "top_p top_k", "top_k, top_k"])
def test_a_name_that_is_unknown_or_stands_twice_is_told(order):
    with pytest.raises(ValueError, match=r"order must hold names of .*, each once, got"):
        probabilities([1.0, 2.0], 1.0, order)


def test_a_line_of_names_may_be_written_in_several_ways():
    z = ROWS["random"]
    expected = probabilities(z, 0.5, "top_p, min_p, temperature", top_p=0.8, min_p=0.1)
    for order in ("top_p,min_p,temperature", " top-p ,, min-p, temperature, "):
        found = probabilities(z, 0.5, order, top_p=0.8, min_p=0.1)
        np.testing.assert_array_equal(found, expected)


WRONG = {
    "temperature": -1,
    "top_k": -5,
    "top_p": 0,
    "min_p": 2,
    "typical_p": 0,
    "epsilon_cutoff": 1,
    "eta_cutoff": -1,
    "top_n_sigma": -0.1,
    "xtc": 0,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_is_none_is_told_by_its_name(name):
    settings = {"temperature": 1.0, name: WRONG[name]}
    with pytest.raises(ValueError, match=f"{name} must be .*, got {WRONG[name]}"):
        probabilities([1.0, 2.0], order=ORDERS[0], **settings)


def test_the_panel_and_every_order_that_it_offers_have_all_the_steps():
    assert list(CUTS) == list(KNOWN)
    for order in ORDERS:
        assert sorted(order.split(", ")) == sorted(ORDER)


# The text

STEADY = {"temperature": 0.8, "top_k": 40}
SAME_AS_GENERATE = [
    {"temperature": 1.0},
    STEADY,
    {"temperature": 0.0},
    {"temperature": INF, "top_k": 3},
    {"temperature": 2.0, "top_p": 0.6, "min_p": 0.1},
]


@pytest.mark.parametrize("settings", SAME_AS_GENERATE, ids=str)
def test_at_the_same_noise_the_text_is_that_of_generate(tiny, settings):
    panel = Panel(tiny, PROMPT)
    panel.update(PROMPT, **settings)
    panel._noise = np.random.default_rng(5).spawn(1)[0].random(WRITTEN)  # as `generate` has it
    (text,) = generate(tiny.model, PROMPT, **settings, seed=5, max_tokens=WRITTEN)
    assert tokens_of(panel) == text.tokens.tolist()


@pytest.mark.parametrize("order", ORDERS)
def test_every_token_is_drawn_from_the_probabilities_of_the_settings(tiny, order):
    cuts = {
        "top_k": 90,
        "top_p": 0.9,
        "typical_p": 0.8,
        "epsilon_cutoff": 0.002,
        "eta_cutoff": 0.002,
    }
    panel = Panel(tiny, PROMPT)
    panel.update(PROMPT, 1.3, order=order, seed=3, **cuts)
    panel.written()
    tokens, noise = tiny.tokenize(PROMPT), np.random.default_rng(3).random(WRITTEN)
    for step, u in zip(panel.writing.steps, noise, strict=False):
        z = tiny.model.next_logits([tokens])[0][0]
        p = probabilities(z, 1.3, order, **cuts)
        assert step.token == sample(np.log(np.maximum(p, 1e-300)), noise=u)
        assert step.probability == pytest.approx(softmax(z)[step.token], rel=1e-3)
        tokens.append(step.token)


def tokens_of(panel):
    panel.written()
    return [step.token for step in panel.writing.steps[: panel._at]]


def test_settings_that_draw_the_same_tokens_read_nothing_again(tiny):
    panel = Panel(tiny, PROMPT)
    before = panel.written()
    tiny.read.clear()
    panel.update(PROMPT, top_k=10_000, top_p=1.0)
    assert panel.written() == before
    assert tiny.read == []


def test_a_changed_setting_keeps_the_beginning_that_both_texts_share(tiny):
    panel = Panel(tiny, PROMPT)
    before = tokens_of(panel)
    tiny.read.clear()
    panel.update(PROMPT, 0.99)
    after = tokens_of(panel)
    shared = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    assert 0 < shared < WRITTEN - 1
    assert len(tiny.read) == len(after) - shared
    assert set(tiny.read[1:]) == {1}
    assert after == tokens_of(fresh(tiny, PROMPT, 0.99))  # as if it had been written at once


def fresh(tiny, *settings, **more):
    """What a panel shows that was never in another state."""
    panel = Panel(tiny, settings[0])
    panel.update(*settings, **more)
    return panel


def test_draw_again_gives_other_noise_and_another_prompt_begins_anew(tiny, shown):
    first = shown.panel.written()
    shown.controls["seed"].click()
    shown.finish()
    second = shown.panel.written()
    assert second != first
    assert second == fresh(tiny, PROMPT, seed=2).written()
    shown.controls["prompt"].labeled.value = "Oh"
    shown.finish()
    assert shown.panel.written() == fresh(tiny, "Oh", seed=2).written()
    assert bars_of(shown) == fresh(tiny, "Oh").update("Oh")


def test_a_token_that_ends_a_text_is_the_last(tiny):
    panel = Panel(tiny, PROMPT)
    tiny.end_tokens = {tokens_of(panel)[4]}
    panel.update(PROMPT)
    assert len(tokens_of(panel)) == 5


# The panel


def test_the_title_says_what_is_kept_and_at_which_temperature(tiny, shown):
    assert bars_of(shown).startswith("T = 1, all 260 tokens kept: ")
    slide(shown, "temperature", 0.0)
    assert bars_of(shown).startswith("T = 0, all 260 tokens kept: ")
    slide(shown, "top_k", 20)
    assert bars_of(shown).startswith("T = 0, 20 of 260 tokens kept: ")
    shown.controls["temperature"].box.value = "inf"
    assert bars_of(shown).startswith("T = ∞, 20 of 260 tokens kept: ")
    assert "all others 50.0%" in bars_of(shown)  # ten bars of twenty
    shown.controls["order"].labeled.value = "top_k"  # the temperature is no step
    assert bars_of(shown).startswith("T = 1, 20 of 260 tokens kept: ")


def test_a_move_while_the_thread_writes_halts_it_and_nothing_of_the_old_text_is_left(tiny, shown):
    tiny.hold(shown)
    slide(shown, "temperature", 2.0)  # while the third token is read
    shown.finish()
    new = fresh(tiny, PROMPT, 2.0, seed=2)
    assert bars_of(shown) == new.update(PROMPT, 2.0, seed=2)
    new.written()
    assert shown.text.value == new.as_html()


REFUSED = {
    "order": ("top_q, top_k", "order must hold names of"),
    "prompt": ("", "prompt must have at least one token"),
    "too long": ("x" * 500, "tokens must fit into the context of 200 tokens"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_told_in_one_sentence_and_the_old_text_goes_on(tiny, shown, what):
    text, told = REFUSED[what]
    box = shown.controls["order" if what == "order" else "prompt"].labeled
    before = box.value
    tiny.hold(shown)
    screen = shown._screen.value
    box.value = text  # while the third token is read
    (sentence,) = alerts(shown._problem.value)
    assert told in sentence
    assert shown._screen.value == screen
    shown.finish()
    assert PROMPT + "".join(shown.panel.writing.pieces()) == fresh(tiny, PROMPT, seed=2).written()
    assert shown.text.value == shown.panel.as_html()
    box.value = before
    assert shown._problem.value == ""


def test_closing_ends_the_thread(tiny, shown):
    tiny.hold(shown)
    shown.close()
    assert not shown._writer.is_alive()
    assert len(tiny.read) == 3
    shown.close()  # twice, without a word


def test_where_the_context_is_full_it_is_told_once_beside_the_text(tmp_path, monkeypatch):
    shown = Playground(Panel(tiny_model(tmp_path, monkeypatch, context=20), PROMPT))
    shown.finish()
    written = shown.panel.as_html()
    for _ in range(3):
        (told,) = alerts(shown.text.value)
        assert told.startswith("tokens must fit into the context of 20 tokens")
        assert shown.text.value.startswith(written)
        shown.controls["order"].labeled.value += "?"  # refused: the old text goes on
        shown.finish()
    shown.close()


def test_in_a_terminal_bars_and_text_are_printed(tiny, capsys):
    playground(tiny, PROMPT)
    bars, text = capsys.readouterr().out.split("\n", 1)
    panel = Panel(tiny, PROMPT)
    assert bars == panel.update(PROMPT)
    assert text == panel.written() + "\n"


def test_exported_there_are_a_menu_of_five_prompts_and_temperatures_with_bars_and_text(tiny):
    film = Film(Panel(tiny, PROMPTS[0]).as_film())
    prompts, heats = film.labels
    assert prompts == list(PROMPTS)
    assert len(heats) >= 30
    for i, prompt in enumerate(PROMPTS):
        panel = Panel(tiny, prompt)
        for j in range(0, len(heats), 6):
            words = panel.update(prompt, float(heats[j])).partition(":")[0]
            assert words in film.frame(i, j)
            written = panel.written().replace("\n", "↵")
            assert escape(writable(written)) in film.frame(i, j)


def test_nobody_writes_html_into_the_page(tiny, monkeypatch):
    monkeypatch.setattr(tiny, "bytes_of", lambda token: b"<script>", raising=False)
    panel = Panel(tiny, "<img src=x> $x$ &amp;")
    panel.written()
    page = panel.as_html()
    assert "<img" not in page and "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;img src=x&gt; $x$ &amp;amp;" in page
    assert page.index('class="tex2jax_ignore mathjax_ignore"') < page.index("&lt;")


TEXTS = {
    "prompt": [*PROMPTS, "", "a\ud83d", "🌡", "<b>$x$", "x" * 190],
    "order": [*ORDERS, "", "temperature", "top_q", "eta, eta", "min-p, top_p"],
}
TYPED = ["", "0", "-1", "inf", "7", "0.01", "nan"]


def random_move(shown, rng):
    name = list(shown.controls)[rng.integers(len(shown.controls))]
    control = shown.controls[name]
    if name == "seed":
        control.click()
    elif name in TEXTS:
        control.labeled.value = TEXTS[name][rng.integers(len(TEXTS[name]))]
    elif rng.random() < 0.2:
        control.box.value = TYPED[rng.integers(len(TYPED))]
    else:
        values = [value for _, value in choices(control)]
        control.slider.value = values[rng.integers(len(values))]


@pytest.mark.parametrize("moves", [pytest.param(10_000, marks=pytest.mark.rare), 1000])
def test_random_moves_of_all_controls_raise_nothing_and_the_last_one_counts(tiny, shown, moves):
    rng, ends = np.random.default_rng(moves), 0
    for i in range(moves):
        random_move(shown, rng)
        if i % (moves // 20) == 0 and not shown._problem.value:
            settings = {name: control.value for name, control in shown.controls.items()}
            new = Panel(tiny.model, settings["prompt"])
            assert bars_of(shown) == new.update(**settings)
            shown.finish()
            full = alerts(shown.text.value)
            assert full or shown.panel.written() == new.written()
            assert all("must fit into the context" in told for told in full)
            ends += 1
        for told in alerts(shown._problem.value):
            assert " must " in told
    assert ends > 3
