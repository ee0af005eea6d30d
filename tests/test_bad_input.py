# ruff: noqa: E501 (a table is read line by line: one case, one line)
"""Whatever a learner types gives the right result or one clear error, within 5 s, and no HTML."""

import faulthandler
import math
import os
import re
import signal
import threading
import time
import warnings
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import ipywidgets as widgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from browser import ROOT, lesson_explorers
from publish import Lesson, write_site
from published import without_a_network
from tiny_model import write_tiny_model
from tokenizers.pre_tokenizers import ByteLevel

import tempsampling as ts
from tempsampling._chat_html import conversation
from tempsampling.capstone import at, curve, settings, try_out
from tempsampling.chat import Chat, chat
from tempsampling.checks import verdict
from tempsampling.continuation import Continuation, score
from tempsampling.controls import Number, draw_again, play
from tempsampling.conversation import Conversation, Turn
from tempsampling.explore import Explorer, computed, explore, show_still
from tempsampling.film import film
from tempsampling.frames import Frames
from tempsampling.generation import generate
from tempsampling.glossary import look_up, table
from tempsampling.labels import percent, visible
from tempsampling.outputs import Drawing, as_html
from tempsampling.plots import ProbabilityBars, show
from tempsampling.smollm import SmolLM2
from tempsampling.tinted import alternatives_table, tint
from tempsampling.toys import fox_text

NAN, INF = float("nan"), float("inf")
Z, P, TEXTS = [1.0, 2.0, 3.0], [0.5, 0.25, 0.25], [["a", "b", "a", "b"], ["a", "c"]]
LONG = "word " * 10_000


class Silent:
    """Something of a learner's whose repr is broken."""

    def __repr__(self):
        raise RuntimeError("no repr")


def model():
    return SmolLM2.load()


def refuse(kind, start, got=""):
    """The outcome: one error of a kind, whose message begins and goes on like this."""
    return kind, start, got


# --- arrays -------------------------------------------------------------------------------------

LOGITS = {
    "softmax": ts.softmax,
    "log_softmax": ts.log_softmax,
    "top_k": lambda z: ts.top_k(z, 2),
    "top_p": lambda z: ts.top_p(z, 0.5),
    "min_p": lambda z: ts.min_p(z, 0.5),
    "typical_p": lambda z: ts.typical_p(z, 0.5),
    "epsilon_cutoff": lambda z: ts.epsilon_cutoff(z, 0.1),
    "eta_cutoff": lambda z: ts.eta_cutoff(z, 0.1),
    "truncate": lambda z: ts.truncate(z, top_p=0.5),
    "sample": lambda z: ts.sample(z, rng=0),
    "edt_temperature": lambda z: ts.edt_temperature(z, 1.0, 0.5),
    "dynamic_temperature": lambda z: ts.dynamic_temperature(z, 1.0, 0.5),
}
ONE_ROW = {
    "Mirostat": lambda z: ts.Mirostat(2.0, rng=0).sample(z),
    "fit_temperature": lambda z: ts.fit_temperature(z, 1),
}
ARRAYS = [("logits", name, call) for name, call in (LOGITS | ONE_ROW).items()]
ARRAYS += [
    ("probabilities", "entropy", ts.entropy),
    ("probabilities", "effective_number", ts.effective_number),
    ("probabilities", "tail_mass", lambda p: ts.tail_mass(p, 1)),
    ("probabilities", "ProbabilityBars", lambda p: ProbabilityBars(["a", "b", "c"], p)),
    ("confidences", "reliability", lambda c: ts.reliability(c, [1, 0, 1])),
    ("confidences", "ECE", lambda c: ts.expected_calibration_error(c, [1, 0, 1])),
    ("confidences", "ECE floor", lambda c: ts.calibration_error_floor(c, repeats=2)),
    ("confidence", "confidence_temperature", ts.confidence_temperature),
    ("p", "pass_at_k", lambda p: ts.pass_at_k(p, 2)),
    ("noise", "sample by noise", lambda u: ts.sample(Z, noise=u)),
    ("temperature", "generate at temperatures", lambda t: generate(model(), "a", temperature=t)),
]
masked = np.ma.array(Z, mask=[0, 1, 0])
NO_ARRAYS = {  # the value, the error, what the message says after the argument's name
    "text": ("abc", TypeError, "must be an array of real numbers, got 'abc'"),
    "numbers as text": (["1", "2"], TypeError, "must be an array of real numbers, got ['1', '2']"),
    "bytes": (b"12", TypeError, "must be an array of real numbers, got b'12'"),
    "objects": (np.array([1, None]), TypeError, "must be an array of real numbers, got array(["),
    "complex": ([1j, 2], TypeError, "must be an array of real numbers, got [1j, 2]"),
    "booleans": ([True, False], TypeError, "must be an array of real numbers, got [True, False]"),
    "a set": ({1.0}, TypeError, "must be an array of real numbers, got {1.0}"),
    "a dictionary": ({"a": 1}, TypeError, "must be an array of real numbers, got {'a': 1}"),
    "a huge integer": ([1, 10**400], TypeError, "must be an array of real numbers, got [1, 1000"),
    "no repr": (Silent(), TypeError, "must be an array of real numbers, got Silent that cannot"),
    "masked": (masked, TypeError, "must be a plain array, got a masked one: fill it first"),
    "masked rows": ([masked], TypeError, "must be a plain array, got a masked one: fill it first"),
    "ragged": ([[1.0], [1.0, 2.0]], ValueError, "must be rectangular, got [[1.0], [1.0, 2.0]]"),
}
NO_LOGITS = {
    "nan": ([1.0, NAN], "must be finite or minus infinity, got nan"),
    "1e309": ([1.0, 1e309], "must be finite or minus infinity, got inf"),
    "nothing possible": ([-INF, -INF], "must hold at least one finite value along axis -1, got"),
    "a single number": (3.0, "must have at least one axis, got the single number 3.0"),
    "empty": ([], "must not be empty along axis -1, got shape (0,)"),
}
READABLE = {  # what holds the logits 1, 2, 3 in another way
    "read-only": np.array(Z),
    "from behind": np.array(Z[::-1])[::-1],
    "big-endian": np.array(Z, ">f8"),
    "half precision": np.array(Z, np.float16),
    "bytes of integers": np.array(Z, np.int8),
    "unsigned": np.array(Z, np.uint64),
    "a tuple": tuple(Z),
    "a range": range(1, 4),
}
READABLE["read-only"].setflags(write=False)

CASES = {}  # by name: what is called, with what, and the outcome
for argument, name, call in ARRAYS:
    for what, (value, kind, words) in NO_ARRAYS.items():
        CASES[f"array: {name}({what})"] = call, value, refuse(kind, f"{argument} {words}")
for name, call in (LOGITS | ONE_ROW).items():
    for what, (value, words) in NO_LOGITS.items():
        CASES[f"logits: {name}({what})"] = call, value, refuse(ValueError, f"logits {words}")
for name, call in LOGITS.items():
    for what, value in READABLE.items():
        CASES[f"readable: {name}({what})"] = call, value, lambda call=call: call(np.array(Z))
CASES["readable: softmax by hand"] = (
    ts.softmax,
    READABLE["read-only"],
    lambda: [math.exp(z) / sum(map(math.exp, Z)) for z in Z],
)

# --- numbers ------------------------------------------------------------------------------------

FOUR = [0.5] * 4
REAL = {  # argument: what is called, and the words for -1 and for nan (None: it is allowed)
    "temperature": (lambda v: ts.softmax(Z, v), "a number from 0 to infinity"),
    "temperature ": (lambda v: ts.sample(Z, temperature=v), "a number from 0 to infinity"),
    "temperature  ": (lambda v: fox_text(v, 3), "a number from 0 to infinity"),
    "base": (lambda v: ts.entropy(P, v), "greater than 1"),
    "p": (lambda v: ts.top_p(Z, v), "greater than 0 and at most 1"),
    "p ": (lambda v: ts.min_p(Z, v), "from 0 to 1"),
    "p  ": (lambda v: ts.typical_p(Z, v), "greater than 0 and at most 1"),
    "epsilon": (lambda v: ts.epsilon_cutoff(Z, v), "greater than 0 and less than 1"),
    "top_p": (lambda v: ts.truncate(Z, top_p=v), "greater than 0 and at most 1"),
    "min_p": (lambda v: ts.sample(Z, min_p=v), "from 0 to 1"),
    "lowest": (lambda v: ts.confidence_temperature(0.5, v), "a number from 0 to infinity"),
    "theta": (lambda v: ts.edt_temperature(Z, 1.0, v), "finite and at least 0"),
    "spread": (lambda v: ts.dynamic_temperature(Z, 1.0, v), "finite and at least 0"),
    "exponent": (lambda v: ts.dynamic_temperature(Z, 1, 0.5, v), "finite and greater than 0"),
    "tau": (lambda v: ts.Mirostat(v), "finite and greater than 0"),
    "eta": (lambda v: ts.Mirostat(2.0, v), "finite and greater than 0"),
    "probability": (percent, "from 0 to 1"),
}
WHOLE = {  # argument: what is called, the least, and the most if that can be reached
    "k": (lambda v: ts.top_k(Z, v), 1, None),
    "k ": (lambda v: ts.pass_at_k(0.5, v), 1, None),
    "top_k": (lambda v: ts.sample(Z, top_k=v), 1, None),
    "outside_top": (lambda v: ts.tail_mass(P, v), 1, None),
    "n": (lambda v: ts.distinct_n(TEXTS, v), 1, None),
    "n ": (lambda v: ts.self_bleu(TEXTS, v), 1, 4),
    "n  ": (lambda v: ts.pass_at_k_estimate(v, 1, 1), 1, 10**7),
    "n   ": (lambda v: generate(model(), "a", n=v), 1, 1000),
    "c": (lambda v: ts.pass_at_k_estimate(10, v, 1), 0, 10),
    "bins": (lambda v: ts.reliability(FOUR, [1, 1, 0, 0], v), 1, 10**7),
    "repeats": (lambda v: ts.calibration_error_floor(FOUR, repeats=v), 1, 10**7),
    "length": (lambda v: fox_text(1.0, v), 1, 10**7),
    "size": (lambda v: ts.sample(Z, size=v), 0, None),
    "max_tokens": (lambda v: generate(model(), "a", max_tokens=v), 1, None),
}
OFF = {(name, "nothing") for name in ("top_k", "top_p", "min_p", "size", "n   ")}  # have a meaning
OFF |= {("size", "a list")}
NO_NUMBERS = {
    "text": ("0.7", "got '0.7'"),
    "a comma": ("0,7", "got '0,7'"),
    "long text": ("9" * 10_000, "got '9999999999"),
    "half a character": ("\ud83d", "got '\\ud83d'"),
    "nothing": (None, "got None"),
    "true": (True, "got True"),
    "a list": ([1], "got [1]"),
    "complex": (1j, "got 1j"),
    "no repr": (Silent(), "got Silent that cannot be written out"),
}
for argument, (call, words) in REAL.items():
    name = argument.strip()
    for what, (value, got) in NO_NUMBERS.items():
        if (argument, what) not in OFF:
            outcome = refuse(TypeError, f"{name} must be a real number, {got}")
            CASES[f"real: {argument}={what}"] = call, value, outcome
    for value, got in ((NAN, "nan"), (-1, "-1"), (-0.5, "-0.5"), (-(10**300), "-1")):
        outcome = refuse(ValueError, f"{name} must be {words}", f"got {got}")
        CASES[f"real: {argument}={value:.0e}"] = call, value, outcome
    for value, got in ((10**400, "1000000"), (10**5000, "int that cannot be written out")):
        outcome = refuse(ValueError, f"{name} must fit into a float, got {got}")
        CASES[f"real: {argument}=10^{len(hex(value))}"] = call, value, outcome
for argument, (call, least, most) in WHOLE.items():
    name = argument.strip()
    for what, (value, got) in (
        NO_NUMBERS | {"nan": (NAN, "got nan"), "half": (1.5, "got 1.5")}
    ).items():
        if (argument, what) not in OFF:
            outcome = refuse(TypeError, f"{name} must be a whole number, {got}")
            CASES[f"whole: {argument}={what}"] = call, value, outcome
    for value, got in ((-1, "-1"), (-(10**400), "-1000000"), (-(10**5000), "int that cannot")):
        outcome = refuse(ValueError, f"{name} must be at least {least}, got {got}")
        CASES[f"whole: {argument}=-10^{len(hex(value)) - 4}"] = call, value, outcome
    if most:
        outcome = refuse(ValueError, f"{name} must be at most {most}, got 1000000000000")
        CASES[f"whole: {argument}=10^12"] = call, 10**12, outcome

PROMPT_ROOM = "prompt must leave room for 1000000000000 more tokens in the context of 8192, got 1"
CASES |= {
    "number: softmax at 1e309": (lambda v: ts.softmax(Z, v), 1e309, lambda: [1 / 3] * 3),
    "number: softmax at the smallest float": (lambda v: ts.softmax(Z, v), 5e-324, lambda: [0, 0, 1]),
    "number: base 1e309": (lambda v: ts.entropy(P, v), 1e309, refuse(ValueError, "base must be greater")),
    "number: top_k 10^400": (lambda v: ts.top_k(Z, v), 10**400, lambda: Z),
    "number: size 10^12": (lambda v: ts.sample(Z, size=v), 10**12, refuse(ValueError, "size must ask for at most 10000000 tokens, got 1000000000000")),
    "number: size of a square": (lambda v: ts.sample(Z, size=v), (10**6, 10**6), refuse(ValueError, "size must ask for at most 10000000 tokens, got (1000000, 1000000)")),
    "number: axis": (lambda v: ts.softmax(Z, axis=v), 10**30, refuse(ValueError, "axis must be one of logits of shape (3,), got 1000000")),
    "number: axis of text": (lambda v: ts.softmax(Z, axis=v), "x", refuse(TypeError, "axis must be one of logits of shape (3,), got 'x'")),
    "number: a million tries": (lambda v: ts.pass_at_k_estimate(10**6, v, v), 3 * 10**5, lambda: 1.0),
    "number: tries by hand": (lambda v: ts.pass_at_k_estimate(10, v, 4), 3, lambda: 1 - math.comb(7, 4) / math.comb(10, 4)),
    "number: max_tokens 10^12": (lambda v: generate(model(), "a", max_tokens=v), 10**12, refuse(ValueError, PROMPT_ROOM)),
    "number: seed of text": (lambda v: fox_text(1, 2, seed=v), "1", refuse(TypeError, "seed must be a seed, a numpy.random.Generator or None, got '1'")),
    "number: seed below 0": (lambda v: generate(model(), "a", seed=v), -1, refuse(ValueError, "seed must be at least 0, got -1")),
    "number: percent of 7": (percent, 7, refuse(ValueError, "probability must be from 0 to 1, got 7")),
    "number: percent, rounded above 1": (percent, 1 + 2**-52, lambda: ">99.9%"),
}  # fmt: skip

# --- lists of tokens ----------------------------------------------------------------------------

METRICS = {
    "distinct_n": lambda t: ts.distinct_n(t, 1),
    "repetition_rate": lambda t: ts.repetition_rate(t, 1),
    "self_bleu": ts.self_bleu,
}
for name, call in METRICS.items():
    CASES |= {
        f"tokens: {name}(text)": (call, "a b", refuse(TypeError, "texts must be a list, got 'a b'")),
        f"tokens: {name}(10,000 words)": (call, LONG, refuse(TypeError, "texts must be a list, got 'word word")),
        f"tokens: {name}(nothing)": (call, None, refuse(TypeError, "texts must be a list, got None")),
        f"tokens: {name}(empty)": (call, [], refuse(ValueError, "texts must not be empty, got []")),
        f"tokens: {name}(whole texts)": (call, ["a b"], refuse(TypeError, "texts must be split into tokens, got 'a b'")),
        f"tokens: {name}(numbers)": (call, [1, 2], refuse(TypeError, "texts must be split into tokens, got 1")),
        f"tokens: {name}(a set)": (call, [{"a", "b"}], refuse(TypeError, "texts must be split into tokens, got {")),
        f"tokens: {name}(a dictionary)": (call, [{"a": 1}], refuse(TypeError, "texts must be split into tokens, got {'a': 1}")),
        f"tokens: {name}(masked)": (call, [masked], refuse(TypeError, "tokens must be words or numbers, got [[")),
    }  # fmt: skip
HALVES = [["\ud83d", "<script>", "\u202e", "\0"], ["🌡", "🌡"]]
CASES |= {
    "tokens: any characters": (lambda t: ts.distinct_n(t, 1), HALVES, lambda: 5 / 6),
    "tokens: unique_fraction(a list)": (ts.unique_fraction, [["a"]], refuse(TypeError, "items must be hashable")),
    "tokens: unique_fraction(text)": (ts.unique_fraction, "aab", refuse(TypeError, "items must be a list, got 'aab'")),
    "tokens: unique_fraction(emoji)": (ts.unique_fraction, ["🌡", "🌡", "", "\0"], lambda: 0.75),
    "tokens: ends_in_loop(a set)": (ts.ends_in_loop, {"a"}, refuse(TypeError, "text must be split into tokens, got {'a'}")),
    "tokens: ends_in_loop(empty)": (ts.ends_in_loop, [], lambda: False),
    "tokens: ends_in_loop(10,000 words)": (ts.ends_in_loop, LONG.split(), lambda: True),
}  # fmt: skip

# --- prompts and other text ---------------------------------------------------------------------

ODD = {
    "emoji": "👩‍🔬 🌡️ 🇩🇪",
    "control": "a\0b\x1b[31m\x07\x7f\x85",
    "script": "<script>window.injected = 1</script>",
    "right to left": "שלום \u202eabc\u202c مرحبا",
    "combining": "e" + "\u0301" * 5,
    "formula": "$$ \\frac{",
    "line breaks": "a\r\nb\n\n",
    "white space": " \t\u2003",
}
BYTE_OF = {}  # of the characters that GPT-2's byte-level vocabulary writes bytes with


def text_of(tokens):
    """Decode by hand, from the vocabulary alone."""
    if not BYTE_OF:
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in plain]
        BYTE_OF.update({chr(byte): byte for byte in plain})
        BYTE_OF.update({chr(256 + i): byte for i, byte in enumerate(others)})
        assert BYTE_OF.keys() == set(ByteLevel.alphabet())
    words = [model()._text.tokenizer.id_to_token(token) for token in tokens]
    return bytes(BYTE_OF[c] for word in words for c in word).decode()


def greedy(text):
    """The likeliest token after a text, by the whole text's logits at once."""
    m = model()
    return m.decode([m.logits_for(m.tokenize(text))[-1].argmax()])


TEXT = {  # argument: what reads it, by itself
    "text": lambda v: model().tokenize(v),
    "text ": lambda v: model().logits(v),
    "text  ": lambda v: score(model(), v),
    "prompt": lambda v: generate(model(), v, max_tokens=1),
    "prompt ": lambda v: score(model(), " a", prompt=v),
    "first": lambda v: chat(model(), first=v, max_tokens=1),
    "system": lambda v: chat(model(), system=v, max_tokens=1),
    "part": look_up,
    "first ": lambda v: table(v, "z"),
}
for argument, call in TEXT.items():
    name = argument.strip()
    half = refuse(ValueError, f"{name} must not hold half a character, got '\\ud83d'")
    CASES[f"prompt: {argument}=half a character"] = call, "a\ud83d", half
    for what, value in {"bytes": b"a", "a number": 7, "nan": NAN, "a set": {"a"}}.items():
        outcome = refuse(TypeError, f"{name} must be a string, got {value!r}")
        CASES[f"prompt: {argument}={what}"] = call, value, outcome
for what, value in ODD.items():
    CASES |= {
        f"prompt: tokenize({what})": (lambda v: text_of(model().tokenize(v)), value, lambda v=value: v),
        f"prompt: decode({what})": (lambda v: model().decode(model().tokenize(v)), value, lambda v=value: v),
        f"prompt: generate({what})": (lambda v: generate(model(), v, temperature=0, max_tokens=1)[0].pieces[0].strip("�"), value, lambda v=value: greedy(v).strip("�")),
        f"prompt: look_up({what})": (lambda v: look_up(v).startswith("No term of the course has '"), value, lambda v=value: bool(v.strip())),
    }  # fmt: skip
TOO_LONG = "must leave room for 1 more tokens in the context of 8192, got 10001 tokens"
CASES |= {
    "prompt: logits(empty)": (lambda v: model().logits(v), "", refuse(ValueError, "text must have 1 to 8192 tokens, got 0 tokens")),
    "prompt: logits(10,000 words)": (lambda v: model().logits(v), LONG, refuse(ValueError, "text must have 1 to 8192 tokens, got 10001 tokens")),
    "prompt: tokenize(10,000 words)": (lambda v: text_of(model().tokenize(v)), LONG, lambda: LONG),
    "prompt: generate(empty)": (lambda v: generate(model(), v), "", refuse(ValueError, "prompt must have at least one token, got ''")),
    "prompt: generate(10,000 words)": (lambda v: generate(model(), v, max_tokens=1), LONG, refuse(ValueError, f"prompt {TOO_LONG}")),
    "prompt: generate(no token)": (lambda v: generate(model(), v), "\x04", refuse(ValueError, "prompt must have at least one token, got '\\x04'")),
    "prompt: generate(one of several empty)": (lambda v: generate(model(), v), ["a", ""], refuse(ValueError, "prompt must have at least one token, got ''")),
    "prompt: generate(different lengths)": (lambda v: generate(model(), v), ["a", "a b c"], refuse(ValueError, "prompt must have as many tokens in every string, got [1, 3]")),
    "prompt: generate(1,001 prompts)": (lambda v: generate(model(), v), ["a"] * 1001, refuse(ValueError, "n must be at most 1000, got 1001")),
    "prompt: generate(no prompts)": (lambda v: generate(model(), v), [], refuse(ValueError, "prompt must be one string, or one for each sequence, got 0 strings")),
    "prompt: score(empty)": (lambda v: score(model(), v), "", refuse(ValueError, "text must have at least one token, got ''")),
    "prompt: score(one token)": (lambda v: score(model(), v), "a", refuse(ValueError, "text must have two tokens or more without a prompt, got 'a'")),
    "prompt: score(10,000 words)": (lambda v: score(model(), v), LONG, refuse(ValueError, "text must leave room for 0 more tokens")),
    "prompt: score after 10,000 words": (lambda v: score(model(), " a", prompt=v), LONG, refuse(ValueError, f"prompt {TOO_LONG}")),
    "prompt: chat(10,000 words)": (lambda v: chat(model(), first=v, max_tokens=1), LONG, refuse(ValueError, "prompt must leave room for 1 more tokens")),
    "prompt: chat_prompt(no messages)": (lambda v: model().chat_prompt(v), [], refuse(ValueError, "messages must hold at least one message, got []")),
    "prompt: chat_prompt(text)": (lambda v: model().chat_prompt(v), "hi", refuse(TypeError, "messages must be a list of dictionaries, got 'hi'")),
    "prompt: chat_prompt(number)": (lambda v: model().chat_prompt(v), [{"role": "user", "content": 7}], refuse(ValueError, "messages must have a role of", "got {'role'")),
    "prompt: look_up(empty)": (lambda v: look_up(v).count("\n") > 50, "", lambda: True),
    "prompt: look_up(10,000 words)": (lambda v: len(look_up(v)), LONG, lambda: len("No term of the course has  in it.") + 60),
    "prompt: table of nothing": (lambda v: table(v, "a").count("\n"), "z", lambda: 1),
    "prompt: visible(half a character)": (visible, "a\ud83d", lambda: "a\\ud83d"),
    "prompt: visible(control)": (visible, "\0\x1b[31m", lambda: "\\x00\\x1b[31m"),
    "prompt: visible(direction)": (visible, "\u202eabc", lambda: "\\u202eabc"),
    "prompt: visible(empty)": (visible, "", lambda: ""),
    "prompt: visible(number)": (visible, 7, refuse(TypeError, "token must be a string, got 7")),
    "prompt: visible(bytes)": (visible, b"a", refuse(TypeError, "token must be a string, got b'a'")),
    "model: none": (lambda v: generate(v, "a"), None, refuse(TypeError, "model must be one that was loaded: SmolLM2.load(), got None")),
    "model: the class": (lambda v: generate(v, "a"), SmolLM2, refuse(TypeError, "model must be one that was loaded", "got <class")),
    "model: text": (lambda v: score(v, "a b"), "SmolLM2", refuse(TypeError, "model must be one that was loaded", "got 'SmolLM2'")),
    "model: chat with none": (chat, None, refuse(TypeError, "model must be one that was loaded", "got None")),
    "model: branch": (lambda v: model().branch(v), None, refuse(ValueError, "cache must be that of one sequence, got None")),
    "model: a million branches": (lambda v: model().branch(model().next_logits([[1]])[1], v), 10**6, refuse(ValueError, "sequences must be at most 1000, got 1000000")),
    "model: decode text": (lambda v: model().decode(v), "abc", refuse(TypeError, "tokens must be a sequence of token indices, got 'abc'")),
    "model: decode masked": (lambda v: model().decode(v), np.ma.array([1], mask=[1]), refuse(TypeError, "tokens must be a plain array, got a masked one")),
    "model: decode -1": (lambda v: model().decode(v), [-1], refuse(ValueError, "tokens must be indices from 0 to 49151, got -1")),
    "model: decode halves": (lambda v: model().decode(v), [1.5], refuse(TypeError, "tokens must be a sequence of token indices, got [1.5]")),
    "model: logits_for nothing": (lambda v: model().logits_for(v), [], refuse(ValueError, "tokens must not be empty, got shape (0,)")),
    "model: next_logits of one row": (lambda v: model().next_logits(v), [1, 2], refuse(TypeError, "tokens must be rows of token indices, got [1, 2]")),
}  # fmt: skip
for what, value in {
    "10,000 letters": "x" * 10_000,
    "a null": "a\0",
    "half": "\ud83d",
    "home": "~nobody/x",
}.items():
    CASES[f"path: {what}"] = (
        SmolLM2.load,
        value,
        refuse(FileNotFoundError, "path must be that of a .gguf file, got '"),
    )
CASES["path: number"] = (
    SmolLM2.load,
    7,
    refuse(TypeError, "path must be that of a .gguf file, got 7"),
)

# --- pictures, controls, exercises --------------------------------------------------------------


def drawn_bars(label, title=""):
    """What bars say, once their picture was drawn."""
    bars = ProbabilityBars([label, "b"], [0.5, 0.5])
    said = bars.update([0.25, 0.75], title=title)
    assert Frames(bars.figure).png().startswith(b"\x89PNG")
    return said


def update(a=1.0):
    return f"a = {a}"


for what, value in {
    "formula": "$$",
    "half-written formula": "$\\frac{$",
    "script": "<script>",
    "empty": "",
    "number": 7,
}.items():
    CASES[f"bars: label {what}"] = drawn_bars, value, lambda v=value: f"{v} 25.0%, b 75.0%"
for what, value in {"formula": "$$", "script": "<b>", "right to left": "\u202eabc"}.items():
    CASES[f"bars: title {what}"] = (
        lambda v: drawn_bars("a", v),
        value,
        lambda v=value: f"{v}: a 25.0%, b 75.0%",
    )
ENDS = "a must be (min, max, step), finite, the first less than the second"
for what, value in {
    "ends exchanged": (2.0, 0.0), "no step": (0.0, 1.0, 0.0), "step back": (0.0, 1.0, -1), "from nan": (NAN, 1.0), "to infinity": (0.0, INF),
    "four": (0, 1, 2, 3), "words": ("a", "b"), "infinity": INF, "nothing": None, "an empty menu": [], "a menu with nan": [NAN, 1], "a type": object,
}.items():  # fmt: skip
    CASES[f"control: {what}"] = (
        lambda v: explore(update, a=v),
        value,
        refuse(ValueError, ENDS, "got "),
    )
CASES |= {
    "bars: half a character": (drawn_bars, "a\ud83d", lambda: "a\\ud83d 25.0%, b 75.0%"),
    "bars: a null": (drawn_bars, "\0", lambda: "\\x00 25.0%, b 75.0%"),
    "bars: labels text": (lambda v: ProbabilityBars(v, [1.0]), "a", refuse(TypeError, "labels must be a list, got 'a'")),
    "bars: labels number": (lambda v: ProbabilityBars(v, [1.0]), 7, refuse(TypeError, "labels must be a list, got 7")),
    "bars: no labels": (lambda v: ProbabilityBars(v, []), [], refuse(ValueError, "labels must not be empty, got []")),
    "bars: too few": (lambda v: ProbabilityBars(["a", "b"], v), [1.0], refuse(ValueError, "probabilities must have shape (2,), got (1,)")),
    "bars: nan": (lambda v: ProbabilityBars(["a", "b"], v), [NAN, 1], refuse(ValueError, "probabilities must be from 0 to 1, got nan")),
    "bars: title number": (lambda v: drawn_bars("a", v), 7, refuse(TypeError, "title must be a string, got 7")),
    "show: no figure": (lambda v: show(v, ""), "x", refuse(TypeError, "figure must be a Matplotlib figure, got 'x'")),
    "show: no words": (lambda v: show(plt.figure(), v), None, refuse(TypeError, "alt must be a string, got None")),
    "explore: no function": (explore, "x", refuse(TypeError, "update must be a function, got 'x'")),
    "explore: default beyond the slider": (lambda v: Explorer(None, update, {"a": v}).output[0]["text/plain"], (2.0, 3.0), lambda: "a = 2.0"),
    "control: play exchanged": (lambda v: play(v, 1, 0.1), 3, refuse(ValueError, "lowest, highest, step must be finite", "got 3.0, 1.0, 0.1")),
    "control: play text": (lambda v: play(v, 1, 0.1), "a", refuse(TypeError, "lowest must be a real number, got 'a'")),
    "control: play to infinity": (lambda v: play(0, v, 0.1), INF, refuse(ValueError, "lowest, highest, step must be finite")),
    "control: button number": (draw_again, 7, refuse(TypeError, "description must be a string, got 7")),
    "tint: text": (tint, "abc", refuse(TypeError, "continuations must be a list, got 'abc'")),
    "tint: nothing": (tint, [], refuse(ValueError, "continuations must not be empty, got []")),
    "tint: words": (tint, ["a"], refuse(TypeError, "continuations must be continuations, as generate returns them, got 'a'")),
    "tint: table of a huge position": (lambda v: alternatives_table(said("a"), v), 10**400, refuse(ValueError, "positions must be from 0 to 0, got 10000")),
    "tint: table of text": (lambda v: alternatives_table(said("a"), v), "0", refuse(TypeError, "positions must be a list, got '0'")),
    "fox: start": (lambda v: fox_text(1, 2, start=v), "cat", refuse(ValueError, "start must be one of the, quick", "got 'cat'")),
    "fox: start of 10,000 words": (lambda v: fox_text(1, 2, start=v), LONG, refuse(ValueError, "start must be one of the, quick", "got 'word")),
    "fox: start number": (lambda v: fox_text(1, 2, start=v), 7, refuse(TypeError, "start must be a string, got 7")),
    "capstone: curve": (curve, "top-q", refuse(ValueError, "baseline must be one of temperature, top-k, top-p, min-p, got 'top-q'")),
    "capstone: curve of a list": (curve, ["top-k"], refuse(TypeError, "baseline must be a string, got ['top-k']")),
    "capstone: settings": (settings, None, refuse(TypeError, "baseline must be a string, got None")),
    "capstone: prompts": (lambda v: try_out(len, v), LONG, refuse(ValueError, "prompts must be one of practice, held-out, got 'word")),
    "capstone: at text": (lambda v: at(curve("top-k").mean(axis=1), v), "x", refuse(TypeError, "likelihood must be a real number, got 'x'")),
    "capstone: at of one row": (lambda v: at(v, -2.0), [1.0, 2.0], refuse(ValueError, "points must be (settings, measures), got shape (2,)")),
    "chat: temperature": (lambda v: chat(model(), v), NAN, refuse(ValueError, "temperature must be a number from 0 to infinity, got nan")),
    "chat: temperature text": (lambda v: chat(model(), v), "hot", refuse(TypeError, "temperature must be a real number, got 'hot'")),
    "chat: max_tokens": (lambda v: chat(model(), max_tokens=v), 0, refuse(ValueError, "max_tokens must be at least 1, got 0")),
    "chat: seed": (lambda v: chat(model(), seed=v), 1.5, refuse(TypeError, "seed must be a seed", "got 1.5")),
    "check: a number": (lambda v: verdict(v)[:32], 7, lambda: "Give check the function you wrote"[:32]),
    "check: text": (lambda v: verdict(v)[:32], "<script>", lambda: "Give check the function you wrote"[:32]),
}  # fmt: skip


def said(text, other="b"):
    """A continuation of one token, with an alternative, after a prompt of the same text."""
    one, token = np.array([0.05]), np.array([1])
    likeliest = (((other, 0.9), (text, 0.05)),)
    return Continuation(text, text, (text,), token, one, one, one, likeliest, 1.0, ended=False)


def snapshot(value):
    """What a value is, to the byte."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes(), np.ma.getmaskarray(value).tobytes()
    return [snapshot(v) for v in value] if isinstance(value, list) else value


@pytest.fixture(autouse=True)
def at_most_five_seconds(request):
    """5 s of this process's time, whatever else the machine does; a deadlock ends the run."""

    def freeze(*_):
        raise TimeoutError("more than 5 s")

    if "call" not in request.fixturenames or not hasattr(signal, "SIGPROF"):
        yield
        return
    model()
    faulthandler.dump_traceback_later(120, exit=True)
    before = signal.signal(signal.SIGPROF, freeze)
    signal.setitimer(signal.ITIMER_PROF, 5)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)
    faulthandler.cancel_dump_traceback_later()
    plt.close("all")


@pytest.mark.parametrize(("call", "value", "outcome"), CASES.values(), ids=CASES)
def test_every_input_gives_the_right_result_or_one_clear_error(call, value, outcome):
    before = snapshot(value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Glyph|.*Matplotlib currently does not support")
        if callable(outcome):
            result = call(value)
            if isinstance(result, str | bool):
                assert result == outcome()
            else:
                np.testing.assert_allclose(result, outcome(), rtol=1e-12)
        else:
            kind, start, got = outcome
            with pytest.raises(kind) as caught:
                call(value)
            message = str(caught.value)
            assert type(caught.value) is kind
            assert message.startswith(start)
            assert got in message
            assert len(message) < 400
            assert "\n" not in message
            assert caught.value.__cause__ is None  # a traceback of one error, not two
            assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert snapshot(value) == before or value != value


def test_the_table_has_more_than_two_hundred_cases_and_says_how_many():
    counts = Counter(name.partition(":")[0] for name in CASES)
    print(len(CASES), "cases:", dict(counts), "right:", sum(callable(c[2]) for c in CASES.values()))
    assert len(CASES) >= 200
    assert sum(callable(outcome) for *_, outcome in CASES.values()) >= 100


# --- pages --------------------------------------------------------------------------------------

HARMLESS = "plain"
INJECTED = [
    "<script>window.injected=1</script>",
    '"onmouseover="window.injected=1" autofocus onfocus="window.injected=1',
    "'onmouseover='window.injected=1' x='",
    "</pre><img src=x onerror=window.injected=1>",
    '"><img src="x" onerror="window.injected=1">',
    "</style></title></textarea><svg onload=window.injected=1>",
    "&lt;script&gt;window.injected=1&lt;/script&gt;",
    "{} {0} %s $<b>$",
]


def problem(text):
    """The line in which a demo says what went wrong."""

    def fails(a=1.0):
        if a > 1:
            raise ValueError(text)
        return "fine"

    explorer = Explorer(None, fails, {"a": (0.0, 2.0, 0.1)})
    explorer.controls["a"].value = 2.0
    return explorer._problem.value


def bars_of(text):
    """A chart whose label, title, and so its words in place of the picture, are a text."""
    bars = ProbabilityBars([text, "b"], [0.5, 0.5])
    return Drawing(bars.figure, lambda a=1: bars.update([0.5, 0.5], title=text))({"a": 1})


def frame(returned):
    """The HTML of the one frame of an exported demo."""
    drawn = film(Drawing(None, lambda: returned), {})
    return next(w.value for w in drawn.children if isinstance(w, widgets.HTML))


def refused(text):
    """The HTML of an exported frame for which `update` raised an error."""

    def fails(a):
        raise ValueError(text)

    menu = widgets.Dropdown(options=["x"])
    return film(Drawing(None, fails), {"a": menu}).children[0].value


def shown_still(text, monkeypatch):
    """What stands beside a demo for those who cannot see it."""
    outputs = []
    monkeypatch.setattr("tempsampling.explore.get_ipython", lambda: True)
    monkeypatch.setattr("tempsampling.explore.display", lambda data, **_: outputs.append(data))
    show_still({"text/plain": text}, {})
    return outputs[1]["text/html"]


def ended(text):
    """A continuation whose last token ends it."""
    return replace(said(text), ended=True)


PAGES = {
    "tint: prompt, token and card": lambda text: tint(said(text, text)).html,
    "tint: the end": lambda text: tint(ended(text)).html,
    "table of alternatives": lambda text: alternatives_table(said(text, text)).html,
    "chat: message and reply": lambda text: conversation([Turn(text, 1.0, said(text))], "SmolLM2"),
    "chat: who speaks, and how it ended": lambda text: conversation([Turn("a", 1.0, None, text)], text),
    "demo: a text": lambda text: as_html(Drawing(None, lambda: text)({})),
    "demo: words of a picture": lambda text: as_html(bars_of(text)),
    "demo: what went wrong": problem,
    "demo: a glossary": lambda text: as_html(Drawing(None, look_up)({"part": text})),
    "exported: a text": frame,
    "exported: what went wrong": refused,
}  # fmt: skip


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes, and all that can be read."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.read = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, [name for name, _ in attributes]))
        self.read += "".join(f" {value}" for _, value in attributes)

    def handle_data(self, data):
        self.read += data


@pytest.mark.parametrize("text", INJECTED)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_text_becomes_an_element_or_an_attribute(page, text):
    injected = Outline(page(text))
    if page is not PAGES["demo: a glossary"]:
        assert injected.elements == Outline(page(HARMLESS)).elements
        seen = text.replace(" ", "␣") if page is PAGES["table of alternatives"] else text
        assert seen in injected.read  # shown as it was typed
    assert not {"script", "svg"} & {tag for tag, _ in injected.elements}
    assert not any(name.startswith("on") for _, names in injected.elements for name in names)


@pytest.mark.parametrize("text", INJECTED)
def test_no_text_becomes_an_element_in_the_words_beside_a_demo(text, monkeypatch):
    injected = Outline(shown_still(text, monkeypatch))
    assert injected.elements == Outline(shown_still(HARMLESS, monkeypatch)).elements
    assert text in injected.read


def test_in_a_browser_nothing_injected_runs(browser):
    page = browser.new_page()
    whole = "".join(
        f"<section>{make(text)}</section>" for make in PAGES.values() for text in INJECTED
    )
    page.set_content(whole)
    page.wait_for_timeout(500)
    assert page.locator("section").count() == len(PAGES) * len(INJECTED)
    assert page.evaluate("window.injected") is None
    assert (
        page.evaluate("document.querySelectorAll('script, svg, [onerror], [onload]').length") == 0
    )
    page.set_content(INJECTED[3])  # what would have run, had it got through
    page.wait_for_function("window.injected === 1", timeout=10_000)
    page.close()


# --- typed into the page ------------------------------------------------------------------------

TYPED = {  # into the box beside a slider: the number that it is, or None
    "": 1.0, " ": 1.0, "2": 2.0, "0,7": 0.7, " 3 ": 3.0, "٣": 3.0, "1e309": INF, "inf": INF, "1e-400": 0.0,
    "9" * 10_000: INF, "nan": None, "NaN": None, "abc": None, "--5": None, "1/2": None, "5 5": None, "0x10": None,
    "1,000.5": None, "[1]": None, "None": None, "🌡": None, "\0": None, "\ud83d": None, "<script>1</script>": None,
    "x" * 10_000: None,
}  # fmt: skip


def typed_into(slider, text):
    """A demo after a text was typed, as the browser sets it."""
    explorer = Explorer(None, lambda T=slider[0]: str(ts.softmax(Z, T)), {"T": slider})
    explorer.controls["T"].slider.value = 1
    explorer.controls["T"].box.set_state({"value": text})
    return explorer


@pytest.mark.parametrize("text", TYPED, ids=lambda text: repr(text[:20]))
def test_a_number_typed_beside_a_slider_counts_and_anything_else_is_told(text):
    explorer, value = typed_into((0.5, 3.0, 0.1), text), TYPED[text]
    control, told = explorer.controls["T"], explorer.controls["T"].box.placeholder
    assert control.value == (1.0 if value is None else value)
    assert told == ("not a number" if value is None else "other value")
    assert explorer.output[0]["text/plain"] == str(ts.softmax(Z, control.value))
    assert explorer._problem.value == ""


@pytest.mark.parametrize("text", ["-1", "-inf"])
def test_a_number_that_is_no_temperature_is_told_and_the_last_picture_stays(text):
    explorer = typed_into((0.5, 3.0, 0.1), text)
    assert f"temperature must be a number from 0 to infinity, got {text}" in explorer._problem.value
    assert explorer.output[0]["text/plain"] == str(ts.softmax(Z, 1.0))


@pytest.mark.parametrize("text", ["1.5", "1e3", "nan", "abc", "9" * 10_000])
def test_beside_a_slider_of_whole_numbers_only_whole_numbers_count(text):
    control = typed_into((1, 5), text).controls["T"]
    assert (control.value, control.box.placeholder) == (1, "not whole")


def test_where_values_were_computed_beforehand_no_others_can_be_typed():
    explorer = Explorer(None, update, {"a": computed(0.0, 1.2, 0.1)})
    control = explorer.controls["a"]
    assert control.children == (control.slider,)
    control.slider.value = 0.3
    assert explorer.output[0]["text/plain"] == "a = 0.3"


class TinyChat:
    """The tiny model, whose context is 40 tokens, with a chat form of its own."""

    end_tokens = frozenset()

    def __init__(self, model):
        self.model = model

    def __getattr__(self, name):
        return getattr(self.model, name)

    def chat_prompt(self, messages):
        return "".join(message["content"] for message in messages[-1:])


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "cache"))
    write_tiny_model(tmp_path / "tiny.gguf")
    tiny = TinyChat(SmolLM2.load(tmp_path / "tiny.gguf"))
    return Chat(Conversation(tiny, max_tokens=1, seed=1), 0.7, "hi")


def send(box, text):
    """Type a message and press Enter, as the browser tells it."""
    box.message.set_state({"value": text})
    box.message._handle_custom_msg({"event": "submit"}, [])
    if threading.active_count() > 1 and hasattr(box, "thread"):
        box.thread.join(timeout=60)
    assert not box.busy


@pytest.mark.parametrize("text", ["🌡️", "a\x1bb", "שלום \u202ea", "<|im_end|>", *INJECTED[:1]])
def test_any_message_of_whole_characters_is_answered(box, text):
    send(box, text)
    assert box._problem.value == ""
    assert [turn.asked for turn in box.talk.turns] == ["hi", text]
    assert len(box.talk.turns[-1].reply.tokens) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Write a message first."),
        (" \t\n ", "Write a message first."),
        (LONG, "No reply: prompt must leave room for 1 more tokens in the context of 40"),
        ("a\ud83d", "No reply: prompt must not hold half a character, got &#x27;\\ud83d&#x27;"),
        ("é" * 60, "No reply: prompt must leave room"),
    ],
    ids=["empty", "white space", "10,000 words", "half a character", "60 accents"],
)
def test_a_message_that_cannot_be_answered_is_told_and_stays_on_the_line(box, text, told):
    send(box, text)
    assert told in box._problem.value
    assert [turn.asked for turn in box.talk.turns] == ["hi"]
    assert box.message.value.strip() == text.strip()


# --- what takes minutes -------------------------------------------------------------------------

minutes = pytest.mark.skipif(not os.environ.get("CI"), reason="takes minutes: runs where CI is set")
EVIL = """
from tempsampling._chat_html import conversation
from tempsampling.explore import explore
from tempsampling.generation import generate
from tempsampling.plots import ProbabilityBars, show
from tempsampling.smollm import SmolLM2
from tempsampling.tinted import alternatives_table, tint
from tempsampling.chat import chat

evil = TEXT
model = SmolLM2.load()
text = generate(model, evil, temperature=0, max_tokens=3)[0]
-----
tint(text)
-----
alternatives_table(text)
-----
bars = ProbabilityBars([evil, "b"], [0.5, 0.5])
show(bars.figure, bars.update([0.5, 0.5], title=evil))
-----
explore(bars.figure, lambda a=1: bars.update([0.5, 0.5], title=evil), a=(0, 2))
-----
explore(lambda a=1: [evil][a - 1], a=(0, 2))
-----
explore(lambda name: name, name=[evil, "b"])
-----
chat(model, first=evil, max_tokens=3)
-----
print(evil)
-----
evil
"""


@minutes
def test_on_an_exported_page_nothing_injected_runs(browser, tmp_path):
    text = (
        "</script></pre><script>window.injected=1</script><img src=x onerror='window.injected=1'>"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A lesson")])
    for cell in EVIL.replace("TEXT", repr(text)).split("-----"):
        notebook.cells.append(nbformat.v4.new_code_cell(cell.strip()))
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    nbformat.write(notebook, tmp_path / "evil.ipynb")
    write_site([Lesson(tmp_path / "evil.ipynb")], tmp_path / "site")
    with without_a_network(browser) as open_file:
        for folder in (tmp_path / "site", tmp_path / "site" / "slides"):
            page = open_file(folder / "evil.html")
            page.wait_for_timeout(2000)
            assert page.locator(".tempsampling [role=status]").count() >= 3
            assert "window.injected" in page.locator("body").inner_text()
            assert page.evaluate("window.injected") is None
            assert page.locator("[onerror]").count() == 0


@minutes
@pytest.mark.parametrize(
    "lesson", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem
)
def test_whatever_is_typed_beside_a_lessons_sliders_is_shown_or_refused_by_name(lesson):
    numbers = [
        "nan",
        "inf",
        "-inf",
        "-1",
        "0",
        "-0.0",
        "1e-300",
        "1e300",
        "99",
        "1000000",
        "10" * 6,
        "0,33",
        "abc",
    ]
    tried = 0
    for explorer in lesson_explorers(lesson.name):
        typed = [
            c for c in explorer.controls.values() if isinstance(c, Number) and c.box in c.children
        ]
        for control in typed:
            first = control.value
            for text in numbers:
                start = time.process_time()
                control.box.value = text
                told = re.sub("<.*?>", "", explorer._problem.value)
                assert time.process_time() - start < 5
                assert not told or re.match(r"(ValueError|TypeError): \w+ must ", told)
                assert told or not re.search(r"\bnan", explorer.output[0].get("text/plain", ""))
                control.box.value, control.value = "", first
                tried += 1
    print(lesson.stem, tried, "values typed")
