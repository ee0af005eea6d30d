"""Weights, disk, memory and patience fail; the next cell works, or says what to do."""

import base64
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from live_kernel import SLIDER, STATE, EndedError
from matplotlib.figure import Figure
from PIL import Image
from tiny_model import write_tiny_model

from tempsampling.explore import Explorer
from tempsampling.weights import INSTALL, cache_folder

FAULTS = Path(__file__).with_name("faults.py")
CI = os.environ.get("CI")
MOMENTS = 50
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


# The folder of the arrays


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


# Interrupts


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def shown(explorer):
    return pixels(base64.b64decode(explorer._screen.value.split("base64,")[1].split('"')[0]))


def demo():
    """A small figure that a move redraws in part or, above a height of 2, as a whole."""
    figure = Figure((2, 1.5))
    axes = figure.add_subplot(xticks=[], yticks=[0, 1])
    (line,) = axes.plot([0, 1, 2], [0, 1, 0])
    text = axes.text(0.5, 0.5, "", transform=axes.transAxes, size=6)

    def update(height=1.0):
        line.set_ydata([0, height, height / 2])
        text.set_text(f"{height:.0f}")
        text.set_y(1.05 if height > 2 else 0.9)  # outside of the axes, or inside above the line
        axes.set_ylim(0, max(2, height))
        return f"height {height}"

    return Explorer(figure, update, {"height": (0.0, 4.0, 0.1)})


def traced(act, stop_at=None):
    """Run until a line of the package, and raise KeyboardInterrupt there; return all lines."""
    lines = []

    def trace(frame, event, _):
        code = frame.f_code
        if Path(code.co_filename).parent.name != "tempsampling":
            return None
        if event == "line":
            lines.append((code.co_filename, frame.f_lineno))
            if len(lines) == stop_at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize(
    ("start", "target", "then"),
    [(0.5, 1.5, 1.6), (0.5, 3.0, 3.1), (3.0, 0.5, 3.1)],
    ids=["in part", "a text comes out of the axes", "a text goes back into them"],
)
def test_a_move_interrupted_at_any_line_spoils_no_later_picture(start, target, then):
    """Each line of the package that the move runs through, where it is first and last reached."""
    afterwards = (then, 0.7, target)
    reference = {}
    for height in afterwards:
        fresh = demo()
        fresh.controls["height"].slider.value = height
        reference[height] = shown(fresh)
    explorer = demo()

    def move(height=target):
        explorer.controls["height"].slider.value = height

    def prepare():
        for height in (3.0, 1.0, 3.1, start):
            move(height)

    prepare()
    lines = traced(move)
    last = {line: at for at, line in enumerate(lines, 1)}
    first = {line: at for at, line in reversed(list(enumerate(lines, 1)))}
    moments = sorted({*first.values(), *last.values()})
    assert len(moments) > 100
    moments = moments if CI else random.Random(0).sample(moments, 20)
    for at in moments:
        prepare()
        traced(move, at)
        for height in afterwards:
            move(height)
            difference = np.abs(shown(explorer) - reference[height]).max()
            assert difference < 24, (lines[at - 1], height, difference)
        assert not explorer._problem.value
        assert "tempsampling-busy" not in explorer._dom_classes
    print(f"{len(moments)} interrupts, {3 * len(moments)} pictures after them right")


WRITE = "print(generate(model, 'The weather today is', max_tokens=3, seed=1)[0].text)"
READ_ON = "print(model.next_logits([[314]], cache)[0].sum(), cache.length); cache.length -= 1"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("code", [WRITE, READ_ON], ids=["writing", "reading on from a cache"])
def test_after_an_interrupt_at_any_moment_the_same_cell_gives_the_same_text(kernel, code):
    rng = random.Random(1)
    name, _ = kernel.run(
        "from tempsampling.generation import generate\nfrom tempsampling.smollm import SmolLM2\n"
        "model = SmolLM2.load(); _, cache = model.next_logits([[504, 3947, 1834]])"
    )
    assert name == "ok"
    kernel.run(code)
    start = time.perf_counter()
    name, expected = kernel.run(code)
    seconds = time.perf_counter() - start
    ends = Counter()
    for _ in range(MOMENTS // 2):
        ends[kernel.interrupt_at_random(code, seconds, rng)] += 1
        if code == READ_ON:  # the cell itself may be stopped between its two statements
            kernel.run("cache.length = 3")
        assert kernel.run(code) == ("ok", expected)
    print(dict(ends))
    assert set(ends) <= {"ok", "KeyboardInterrupt"} and ends["KeyboardInterrupt"] >= 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_after_an_interrupt_at_any_moment_a_chat_begins_anew(kernel):
    rng = random.Random(2)
    code = "chat(model, temperature=0, max_tokens=2)"
    kernel.run("from tempsampling.chat import chat\nfrom tempsampling.smollm import SmolLM2")
    kernel.run("model = SmolLM2.load()")
    start = time.perf_counter()
    name, expected = kernel.run(code)
    seconds = time.perf_counter() - start
    assert name == "ok" and expected
    ends = Counter()
    for _ in range(20 if CI else 5):
        ends[kernel.interrupt_at_random(code, seconds, rng)] += 1
        name, said = kernel.run(code)
        assert (name, said.partition("VBox")[0]) == ("ok", expected.partition("VBox")[0])
    print(dict(ends))
    assert set(ends) <= {"ok", "KeyboardInterrupt"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_after_an_interrupt_at_any_moment_of_a_drag_the_next_picture_is_right(kernel, slider):
    rng = random.Random(3)
    kernel.told = ended = 0
    for i in range(MOMENTS):
        try:
            interrupt_a_drag(kernel, slider, rng, last=0.51 + 0.05 * (i % 2))
        except EndedError:
            # An interrupt between two messages, in some hundreds one, ends ipykernel in good order.
            assert kernel.process.poll() == 0
            ended += 1
            kernel.close()
            kernel.start()
            slider = kernel.run(SLIDER)[1].split()
    assert ended <= 3
    print(f"{MOMENTS} interrupts, {kernel.told} of them within an update")
    assert kernel.told > 5


def interrupt_a_drag(kernel, slider, rng, last):
    """Move a slider many times, interrupt that at some moment, and move it to a last value."""
    move, screen, box = slider
    for _ in range(20):
        kernel.move(move, rng.randrange(1, 60) * 0.05)
    time.sleep(rng.uniform(0.005, 0.08))
    kernel.manager.interrupt_kernel()
    kernel.run("")
    kernel.move(move, last)
    name, said = kernel.run(STATE.format(last))
    assert name == "ok", said
    difference, checksum = map(int, said.split())
    assert difference < 24
    assert zlib.crc32(kernel.page[screen]["value"].encode()) == checksum  # the page has it
    assert "tempsampling-busy" not in kernel.page.get(box, {}).get("_dom_classes", [])
    assert "alert" not in str(kernel.page)
