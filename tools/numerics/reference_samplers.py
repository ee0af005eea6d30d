"""Make the reference values in tests/reference: what other libraries answer in the same cases.

    python tools/numerics/reference_samplers.py        (needs the extra "bench" of pyproject.toml)

The tests compare with the stored values and need none of those libraries; `make parity` compares
with transformers live, on more cases. Both take cases, settings and the comparison from here.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np

import tempsampling

STORED = Path(__file__).resolve().parents[2] / "tests" / "reference"
MASKED = np.int16(-(2**15))  # stands for minus infinity among logits stored as whole numbers
SETTINGS = {
    "top_k": [1, 2, 5, 40, 1000],
    "top_p": [0.05, 0.3, 0.5, 0.75, 0.9, 0.999],
    "min_p": [0.0, 0.02, 0.1, 0.5, 1.0],
    "typical_p": [0.2, 0.5, 0.9, 0.99],
    "epsilon_cutoff": [0.0005, 0.01, 0.2],
    "eta_cutoff": [0.0005, 0.01, 0.2],
    "truncate": [
        {"temperature": 0.7, "top_k": 50, "top_p": 0.9},
        {"temperature": 1.5, "top_k": 5, "top_p": 0.8, "min_p": 0.1},
        {"temperature": 2.5, "top_p": 0.95, "min_p": 0.05},
        {"temperature": 0.1, "min_p": 0.3},
    ],
}

# Where we differ from transformers on purpose: what it is about, filter, setting, logits, which
# tokens we keep. (Logits are stored as float32, in which transformers computes.)
DIFFERENCES = [
    ("among equals the smaller index goes first", "top_p", 0.25, [0, 0, 0, 0], [0]),
    ("p = 1 keeps everything", "top_p", 1.0, [0, -200], [0, 1]),
    ("the smallest set, even among equals", "typical_p", 0.5, [0, 0, 0, 0], [0, 1]),
    ("p = 1 keeps everything", "typical_p", 1.0, [0, 0, -200], [0, 1, 2]),
    ("T = 0 is the limit", "truncate", {"temperature": 0}, [1, 2, 2], [1, 2]),
    ("T = 1 may be a whole number", "truncate", {"temperature": 1}, [1, 2], [0, 1]),
    ("T = inf leaves out masked tokens", "truncate", {"temperature": np.inf}, [1, -np.inf], [0]),
    ("T = inf keeps the ranking", "truncate", {"temperature": np.inf, "top_k": 1}, [1, 2], [1]),
]
# Probabilities that reach p exactly, and at which token.
EXACT_SUMS = [
    ([0.5, 0.3, 0.2], 0.5, 1),
    ([0.5, 0.3, 0.2], 0.8, 2),
    ([0.4, 0.3, 0.2, 0.1], 0.7, 2),
    ([0.4, 0.3, 0.2, 0.1], 0.9, 3),
    ([0.25] * 4, 0.5, 2),
    ([0.125] * 8, 0.75, 6),
]


def logit_batches(seed, rows=24):
    """Return batches of logits by name. All are multiples of 1/64, which int16 stores exactly."""
    rng = np.random.default_rng(seed)

    def batch(spread, size):
        return np.round(64 * spread * rng.standard_normal((rows, size))) / 64

    masked = batch(2, 30)
    masked[rng.random(masked.shape) < 0.4] = -np.inf
    masked[:, 7] = 0.5
    return {
        "one token": batch(2, 1),
        "two tokens": batch(1, 2),
        "five tokens": batch(2, 5),
        "eight tokens": batch(1, 8),
        "peaked": batch(4, 150),
        "flat": batch(0.2, 64),
        "usual": batch(2.5, 100),
        "ties": rng.integers(-2, 3, (rows, 20)).astype(float),
        "all equal": np.repeat(batch(1, 1), 16, axis=1),
        "masked": masked,
        "outliers": np.where(rng.random((rows, 40)) < 0.1, 400.0, batch(2, 40)),
    }


def scores_of_transformers(name, setting, logits):
    """Apply transformers' filters to logits with two axes, in the type that these have."""
    import torch
    from transformers.generation import logits_process

    warpers = {
        "temperature": logits_process.TemperatureLogitsWarper,
        "top_k": logits_process.TopKLogitsWarper,
        "top_p": logits_process.TopPLogitsWarper,
        "min_p": logits_process.MinPLogitsWarper,
        "typical_p": logits_process.TypicalLogitsWarper,
        "epsilon_cutoff": logits_process.EpsilonLogitsWarper,
        "eta_cutoff": logits_process.EtaLogitsWarper,
    }
    scores = torch.tensor(logits)
    for step, value in setting.items() if name == "truncate" else [(name, setting)]:
        scores = warpers[step](value)(None, scores)
    return scores.numpy()


def answer_of_transformers(name, setting, logits):
    """Return the tokens that transformers keeps in one row, or what goes wrong there."""
    try:
        scores = scores_of_transformers(name, setting, np.float32([logits]))[0]
    except ValueError:
        return "ValueError"
    return "NaN" if np.isnan(scores).any() else np.flatnonzero(scores > -np.inf).tolist()


def kept_by_us(name, setting, logits):
    """Say which tokens tempsampling keeps."""
    if name == "truncate":
        return tempsampling.truncate(logits, **setting) > 0
    return getattr(tempsampling, name)(logits, setting) > -np.inf


def disagreements(name, setting, logits, reference):
    """Compare row by row; return the rows that differ, and how many could not be decided.

    Among equal logits, which are kept is for each library to say: the logits that are kept must be
    the same, not their places. (transformers' typical filter keeps all equals, so there it is the
    different logits.) A row is undecided if a change of the bound within float32's rounding, which
    adds up over a vocabulary, changes what is kept.
    """
    close = 1e-5 if logits.shape[-1] < 1000 else 1e-4
    ours = kept_by_us(name, setting, logits)
    undecided = np.zeros(len(logits), dtype=bool)
    for side in (-1, 1):
        moved = kept_by_us(name, _moved(name, setting, side * close), logits)
        undecided |= (moved != ours).any(axis=-1)
    values = np.unique if name == "typical_p" else np.sort
    differ = [
        row
        for row in range(len(logits))
        if not undecided[row]
        and not np.array_equal(values(logits[row][ours[row]]), values(logits[row][reference[row]]))
    ]
    return differ, int(undecided.sum())


def _moved(name, setting, change):
    if name == "truncate":
        return {step: _moved(step, value, change) for step, value in setting.items()}
    if name in ("top_k", "temperature"):
        return setting
    if name in ("top_p", "typical_p"):  # bounds of a sum, whose rounding is that of the whole, 1
        return min(max(setting + change, abs(change)), 1.0)
    return min(setting * (1 + change), 1.0)


def store_kept_sets():
    arrays = {}
    for kind, logits in logit_batches(seed=2020).items():
        arrays[kind] = np.where(np.isinf(logits), MASKED, 64 * logits).astype(np.int16)
        for name, settings in SETTINGS.items():
            for number, setting in enumerate(settings):
                kept = scores_of_transformers(name, setting, logits.astype(np.float32)) > -np.inf
                arrays[f"{kind}/{name}/{number}"] = np.packbits(kept, axis=-1)
    np.savez_compressed(STORED / "transformers_kept.npz", **arrays)


def stored_kept_sets():
    """Yield (kind, logits, filter, setting, which tokens transformers kept)."""
    with np.load(STORED / "transformers_kept.npz") as arrays:
        for kind in (key for key in arrays if "/" not in key):
            stored = arrays[kind]
            logits = np.where(stored == MASKED, -np.inf, stored / 64)
            for name, settings in SETTINGS.items():
                for number, setting in enumerate(settings):
                    packed = arrays[f"{kind}/{name}/{number}"]
                    kept = np.unpackbits(packed, axis=-1, count=logits.shape[-1]).astype(bool)
                    yield kind, logits, name, setting, kept


def calibration_case(temperature, seed):
    """Return logits as whole numbers of quarters, and labels drawn from them at a temperature."""
    rng = np.random.default_rng(seed)
    quarters = np.round(4 * 2.5 * rng.standard_normal((400, 6))).astype(int)
    return quarters, tempsampling.sample(quarters / 4, temperature=temperature, rng=rng)


def temperature_by_scikit_learn(logits, labels):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Logits(ClassifierMixin, BaseEstimator):
        """A classifier whose inputs are the logits already."""

        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return X

        def predict(self, X):
            return self.classes_[X.argmax(axis=-1)]

    model = FrozenEstimator(Logits().fit(logits, labels))
    calibrated = CalibratedClassifierCV(model, method="temperature").fit(logits, labels)
    return 1 / calibrated.calibrated_classifiers_[0].calibrators[0].beta_


def store_other_values():
    fits = []
    for seed, temperature in enumerate([0.5, 1.0, 1.7, 3.0]):
        quarters, labels = calibration_case(temperature, seed)
        fits.append(
            {
                "drawn at": temperature,
                "quarters": quarters.tolist(),
                "labels": labels.tolist(),
                "scikit-learn": temperature_by_scikit_learn(quarters / 4, labels),
            }
        )
    (STORED / "other_libraries.json").write_text(
        json.dumps(
            {
                "temperatures": fits,
                "transformers differs": [
                    answer_of_transformers(name, setting, logits)
                    for _, name, setting, logits, _ in DIFFERENCES
                ],
                "exact sums": [
                    answer_of_transformers("top_p", p, np.log(probabilities))
                    for probabilities, p, _ in EXACT_SUMS
                ],
            },
            separators=(",", ":"),
        )
        + "\n"
    )


def main():
    STORED.mkdir(exist_ok=True)
    store_kept_sets()
    store_other_values()
    versions = {
        name: importlib.metadata.version(name)
        for name in ("numpy", "torch", "transformers", "scikit-learn")
    }
    (STORED / "versions.json").write_text(json.dumps(versions, indent=1) + "\n")
    print("stored with", versions)


if __name__ == "__main__":
    main()
