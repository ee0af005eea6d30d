"""Weights, disk and memory fail; the next cell works, or says what to do."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tiny_model import write_tiny_model

from tempsampling.model.weights import INSTALL, cache_folder

FAULTS = Path(__file__).with_name("faults.py")
linux = pytest.mark.skipif(sys.platform != "linux", reason="mounts and limits as Linux has them")


def outcomes(*arguments, before=()):
    """Run a part of `faults.py` in a process of its own; return what came of each fault."""
    command = [*before, sys.executable, str(FAULTS), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def without_roots_rights():
    """What to put before a command so that permissions hold for root, too."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root reads everything, and there is no setpriv to take that right away")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


# Weights


@linux
def test_weights_that_are_missing_cut_altered_or_not_readable_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ARRAYS", str(cache_folder()))
    *faults, there, again = outcomes("weights", tmp_path, before=without_roots_rights())
    print(Counter(said.split(":")[0] for _, said in faults))
    for fault, said in faults:
        if fault == "not readable":
            assert said.startswith("PermissionError: ")
            assert "Change its permissions, or install it again yourself" in said
        elif fault.startswith(("altered", "cut")):
            command = INSTALL.replace("install", "install --force-reinstall")
            assert said.startswith("ValueError: ") and said.endswith("again: " + command)
        else:
            assert said.startswith("FileNotFoundError: ") and said.endswith(INSTALL)
    assert len(faults) == 11
    assert there[1] == again[1] == " Paris"
    assert not list((tmp_path / "arrays").glob("*"))


# The file of the arrays


@linux
def test_a_disk_that_is_full_at_any_point_or_read_only_changes_nothing(tmp_path):
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    may = (
        shutil.which("unshare")
        and not subprocess.run(
            [*namespace, "mount", "-t", "tmpfs", "none", str(tmp_path)], capture_output=True
        ).returncode
    )
    if not may:
        pytest.skip("this user may not mount a small disk; the test with a limit stands in for it")
    check_disk(*rooms_of("rooms", tmp_path, namespace))


@linux
def test_a_quota_that_is_reached_at_any_point_changes_nothing(tmp_path):
    check_disk(*rooms_of("largest_file", tmp_path))


def rooms_of(part, tmp_path, before=()):
    write_tiny_model(tmp_path / "tiny.gguf")
    (tmp_path / "disk").mkdir()
    found = outcomes(part, tmp_path / "tiny.gguf", tmp_path / "disk", before=before)
    return found, [kept for _, (_, kept) in found]


def check_disk(found, kept):
    sums = {sums for _, (sums, _) in found}
    assert len(sums) == 1 and np.isfinite(float(*sums))
    assert kept[0] == [] and any(kept)  # first no room, at last enough
    assert not any("." in names for names in kept)  # and never anything half-made
    print(f"{len(kept)} loads, {kept.count([])} of them without a folder, all with the same sums")


# Memory


@linux
def test_where_memory_is_short_the_model_says_so_and_works_when_there_is_enough():
    found = outcomes("memory")
    right = {"load": " Paris", "write": found[0][1][0]}
    for fault, (short, *afterwards) in found:
        expected = right[fault.split(",")[0]]
        assert short.startswith(("MemoryError: Memory is short: shut down", expected)), (
            fault,
            short,
        )
        assert afterwards == [expected], fault
    print(Counter(short.split(":")[0] for _, (short, *_) in found))
