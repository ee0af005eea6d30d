"""Measure the course's speed: each figure is a ratio to something measured in the same run.

make bench
"""

import base64
import json
import tempfile
import time
import warnings
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import psutil
from browser import ROOT, Demo, lesson_explorers, run_lesson, running_browser, running_jupyterlab
from ipywidgets import interactive
from jupyter_client.manager import run_kernel
from PIL import Image

from tempsampling.controls import choices
from tempsampling.encode import COLOR_STEP
from tempsampling.film import film
from tempsampling.plots import ProbabilityBars

LESSON = "01_understanding_temperature.ipynb"
TEMPERATURES = np.arange(1, 61) * 0.05


def main():
    frames_in_a_kernel()
    keys_to_pixels()
    exported_sizes()


def median_ms(seconds):
    return 1000 * float(np.median(seconds))


def frames_in_a_kernel():
    """Time slider moves inside Jupyter kernels, where widgets really send their messages."""
    in_a_kernel("time_frames()")
    print("\nEvery demo, moved at random: a frame, the same drawn whole, difference, and trouble")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        in_a_kernel(f"move_every_demo({path.name!r})")


def in_a_kernel(call):
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench\n"
    with run_kernel(kernel_name="python3") as client:
        reply = client.execute_interactive(
            f"{code}bench.{call}", output_hook=_print_stream, timeout=1200
        )
        if reply["content"]["status"] != "ok":
            raise SystemExit("\n".join(reply["content"]["traceback"]))


def _print_stream(message):
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        print(message["content"]["text"], end="")


def time_frames():
    """Move each demo's slider, and one of `interact` that draws the same chart afresh, in turn."""
    print("\nA slider frame in the kernel (median)")
    for number, explorer in enumerate(lesson_explorers(LESSON), 1):
        sliders = {
            "explore": explorer.controls["temperature"].slider,
            "interact": interactive(_fresh(explorer), temperature=(0.05, 3.0, 0.05)).children[0],
        }
        times = {name: [] for name in sliders}
        for sweep in np.split(TEMPERATURES, 6):  # a drag moves one slider for a while
            for name, slider in sliders.items():
                for temperature in sweep:
                    start = time.perf_counter()
                    slider.value = temperature
                    times[name].append(time.perf_counter() - start)
        ours, theirs = (median_ms(seconds) for seconds in times.values())
        print(
            f"  demo {number}: explore {ours:5.1f} ms, interact with a fresh figure"
            f" {theirs:6.1f} ms, {theirs / ours:5.1f} times"
        )


def _fresh(explorer):
    """The same demo as people write it with `interact`: a new chart each time."""
    names = explorer.drawing.update.__globals__
    figure = explorer.drawing.frames.figure
    name, chart = next((k, v) for k, v in names.items() if getattr(v, "figure", None) is figure)
    start = [bar.get_width() for bar in chart._bars]

    def update(temperature=1.0):
        names[name] = ProbabilityBars(chart.labels, start, reference=start)
        explorer.drawing.update(temperature=temperature)
        plt.show()
        plt.close("all")
        names[name] = chart

    return update


def move_every_demo(lesson: str, moves: int = 100):
    """Move the controls of each demo of a lesson at random, ends included.

    The first two lessons' demos are moved 10,000 times. The last picture of some moves is compared
    with what Matplotlib draws anew.
    """
    moves = 10_000 if lesson < "03" and moves > 100 else moves
    rng, process = np.random.default_rng(0), psutil.Process()
    for number, explorer in enumerate(lesson_explorers(lesson), 1):
        figure = explorer.drawing.frames and explorer.drawing.frames.figure
        ranges = [[value for _, value in choices(control)] for control in controls_of(explorer)]
        times, whole, largest, before = [], [], 0, None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i in range(moves):
                ends = {0: 0, 1: -1}
                picked = [r[ends[i] if i in ends else rng.integers(len(r))] for r in ranges]
                start = time.perf_counter()
                for control, value in zip(controls_of(explorer), picked, strict=True):
                    control.value = value
                times.append((time.perf_counter() - start) / len(picked))
                assert not explorer._problem.value, explorer._problem.value
                if figure and i < 20:
                    largest = max(largest, difference(explorer, whole))
                before = process.memory_info().rss if i == moves // 10 else before
        grown = (process.memory_info().rss - before) / 2**20
        frame, redraw = median_ms(times), median_ms(whole) if whole else float("nan")
        drawn = f"{redraw:6.1f} ms, {largest} of 255" if figure else "a text or a sound  "
        print(
            f"  lesson {lesson[:2]}, demo {number}: {frame:5.1f} ms, whole {drawn};"
            f" {moves:,} moves, {len(caught)} warnings, memory {grown:+.1f} MB",
            flush=True,
        )


def controls_of(explorer):
    """The widgets whose values make a demo's `update` run."""
    return [getattr(control, "slider", control) for control in explorer.controls.values()]


def difference(explorer, seconds):
    """How far the picture shown is from the figure drawn whole, of 255; keep how long that took."""
    values = {name: control.value for name, control in explorer.controls.items()}
    shown = base64.b64decode(explorer.output[0]["image/png"])
    start = time.perf_counter()
    explorer.drawing.update(**values)
    canvas = explorer.drawing.frames.figure.canvas
    canvas.draw()
    right = np.asarray(canvas.buffer_rgba())
    Image.fromarray(right).save(BytesIO(), "png")
    seconds.append(time.perf_counter() - start)
    picture = np.asarray(Image.open(BytesIO(shown)).convert("RGB")).astype(int)
    return np.abs(picture - right[..., :3]).max()


def keys_to_pixels(presses: int = 60):
    """Press arrow keys on lesson 1's sliders in JupyterLab until the right picture is painted."""
    print(f"\nFrom a key to the right pixels in JupyterLab ({presses} presses each)")
    explorers = lesson_explorers(LESSON)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        address = running.enter_context(running_jupyterlab(folder))
        page = run_lesson(running.enter_context(running_browser()), address, LESSON)
        page.set_viewport_size({"width": 1280, "height": 900})
        for number, explorer in enumerate(explorers):
            demo = Demo(page, number, explorer)
            demo.record()
            demo.handle.focus()
            times, wrong = [], 0
            for i in range(presses):
                times.append(demo.time_presses("ArrowRight" if i % 40 < 20 else "ArrowLeft"))
                wrong += demo.difference(demo.value()) >= COLOR_STEP
            demo.handle.press("Home")
            page.wait_for_timeout(500)
            last = [demo.time_presses(key, 30) for key in ("ArrowRight", "ArrowLeft") * 3]
            median, slow = np.percentile(times, [50, 95])
            print(
                f"  demo {number + 1}: median {median:.0f} ms, 95% within {slow:.0f} ms,"
                f" wrong pictures {wrong}; last of 30 fast presses {np.median(last):.0f} ms"
            )


def exported_sizes():
    """Say how much the frames that are drawn beforehand add to a page."""
    print("\nA demo in an exported page")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        in_a_kernel(f"size_of_films({path.name!r})")


def size_of_films(lesson: str):
    sizes = []
    for explorer in lesson_explorers(lesson):
        box = film(explorer.drawing, explorer.controls)
        states = [w.get_state() for w in widgets_within(box)]
        sizes.append(f"{sum(len(json.dumps(state, default=str)) for state in states) / 1e6:.2f} MB")
    print(f"  lesson {lesson[:2]}: {', '.join(sizes)}", flush=True)


def widgets_within(box):
    """A widget and all those that it shows."""
    yield box
    for child in getattr(box, "children", ()):
        yield from widgets_within(child)


if __name__ == "__main__":
    main()
