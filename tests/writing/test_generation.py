"""A model writes: the same seed the same text, and every token with its probability."""

import os
import signal
import subprocess
import sys
import threading
from itertools import pairwise

import numpy as np
import pytest
from tiny_model import write_tiny_model

from tempsampling import (
    SmolLM2,
    entropy,
    generate,
    log_softmax,
    presence_penalty,
    score,
    softmax,
    truncate,
)
from tempsampling.writing import generation

PROMPT = "Once upon a time, there was a little"


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    write_tiny_model(tmp_path / "tiny.gguf")
    return SmolLM2.load(tmp_path / "tiny.gguf")


def texts(continuations):
    return [continuation.text for continuation in continuations]


def test_at_temperature_zero_every_token_is_the_likeliest(model):
    (text,) = generate(model, PROMPT, temperature=0, max_tokens=12)
    tokens = model.tokenize(PROMPT)
    for token in text.tokens:
        assert token == model.logits_for(tokens)[-1].argmax()
        tokens.append(int(token))
    assert (text.sampler_probabilities == 1).all()


def test_the_numbers_of_every_token_are_those_of_the_logits(model):
    (text,) = generate(model, PROMPT, temperature=1.5, top_p=0.9, max_tokens=10, seed=4)
    prompt = model.tokenize(PROMPT)
    logits = model.logits_for(prompt + text.tokens.tolist())[len(prompt) - 1 : -1]
    steps = np.arange(10)
    plain = softmax(logits)
    np.testing.assert_allclose(text.probabilities, plain[steps, text.tokens], rtol=1e-3)
    np.testing.assert_allclose(text.entropies, entropy(plain), rtol=1e-3)
    cut = truncate(logits, temperature=1.5, top_p=0.9)
    np.testing.assert_allclose(text.sampler_probabilities, cut[steps, text.tokens], rtol=1e-3)
    for p, alternatives in zip(plain, text.alternatives, strict=True):
        top = np.argsort(-p)[:5]
        assert [other.token for other in alternatives] == top.tolist()
        assert [other.text for other in alternatives] == [model.decode([i]) for i in top]
        likely = [other.probability for other in alternatives]
        np.testing.assert_allclose(likely, p[top], rtol=1e-3)


def test_the_same_seed_gives_the_same_texts_twice_in_one_process(model):
    settings = {"n": 3, "max_tokens": 12, "seed": 7}
    assert texts(generate(model, PROMPT, **settings)) == texts(generate(model, PROMPT, **settings))
    assert texts(generate(model, PROMPT, **settings | {"seed": 8})) != texts(
        generate(model, PROMPT, **settings)
    )


def test_the_same_seed_gives_the_same_texts_in_two_processes(model):
    code = (
        "from tempsampling import SmolLM2, generate\n"
        f"for text in generate(SmolLM2.load(), {PROMPT!r}, n=2, max_tokens=12, seed=7):\n"
        "    print(text.tokens.tolist())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = generate(model, PROMPT, n=2, max_tokens=12, seed=7)
    assert run.stdout.splitlines() == [str(text.tokens.tolist()) for text in here]


def test_without_a_seed_texts_differ(model):
    assert len(set(texts(generate(model, PROMPT, n=4, max_tokens=12)))) == 4


def test_asking_for_more_continues_what_was_there(model):
    few = generate(model, PROMPT, n=1, max_tokens=6, seed=2)[0]
    many = generate(model, PROMPT, n=3, max_tokens=12, seed=2)[0]
    assert many.tokens[:6].tolist() == few.tokens.tolist()


def test_with_common_noise_a_seed_gives_equal_temperatures_equal_texts(model):
    common = generate(model, PROMPT, n=3, max_tokens=12, seed=1, common_noise=True)
    assert len(set(texts(common))) == 1
    own = generate(model, PROMPT, n=3, max_tokens=12, seed=1)
    assert len(set(texts(own))) == 3
    assert own[0].tokens.tolist() == common[0].tokens.tolist()


def test_with_common_noise_more_heat_never_picks_a_likelier_token(model):
    """Until two texts part, they stand before the same distribution with the same noise."""
    temperatures = [0, 0.5, 1, 1.5, 2]
    steps = generate(
        model, PROMPT, temperature=temperatures, max_tokens=1, seed=6, common_noise=True
    )
    logits = model.logits(PROMPT)
    ranks = [(logits > logits[text.tokens[0]]).sum() for text in steps]
    assert ranks == sorted(ranks)
    assert ranks[-1] > ranks[0]
    assert [text.temperature for text in steps] == temperatures


def test_several_prompts_side_by_side_are_each_continued_as_alone(model):
    prompts = [PROMPT, "The longest river that I have ever seen is"]
    together = generate(model, prompts, temperature=[0, 0.5], max_tokens=12, seed=3)
    assert [text.prompt for text in together] == prompts
    alone = [
        generate(model, prompt, temperature=[0, 0.5], max_tokens=12, seed=3) for prompt in prompts
    ]
    assert texts(together) == texts([alone[0][0], alone[1][1]])
    assert len(generate(model, prompts, max_tokens=1)) == 2


def test_at_infinite_temperature_every_token_is_equally_likely(model):
    (text,) = generate(model, PROMPT, temperature=np.inf, max_tokens=3, seed=1)
    np.testing.assert_allclose(text.sampler_probabilities, 1 / 49152)


def test_a_text_may_fill_the_context_to_the_last_token(tiny):
    (text,) = generate(tiny, "x" * 30, max_tokens=10, seed=1, temperature=0)
    assert text.ended or len(text.tokens) == 10
    with pytest.raises(ValueError, match="prompt must leave room for 11 more tokens"):
        generate(tiny, "x" * 30, max_tokens=11)
    assert len(score(tiny, "x" * 40).tokens) == 39


class TwoWords:
    """A language of two words and an end, each as likely as the others: no model is so small."""

    context, end_tokens = 100, {2}

    def tokenize(self, text):
        return [0 for _ in text]

    def decode(self, tokens):
        return "".join("ab."[token] for token in tokens)

    def next_logits(self, tokens, cache=None):
        return np.zeros((len(tokens), 3), np.float32), cache

    def bytes_of(self, token):
        return b"ab."[token : token + 1]

    def branch(self, cache, sequences=1):
        return cache

    def keep(self, cache, rows):
        return cache


def test_any_model_of_the_protocol_writes_and_may_end_at_once():
    texts = generate(TwoWords(), "a", n=30, max_tokens=6, seed=1)
    ended_at_once = [text for text in texts if text.tokens.tolist() == [2]]
    assert ended_at_once
    assert ended_at_once[0].text == ""
    assert ended_at_once[0].pieces == (".",)
    assert {len(step) for text in texts for step in text.alternatives} == {3}


def test_a_sequence_that_ended_leaves_the_noise_of_the_others_alone():
    for i in range(10):  # alone, a sequence draws what it draws beside others
        together = generate(TwoWords(), "a", n=10, max_tokens=8, seed=3)[i]
        fewer = generate(TwoWords(), "a", n=i + 1, max_tokens=8, seed=3)[i]
        assert together.tokens.tolist() == fewer.tokens.tolist()


def test_a_reply_ends_with_the_end_of_turn_and_does_not_show_it(model):
    question = [{"role": "user", "content": "What is the capital of France?"}]
    (reply,) = generate(model, model.chat_prompt(question), temperature=0, max_tokens=60)
    assert reply.text == "The capital of France is Paris."
    assert reply.ended
    assert reply.tokens[-1] in model.end_tokens
    assert len(reply.tokens) == len(reply.pieces) < 60


class Counted:
    """A model that counts the rows which it is given at each step."""

    def __init__(self, model):
        self.model, self.rows = model, []

    def __getattr__(self, name):
        return getattr(self.model, name)

    def next_logits(self, tokens, cache=None):
        self.rows.append(len(tokens))
        return self.model.next_logits(tokens, cache)


def test_a_sequence_that_ended_is_not_computed_any_more_while_the_others_go_on(model):
    counted = Counted(model)
    question = [{"role": "user", "content": "Name a color."}]
    replies = generate(counted, model.chat_prompt(question), n=6, max_tokens=25, seed=3)
    lengths = [len(reply.tokens) for reply in replies]
    going = [sum(length > step for length in lengths) for step in range(1, max(lengths))]
    assert counted.rows == [1, *going]
    assert len(set(lengths)) > 1
    for reply in replies:
        assert reply.ended == (reply.tokens[-1] in model.end_tokens)
        assert reply.ended or len(reply.tokens) == 25
        assert len(reply.entropies) == len(reply.alternatives) == len(reply.tokens)


def test_many_sequences_are_written_in_batches_that_fit_into_memory(model, monkeypatch):
    monkeypatch.setattr(generation, "REMEMBERED", 3 * (9 + 12) + 1)  # tokens
    counted = Counted(model)
    in_batches = generate(counted, PROMPT, n=7, max_tokens=12, seed=1)
    assert len(model.tokenize(PROMPT)) == 9
    assert max(counted.rows) == 3
    monkeypatch.undo()
    at_once = generate(model, PROMPT, n=7, max_tokens=12, seed=1)
    for one, other in zip(in_batches, at_once, strict=True):
        assert one.tokens.tolist() == other.tokens.tolist()
        np.testing.assert_allclose(one.probabilities, other.probabilities, rtol=1e-3)


def test_a_thousand_sequences_are_never_more_at_once_than_memory_holds():
    counted = Counted(TwoWords())
    texts = generate(counted, "a" * 40, n=1000, max_tokens=20, seed=1)
    assert len(texts) == 1000
    assert 1 < max(counted.rows) * 60 <= generation.REMEMBERED


HALVES = {  # texts in which some tokens are parts of characters
    "emoji": "The forecast: 🌦️ and 👩‍🔬",
    "emoji first": "🌦️ is the forecast",
    "the sign of a broken character": "The \ufffd sign",
    "that sign first": "\ufffd is it",
    "only that sign": "\ufffd\ufffd\ufffd",
    "that sign beside half characters": "🌦\ufffd️\ufffd🌦",
    "Japanese": "東京の空は\ufffdだ",
}


@pytest.mark.parametrize("text", HALVES.values(), ids=HALVES)
def test_pieces_join_to_the_text_even_where_a_token_is_half_a_character(model, text):
    read = score(model, text)
    assert read.prompt + "".join(read.pieces) == text
    assert read.text == "".join(read.pieces)


def test_a_token_within_a_character_adds_nothing_and_the_sign_of_a_broken_one_is_a_character(model):
    read = score(model, " 🌦 \ufffd!", prompt="The forecast:")
    # In bytes: what each token completes.
    whole = [model.bytes_of(token).decode("utf-8", "ignore") for token in read.tokens]
    signs = [piece for piece in read.pieces if "\ufffd" in piece]
    assert "" in read.pieces
    assert len(signs) == 1
    assert "\ufffd" in "".join(whole)


def test_a_text_that_stops_within_a_character_says_so(model):
    tokens = model.tokenize("🌦️")
    growing = generation._Growing(model, "The forecast:", 1.0)
    growing.add(tokens[0], softmax(model.logits("The forecast:")), 1.0, 0.5)
    assert growing.so_far(last=False).text == ""
    assert growing.so_far().text == "".join(growing.so_far().pieces) == "\ufffd"


def test_scoring_gives_the_likelihood_of_a_text(model):
    tokens = model.tokenize("Mary had a little lamb")
    read = score(model, "Mary had a little lamb")
    assert read.prompt == model.decode(tokens[:1])
    expected = log_softmax(model.logits_for(tokens)[:-1])[np.arange(len(tokens) - 1), tokens[1:]]
    np.testing.assert_allclose(np.log(read.probabilities), expected, atol=1e-4)


def test_a_long_text_is_scored_in_parts_and_gets_the_same_numbers(model, monkeypatch):
    text = "Mary had a little lamb, its fleece was white as snow."
    at_once = score(model, text)
    monkeypatch.setattr(generation, "SCORED", 3)
    in_parts = score(model, text)
    np.testing.assert_allclose(in_parts.probabilities, at_once.probabilities, rtol=1e-3)
    np.testing.assert_allclose(in_parts.entropies, at_once.entropies, rtol=1e-3, atol=1e-5)


def test_what_was_written_is_scored_as_it_was_written(model):
    (text,) = generate(model, PROMPT, max_tokens=10, seed=5)
    read = score(model, text.text, prompt=PROMPT)
    assert read.tokens.tolist() == text.tokens.tolist()
    np.testing.assert_allclose(read.probabilities, text.probabilities, rtol=1e-3)
    np.testing.assert_allclose(read.entropies, text.entropies, rtol=1e-3)


def test_a_chat_can_show_every_token_as_it_comes(model):
    seen = []
    (text,) = generate(
        model, PROMPT, max_tokens=5, seed=1, on_token=lambda found: seen.append(found[0].text)
    )
    assert len(seen) == 5
    assert seen[-1] == text.text
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


def test_an_interrupt_stops_within_a_token_and_leaves_the_model_usable(model):
    expected = texts(generate(model, PROMPT, max_tokens=6, seed=1))
    counted = []

    def interrupt(found):
        counted.append(len(found[0].tokens))
        if counted[-1] == 3:  # as Jupyter does: a signal, while the loop works
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    # Python lets interrupts pass where it was started in the background, and a kernel does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        generate(model, PROMPT, max_tokens=2000, seed=1, on_token=interrupt)
    assert counted[-1] <= 5
    assert texts(generate(model, PROMPT, max_tokens=6, seed=1)) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": ["a", "b"], "n": 3}, "prompt must be .* n = 3, got 2 strings"),
        ({"prompt": ["a", ""]}, "prompt must have at least one token, got ''"),
        ({"prompt": ["a", "b"], "temperature": [1, 2, 3]}, "temperature .* n = 2"),
        ({"temperature": []}, "temperature must be one number for each sequence"),
        ({"temperature": [1, 2], "n": 3}, "temperature must be one number, or n = 3"),
    ],
)
def test_prompts_and_temperatures_must_be_as_many_as_the_sequences(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(model, **{"prompt": "The", "max_tokens": 2} | arguments)


# A logits processor


def test_generate_draws_from_what_a_logits_processor_returns(model):
    seen = []

    def never_the_likeliest(z, tokens):
        seen.append(list(tokens))
        return np.where(z == z.max(), -np.inf, z)

    how = {"temperature": 0, "max_tokens": 5}
    (plain,) = generate(model, "One, two, three,", **how)
    (text,) = generate(model, "One, two, three,", logits_processor=never_the_likeliest, **how)
    assert text.tokens[0] == plain.alternatives[0][1].token
    assert text.sampler_probabilities.tolist() == [1] * 5
    prompt = model.tokenize("One, two, three,")
    assert seen == [[*prompt, *text.tokens[:i]] for i in range(5)]


def test_each_sequence_is_processed_with_its_own_tokens(model):
    how = {"n": 3, "max_tokens": 12, "seed": 4, "temperature": 1.2}
    texts = generate(
        model, "I think that", logits_processor=lambda z, t: presence_penalty(z, t, 99), **how
    )
    for text in texts:
        assert len(set(text.tokens)) == len(text.tokens)


def test_a_logits_processor_cannot_change_the_models_probabilities(model):
    def spoil(z, tokens):
        z[:] = 0
        return z

    (text,) = generate(model, "I think that", logits_processor=spoil, max_tokens=2, seed=1)
    assert text.alternatives[0][0].probability > 0.01


@pytest.mark.parametrize(
    ("answer", "told"),
    [(None, "logits_processor's answer"), ([1.0], "logits_processor must return shape")],
)
def test_a_logits_processor_that_answers_something_else_is_told(model, answer, told):
    with pytest.raises((TypeError, ValueError), match=told):
        generate(model, "I think that", logits_processor=lambda z, tokens: answer)
