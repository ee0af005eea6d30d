"""Run all lessons again and again, also as an older processor would compute, and say what differs.

    make repeat                                            (ten times: about 50 minutes)
    .venv/bin/python tools/lessons/repeat.py notebooks/03*.ipynb   (some lessons)

Every run is strict nbval, which compares what a cell shows with what is committed. Its outcome must
be "passed" for every cell in every run. What cells tagged nbval-ignore-output show may differ; the
report lists those that did, so that no sentence of a lesson rests on them. The texts are kept in
build/repeat.

This file is also the pytest plugin that writes down what each cell showed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "build" / "repeat"
# What NumPy found on this processor beyond the least it needs: AVX2, AVX-512 and their kin.
FAST_PATHS = " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))
NO_FAST_PATHS = {"OPENBLAS_NUM_THREADS": "1", "NPY_DISABLE_CPU_FEATURES": FAST_PATHS}
SETTINGS = [
    *[{"OPENBLAS_NUM_THREADS": "2"}] * 3,
    *[{"OPENBLAS_NUM_THREADS": "1"}] * 3,
    # OpenBLAS, which multiplies matrices, has paths of its own: those for AVX2, and for SSE alone.
    *[{"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}] * 2,
    NO_FAST_PATHS,
    {**NO_FAST_PATHS, "OPENBLAS_CORETYPE": "Nehalem"},
]


def main():
    lessons = sys.argv[1:] or ["notebooks"]
    shutil.rmtree(RECORDS, ignore_errors=True)
    RECORDS.mkdir(parents=True)
    for number, setting in enumerate(SETTINGS, 1):
        print(f"run {number} of {len(SETTINGS)}: {describe(setting)}", flush=True)
        run(lessons, setting, RECORDS / f"{number:02d}.jsonl")
    sys.exit(report())


def describe(setting):
    return " ".join(f"{name}={value!r}" for name, value in setting.items())


def run(lessons, setting, record):
    command = [sys.executable, "-m", "pytest", "-p", "repeat", "-q", "--no-header", "--tb=no"]
    environment = dict(os.environ, **setting, LESSONS_RECORD=str(record))
    done = subprocess.run(
        [*command, *lessons], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    print(done.stdout.strip().splitlines()[-1], flush=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Write down the outcome of a cell and all that it showed as text."""
    report = yield
    if call.when == "call" and hasattr(item, "test_outputs"):
        row = {
            "cell": f"{item.path.stem[:2]} {item.cell.id}",
            "tagged": not item.options["check"],
            "outcome": report.outcome,
            "shown": [texts(output) for output in item.test_outputs or []],
        }
        with open(os.environ["LESSONS_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return report


def texts(output):
    """What an output says in words: a picture counts with its text alternative."""
    said = {kind: text for kind, text in output.get("data", {}).items() if "text/" in kind}
    if "image/png" in output.get("data", {}):
        said["alt"] = output["metadata"].get("image/png", {}).get("alt")
    return said | {kind: output[kind] for kind in ("text", "evalue") if kind in output}


def report():
    """Print the cells that did not pass, and those whose words differ; return the exit code."""
    outcomes, shown, tagged = defaultdict(list), defaultdict(lambda: defaultdict(list)), set()
    records = sorted(RECORDS.glob("*.jsonl"))
    for record in records:
        for row in map(json.loads, record.read_text(encoding="utf-8").splitlines()):
            outcomes[row["cell"]].append(row["outcome"])
            shown[row["cell"]][json.dumps(row["shown"])].append(record.stem)
            tagged |= {row["cell"]} if row["tagged"] else set()
    bad = {cell: v for cell, v in outcomes.items() if v != ["passed"] * len(records)}
    for cell, found in bad.items():
        print(f"{cell}: {' '.join(found)}")
    for cell in outcomes:
        if len(shown[cell]) > 1:
            groups = " | ".join(" ".join(runs) for runs in shown[cell].values())
            print(f"{cell}: {'may differ' if cell in tagged else 'DIFFERS'} in runs {groups}")
    steady = len(tagged) - sum(len(shown[cell]) > 1 for cell in tagged)
    print(f"{len(outcomes)} cells, {len(records)} runs: {len(bad)} not always passed;")
    print(f"{len(tagged)} tagged, {steady} of them the same in every run")
    return bool(bad)


if __name__ == "__main__":
    main()
