"""SmolLM2 in NumPy is the model that Transformers runs, and says clearly what it cannot do."""

import json
from pathlib import Path

import numpy as np
import pytest

from tempsampling.model.smollm import SmolLM2, render

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = np.load(ROOT / "tests" / "reference" / "logits.npz")
STRINGS = json.loads((ROOT / "tests" / "reference" / "tokens.json").read_text())
PROMPTS = [str(prompt) for prompt in REFERENCE["prompts"]]


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_logits_agree_with_transformers_for_every_token(model, i):
    logits = model.logits(PROMPTS[i])
    assert logits.shape == (49152,)
    assert logits.dtype == np.float32
    assert np.abs(logits - REFERENCE[f"logits_{i}"]).max() <= 1e-3


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_logits_agree_with_transformers_at_every_position(model, i):
    tokens = REFERENCE[f"tokens_{i}"]
    logits = model.logits_for(tokens).astype(np.float64)
    assert logits.shape == (len(tokens), 49152)
    some = logits[:, :: int(REFERENCE["every"])]
    np.testing.assert_allclose(some, REFERENCE[f"some_{i}"], atol=1e-3)
    np.testing.assert_allclose(logits.max(axis=1), REFERENCE[f"largest_{i}"], atol=1e-3)
    log_sum = np.logaddexp.reduce(logits, axis=1)
    np.testing.assert_allclose(log_sum, REFERENCE[f"log_sum_{i}"], atol=1e-3)


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_tokens_agree_with_transformers(model, i):
    assert model.tokenize(PROMPTS[i]) == REFERENCE[f"tokens_{i}"].tolist()


def test_two_thousand_strings_have_the_tokens_that_transformers_gives_them(model):
    assert len(STRINGS) >= 2000
    assert [row for row in STRINGS if model.tokenize(row[0]) != row[1]] == []


def test_two_thousand_token_lists_decode_as_in_transformers(model):
    """Where decoding does not give the string back, the reference has what it gives instead."""
    assert [row for row in STRINGS if model.decode(row[1]) != row[-1 if len(row) > 2 else 0]] == []


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_reading_token_by_token_gives_the_logits_of_reading_at_once(model, i):
    tokens, cache = REFERENCE[f"tokens_{i}"], None
    at_once = model.logits_for(tokens)
    for token, expected in zip(tokens, at_once, strict=True):
        (logits,), cache = model.next_logits([[token]], cache)
        np.testing.assert_allclose(logits, expected, atol=1e-4, rtol=1e-5)


def test_a_long_text_is_read_in_parts_and_gives_the_logits_of_its_beginning(model):
    tokens = (model.tokenize("The quick brown fox jumps over the lazy dog. ") * 30)[:270]
    beginning = model.logits_for(tokens[:250])
    np.testing.assert_allclose(model.logits_for(tokens)[:250], beginning, atol=1e-4, rtol=1e-5)
    (last,), _ = model.next_logits([tokens])
    np.testing.assert_allclose(model.logits_for(tokens)[-1], last, atol=1e-4, rtol=1e-5)


def test_a_batch_gives_each_row_what_it_gets_alone(model):
    rows = [
        model.tokenize(text) for text in ("The cat sat on", "Two and two is", "Once upon a time")
    ]
    assert {len(row) for row in rows} == {4}
    together, cache = model.next_logits(rows)
    then, _ = model.next_logits([[260], [281], [284]], cache)
    for i, row in enumerate(rows):
        alone, its_cache = model.next_logits([row])
        np.testing.assert_allclose(together[i], alone[0], atol=1e-4, rtol=1e-5)
        after, _ = model.next_logits([[[260], [281], [284]][i]], its_cache)
        np.testing.assert_allclose(then[i], after[0], atol=1e-4, rtol=1e-5)


def test_a_cache_of_one_sequence_serves_several_and_stays_as_it_was(model):
    _, cache = model.next_logits([model.tokenize("The capital of")])
    ends = [model.tokenize(text) for text in (" France", " Italy")]
    both, branched = model.next_logits(ends, model.branch(cache, 2))
    assert (cache.sequences, cache.length, branched.sequences) == (1, 3, 2)
    for end, logits in zip(ends, both, strict=True):
        whole = model.logits_for(model.tokenize("The capital of") + end)[-1]
        np.testing.assert_allclose(logits, whole, atol=1e-4, rtol=1e-5)
    with pytest.raises(ValueError, match="one row for each of the 2 sequences in cache, got 3"):
        model.next_logits([[1], [2], [3]], branched)
    one_by_one = [model.next_logits([end], model.branch(cache))[0][0] for end in ends]
    np.testing.assert_allclose(one_by_one, both, atol=1e-4, rtol=1e-5)
    with pytest.raises(ValueError, match="cache must be that of one sequence, got"):
        model.branch(branched, 2)
    with pytest.raises(TypeError, match="cache must be what next_logits returned last, got"):
        model.next_logits([[1]], (both, branched))


def test_a_batch_goes_on_with_the_sequences_that_are_kept(model):
    rows = [[504, 3947], [28, 260], [253, 2416], [1, 2]]
    _, cache = model.next_logits(rows)
    assert model.keep(cache, [3, 1]) is cache
    assert (cache.sequences, cache.length) == (2, 2)
    left, _ = model.next_logits([[260], [281]], cache)
    for row, token, logits in zip([rows[3], rows[1]], [260, 281], left, strict=True):
        alone = model.logits_for([*row, token])[-1]
        np.testing.assert_allclose(logits, alone, atol=1e-4, rtol=1e-5)


def test_the_bytes_of_all_tokens_together_are_the_text(model):
    for text, tokens, *_ in STRINGS[:500]:
        joined = b"".join(map(model.bytes_of, tokens)).decode("utf-8", "replace")
        assert joined == model.decode(tokens), text


def test_an_interrupt_between_two_parts_leaves_the_cache_as_it_was(model, monkeypatch):
    tokens = [model.tokenize("The cat sat on the mat. ") * 50][0][:300]
    _, cache = model.next_logits([[504]])
    forward, calls = model.network.forward, []

    def interrupted(rows, its_cache):
        calls.append(rows)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return forward(rows, its_cache)

    monkeypatch.setattr(model.network, "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.next_logits([tokens], cache)
    assert cache.length == 1
    monkeypatch.undo()
    (logits,), _ = model.next_logits([tokens], cache)
    np.testing.assert_allclose(logits, model.logits_for([504, *tokens])[-1], atol=1e-4, rtol=1e-5)


def test_the_end_of_the_context_is_a_clear_error(model):
    _, cache = model.next_logits([[504]])
    with pytest.raises(ValueError, match="context of 8192 tokens, got 8192 more after 1"):
        model.next_logits([[504] * 8192], cache)
    assert cache.length == 1
    with pytest.raises(ValueError, match="context of 8192 tokens, got 3000000 more after 0"):
        model.logits_for(np.ones(3_000_000, int))  # before it asks for memory


def test_spaces_and_digits_are_split_as_llama_cpp_says(model):
    """The rule "smollm" of its vocabulary: every digit alone, a space belongs to its word."""
    pieces = [model.decode([token]) for token in model.tokenize("a  12 b\n\n3.5 it's  x")]
    assert pieces == ["a", "  ", "1", "2", " b", "\n\n", "3", ".", "5", " it", "'s", " ", " x"]


def test_a_template_that_refuses_says_why():
    with pytest.raises(ValueError, match="chat template, got: only one message"):
        render("{{ raise_exception('only one message') }}", [])
    with pytest.raises(ValueError, match="chat template, got: "):
        render("{% for %}", [])
    lines = "{% for m in messages %}\n    {{ m }}\n{% endfor %}\n"
    assert render(lines, ["a", "b"]) == "    a\n    b\n"


def test_the_chat_template_marks_who_speaks(model):
    system = "<|im_start|>system\n"
    prompt = model.chat_prompt([{"role": "user", "content": "Is <b> bold?"}])
    assert prompt.startswith(system + "You are a helpful AI assistant named SmolLM")
    assert prompt.endswith("<|im_start|>user\nIs <b> bold?<|im_end|>\n<|im_start|>assistant\n")
    pirate = [{"role": "system", "content": "Arr."}, {"role": "user", "content": "Hi"}]
    assert model.chat_prompt(pirate).startswith(system + "Arr.<|im_end|>")
    assert {model.decode([token]) for token in model.end_tokens} == {"<|im_end|>", "<|endoftext|>"}


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ("Hello", TypeError),
        ({"role": "user", "content": "Hi"}, TypeError),
        (None, TypeError),
        ([{"role": "user"}], ValueError),
        ([{"role": "pirate", "content": "Arr"}], ValueError),
        ([{"role": "user", "content": 5}], ValueError),
        (["Hello"], ValueError),
        ([], ValueError),
    ],
)
def test_messages_of_another_form_are_refused_by_name(model, messages, error):
    with pytest.raises(error, match=r"^messages must .*, got "):
        model.chat_prompt(messages)


@pytest.mark.parametrize("text", ["", " ", "a\n\tb", "3.14159", "naïve 東京 🌦️", "<|im_start|>user"])
def test_decoding_undoes_tokenizing(model, text):
    assert model.decode(model.tokenize(text)) == text


def test_later_tokens_never_change_earlier_positions(model):
    tokens = model.tokenize("The weather today is quite pleasant")
    whole, part = model.logits_for(tokens), model.logits_for(tokens[:3])
    np.testing.assert_allclose(whole[:3], part, atol=1e-3)


def test_loading_twice_gives_one_model(model):
    assert SmolLM2.load() is model


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", ValueError, "text must have 1 to 8192 tokens, got 0"),
        ("a " * 8200, ValueError, "text must have 1 to 8192 tokens, got"),
        (None, TypeError, "text must be a string, got None"),
        ("half \ud83c", ValueError, "text must not hold half a character, got '.ud83c'"),
        (["The"], TypeError, "text must be a string"),
    ],
)
def test_a_text_that_cannot_be_scored_is_refused_by_name(model, text, error, message):
    with pytest.raises(error, match=message):
        model.logits(text)


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        ([49152], ValueError, "tokens must be from 0 to 49151, got 49152"),
        ([-1], ValueError, "got -1"),
        ([[1], [1, 2]], ValueError, "tokens must be rectangular"),
        (504, TypeError, "tokens must be a sequence of token indices, got 504"),
        (["The"], TypeError, "tokens must be a sequence"),
        ([0.5], TypeError, "tokens must be a sequence"),
        ([True], TypeError, "tokens must be a sequence"),
    ],
)
def test_tokens_that_do_not_exist_are_refused_by_name(model, tokens, error, message):
    with pytest.raises(error, match=message):
        model.decode(tokens)


@pytest.mark.parametrize("tokens", [[], [[]], 5, "The", [[[1]]], [1.0], None])
def test_what_is_no_tokens_cannot_be_scored(model, tokens):
    for method in (model.logits_for, model.next_logits):
        with pytest.raises((TypeError, ValueError), match=r"^tokens must .*, got "):
            method(tokens)
