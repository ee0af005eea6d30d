"""Every argument of every public function is checked: a bad value is told by the argument's name.

What a check says for which value, `test_validate.py` proves; here, that each is wired to one.
"""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest

import tempsampling as ts
from tempsampling.lessons import glossary
from tempsampling.lessons.capstone import baselines, experiment
from tempsampling.writing.generation import Continuation

NAN, INF = float("nan"), float("inf")
Z, P = [1.0, 2.0, 3.0], [0.5, 0.25, 0.25]
TEXTS = [["a", "b", "a", "b"], ["a", "c"]]
LONG = "word " * 10_000


def model():
    return ts.SmolLM2.load()


def said(text):
    """A continuation of one token."""
    one, token = np.array([0.5]), np.array([1])
    return Continuation(text, text, (text,), token, one, one, one, ((),), 1.0, ended=False)


def method(name):
    """A method of the model as a function, so that its arguments can be given by name."""
    return lambda **arguments: getattr(model(), name)(**arguments)


def update(a=1.0):
    return f"a = {a}"


# Functions, each with arguments that are right.
RIGHT = {
    "softmax": (ts.softmax, {"logits": Z}),
    "log_softmax": (ts.log_softmax, {"logits": Z}),
    "entropy": (ts.entropy, {"probabilities": P}),
    "top_k": (ts.top_k, {"logits": Z, "k": 2}),
    "top_p": (ts.top_p, {"logits": Z, "p": 0.5}),
    "min_p": (ts.min_p, {"logits": Z, "p": 0.5}),
    "typical_p": (ts.typical_p, {"logits": Z, "p": 0.5}),
    "epsilon_cutoff": (ts.epsilon_cutoff, {"logits": Z, "epsilon": 0.1}),
    "eta_cutoff": (ts.eta_cutoff, {"logits": Z, "epsilon": 0.1}),
    "top_n_sigma": (ts.top_n_sigma, {"logits": Z, "n": 1.0}),
    "xtc": (ts.xtc, {"logits": Z, "threshold": 0.1}),
    "repetition_penalty": (ts.repetition_penalty, {"logits": Z, "tokens": [0], "penalty": 1.1}),
    "frequency_penalty": (ts.frequency_penalty, {"logits": Z, "tokens": [0], "strength": 0.5}),
    "presence_penalty": (ts.presence_penalty, {"logits": Z, "tokens": [0], "strength": 0.5}),
    "dry": (ts.dry, {"logits": Z, "tokens": [0, 1, 0]}),
    "truncate": (ts.truncate, {"logits": Z}),
    "sample": (ts.sample, {"logits": Z}),
    "settings_table": (lambda what, of="tools": ts.settings_table(what, of=of), {"what": "top_p"}),
    "distinct_n": (ts.distinct_n, {"texts": TEXTS, "n": 1}),
    "tail_mass": (ts.tail_mass, {"probabilities": P, "outside_top": 1}),
    "pass_at_k": (ts.pass_at_k, {"p": 0.5, "k": 2}),
    "unbiased_pass_at_k": (ts.unbiased_pass_at_k, {"tries": 4, "right": [0, 3], "k": 2}),
    "mean_and_margin": (ts.mean_and_margin, {"values": P}),
    "reliability": (ts.reliability, {"confidences": P, "correct": [1, 0, 1]}),
    "expected_calibration_error": (
        ts.expected_calibration_error,
        {"confidences": P, "correct": [1, 0, 1]},
    ),
    "calibration_error_floor": (ts.calibration_error_floor, {"confidences": P, "repeats": 2}),
    "fit_temperature": (ts.fit_temperature, {"logits": [Z, Z], "labels": [2, 1]}),
    "SmolLM2.load": (ts.SmolLM2.load, {}),
    "SmolLM2.logits": (method("logits"), {"text": "a"}),
    "SmolLM2.tokenize": (method("tokenize"), {"text": "a"}),
    "SmolLM2.decode": (method("decode"), {"tokens": [1]}),
    "SmolLM2.logits_for": (method("logits_for"), {"tokens": [1]}),
    "SmolLM2.next_logits": (method("next_logits"), {"tokens": [[1]]}),
    "SmolLM2.chat_prompt": (
        method("chat_prompt"),
        {"messages": [{"role": "user", "content": "a"}]},
    ),
    "SmolLM2.branch": (
        lambda **given: model().branch(**{"cache": model().next_logits([[1]])[1], **given}),
        {},
    ),
    "SmolLM2.keep": (
        lambda **given: model().keep(**{"cache": model().next_logits([[1]])[1], **given}),
        {"rows": [0]},
    ),
    "generate": (
        lambda **given: ts.generate(**{"model": model(), **given}),
        {"prompt": "a", "max_tokens": 1},
    ),
    "score": (lambda **given: ts.score(**{"model": model(), **given}), {"text": "a b"}),
    "tint": (ts.tint, {"continuations": [said("a")]}),
    "write_along": (lambda **given: ts.write_along(**{"model": model(), **given}), {"prompt": "a"}),
    "playground": (ts.playground, {"prompt": "a"}),
    "text_box": (lambda texts: ts.text_box(texts), {"texts": "a"}),
    "temperature_color": (ts.temperature_color, {"temperature": 1.0}),
    "percent": (ts.percent, {"probability": 0.5}),
    "visible": (ts.visible, {"token": "a"}),
    "computed": (ts.computed, {"lowest": 0, "highest": 1, "step": 0.1}),
    "play": (ts.play, {"lowest": 0, "highest": 1, "step": 0.1}),
    "draw_again": (ts.draw_again, {}),
    "explore": (lambda **given: ts.explore(*given.values()), {"update": update}),
    "chat": (lambda **given: ts.chat(**{"model": model(), **given}), {"max_tokens": 1}),
    "ProbabilityBars": (ts.ProbabilityBars, {"labels": ["a", "b", "c"], "probabilities": P}),
    "show": (lambda **given: ts.show(**{"figure": plt.figure(), **given}), {"alt": "a"}),
    "check": (ts.check, {}),
    "shipped_texts": (ts.shipped_texts, {"name": "docstrings"}),
    "fox_text": (ts.fox_text, {"temperature": 1.0, "length": 2}),
    "look_up": (glossary.look_up, {"part": "greedy"}),
    "table": (glossary.table, {"first": "a", "last": "b"}),
    "curve": (baselines.curve, {"baseline": "top-k"}),
    "settings": (baselines.settings, {"baseline": "top-k"}),
    "at": (baselines.at, {"points": [[-1.0, 0.0], [-2.0, 1.0]], "likelihood": -1.5}),
    "try_out": (experiment.try_out, {"sampler": len}),
}

T_RANGE = "temperature must be a number from 0 to infinity, got"
WRONG = [  # function, argument, value, the error, what it says
    ("softmax", "logits", [1, NAN], ValueError, "logits must be finite or minus infinity, got nan"),
    ("softmax", "temperature", -1, ValueError, T_RANGE),
    ("softmax", "axis", 1, ValueError, "axis must be one of logits of shape (3,), got 1"),
    ("log_softmax", "logits", "abc", TypeError, "logits must be an array of real numbers"),
    ("log_softmax", "temperature", NAN, ValueError, T_RANGE),
    ("log_softmax", "axis", 0.5, TypeError, "axis must be one of"),
    ("entropy", "probabilities", [0.5, 0.6], ValueError, "probabilities must sum to 1"),
    ("entropy", "base", 1, ValueError, "base must be a number greater than 1 and less than inf"),
    ("entropy", "axis", 2, ValueError, "axis must be one of probabilities"),
    ("top_k", "logits", None, TypeError, "logits must be an array of real numbers, got None"),
    ("top_k", "k", 0, ValueError, "k must be at least 1, got 0"),
    ("top_k", "axis", 1, ValueError, "axis must be one of"),
    ("top_p", "logits", [1, -INF, NAN], ValueError, "logits must be finite"),
    ("top_p", "p", 0, ValueError, "p must be a number greater than 0 and at most 1, got 0"),
    ("top_p", "axis", 1, ValueError, "axis must be one of"),
    ("min_p", "logits", [INF], ValueError, "logits must be finite"),
    ("min_p", "p", 1.1, ValueError, "p must be a number from 0 to 1, got 1.1"),
    ("min_p", "axis", 1, ValueError, "axis must be one of"),
    ("typical_p", "logits", np.empty((3, 0)), ValueError, "logits must not be empty along axis"),
    ("typical_p", "p", 0.0, ValueError, "p must be a number greater than 0 and at most 1"),
    ("typical_p", "axis", 1, ValueError, "axis must be one of"),
    ("epsilon_cutoff", "logits", [-INF], ValueError, "logits must hold at least one finite value"),
    (
        "epsilon_cutoff",
        "epsilon",
        1,
        ValueError,
        "epsilon must be a number greater than 0 and less",
    ),
    ("epsilon_cutoff", "axis", 1, ValueError, "axis must be one of"),
    ("eta_cutoff", "logits", 3.0, ValueError, "logits must have at least one axis"),
    ("eta_cutoff", "epsilon", [0.1], TypeError, "epsilon must be a real number, got [0.1]"),
    ("eta_cutoff", "axis", 1, ValueError, "axis must be one of"),
    ("top_n_sigma", "logits", [NAN], ValueError, "logits must be finite"),
    ("top_n_sigma", "n", 0, ValueError, "n must be a number greater than 0 and less than inf"),
    ("top_n_sigma", "axis", 1, ValueError, "axis must be one of"),
    ("xtc", "logits", [-INF], ValueError, "logits must hold at least one finite value"),
    ("xtc", "threshold", 0, ValueError, "threshold must be a number greater than 0 and at most 1"),
    ("xtc", "axis", 1, ValueError, "axis must be one of"),
    ("repetition_penalty", "logits", [INF], ValueError, "logits must be finite"),
    ("repetition_penalty", "tokens", [3], ValueError, "tokens must be from 0 to 2, got 3"),
    ("repetition_penalty", "tokens", [], ValueError, "tokens must not be empty"),
    ("repetition_penalty", "penalty", 0, ValueError, "penalty must be a number greater than 0"),
    ("frequency_penalty", "logits", None, TypeError, "logits must be an array of real numbers"),
    ("frequency_penalty", "tokens", [0.5], TypeError, "tokens must be whole numbers, got [0.5]"),
    (
        "frequency_penalty",
        "strength",
        INF,
        ValueError,
        "strength must be a number greater than -inf",
    ),
    ("presence_penalty", "logits", 3.0, ValueError, "logits must have at least one axis"),
    ("presence_penalty", "tokens", [[0]], ValueError, "tokens must have the leading shape of the"),
    (
        "presence_penalty",
        "strength",
        NAN,
        ValueError,
        "strength must be a number greater than -inf",
    ),
    ("dry", "logits", [NAN], ValueError, "logits must be finite"),
    ("dry", "tokens", [-1], ValueError, "tokens must be from 0 to 2, got -1"),
    ("dry", "multiplier", -1, ValueError, "multiplier must be a number at least 0"),
    ("dry", "base", 0.5, ValueError, "base must be a number at least 1"),
    ("dry", "allowed_length", 0, ValueError, "allowed_length must be at least 1, got 0"),
    ("dry", "breakers", 5, TypeError, "breakers must be a list, got 5"),
    ("dry", "breakers", ["a"], TypeError, "breakers must be a whole number, got 'a'"),
    ("truncate", "logits", [[1, 2], [-INF, -INF]], ValueError, "logits must hold at least one"),
    ("truncate", "temperature", -0.5, ValueError, T_RANGE),
    ("truncate", "top_k", 0, ValueError, "top_k must be at least 1, got 0"),
    ("truncate", "top_p", 2, ValueError, "top_p must be a number greater than 0 and at most 1"),
    ("truncate", "min_p", NAN, ValueError, "min_p must be a number from 0 to 1, got nan"),
    ("truncate", "order", ("Temperature",), ValueError, "order must hold names of ('temperature',"),
    ("truncate", "cuts", 0.5, TypeError, "a cut must be one of top_k, top_p, min_p, typical_p"),
    ("sample", "logits", [True, False], TypeError, "logits must be an array of real numbers"),
    ("sample", "temperature", [1.0], TypeError, "temperature must be a real number, got [1.0]"),
    ("sample", "top_k", "50", TypeError, "top_k must be a whole number, got '50'"),
    ("sample", "top_p", 0, ValueError, "top_p must be a number greater than 0"),
    ("sample", "min_p", -0.1, ValueError, "min_p must be a number from 0 to 1"),
    ("sample", "order", ["top_k"] * 4, ValueError, "order must hold names of"),
    ("sample", "cuts", 0.5, TypeError, "a cut must be one of top_k"),
    ("sample", "size", -1, ValueError, "size must be at least 0, got -1"),
    ("sample", "size", 10**12, ValueError, "size must ask for at most 10000000 tokens, got 1000"),
    ("sample", "rng", 1.5, TypeError, "rng must be a seed, a numpy.random.Generator or None"),
    ("sample", "noise", 1.0, ValueError, "noise must be from 0 up to, not including, 1, got 1.0"),
    ("sample", "noise", [[0.1, NAN]], ValueError, "noise must be from 0 up to"),
    ("settings_table", "what", "greedy", ValueError, "what must be one of temperature"),
    ("settings_table", "of", "apis", ValueError, "of must be one of tools, models, got 'apis'"),
    ("distinct_n", "texts", "a b", TypeError, "texts must be a list, got 'a b'"),
    ("distinct_n", "texts", ["a b"], TypeError, "texts must be split into tokens, got 'a b'"),
    ("distinct_n", "texts", [{"a"}], TypeError, "texts must be split into tokens, got {'a'}"),
    ("distinct_n", "texts", [[["a"]]], TypeError, "tokens must be words or numbers, got [[['a']]]"),
    ("distinct_n", "n", 5, ValueError, "texts must hold one of at least n = 5 tokens"),
    ("distinct_n", "n", 0, ValueError, "n must be at least 1, got 0"),
    ("unbiased_pass_at_k", "tries", 0, ValueError, "tries must be at least 1, got 0"),
    ("unbiased_pass_at_k", "right", [5], ValueError, "right must be from 0 to 4, got 5"),
    ("unbiased_pass_at_k", "right", [0.5], TypeError, "right must be whole numbers, got [0.5]"),
    ("unbiased_pass_at_k", "k", 5, ValueError, "k must be at most 4, got 5"),
    ("mean_and_margin", "values", [1.0], ValueError, "values must be at least two along axis 0"),
    ("mean_and_margin", "axis", 5, ValueError, "axis must be one of values of shape (3,), got 5"),
    ("mean_and_margin", "values", [1.0, np.nan], ValueError, "values must be finite, got nan"),
    ("tail_mass", "probabilities", [0.5], ValueError, "probabilities must sum to 1"),
    ("tail_mass", "outside_top", 0, ValueError, "outside_top must be at least 1, got 0"),
    ("tail_mass", "axis", 1, ValueError, "axis must be one of"),
    ("pass_at_k", "p", [0.5, 1.5], ValueError, "p must be from 0 to 1, got 1.5"),
    ("pass_at_k", "k", 10**400, ValueError, "k must fit into a float, got 1000"),
    ("reliability", "confidences", [1.2, 0, 0], ValueError, "confidences must be from 0 to 1"),
    ("reliability", "correct", [1], ValueError, "correct must have the shape of confidences, (3,)"),
    ("reliability", "correct", [2, 0, 0], ValueError, "correct must be True or False (1 or 0)"),
    ("reliability", "correct", ["yes"] * 3, TypeError, "correct must be True or False (1 or 0)"),
    ("reliability", "bins", 0, ValueError, "bins must be at least 1, got 0"),
    ("expected_calibration_error", "confidences", [], ValueError, "confidences must not be empty"),
    ("expected_calibration_error", "correct", [NAN] * 3, ValueError, "correct must be True or"),
    ("expected_calibration_error", "bins", 1.5, TypeError, "bins must be a whole number, got 1.5"),
    ("calibration_error_floor", "confidences", [NAN], ValueError, "confidences must be from 0 to"),
    ("calibration_error_floor", "bins", -1, ValueError, "bins must be at least 1, got -1"),
    ("calibration_error_floor", "repeats", 0, ValueError, "repeats must be at least 1, got 0"),
    ("calibration_error_floor", "rng", -1, ValueError, "rng must be at least 0, got -1"),
    ("fit_temperature", "logits", [[1, 1], [2, 2]], ValueError, "labels must be from 0 to 1"),
    ("fit_temperature", "logits", np.ones((2, 3)), ValueError, "logits must differ within a row"),
    ("fit_temperature", "logits", [[1, 2, -INF]] * 2, ValueError, "labels must be possible, got 2"),
    ("fit_temperature", "labels", [3, 0], ValueError, "labels must be from 0 to 2, got 3"),
    (
        "fit_temperature",
        "labels",
        0,
        ValueError,
        "labels must have the leading shape of the logits",
    ),
    ("SmolLM2.load", "path", 7, TypeError, "path must be that of a .gguf file, got 7"),
    ("SmolLM2.load", "path", "~nobody/x", FileNotFoundError, "path must be that of a .gguf file"),
    ("SmolLM2.load", "path", "x" * 9999, FileNotFoundError, "path must be that of a .gguf file"),
    ("SmolLM2.load", "path", "a\0", FileNotFoundError, "path must be that of a .gguf file, got 'a"),
    ("SmolLM2.logits", "text", "", ValueError, "text must have 1 to 8192 tokens, got 0 tokens"),
    ("SmolLM2.logits", "text", LONG, ValueError, "text must have 1 to 8192 tokens, got 10001"),
    ("SmolLM2.tokenize", "text", "a\ud83d", ValueError, "text must not hold half a character"),
    ("SmolLM2.decode", "tokens", "abc", TypeError, "tokens must be a sequence of token indices"),
    ("SmolLM2.decode", "tokens", [-1], ValueError, "tokens must be from 0 to 49151, got -1"),
    ("SmolLM2.logits_for", "tokens", [], ValueError, "tokens must not be empty, got shape (0,)"),
    ("SmolLM2.logits_for", "cache", (1, 2), TypeError, "cache must be what next_logits returned"),
    ("SmolLM2.next_logits", "tokens", [1, 2], TypeError, "tokens must be rows of token indices"),
    ("SmolLM2.next_logits", "cache", "x", TypeError, "cache must be what next_logits returned"),
    ("SmolLM2.chat_prompt", "messages", "hi", TypeError, "messages must be a list of dictionaries"),
    ("SmolLM2.chat_prompt", "messages", [], ValueError, "messages must hold at least one message"),
    ("SmolLM2.chat_prompt", "messages", [{"a": 1}], ValueError, 'messages must each have "role"'),
    ("SmolLM2.branch", "cache", None, ValueError, "cache must be that of one sequence, got None"),
    ("SmolLM2.branch", "sequences", 10**6, ValueError, "sequences must be at most 1000, got 100"),
    ("SmolLM2.keep", "cache", None, TypeError, "cache must be what next_logits returned last"),
    ("SmolLM2.keep", "rows", [1], ValueError, "rows must be from 0 to 0, got 1"),
    (
        "generate",
        "model",
        None,
        TypeError,
        "model must be one that was loaded: SmolLM2.load(), got",
    ),
    ("generate", "model", ts.SmolLM2, TypeError, "model must be one that was loaded"),
    ("generate", "prompt", "", ValueError, "prompt must have at least one token, got ''"),
    ("generate", "prompt", "\x04", ValueError, "prompt must have at least one token, got '\\x04'"),
    ("generate", "prompt", LONG, ValueError, "prompt must leave room for 1 more tokens in the con"),
    ("generate", "prompt", [], ValueError, "prompt must be one string, or one for each sequence"),
    ("generate", "prompt", ["a", "a b c"], ValueError, "prompt must have as many tokens in every"),
    ("generate", "prompt", 7, TypeError, "prompt must be a string, got 7"),
    ("generate", "temperature", [1.0, NAN], ValueError, T_RANGE),
    ("generate", "temperature", [[1.0]], ValueError, "temperature must be one number for each"),
    ("generate", "top_k", 0, ValueError, "top_k must be at least 1"),
    ("generate", "top_p", 0, ValueError, "top_p must be a number greater than 0"),
    ("generate", "min_p", 2, ValueError, "min_p must be a number from 0 to 1"),
    ("generate", "order", "temperature", ValueError, "order must hold names of"),
    ("generate", "cuts", 0.5, TypeError, "a cut must be one of top_k"),
    ("generate", "logits_processor", 7, TypeError, "logits_processor must be a function, got 7"),
    ("generate", "n", 0, ValueError, "n must be at least 1, got 0"),
    ("generate", "n", 1001, ValueError, "n must be at most 1000, got 1001"),
    ("generate", "max_tokens", 0, ValueError, "max_tokens must be at least 1, got 0"),
    ("generate", "max_tokens", 10**12, ValueError, "prompt must leave room for 1000000000000 more"),
    ("generate", "seed", 1.5, TypeError, "seed must be a seed, a numpy.random.Generator or None"),
    ("generate", "on_token", 7, TypeError, "on_token must be a function, got 7"),
    ("score", "model", "SmolLM2", TypeError, "model must be one that was loaded"),
    ("score", "text", "a", ValueError, "text must have two tokens or more without a prompt, got"),
    ("score", "text", LONG, ValueError, "text must leave room for 0 more tokens in the context"),
    ("score", "prompt", 7, TypeError, "prompt must be a string, got 7"),
    ("tint", "continuations", "abc", TypeError, "continuations must be a list, got 'abc'"),
    ("tint", "continuations", [], ValueError, "continuations must not be empty, got []"),
    ("tint", "continuations", ["a"], TypeError, "continuations must be continuations, as generate"),
    ("percent", "probability", 7, ValueError, "probability must be from 0 to 1, got 7"),
    ("visible", "token", b"a", TypeError, "token must be a string, got b'a'"),
    ("play", "lowest", 3, ValueError, "lowest, highest, step must be finite, the first less than"),
    ("play", "highest", INF, ValueError, "lowest, highest, step must be finite"),
    ("play", "step", "a", TypeError, "step must be a real number, got 'a'"),
    ("computed", "lowest", 3, ValueError, "lowest, highest, step must be finite"),
    ("computed", "highest", INF, ValueError, "lowest, highest, step must be finite"),
    ("computed", "step", None, TypeError, "step must be a real number, got None"),
    ("draw_again", "description", 7, TypeError, "description must be a string, got 7"),
    ("explore", "update", "x", TypeError, "update must be a function, got 'x'"),
    ("chat", "model", None, TypeError, "model must be one that was loaded"),
    ("chat", "temperature", NAN, ValueError, T_RANGE),
    ("chat", "first", 7, TypeError, "first must be a string, got 7"),
    ("chat", "system", b"a", TypeError, "system must be a string, got b'a'"),
    ("chat", "max_tokens", 0, ValueError, "max_tokens must be at least 1, got 0"),
    ("chat", "seed", 1.5, TypeError, "seed must be a seed"),
    ("write_along", "model", None, TypeError, "model must be one that was loaded"),
    ("write_along", "prompt", 7, TypeError, "prompt must be a string, got 7"),
    ("write_along", "prompt", "", ValueError, "prompt must have at least one token, got"),
    ("write_along", "temperature", NAN, ValueError, T_RANGE),
    ("write_along", "seed", 1.5, TypeError, "seed must be a seed"),
    ("playground", "model", ts.SmolLM2, TypeError, "model must be one that was loaded"),
    ("playground", "prompt", b"a", TypeError, "prompt must be a string, got b'a'"),
    ("text_box", "texts", 7, TypeError, "texts must be a string, got 7"),
    ("temperature_color", "temperature", -1, ValueError, T_RANGE),
    ("ProbabilityBars", "labels", "a", TypeError, "labels must be a list, got 'a'"),
    (
        "ProbabilityBars",
        "probabilities",
        [0.5, 0.5],
        ValueError,
        "probabilities must have shape (3",
    ),
    ("ProbabilityBars", "probabilities", [NAN] * 3, ValueError, "probabilities must be from 0 to"),
    ("ProbabilityBars", "reference", [2.0] * 3, ValueError, "reference must be from 0 to 1, got"),
    ("ProbabilityBars", "note", 7, TypeError, "note must be a string, got 7"),
    ("show", "figure", "x", TypeError, "figure must be a Matplotlib figure, got 'x'"),
    ("show", "alt", None, TypeError, "alt must be a string, got None"),
    ("shipped_texts", "name", "poems", ValueError, "name must be one of docstrings, stories"),
    ("fox_text", "temperature", "hot", TypeError, "temperature must be a real number, got 'hot'"),
    ("fox_text", "length", 10**8, ValueError, "length must be at most 10000000, got 100000000"),
    ("fox_text", "start", "cat", ValueError, "start must be one of the, quick"),
    ("fox_text", "seed", "1", TypeError, "seed must be a seed"),
    ("look_up", "part", 7, TypeError, "part must be a string, got 7"),
    ("table", "first", "\ud83d", ValueError, "first must not hold half a character"),
    ("table", "last", None, TypeError, "last must be a string, got None"),
    ("curve", "baseline", "top-q", ValueError, "baseline must be one of temperature, top-k, top-p"),
    ("curve", "prompts", LONG, ValueError, "prompts must be one of practice, held-out, got 'word"),
    ("settings", "baseline", ["top-k"], TypeError, "baseline must be a string, got ['top-k']"),
    ("at", "points", [1.0, 2.0], ValueError, "points must be (settings, measures), got shape (2,)"),
    ("at", "likelihood", "x", TypeError, "likelihood must be a real number, got 'x'"),
    ("at", "measure", 2, ValueError, "points must be (settings, measures), got shape (2, 2)"),
    ("try_out", "prompts", "mine", ValueError, "prompts must be one of practice, held-out"),
    ("try_out", "seed", 1.5, TypeError, "seed must be a seed"),
]
# What is taken as it comes.
FREE = {
    ("generate", "common_noise"),  # true or false, as Python has it
    ("explore", "figure"),
    ("course_map", "forget"),
    ("explore", "controls"),  # test_controls.py
    ("check", "answer"),  # gets a sentence: test_check.py
    ("try_out", "sampler"),  # the same: test_capstone.py
}


@pytest.mark.parametrize(("name", "argument", "value", "kind", "message"), WRONG)
def test_a_bad_argument_is_told_by_its_name(name, argument, value, kind, message):
    call, right = RIGHT[name]
    with pytest.raises(kind) as caught:
        call(**{**right, argument: value})
    assert type(caught.value) is kind
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 400


def public_functions():
    """The functions behind the door, and the methods of the model, with their arguments."""
    for name in ts.__all__:
        if name == "TransformersModel":  # needs PyTorch: `make parity` runs it
            continue
        found = getattr(ts, name)
        if isinstance(found, type) and name != "ProbabilityBars":
            continue
        if callable(found):
            yield name, found
    for name, function in inspect.getmembers(ts.SmolLM2, callable):
        if not name.startswith("_") and name != "bytes_of":
            yield f"SmolLM2.{name}", function
    for module in (glossary, baselines, experiment):
        for name in RIGHT.keys() & vars(module).keys():
            yield name, getattr(module, name)


def test_every_argument_of_every_public_function_is_in_the_table():
    wired = {(name, argument) for name, argument, *_ in WRONG} | FREE
    missing = [
        (name, argument)
        for name, function in public_functions()
        for argument in inspect.signature(function).parameters
        if argument != "self" and (name, argument) not in wired
    ]
    assert missing == []


def snapshot(value):
    """What a value is, to the byte."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return [snapshot(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", RIGHT)
def test_no_argument_is_changed(name):
    call, right = RIGHT[name]
    arrays = {
        key: np.array(value) if isinstance(value, list) and isinstance(value[0], float) else value
        for key, value in right.items()
    }
    before = {key: snapshot(value) for key, value in arrays.items()}
    if name not in ("try_out", "explore", "check"):
        call(**arrays)
    assert {key: snapshot(value) for key, value in arrays.items()} == before
