"""What the tests of a lesson run within its kernel: remembered texts, and every slider."""

import copy
import functools
import gc
import hashlib
import os
import pickle
import re
import time
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from tempsampling.lessons.capstone import experiment
from tempsampling.model.smollm import SmolLM2
from tempsampling.widgets.controls import Number, TextBox, choices
from tempsampling.widgets.explore import Explorer
from tempsampling.writing import generation

REMEMBERED = "TEMPSAMPLING_TESTS_REMEMBER"  # a folder that lives as long as a run: conftest.py
MOST_BYTES = 20_000_000
WRITE_AND_READ = [
    (generation, "generate"),
    (generation, "score"),
    (SmolLM2, "logits"),
    (SmolLM2, "logits_for"),
]
TYPED = [
    *("nan", "inf", "-inf", "-1", "0", "-0.0", "1e-300", "1e300", "99", "1000000"),
    *("10" * 6, "0,33", "1,000", "abc"),
]


def remember_texts():
    """Let the model write and read the same only once: what it gave is given again.

    What raises is not remembered, and whoever gets a result gets a copy, so that nothing done to
    one reaches another. A generator or a cache among the arguments would change with the call:
    such a call is made anew.
    """
    for place, name in WRITE_AND_READ:
        setattr(place, name, remembered(getattr(place, name)))


def remembered(function):
    """Remember results; in a folder, if there is one, which lessons and their tests share."""
    known, folder = {}, os.environ.get(REMEMBERED)

    @functools.wraps(function)
    def call(model, *args, **kwargs):
        given = [*args, *kwargs.values()]
        if (
            "on_token" in kwargs
            or any(isinstance(x, np.random.Generator) for x in given)
            or model is not SmolLM2.load()
        ):
            return function(model, *args, **kwargs)
        try:
            key = pickle.dumps((args, sorted(kwargs.items()), len(model.network.blocks)))
        except (pickle.PicklingError, AttributeError, TypeError):  # a function of the lesson's own
            return function(model, *args, **kwargs)
        if key not in known:
            name = hashlib.sha256(function.__qualname__.encode() + key).hexdigest()
            path = Path(folder or ".") / name
            if folder and path.exists():
                known[key] = pickle.loads(path.read_bytes())
            else:
                known[key] = function(model, *args, **kwargs)
                if folder and len(data := pickle.dumps(known[key])) < MOST_BYTES:
                    path.with_suffix(f".{os.getpid()}").write_bytes(data)
                    path.with_suffix(f".{os.getpid()}").replace(path)  # whole, or not there
        return copy.deepcopy(known[key])

    return call


def hurry():
    """From now on, let the model think with one of its 30 blocks only, and let samplers try less.

    For orders of cells in which nobody reads what is written.
    """
    model = SmolLM2.load()
    model.network.blocks = model.network.blocks[:1]
    experiment.TOKENS = 2


def explorers():
    """Every demo that is there, in the order in which they were made."""
    return [widget for widget in list(all_widgets().values()) if isinstance(widget, Explorer)]


def all_widgets():
    """What ipywidgets keeps: version 7, which Colab has, does so in another place than 8."""
    known = ipywidgets.widgets.widget
    return known._instances if hasattr(known, "_instances") else known.Widget.widgets


def move_every_slider():
    """Move each control of each demo to its ends and its middle; print how many demos there are."""
    for explorer in explorers():
        for name, control in explorer.controls.items():
            values = [value for _, value in choices(control)]
            middle = [] if isinstance(control, TextBox) else [values[len(values) // 2]]
            for value in [values[-1], values[0], *middle]:  # a text takes a model seconds
                getattr(control, "slider", control).value = value
                assert not explorer._problem.value, (name, value, explorer._problem.value)
    print(len(explorers()))


def type_beside_every_slider():
    """Type numbers and words beside each slider: each is shown, or refused by name."""
    for explorer in explorers():
        boxes = [c for c in explorer.controls.values() if isinstance(c, Number)]
        for control in (c for c in boxes if c.box in c.children):
            first = control.value
            for text in TYPED:
                start = time.process_time()
                control.box.value = text
                told = re.sub("<.*?>", "", explorer._problem.value)
                assert time.process_time() - start < 5, text
                assert not told or re.match(r"(ValueError|TypeError): \w+ must ", told), told
                shown = explorer.output[0].get("text/plain", "")
                assert told or not re.search(r"\bnan", shown), (text, shown)
                control.box.value, control.value = "", first


def count():
    """Print how many widgets and figures are there."""
    gc.collect()
    print(len(all_widgets()), len(plt.get_fignums()))
