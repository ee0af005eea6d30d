"""An interrupt at any moment spoils nothing that comes later."""

import base64
import io
import random
import signal
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

from tempsampling.widgets.explore import Explorer

ROOT = Path(__file__).resolve().parents[2]
signals = pytest.mark.skipif(sys.platform == "win32", reason="signals")


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
        if "tempsampling" not in Path(code.co_filename).parts:
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


MOVES = {
    "in part": (0.5, 1.5, 1.6),
    "a text comes out of the axes": (0.5, 3.0, 3.1),
    "a text goes back into them": (3.0, 0.5, 3.1),
}


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.rare), 40])
@pytest.mark.parametrize(("start", "target", "then"), MOVES.values(), ids=MOVES)
def test_a_move_interrupted_at_any_line_spoils_no_later_picture(start, target, then, every):
    """Lines of the package that the move runs through, where each is first and last reached."""
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
    for at in moments[::every]:
        prepare()
        traced(move, at)
        for height in afterwards:
            move(height)
            difference = np.abs(shown(explorer) - reference[height]).max()
            assert difference < 24, (lines[at - 1], height, difference)
        assert not explorer._problem.value
        assert "tempsampling-busy" not in explorer._dom_classes


PREPARE = """
from tempsampling import SmolLM2, chat, generate
model = SmolLM2.load()
_, cache = model.next_logits([[504, 3947, 1834]])
"""
WRITE = "print(generate(model, 'The weather today is', max_tokens=3, seed=1)[0].text)"
READ_ON = "print(model.next_logits([[314]], cache)[0].sum(), cache.length); cache.length -= 1"
TALK = "chat(model, temperature=0, max_tokens=2)"


@signals
@pytest.mark.parametrize("times", [pytest.param(25, marks=pytest.mark.rare), 4])
@pytest.mark.parametrize("code", [WRITE, READ_ON, TALK], ids=["write", "read on", "chat"])
def test_after_an_interrupt_the_same_cell_gives_the_same(kernel, code, times):
    rng = random.Random(1)
    assert kernel.run(PREPARE)[0] == "ok"
    kernel.run(code)
    start = time.perf_counter()
    name, expected = kernel.run(code)
    seconds = time.perf_counter() - start
    assert name == "ok" and expected
    ends = Counter()
    for _ in range(times):
        ends[kernel.interrupt_at_random(code, seconds, rng)] += 1
        if code == READ_ON:  # the cell itself may be stopped between its two statements
            kernel.run("cache.length = 3")
        name, said = kernel.run(code)
        assert name == "ok"
        assert said.partition("VBox")[0] == expected.partition("VBox")[0]
    assert set(ends) <= {"ok", "KeyboardInterrupt"}


@signals
@pytest.mark.parametrize("times", [pytest.param(50, marks=pytest.mark.rare), 8])
def test_after_an_interrupt_of_a_drag_the_next_picture_is_right(kernel, slider, times):
    rng = random.Random(3)
    kernel.told = ended = 0
    for i in range(times):
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
    assert times < 50 or kernel.told > 5  # interrupts that came within an update


def interrupt_a_drag(kernel, slider, rng, last):
    """Move a slider many times, interrupt that at some moment, and move it to a last value."""
    move, screen, _ = slider
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


def ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@signals
@pytest.mark.rare
def test_these_tests_pass_where_interrupts_are_ignored_as_in_the_background():
    """A shell that starts a command in the background lets it, and all it starts, ignore them."""
    alone = "test_an_interrupt_waits_until_the_figure_is_drawn_and_a_second_one_does_not"
    files = "tests/widgets/test_blitting.py", f"{__file__}::{test_in_the_background.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k"]
    command += [f"{alone} or {test_in_the_background.__name__}", *files]
    done = subprocess.run(
        command,
        cwd=ROOT,
        preexec_fn=ignore_interrupts,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@signals
def test_in_the_background(kernel):
    """Run by the test above, too, where interrupts are ignored."""
    request = kernel.client.execute("import time; time.sleep(60)")
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    assert kernel.answer(request)[0] == "KeyboardInterrupt"
