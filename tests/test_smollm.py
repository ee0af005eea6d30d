"""SmolLM2 in NumPy is the model that Transformers runs, and says clearly what it cannot do."""

import re
from pathlib import Path

import numpy as np
import pytest

from tempsampling import weights
from tempsampling.smollm import SmolLM2, _load

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = np.load(ROOT / "tests" / "reference" / "logits.npz")
PROMPTS = [str(prompt) for prompt in REFERENCE["prompts"]]


@pytest.fixture(scope="module")
def model():
    return SmolLM2.load()


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_logits_agree_with_transformers_everywhere(model, i):
    logits = model.logits(PROMPTS[i])
    assert logits.shape == (49152,)
    assert logits.dtype == np.float32
    assert np.abs(logits - REFERENCE[f"logits_{i}"]).max() <= 1e-3


@pytest.mark.parametrize("i", range(len(PROMPTS)), ids=PROMPTS)
def test_tokens_agree_with_transformers(model, i):
    assert model.tokenize(PROMPTS[i]) == REFERENCE[f"tokens_{i}"].tolist()


@pytest.mark.parametrize("text", ["", " ", "a\n\tb", "3.14159", "naïve 東京 🌦️", "<|im_start|>user"])
def test_decoding_undoes_tokenizing(model, text):
    assert model.decode(model.tokenize(text)) == text


def test_later_tokens_never_change_earlier_positions(model):
    tokens = model.tokenize("The weather today is quite pleasant")
    whole, part = model.logits_for(tokens), model.logits_for(tokens[:3])
    np.testing.assert_allclose(whole[:3], part, atol=1e-3)


def test_loading_twice_gives_one_model(model):
    assert SmolLM2.load() is model


def test_missing_weights_name_the_command_that_brings_them(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    _load.cache_clear()
    with pytest.raises(FileNotFoundError, match=re.escape(weights.INSTALL)):
        SmolLM2.load()


def test_the_command_that_brings_the_weights_is_the_version_tested():
    assert weights.INSTALL.split()[-1] in (ROOT / "constraints.txt").read_text().split()


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
        ([49152], ValueError, "tokens must be indices from 0 to 49151, got 49152"),
        ([-1], ValueError, "got -1"),
        ([[1], [1, 2]], ValueError, "tokens must be rectangular"),
        (504, TypeError, "tokens must be a sequence of token indices, got 504"),
        (["The"], TypeError, "tokens must be a sequence"),
        ([0.5], TypeError, "tokens must be a sequence"),
    ],
)
def test_tokens_that_do_not_exist_are_refused_by_name(model, tokens, error, message):
    with pytest.raises(error, match=message):
        model.decode(tokens)
