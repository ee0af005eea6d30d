"""Time tempsampling.sample against Hugging Face's warpers and torch.multinomial.

    make bench

Float32 logits; medians of interleaved runs. Bytes are those that the operations read and write,
counted call by call on either side, beside the logits themselves: what one max pass reads.
"""

import statistics
import timeit

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

import tempsampling
from tempsampling.numerics import sampling

WORKS = {
    "T, top-k 50, top-p 0.9": {"temperature": 0.8, "top_k": 50, "top_p": 0.9},
    "T, top-p 0.9": {"temperature": 0.8, "top_p": 0.9},
}
WARPERS = {
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
}
SPREADS = {"peaked": 3.0, "flat": 0.1}
SIZES = [(50_257, 1), (50_257, 32), (151_936, 1), (151_936, 32)]
RUNS, SECONDS_PER_RUN = 15, 0.02


def bar(work, shape):
    """How many times faster we want to be; 0 where nothing is promised."""
    return 10 if "top_k" in WORKS[work] else 5 if shape == "peaked" else 0


def ours(logits, work, rng):
    return tempsampling.sample(logits, rng=rng, **WORKS[work])


def theirs(scores, warpers):
    for warper in warpers:
        scores = warper(None, scores)
    return torch.multinomial(torch.softmax(scores, dim=-1), num_samples=1)


def medians(*calls):
    """Time calls in turn, in runs long enough to be warm, so that all meet the same machine."""
    timers = [timeit.Timer(call) for call in calls]
    repeats = [max(1, int(SECONDS_PER_RUN / timer.timeit(2) * 2)) for timer in timers]
    times = [[] for _ in calls]
    for _ in range(RUNS):
        for timer, repeat, taken in zip(timers, repeats, times, strict=True):
            taken.append(timer.timeit(repeat) / repeat)
    return [statistics.median(taken) for taken in times]


class CountedArray(np.ndarray):
    """An array whose operations add up the bytes of the arrays they read and write."""

    total = 0

    @classmethod
    def count(cls, *values):
        cls.total += sum(value.nbytes for value in tree_leaves(values) if hasattr(value, "nbytes"))

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        plain = [np.asarray(value) for value in inputs]
        if out:
            options["out"] = tuple(np.asarray(value) for value in out)
        result = getattr(ufunc, method)(*plain, **options)
        self.count(plain, result)
        if out:
            return out[0]
        return result.view(CountedArray) if isinstance(result, np.ndarray) else result

    def __array_function__(self, function, types, args, options):
        result = super().__array_function__(function, types, args, options)
        self.count(args, result)
        return result

    def __getitem__(self, index):
        result = super().__getitem__(index)
        if isinstance(index, np.ndarray):  # a slice reads nothing yet
            self.count(index, result, result)
        return result

    def astype(self, dtype):
        result = super().astype(dtype)
        self.count(self, result)
        return result

    def argsort(self, **options):
        result = super().argsort(**options)
        self.count(self, result)
        return result


def bytes_of_ours(logits, work):
    def checked(values):
        np.maximum.reduce(values, axis=-1)  # the pass of the check, which drops the subclass
        return values

    original, sampling.logit_array = sampling.logit_array, checked
    CountedArray.total = 0
    try:
        ours(logits.view(CountedArray), work, np.random.default_rng(0))
    finally:
        sampling.logit_array = original
    return CountedArray.total


class CountBytes(TorchDispatchMode):
    """Add up the bytes of the tensors that operations read and write."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in tree_leaves((args, kwargs, result)):
            if isinstance(value, torch.Tensor):
                self.total += value.nbytes
        return result


def bytes_of_theirs(scores, warpers):
    with CountBytes() as counter:
        theirs(scores, warpers)
    return counter.total


def main():
    default = torch.get_num_threads()
    print(
        f"torch {torch.__version__}, numpy {np.__version__}; NumPy uses one thread throughout\n"
        "work: T = 0.8 and then; kept: tokens left in the first row; ms: one thread"
        f" | {default} threads (default); bytes: MB read and written\n"
    )
    print(
        f"{'work':24}{'V':>8}{'batch':>6} {'logits':7}{'kept':>7}"
        f"{'HF ms':>9}{'ours':>9}{'ratio':>7} |{'HF ms':>9}{'ours':>9}{'ratio':>7}"
        f"{'bar':>5}  {'HF MB':>9}{'ours':>9}{'one max':>9}"
    )
    missed = 0
    for work, settings in WORKS.items():
        warpers = [WARPERS[step](value) for step, value in settings.items()]
        for size, batch in SIZES:
            for shape, spread in SPREADS.items():
                rng = np.random.default_rng(0)
                logits = (spread * rng.standard_normal((batch, size))).astype(np.float32)
                scores = torch.from_numpy(logits)
                kept = np.count_nonzero(tempsampling.truncate(logits[0], **settings))
                row = f"{work:24}{size:8,}{batch:6} {shape:7}{kept:7,}"
                promised, ratios = bar(work, shape), []
                for threads in (1, default):
                    torch.set_num_threads(threads)
                    slow, fast = medians(
                        lambda scores=scores, warpers=warpers: theirs(scores, warpers),
                        lambda logits=logits, work=work, rng=rng: ours(logits, work, rng),
                    )
                    ratios.append(slow / fast)
                    row += f"{1e3 * slow:9.3f}{1e3 * fast:9.3f}{slow / fast:7.1f}"
                    row += " |" if threads == 1 and len(ratios) == 1 else ""
                missed += min(ratios) < promised
                traffic = (
                    bytes_of_theirs(scores, warpers),
                    bytes_of_ours(logits, work),
                    logits.nbytes,
                )
                row += f"{promised or '-':>5}  " + "".join(f"{b / 1e6:9.4g}" for b in traffic)
                print(row + ("  below the bar" if min(ratios) < promised else ""), flush=True)
    print(f"\n{missed} rows are below their bar" if missed else "\nEvery bar is met")


if __name__ == "__main__":
    main()
