"""Do what Binder does, without Binder: build in an empty environment, run lesson 1 in 1 GB.

    .venv/bin/python tools/publish/rehearse_binder.py

In a copy of the committed files, with an empty home: the packages of environment.yml, by pip and
from the list that mamba hands to it; postBuild; then JupyterLab, and beside it lesson 1, up to its
first figure and then compared cell by cell. It prints what the image consists of and how long a
visitor waits. Conda is not asked: this Python must be of the version that environment.yml names.
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
FIRST_FIGURE = """
import sys, time, nbformat
from nbclient import NotebookClient

lesson, start = sys.argv[1], float(sys.argv[2])
client = NotebookClient(nbformat.read(lesson, as_version=4))
with client.setup_kernel():
    print(f"{time.time() - start:.1f} s from the server's start to a kernel")
    for i, cell in enumerate(client.nb.cells):
        client.execute_cell(cell, i)
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            break
print(f"{time.time() - start:.1f} s to the first figure")
"""
PARTS = 12  # of the image, the largest ones


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
    with limited_memory() as enter:
        step(["./postBuild"], **where, preexec_fn=enter)
    print_parts(prefix)
    step(["python3", "-m", "pip", "install", "-q", "-c", "constraints.txt", "nbval"], **where)
    forget_files(prefix)  # in memory since postBuild; they count again when they are read again
    with limited_memory() as enter:
        started = time.time()
        with jupyterlab(folder / "log.txt", **where, preexec_fn=enter):
            figure = ["./start", "python3", "-c", FIRST_FIGURE, LESSON, str(started)]
            step(figure, **where, preexec_fn=enter)
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


def print_parts(prefix):
    """Print what is in the environment, the largest parts first."""
    (packages,) = prefix.glob("lib/python*/site-packages")
    parts = [
        *packages.iterdir(),
        *(prefix / "share").glob("*"),
        *(prefix / "share").glob("jupyter/*"),
    ]
    parts = {part: size(part) for part in parts if part.name != "jupyter"}
    for part in sorted(parts, key=parts.get, reverse=True)[:PARTS]:
        print(f"{parts[part] / 1e6:6.0f} MB  {part.relative_to(prefix)}")
    print(f"{size(prefix) / 1e6:6.0f} MB  in all")


def size(path):
    """Return the bytes of a file, or of all that is in a folder."""
    return sum(each.lstat().st_size for each in [path, *path.rglob("*")])


if __name__ == "__main__":
    main()
