"""Measure SmolLM2 beside Transformers on the same file, its loading, its memory, and its threads.

    make bench

Float32, default threads, runs of both sides in turn, medians. The bandwidth floor is the time that
NumPy needs for one matrix-vector product with each of the model's matrices and nothing else.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

import numpy as np
import psutil
import torch
from jupyter_client.manager import run_kernel

from tempsampling.model.llama import linear
from tempsampling.model.smollm import SmolLM2
from tempsampling.model.threads import SET_BY_THE_USER
from tempsampling.model.transformers_model import TransformersModel
from tempsampling.model.weights import find_weights
from tempsampling.writing.generation import generate

PROMPT = "Once upon a time"
MB = 1e6


def main():
    os.environ["TQDM_DISABLE"] = "1"
    print(f"\nSmolLM2: numpy {np.__version__}, torch {torch.__version__}, float32, default threads")
    # Memory first, while nobody else maps the model's arrays.
    missed = [*memory(), *loading(), *speed(), *threads()]
    print(f"\n{len(missed)} bars missed: {', '.join(missed)}" if missed else "\nEvery bar is met.")


def judged(row, value, bar, *, least=True):
    """Print a row with its bar; return it if the bar is missed."""
    met = value >= bar if least else value <= bar
    print(f"  {row}  bar {'>=' if least else '<='} {bar:g}: {'met' if met else 'MISSED'}")
    return [] if met else [row.split("  ")[0]]


def in_turn(runs, **works):
    """Run each work several times in turn; return the median seconds of each."""
    times = {name: [] for name in works}
    for _ in range(runs + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(seconds[1:])) for name, seconds in times.items()}


def speed():
    ours, weights = SmolLM2.load(), find_weights()
    other = TransformersModel.load(str(weights.parent), gguf_file=weights.name)
    begin = other.tokenizer(PROMPT, return_tensors="pt")
    missed = []

    def transformers_generate(n, tokens):
        length = {"max_new_tokens": tokens, "min_new_tokens": tokens}
        settings = {"do_sample": True, "temperature": 1.0, "top_k": 0, "num_return_sequences": n}
        other.model.generate(**begin, **settings, **length)

    print("Writing with temperature 1, tokens per second")
    for n, tokens, runs, bar in ((1, 32, 9, 1.8), (32, 16, 5, 1.2)):
        seconds = in_turn(
            runs,
            ours=lambda n=n, k=tokens: generate(ours, PROMPT, n=n, max_tokens=k, seed=1),
            transformers=lambda n=n, k=tokens: transformers_generate(n, k),
            our_loop=lambda n=n, k=tokens: generate(other, PROMPT, n=n, max_tokens=k, seed=1),
        )
        rate = {name: n * tokens / s for name, s in seconds.items()}
        ratio = rate["ours"] / rate["transformers"]
        missed += judged(
            f"{n} sequences{'':2} ours {rate['ours']:6.1f}  transformers.generate"
            f" {rate['transformers']:6.1f}  (its model in our loop {rate['our_loop']:6.1f})"
            f"  ratio {ratio:4.2f}",
            ratio,
            bar,
        )

    print("The network's own steps, as a share of the time that generate takes")
    for n, tokens, runs, bar in ((1, 32, 9, 0.92), (32, 16, 5, 0.8)):

        def steps(n=n, tokens=tokens):
            _, cache = ours.next_logits([ours.tokenize(PROMPT)])
            cache = ours.branch(cache, n)
            for _ in range(tokens - 1):
                ours.next_logits([[500]] * n, cache)

        def write(n=n, tokens=tokens):
            generate(ours, PROMPT, n=n, max_tokens=tokens, seed=1)

        seconds = in_turn(runs, steps=steps, write=write)
        share = seconds["steps"] / seconds["write"]
        missed += judged(f"{n} sequences  {share:.3f}", share, bar)

    network, (_, cache) = ours.network, ours.next_logits([ours.tokenize(PROMPT)])
    matrices = [w for block in network.blocks for w in block.values() if w.ndim == 2]
    vectors = [np.ones((1, matrix.shape[1]), np.float32) for matrix in matrices]

    def products():
        for vector, matrix in zip(vectors, matrices, strict=True):
            linear(vector, matrix)
        vectors[0] @ network.output.T

    seconds = in_turn(31, floor=products, step=lambda: ours.next_logits([[500]], cache))
    share = seconds["floor"] / seconds["step"]
    gigabytes = sum(matrix.nbytes for matrix in [*matrices, network.output]) / 1e9
    missed += judged(
        f"one token  {1 / seconds['step']:.1f} tokens/s; the floor {1 / seconds['floor']:.1f}/s,"
        f" {gigabytes / seconds['floor']:.1f} GB/s; share of the bandwidth {share:.2f}",
        share,
        0.8,
    )

    tokens = (ours.tokenize("The quick brown fox jumps over the lazy dog. ") * 26)[:256]
    seconds = in_turn(
        5,
        ours=lambda: ours.next_logits([tokens]),
        transformers=lambda: other.next_logits([tokens]),
    )
    print(
        f"  a prompt of 256 tokens  ours {256 / seconds['ours']:.0f} tokens/s,"
        f" transformers {256 / seconds['transformers']:.0f}"
    )
    return missed


WITH_THREADS = """
import time
from tempsampling import SmolLM2, generate
model = SmolLM2.load()
for n, tokens in ((1, 60), (32, 20)):
    generate(model, "Once upon a time", n=n, max_tokens=12, seed=1)
    start = time.perf_counter()
    generate(model, "Once upon a time", n=n, max_tokens=tokens, seed=1)
    print(n * tokens / (time.perf_counter() - start))
"""


def threads():
    """Compare the threads chosen with one and with all, on an idle machine and on a busy one."""
    cores, missed = os.cpu_count() or 1, []
    free = {k: v for k, v in os.environ.items() if k not in SET_BY_THE_USER}
    settings = {
        "chosen": {},
        "one": {SET_BY_THE_USER[0]: "1"},
        "all": {SET_BY_THE_USER[0]: f"{cores}"},
    }
    print("\nThreads, each in a process of its own, tokens per second of 1 and of 32 sequences")
    for busy, best, bar in ((0, "all", 0.9), (cores - 1, "one", 0.8)):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        found = {name: [] for name in settings}
        for _ in range(5):
            for name, setting in settings.items():
                command = [sys.executable, "-c", WITH_THREADS]
                said = subprocess.run(command, env=free | setting, capture_output=True, check=True)
                found[name].append([float(rate) for rate in said.stdout.split()])
        for other in others:
            other.kill()
        rates = {name: np.median(found[name], axis=0) for name in settings}
        said = ", ".join(f"{name} {a:.0f} and {b:.0f}" for name, (a, b) in rates.items())
        ratio = min(rates["chosen"] / rates[best])
        row = f"{busy} of {cores} cores busy  {said}; chosen / {best} at least {ratio:.2f}"
        missed += judged(row, ratio, bar)
    return missed


DOOR = """
import time
start = time.perf_counter()
import tempsampling
print(time.perf_counter() - start)
"""
LOAD = """
import time
from tempsampling.model.smollm import SmolLM2
start = time.perf_counter()
SmolLM2.load()
print(time.perf_counter() - start)
"""


def loading():
    print("\nLoading, each in a process of its own, seconds")
    times, codes = {"door": [], "first": [], "again": []}, [DOOR, LOAD, LOAD]
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"TEMPSAMPLING_CACHE": folder}
            for row, code in zip(times.values(), codes, strict=True):
                command = [sys.executable, "-c", code]
                found = subprocess.run(command, env=environment, capture_output=True, check=True)
                row.append(float(found.stdout))
    door, first, again = map(np.median, times.values())
    return [
        *judged(f"import tempsampling  {door:.3f}", door, 0.15, least=False),
        *judged(f"the first time  {first:.2f}", first, 6, least=False),
        *judged(f"when its arrays are kept  {again:.2f}", again, 1, least=False),
    ]


WRITE = """
import ipywidgets, matplotlib.pyplot
from tempsampling.writing.generation import generate
from tempsampling.model.smollm import SmolLM2
model = SmolLM2.load()
generate(model, "Once upon a time", n={n}, max_tokens={tokens}, seed=1)
"""


# Of this program alone; getrusage counts what its parent had before.
PEAK = """
import re
from pathlib import Path
int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1))
"""


def memory():
    missed, total = [], {}
    print("\nMemory of Jupyter kernels with plots, widgets and the model (on Linux)")
    with run_kernel(kernel_name="python3") as client:
        execute(client, WRITE.format(n=32, tokens=64))
        peak = float(execute(client, PEAK)) / 1000
    missed += judged(f"32 sequences of 64 tokens  peak {peak:.0f} MB", peak, 1000, least=False)
    with ExitStack() as running:
        clients = []
        for count in (1, 2, 4, 8):
            while len(clients) < count:
                clients.append(running.enter_context(run_kernel(kernel_name="python3")))
                execute(clients[-1], WRITE.format(n=1, tokens=8))
            pids = [int(execute(client, "import os; os.getpid()")) for client in clients]
            # Proportional: what several processes share is divided among them.
            total[count] = sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / MB
            print(f"  {count} kernels  {total[count]:.0f} MB in all")
    growth = (total[8] - total[1]) / 7
    row = f"each kernel after the first  {growth:.0f} MB"
    return missed + judged(row, growth, 250, least=False)


def execute(client, code):
    """Run code in a kernel; return the repr of its last line's value."""
    values = []

    def keep(message):
        if message["msg_type"] == "execute_result":
            values.append(message["content"]["data"]["text/plain"])

    reply = client.execute_interactive(code, output_hook=keep, timeout=300)
    if reply["content"]["status"] != "ok":
        raise SystemExit("\n".join(reply["content"]["traceback"]))
    return values[-1] if values else None


if __name__ == "__main__":
    main()
