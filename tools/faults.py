"""Put faults into a copy of the course, one at a time: `make test` must find each of them.

    make faults                                  (all, a quarter of an hour)
    .venv/bin/python tools/faults.py top-p order (those whose names hold one of these words)

Each fault is one edit such as a tired hand makes: a rule that is off by one, a check left out, a
promise forgotten. It names the tests of `make test` that are to find it, and pass without it. Only
these are run, until the first that fails. A fault that none finds is a gap in the tests.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Fault(NamedTuple):
    """An edit: in a file, `before`, which stands there once, becomes `after`."""

    name: str
    file: str
    before: str
    after: str
    tests: str


FAULTS = [
    # numerics
    Fault(
        "temperature multiplies",
        "tempsampling/numerics/distributions.py",
        "exponent /= temperature",
        "exponent *= temperature",
        "tests/numerics/test_distributions.py",
    ),
    Fault(
        "top-p drops the token that crosses the bound",
        "tempsampling/numerics/selection.py",
        "keep = z >= z[last]",
        "keep = z > z[last]",
        "tests/numerics/test_truncation.py",
    ),
    Fault(
        "the order of the steps is not obeyed",
        "tempsampling/numerics/sampling.py",
        "for step in named if step in settings",
        "for step in ORDER if step in settings",
        "tests/numerics/test_sampling.py",
    ),
    Fault(
        "calibration computes in the type of its arguments",
        "tempsampling/numerics/calibration.py",
        "block = z[rows].astype(np.float64) * unit",
        "block = z[rows] * z.dtype.type(unit)",
        "tests/numerics/test_calibration.py",
    ),
    Fault(
        "a check lets nan through",
        "tempsampling/_validate.py",
        "if not (above and below):  # NaN is neither",
        "if not (above and below) and number == number:",
        "tests/test_validate.py",
    ),
    Fault(
        "an argument is not checked",
        "tempsampling/numerics/metrics.py",
        'texts, n = _token_lists(texts), whole_number(n, "n")',
        "texts = _token_lists(texts)",
        "tests/test_wiring.py",
    ),
    # model
    Fault(
        "attention sees one token ahead",
        "tempsampling/model/llama.py",
        "-np.inf, np.float32), k=start + 1)",
        "-np.inf, np.float32), k=start + 2)",
        "tests/model/test_smollm.py",
    ),
    Fault(
        "a cache keeps the first rows, not those that were asked for",
        "tempsampling/model/llama.py",
        "kept[block] = old[rows]",
        "kept[block] = old[: len(rows)]",
        "tests/model/test_smollm.py tests/writing/test_generation.py",
    ),
    Fault(
        "a damaged file of weights is taken",
        "tempsampling/model/weights.py",
        "if sha256 not in (None, _sha256(source)):",
        "if sha256 is None and not source:",
        "tests/model/test_weights.py",
    ),
    Fault(
        "a user's number of threads is overruled",
        "tempsampling/model/threads.py",
        "if not found or any(os.environ.get(name) for name in SET_BY_THE_USER):",
        "if not found:",
        "tests/model/test_threads.py",
    ),
    # writing
    Fault(
        "common noise is not common",
        "tempsampling/writing/generation.py",
        ".spawn(1 if common_noise else len(texts))",
        ".spawn(len(texts))",
        "tests/writing/test_generation.py",
    ),
    Fault(
        "a text goes on after its end",
        "tempsampling/writing/generation.py",
        "if not texts[i].ended]",
        "]",
        "tests/writing/test_generation.py",
    ),
    Fault(
        "a card holds what a model wrote as HTML",
        "tempsampling/writing/tint.py",
        "{escape(chr(10).join(card))}",
        "{chr(10).join(card)}",
        "tests/writing/test_tint.py tests/widgets/test_injection.py",
    ),
    # widgets
    Fault(
        "a slider hands on what browsers add up",
        "tempsampling/widgets/controls.py",
        "return nearest if math.isclose(nearest, control.value, abs_tol=1e-9) else control.value",
        "return control.value",
        "tests/widgets/test_controls.py tests/widgets/test_explore.py",
    ),
    Fault(
        "a frame does not show numbers that became other colors",
        "tempsampling/widgets/blitting.py",
        "colored = isinstance(artist, Collection) and artist.get_array() is not None",
        "colored = False",
        "tests/widgets/test_blitting.py",
    ),
    Fault(
        "an earlier run of a cell is still subscribed",
        "tempsampling/widgets/explore.py",
        "            leave(control, self._on_move)\n",
        "            pass\n",
        "tests/widgets/test_explore.py tests/widgets/test_kernel.py",
    ),
    Fault(
        "an exported page begins with another value than the live one",
        "tempsampling/widgets/export.py",
        "        if start not in kept:\n",
        "        if start > len(values):\n",
        "tests/widgets/test_export.py",
    ),
    Fault(
        "in an exported picture, a tile that turns back to what it was before is left as it is",
        "tempsampling/widgets/mosaic.py",
        "        self._shown = tiles\n",
        "        self._shown = self._shown if self._pictures else tiles\n",
        "tests/widgets/test_export.py",
    ),
    Fault(
        "Stop does not stop a reply",
        "tempsampling/widgets/chat.py",
        "        self._halt.set()\n",
        "        pass\n",
        "tests/widgets/test_chat.py",
    ),
    # lessons
    Fault(
        "check overlooks a changed argument",
        "tempsampling/lessons/check.py",
        "        if not _unchanged(given[name], value):\n",
        "        if not _unchanged(value, value):\n",
        "tests/lessons/test_check.py",
    ),
    Fault(
        "a mistake that is none",
        "tempsampling/lessons/exercises/lesson_11.py",
        "base=np.e)",
        "base=2)",
        "tests/lessons/test_check.py",
    ),
    Fault(
        "the bootstrap parts a sampler from its baseline",
        "tempsampling/lessons/capstone/baselines.py",
        "at(curves[name][:, chosen].mean(axis=1), likelihood)",
        "at(curves[name].mean(axis=1), likelihood)",
        "tests/lessons/test_capstone.py tests/lessons/test_lesson_14.py",
    ),
    Fault(
        "a term is said to belong to another lesson",
        "tempsampling/lessons/glossary.txt",
        "greedy | 3 |",
        "greedy | 4 |",
        "tests/lessons/test_lesson_14.py",
    ),
    Fault(
        "a lesson shows what it no longer computes",
        "notebooks/02_the_mathematics_behind_temperature.ipynb",
        "for shift in [0, 100, -5]:",
        "for shift in [0, 100, -4]:",
        "--nbval notebooks/02_the_mathematics_behind_temperature.ipynb",
    ),
    Fault(
        "a cell of a lesson works only once",
        "notebooks/02_the_mathematics_behind_temperature.ipynb",
        "steepest = []",
        "steepest = globals().get('steepest', [])",
        "--nbval notebooks/02_the_mathematics_behind_temperature.ipynb",
    ),
    # the lecturer's kit
    Fault(
        "an equals sign in a question is taken for a right answer",
        "tools/kit/exports.py",
        "[\\\\~=#{}:]",
        "[\\\\~#{}:]",
        "tests/kit/test_questions.py",
    ),
    Fault(
        "a grade is given by the calls that students can see",
        "tools/kit/grading.py",
        "diagnosis({name}, seed={seed})",
        "diagnosis({name})",
        "tests/kit/test_grading.py -k another_seed",
    ),
    Fault(
        "a class takes longer than it says",
        "tools/kit/teaching.toml",
        '{ minutes = 8, what = "The closing questions of lesson 1 and',
        '{ minutes = 9, what = "The closing questions of lesson 1 and',
        "tests/kit/test_teaching.py",
    ),
    # the house itself
    Fault(
        "a room imports from one above it",
        "tempsampling/numerics/metrics.py",
        "import numpy as np\n",
        "import numpy as np\n\nimport tempsampling.widgets.png  # noqa: F401\n",
        "tests/test_structure.py",
    ),
    Fault(
        "Binder gets another version than was tested",
        "environment.yml",
        "- numpy==",
        "- numpy>=",
        "tests/publish/test_binder.py",
    ),
]


def main() -> None:
    """Put in every fault whose name holds one of the words given, and say which tests find it."""
    chosen = [f for f in FAULTS if not sys.argv[1:] or any(w in f.name for w in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
        for name in filter(None, tracked.split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        needed = sorted({fault.tests for fault in chosen})
        broken = [tests for tests in needed if first_failure(copy, tests)]
        if broken:
            sys.exit(f"These fail without any fault: {broken}")
        found = [try_out(copy, fault) for fault in chosen]
    print(f"{sum(found)} of {len(found)} faults were found.")
    sys.exit(not all(found))


def try_out(copy: Path, fault: Fault) -> bool:
    """Put a fault into the copy, run its tests, and take it out again."""
    file = copy / fault.file
    right = file.read_text(encoding="utf-8")
    if right.count(fault.before) != 1:
        sys.exit(f"{fault.name}: {fault.before!r} stands {right.count(fault.before)} times")
    file.write_text(right.replace(fault.before, fault.after), encoding="utf-8")
    failure = first_failure(copy, fault.tests)
    file.write_text(right, encoding="utf-8")
    print(f"{'found' if failure else 'MISSED':8}{fault.name}\n        {failure}", flush=True)
    return bool(failure)


def first_failure(copy: Path, tests: str) -> str:
    """Return the name of the first test that fails in a copy, or nothing."""
    environment = os.environ | {"PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests.split()]
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    failed = [line for line in result.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    stopped = [f"pytest: {result.stdout[-500:]}"] if result.returncode else []
    return [*failed, *stopped, ""][0]


if __name__ == "__main__":
    main()
