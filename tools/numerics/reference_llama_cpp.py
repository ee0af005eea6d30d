"""Make tests/reference/llama_cpp.npz: what llama.cpp does to logits in the same cases.

    pip install xllamacpp==2026.10.11549
    python tools/numerics/reference_llama_cpp.py

The package holds the whole of llama.cpp in one library, whose samplers can be called without a
model. The tests compare with the stored values and need no llama.cpp.
"""

import ctypes
import importlib.util
from pathlib import Path

import numpy as np
from reference_samplers import STORED, logit_batches

import tempsampling

FILE = STORED / "llama_cpp.npz"
CUTS = {"top_n_sigma": [0.3, 0.7, 1.0, 2.0], "xtc": [0.02, 0.05, 0.1, 0.3]}
PENALTIES = {
    "repetition_penalty": [{"penalty": p} for p in (0.7, 1.1, 1.3, 2.0)],
    "frequency_penalty": [{"strength": s} for s in (-0.5, 0.25, 0.5, 2.0)],
    "presence_penalty": [{"strength": s} for s in (-0.5, 0.25, 0.5, 2.0)],
    "dry": [
        {},
        {"multiplier": 1.5, "base": 1.25},
        {"allowed_length": 1},
        {"multiplier": 0.5, "base": 3.0, "allowed_length": 4},
    ],
}
LAST = 64  # tokens that llama.cpp looks back on: as many as the texts have, at most


def texts_for(logits, seed):
    """Return a text for each row: many are short phrases said again, some are one token."""
    rng, size = np.random.default_rng(seed), logits.shape[-1]
    for _ in logits:
        phrase = rng.integers(0, size, rng.integers(1, 8))
        said = np.tile(phrase, 10)[: rng.integers(1, LAST - 4)]
        yield np.concatenate([said, rng.integers(0, size, rng.integers(0, 5))])


def cases():
    """Yield (name of the row of cases, logits, texts)."""
    for number, (kind, logits) in enumerate(logit_batches(seed=2026).items()):
        yield kind, logits, list(texts_for(logits, number))


def ours(name, setting, logits, texts):
    """Return what tempsampling makes of every row."""
    function = getattr(tempsampling, name)
    if name in CUTS:
        return function(logits, setting)
    rows = zip(logits, texts, strict=True)
    return np.array([function(z, text, **setting) for z, text in rows])


def stored():
    """Yield (kind, logits, texts, name, setting, what llama.cpp returned)."""
    with np.load(FILE) as arrays:
        for kind, logits, texts in cases():
            for name, settings in {**CUTS, **PENALTIES}.items():
                for number, setting in enumerate(settings):
                    changed = arrays[f"{kind}/{name}/{number}"]
                    if name in CUTS:
                        after = np.where(changed, logits, -np.inf)
                    else:
                        after = logits + np.where(np.isinf(logits), 0, changed)
                    yield kind, logits, texts, name, setting, after


class Token(ctypes.Structure):
    _fields_ = (("id", ctypes.c_int32), ("logit", ctypes.c_float), ("p", ctypes.c_float))


class Tokens(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.POINTER(Token)),
        ("size", ctypes.c_size_t),
        ("selected", ctypes.c_int64),
        ("sorted", ctypes.c_bool),
    )


class LlamaCpp:
    """The samplers of llama.cpp."""

    def __init__(self):
        (folder,) = importlib.util.find_spec("xllamacpp").submodule_search_locations
        (path,) = Path(folder).glob("xllamacpp*.so")
        self.library = ctypes.CDLL(str(path))
        self.library.llama_sampler_apply.argtypes = (ctypes.c_void_p, ctypes.POINTER(Tokens))
        self.library.llama_sampler_accept.argtypes = (ctypes.c_void_p, ctypes.c_int32)
        self.library.llama_sampler_free.argtypes = (ctypes.c_void_p,)
        self.no_breakers = ctypes.create_string_buffer(24)  # an empty std::vector

    def sampler(self, name, setting, vocabulary):
        """Make a sampler with one setting, for a number of tokens."""
        i, u, f = ctypes.c_int32, ctypes.c_uint32, ctypes.c_float
        n, p = ctypes.c_size_t, ctypes.c_void_p
        off = {"penalty": 1.0, "frequency": 0.0, "presence": 0.0}
        if name == "top_n_sigma":
            return self.make("llama_sampler_init_top_n_sigma", (f, setting))
        if name == "xtc":
            always, at_least, seed = (f, 1.0), (n, 1), (u, 0)
            return self.make("llama_sampler_init_xtc", always, (f, setting), at_least, seed)
        if name == "dry":
            values = {"multiplier": 0.8, "base": 1.75, "allowed_length": 2, **setting}
            types = zip((f, f, i), values.values(), strict=True)
            end = (i, LAST), (p, ctypes.addressof(self.no_breakers))
            symbol = "_Z30llama_sampler_init_dry_testingffiiRKSt6vectorIS_IiSaIiEESaIS1_EE"
            return self.make(symbol, *types, *end)
        kind = name.removesuffix("_penalty").replace("repetition", "penalty")
        off[kind] = next(iter(setting.values()))
        start = (i, vocabulary), (i, LAST)
        return self.make("llama_sampler_init_penalties", *start, *((f, v) for v in off.values()))

    def make(self, symbol, *typed):
        """Call the function that makes a sampler."""
        function = getattr(self.library, symbol)
        function.restype, function.argtypes = ctypes.c_void_p, [kind for kind, _ in typed]
        return function(*(value for _, value in typed))

    def apply(self, name, setting, logits, text):
        """Return one row of logits after a sampler that has seen a text."""
        sampler = self.sampler(name, setting, logits.size)
        for token in text:
            self.library.llama_sampler_accept(sampler, int(token))
        data = (Token * logits.size)(*[(i, z, 0) for i, z in enumerate(logits.tolist())])
        tokens = Tokens(data, logits.size, -1, False)
        self.library.llama_sampler_apply(sampler, ctypes.byref(tokens))
        self.library.llama_sampler_free(sampler)
        after = np.full(logits.size, -np.inf, np.float32)
        for place in range(tokens.size):
            after[tokens.data[place].id] = tokens.data[place].logit
        return after


def main():
    llama, arrays = LlamaCpp(), {}
    for kind, logits, texts in cases():
        for name, settings in {**CUTS, **PENALTIES}.items():
            for number, setting in enumerate(settings):
                rows = zip(logits.astype(np.float32), texts, strict=True)
                after = np.array([llama.apply(name, setting, z, text) for z, text in rows])
                if name in CUTS:
                    kept = after > -np.inf
                else:
                    kept = np.where(np.isinf(logits), 0, after - logits).astype(np.float32)
                arrays[f"{kind}/{name}/{number}"] = kept
    np.savez_compressed(FILE, **arrays)
    print(f"stored {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
