"""In a real kernel: running a cell again and again leaves nothing behind, and nothing breaks."""

import re

import pytest
from gallery import CELLS
from jupyter_client.manager import run_kernel
from live_kernel import STATE

# A figure that stayed after each of 15 runs, or 5 kB after each of 9,000 moves, would be more. Less
# says nothing: of pages that lie idle, the system takes some away, and gives them back.
NOISE = 40  # MB
MEASURE = """
import gc, os, psutil, ipywidgets
gc.collect()
print(len(ipywidgets.widgets.widget._instances), psutil.Process().memory_info().rss // 2**20)
"""


@pytest.fixture
def run():
    """A function that runs code in a kernel as a notebook's cell, and returns what it prints."""
    with run_kernel(kernel_name="python3") as client:

        def run(code, cell="a cell"):
            content = {"code": code, "silent": False, "store_history": True}
            message = client.session.msg("execute_request", content, metadata={"cellId": cell})
            client.shell_channel.send(message)
            printed, replied = "", False
            while not replied:
                seen = client.get_iopub_msg(timeout=300)
                if seen["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                    continue
                assert seen["msg_type"] != "error", seen["content"]
                printed += seen["content"].get("text", "")
                replied = seen["content"].get("execution_state") == "idle"
            return printed

        yield run


def test_running_a_cell_again_and_again_leaves_one_demo_and_no_growing_memory(run):
    cell = (
        CELLS["two sliders"] + "\nshow_again = explore(bars.figure, show, a=(0, 4), b=(0.0, 1.0))"
    )
    measured = []
    for i in range(25):
        run(cell)
        if i in (9, 24):
            measured.append([int(n) for n in run(MEASURE, "another cell").split()])
    (widgets, megabytes), (widgets_then, megabytes_then) = measured
    assert widgets_then == widgets
    assert megabytes_then - megabytes < NOISE


THREADS = "import threading; print(threading.active_count())"


@pytest.mark.parametrize("name", ["own prompt", "write along", "playground"])
def test_what_asks_for_a_prompt_is_closed_when_its_cell_is_run_again(run, name):
    run(CELLS["two sliders"], "the first cell")
    run("live = True", "another cell")
    measured = []
    for _ in range(3):
        run(CELLS[name])
        widgets = run(MEASURE, "another cell").split()[0]
        measured.append((widgets, run(THREADS, "another cell")))
    assert measured[1] == measured[2]


MOVES = """
import random, warnings
from tempsampling import ProbabilityBars, softmax
from tempsampling.widgets.explore import Explorer
import numpy as np
warnings.simplefilter("error")
z = np.array([3.0, 2.5, 2.0, 1.0, -1.0])
bars = ProbabilityBars(list("abcde"), softmax(z), reference=softmax(z))
explorer = Explorer(bars.figure, lambda T=1.0: bars.update(softmax(z, T)), {"T": (0.05, 3.0, 0.05)})
slider = explorer.controls["T"].slider
values = [0.05, 3.0] + [0.05 * i for i in range(1, 61)]

def move(times):
    for _ in range(times):
        slider.value = random.choice(values)
        assert not explorer._problem.value, explorer._problem.value
"""


@pytest.mark.parametrize("moves", [pytest.param(9000, marks=pytest.mark.rare), 400])
def test_random_moves_raise_and_warn_of_nothing_and_memory_stays_flat(run, moves):
    run(MOVES)
    run("move(1000)")
    before = [int(n) for n in run(MEASURE).split()]
    printed = run(f"move({moves})")
    after = [int(n) for n in run(MEASURE).split()]
    assert not re.search("Warning|Error", printed)
    assert after[0] == before[0]
    assert after[1] - before[1] < NOISE


OWN = """
import ipywidgets
from tempsampling import ProbabilityBars, draw_again, explore, play

own = dict(p=ipywidgets.FloatSlider(max=1.0), seed=draw_again(), T=play(0.0, 1.0, 0.5))
calls = []
"""
SHOW = """
bars = ProbabilityBars(list("ab"), [0.5, 0.5])

def show(p, seed, T):
    calls.append(p)
    bars.update([p, 1 - p])

explore(bars.figure, show, **own)
"""


def test_controls_made_in_another_cell_serve_the_newest_run_of_a_demo_alone(run):
    """Ten runs, and still one update a move; and no figure of an earlier run is left."""
    run(OWN, "the cell of the controls")
    measured = []
    for i in range(10):
        run(SHOW, "the cell of the demo")
        if i in (2, 9):
            measured.append([int(n) for n in run(MEASURE, "another cell").split()])
            move = (
                f"calls.clear(); own['p'].value = {i / 10}; own['T'].value = {0.5 + 0.5 * (i > 2)}"
            )
            assert run(f"{move}; print(len(calls))", "another cell") == "2\n"
    (widgets, megabytes), (widgets_then, megabytes_then) = measured
    assert widgets_then == widgets
    assert megabytes_then - megabytes < NOISE


def test_after_hundreds_of_moves_in_a_burst_the_last_picture_is_right(kernel, slider):
    for i in range(300):
        kernel.move(slider[0], 0.05 + 0.05 * (i % 59))
    kernel.move(slider[0], 2.0)
    name, said = kernel.run(STATE.format(2.0))
    assert name == "ok" and int(said.split()[0]) < 24, said
    assert kernel.run("print(explorer.output[0]['text/plain'][:1])") == ("ok", "a\n")
