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
from browser import Demo, lesson_explorers, run_lesson, running_browser, running_jupyterlab
from ipywidgets import interactive
from jupyter_client.manager import run_kernel
from PIL import Image

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
    """Time slider moves inside a Jupyter kernel, where widgets really send their messages."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench\n"
    with run_kernel(kernel_name="python3") as client:
        for measure in ("time_frames", "compare_frames", "move_at_random"):
            reply = client.execute_interactive(
                f"{code}bench.{measure}()", output_hook=_print_stream, timeout=600
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


def compare_frames():
    """Compare fast frames, as they are encoded, with what Matplotlib draws anew."""
    print(
        f"\nLargest difference of a fast frame from a full redraw (not visible below {COLOR_STEP})"
    )
    for number, explorer in enumerate(lesson_explorers(LESSON), 1):
        drawing, largest = explorer.drawing, 0
        for temperature in TEMPERATURES[::3]:
            data, _ = drawing({"temperature": temperature})
            picture = Image.open(BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
            figure = drawing.frames.figure
            figure.canvas.draw()
            right = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
            largest = max(largest, np.abs(np.asarray(picture) - right).max())
        print(f"  demo {number}: {largest} of 255, {len(TEMPERATURES[::3])} values")


def move_at_random(moves: int = 10_000):
    """Move each demo's slider at random, ends included."""
    print(f"\n{moves:,} random moves of each slider")
    rng = np.random.default_rng(0)
    process = psutil.Process()
    for number, explorer in enumerate(lesson_explorers(LESSON), 1):
        slider, before = explorer.controls["temperature"].slider, None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i, temperature in enumerate(rng.choice(TEMPERATURES, moves)):
                slider.value = TEMPERATURES[-(i % 2)] if i < 10 else temperature
                assert not explorer._problem.value, explorer._problem.value
                if i == moves // 10:
                    before = process.memory_info().rss
        grown = (process.memory_info().rss - before) / 2**20
        print(f"  demo {number}: {len(caught)} warnings, no exception, memory {grown:+.1f} MB")


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
    for number, explorer in enumerate(lesson_explorers(LESSON), 1):
        box = film(explorer.drawing, explorer.controls)
        frames = next(child for child in box.children if hasattr(child, "selected_index")).children
        size = sum(len(json.dumps(frame.get_state())) for frame in frames)
        print(f"  demo {number}: {len(frames)} frames, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
