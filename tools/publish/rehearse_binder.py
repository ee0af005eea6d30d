"""Do what Binder does, without Binder: build in an empty environment, run lesson 1 in 1 GB.

    .venv/bin/python tools/publish/rehearse_binder.py

In a copy of the committed files, with an empty home: the packages of environment.yml, by pip and
from the list that mamba hands to it; postBuild; then JupyterLab, and beside it lesson 1, compared
cell by cell. Conda is not asked: this Python must be of the version that environment.yml names.
postBuild and all that follows are held in 1 GB by a Linux control group; making one needs root.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LESSON = "notebooks/01_understanding_temperature.ipynb"
LIMIT = 1_000_000_000  # bytes
GROUPS = [
    # (where groups are, the file of the limit, what the processes own, what they map of files)
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "total_rss", "total_mapped_file"),
    (Path("/sys/fs/cgroup"), "memory.max", "anon", "file_mapped"),
]
FIRST_CELLS = """
import time
start = time.perf_counter()
import matplotlib.pyplot, ipywidgets
from tempsampling.model.smollm import SmolLM2
imported = time.perf_counter()
SmolLM2.load()
print(f"{imported - start:.1f} s to import, {time.perf_counter() - imported:.1f} s for the model")
"""


def main():
    python, requirements = read_environment(ROOT / "environment.yml")
    if python != f"{sys.version_info[0]}.{sys.version_info[1]}":
        sys.exit(f"environment.yml names Python {python}; run this with it, not with {sys.version}")
    with tempfile.TemporaryDirectory() as folder:
        rehearse(Path(folder), requirements)


def rehearse(folder, requirements):
    home, course, prefix = folder / "home", folder / "course", folder / "prefix"
    home.mkdir()
    copy_committed(course)
    environment = os.environ | {"HOME": str(home), "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
    for name in ("TEMPSAMPLING_CACHE", "VIRTUAL_ENV", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    where = {"cwd": course, "env": environment}

    step([sys.executable, "-m", "venv", str(prefix)], **where)
    listed = course / "as-mamba-writes-it.txt"
    listed.write_text("\n".join(requirements) + "\n")
    step(["python3", "-m", "pip", "install", "-q", "-U", "-r", listed.name], **where)
    print(f"the environment takes {size(prefix) / 1e6:.0f} MB")
    with limited_memory() as enter:
        step(["./postBuild"], **where, preexec_fn=enter)
    print(f"with weights and arrays {size(prefix) / 1e6:.0f} MB")
    forget_files(prefix)  # in memory since postBuild; they count again when they are read again
    with limited_memory() as enter:
        step(["./start", "python3", "-c", FIRST_CELLS], **where, preexec_fn=enter)
        with jupyterlab(folder / "log.txt", **where, preexec_fn=enter):
            nbval = ["--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
            step(["./start", "python3", "-m", "pytest", *nbval, LESSON], **where, preexec_fn=enter)


def read_environment(path):
    """Return the Python that environment.yml names, and the lines that it gives to pip."""
    dependencies = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    python = next(d.partition("=")[2] for d in dependencies if str(d).startswith("python="))
    return python, next(d["pip"] for d in dependencies if isinstance(d, dict))


def copy_committed(course):
    listing = ["git", "ls-files", "-z"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, course / name)


def step(command, **options):
    """Run a command, print what it is and how long it took, and stop everything if it fails."""
    print("\n$", *(word if "\n" not in word else "..." for word in command), flush=True)
    start = time.perf_counter()
    code = subprocess.run(command, **options).returncode
    if code:
        sys.exit(f"failed with code {code}" + " (killed: too little memory?)" * (code in (-9, 137)))
    print(f"{time.perf_counter() - start:.0f} s", flush=True)


@contextmanager
def jupyterlab(log, **options):
    """Run JupyterLab beside what is done meanwhile."""
    command = ["./start", "python3", "-m", "jupyterlab", "--no-browser", "--allow-root"]
    with log.open("w") as stream:
        server = subprocess.Popen(command, stderr=stream, **options)
    try:
        for _ in range(600):
            if "is running at" in log.read_text() or server.poll() is not None:
                break
            time.sleep(0.1)
        yield
        if server.poll() is not None or "is running at" not in log.read_text():
            sys.exit(f"JupyterLab did not run:\n{log.read_text()}")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def limited_memory():
    """Give a function with which a new process enters a group that has LIMIT bytes in all."""
    found = [each for each in GROUPS if (each[0] / "cgroup.procs").exists()]
    if not found:
        sys.exit("no control groups for memory on this machine")
    parent, limit, *parts = found[0]
    group = parent / f"rehearsal-{os.getpid()}"
    group.mkdir()
    done, most = threading.Event(), [0]

    def watch():
        while not done.wait(0.05):
            facts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
            most.append(max(most.pop(), sum(int(facts[part]) for part in parts)))

    watcher = threading.Thread(target=watch)
    try:
        (group / limit).write_text(str(LIMIT))
        watcher.start()
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
        print(f"processes and the files they map: {most[0] / 1e6:.0f} of {LIMIT / 1e6:.0f} MB")
    finally:
        done.set()
        watcher.join()
        group.rmdir()


def forget_files(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*"))


if __name__ == "__main__":
    main()
