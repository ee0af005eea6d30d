"""Measure the course's speed: each figure is a ratio to something measured in the same run.

make bench
"""

import base64
import gc
import json
import re
import tempfile
import time
import warnings
from contextlib import ExitStack
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
import psutil
from browser import (
    ROOT,
    Demo,
    code_cells,
    drawn_whole,
    lesson_explorers,
    run_lesson,
    running_browser,
    running_jupyterlab,
)
from IPython.display import display
from ipywidgets import interactive
from jupyter_client.manager import run_kernel
from PIL import Image
from publish import Lesson, write_site

from tempsampling.widgets.controls import choices
from tempsampling.widgets.export import FILM, film
from tempsampling.widgets.mosaic import deflated
from tempsampling.widgets.png import COLOR_STEP

LESSON = "01_understanding_temperature.ipynb"
TURNS, MOVES, COMPARED = 4, 25, 7  # turns; in each, moves, and how many of them are compared
ANIMALS, PEOPLE = ("cat", "dog", "horse", "bird"), ("boy", "girl", "man", "woman", "children")
OWN = "My {} sat by the window and waited for the {} to come home before the rain."
ENTER_MS = 400  # a picture of an own prompt that comes later than that is felt as waiting


def main():
    frames_in_a_kernel()
    keys_to_pixels()
    exported_keys_to_pixels()
    exported_sizes()


def median_ms(seconds):
    return 1000 * float(np.median(seconds))


def frames_in_a_kernel():
    """Move every demo inside Jupyter kernels, where widgets really send their messages."""
    print("\nEvery demo, moved at random: a frame; the same by `interact` with a fresh figure; the")
    print("largest difference from the figure drawn whole; and trouble")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        in_a_kernel(f"move_every_demo({path.name!r})")


def in_a_kernel(call):
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench_frames\n"
    with run_kernel(kernel_name="python3") as client:
        reply = client.execute_interactive(
            f"{code}bench_frames.{call}", output_hook=_print_stream, timeout=1200
        )
        if reply["content"]["status"] != "ok":
            raise SystemExit("\n".join(reply["content"]["traceback"]))


def _print_stream(message):
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        print(message["content"]["text"], end="")


def move_every_demo(lesson: str, moves: int = 100):
    """Move the controls of each demo of a lesson at random, ends included: for speed, for trouble.

    Some of the pictures shown are then compared with what Matplotlib draws anew.
    """
    rng, process = np.random.default_rng(0), psutil.Process()
    for number, explorer in enumerate(lesson_explorers(lesson), 1):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            speed = compared_with_fresh(explorer, code_cells(lesson), rng)
            picks = random_picks(explorer, moves, rng)
            move(explorer, picks[: moves // 10])
            before = process.memory_info().rss
            move(explorer, picks[moves // 10 :])
            grown = (process.memory_info().rss - before) / 2**20
        print(
            f"  lesson {lesson[:2]}, demo {number}: {speed};"
            f" {moves:,} moves, {len(caught)} warnings, memory {grown:+.1f} MB",
            flush=True,
        )


def controls_of(explorer):
    """The widgets whose values make a demo's `update` run."""
    return [getattr(control, "slider", control) for control in explorer.controls.values()]


def random_picks(explorer, number, rng):
    """Values for a demo's controls: all first ones, all last ones, and then at random."""
    ranges = [[value for _, value in choices(control)] for control in controls_of(explorer)]
    ends = {0: 0, 1: -1}
    return [[r[ends.get(i, rng.integers(len(r)))] for r in ranges] for i in range(number)]


def move(explorer, picks):
    """Give the controls these values, one after the other; return the seconds for one control."""
    times = []
    for picked in picks:
        pairs = zip(controls_of(explorer), picked, strict=True)
        moved = [(control, value) for control, value in pairs if control.value != value]
        start = time.perf_counter()
        for control, value in moved:
            control.value = value
        if moved:  # a control that stays where it is draws nothing, in no time
            times.append((time.perf_counter() - start) / len(moved))
        assert not explorer._problem.value, explorer._problem.value
    return times


def compared_with_fresh(explorer, cells, rng):
    """Say how long a frame takes, and one with a fresh figure: by turns, on a noisy machine."""
    ours, theirs, compared = [], [], []
    fresh = fresh_figure(explorer, cells) if explorer.drawing.frames else None
    for _ in range(TURNS):
        shown = []
        for picked in random_picks(explorer, MOVES, rng):
            ours += move(explorer, [picked])
            values = {name: control.value for name, control in explorer.controls.items()}
            shown.append((values, explorer.output[0].get("image/png")))
        if fresh:
            compared += shown[:COMPARED]
            theirs += [fresh(values) for values, _ in shown[:COMPARED]]
            gc.collect()  # of the fresh figures, lest a frame of ours takes the time for it
    if not ours:
        return "typed into, not moved"
    if not fresh:
        return f"{median_ms(ours):5.1f} ms, a text or a sound"
    return (
        f"{median_ms(ours):5.1f} ms, fresh {median_ms(theirs):5.1f} ms,"
        f" {np.median(theirs) / np.median(ours):4.1f} times;"
        f" differs by {largest_difference(explorer, compared)} of 255"
    )


def fresh_figure(explorer, cells: list[str]):
    """Return what times a frame as `interact` is mostly used: its cell is run at each move."""
    update, names = explorer.drawing.update, explorer.drawing.update.__globals__
    name = next(k for k, v in names.items() if figure_in(v) is explorer.drawing.frames.figure)
    cell = next(c for c in reversed(cells) if re.search(rf"^{name}\b.* = ", c, re.MULTILINE))
    making = compile(re.split(r"^explore\(", cell, flags=re.MULTILINE)[0], "figure", "exec")
    wanted = {}

    def show(turn=False):
        exec(making, names)
        names[update.__name__](**wanted)
        display(figure_in(names[name]))
        return figure_in(names[name])

    demo = interactive(show, turn=False)
    turn = demo.children[0]

    def seconds(values: dict) -> float:
        wanted.update(values)
        before, demo.result = dict(names), None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # only those of our frames count
            start = time.perf_counter()
            turn.value = not turn.value
            taken = time.perf_counter() - start
        assert demo.result, "`interact` keeps errors to itself: the fresh figure was not drawn"
        names.update(before)  # else the lesson's names would stand for the fresh figure
        return taken

    return seconds


def figure_in(value):
    """The figure that a lesson's name stands for: itself, a chart's, or the first of several."""
    value = value[0] if isinstance(value, tuple) and value else value
    return getattr(value, "figure", value)


def largest_difference(explorer, shown):
    """How far the pictures shown are from the same figure drawn whole."""
    largest = 0
    for values, png in shown:
        explorer.drawing.update(**values)
        right = drawn_whole(explorer.drawing.frames.figure)
        picture = Image.open(BytesIO(base64.b64decode(png))).convert("RGB")
        largest = max(largest, np.abs(np.asarray(picture).astype(int) - right).max())
    return largest


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
        times = [demo.time_text(OWN.format(*pair)) for pair in product(ANIMALS, PEOPLE)]
        median, slow = np.percentile(times, [50, 95])
        print(
            f"  own prompt, Enter to pixels, one sentence: median {median:.0f} ms,"
            f" 95% within {slow:.0f} ms; the bar is {ENTER_MS} ms"
        )


# Keep for each press of a key the milliseconds until the browser has drawn what came of it.
RECORD_PRESSES = """() => {
    window.milliseconds = [];
    document.addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => milliseconds.push(performance.now() - timeStamp);
        after.port2.postMessage(null);
    }), true);
}"""


def exported_keys_to_pixels(presses: int = 60):
    """Press arrow keys on the sliders of some lessons' pages, opened as files, without a kernel."""
    print(f"\nFrom a key to the pixels in an exported page ({presses} presses each)")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        lessons = [Lesson(path) for path in sorted((ROOT / "notebooks").glob("0[168]*.ipynb"))]
        write_site(lessons, folder)
        page = running.enter_context(running_browser()).new_page()
        for lesson in lessons:
            page.goto((folder / f"{lesson.stem}.html").as_uri())
            page.locator("html[data-ready]").wait_for(state="attached")
            page.evaluate(RECORD_PRESSES)
            for number, demo in enumerate(page.locator("[data-film]:has([type=range])").all(), 1):
                page.evaluate("() => { milliseconds.length = 0; }")
                for i in range(presses):
                    slider = demo.locator("[type=range]").first
                    slider.press("ArrowRight" if i % 40 < 20 else "ArrowLeft")
                    page.wait_for_timeout(30)
                median, slow = np.percentile(page.evaluate("milliseconds"), [50, 95])
                print(
                    f"  lesson {lesson.stem[:2]}, demo {number}: median {median:.0f} ms,"
                    f" 95% within {slow:.0f} ms"
                )


def exported_sizes():
    """Say how many positions a demo has in an exported page, and how much it adds to it."""
    print("\nThe demos in an exported page: positions of each control, size")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        in_a_kernel(f"size_of_films({path.name!r})")


def size_of_films(lesson: str):
    sizes = []
    for explorer in lesson_explorers(lesson):
        output = film(explorer.drawing, explorer.controls)
        states = deflated(json.dumps(output[FILM]["states"]).encode())
        size = len(output["text/html"]) + len(states) + len(json.dumps(output[FILM]["pictures"]))
        positions = " × ".join(str(len(labels)) for labels in output[FILM]["states"]["labels"])
        sizes.append(f"{positions}: {size / 1e6:.2f} MB")
    print(f"  lesson {lesson[:2]}: {'; '.join(sizes)}", flush=True)


if __name__ == "__main__":
    main()
