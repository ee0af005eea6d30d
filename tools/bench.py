"""Measure the course's speed: each figure is a ratio to something measured in the same run.

make bench
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from browser import Demo, lesson_explorers, run_lesson, running_browser, running_jupyterlab
from jupyter_client.manager import run_kernel

from tempsampling.encode import COLOR_STEP
from tempsampling.smollm import SmolLM2

LESSON = "01_understanding_temperature.ipynb"


def main():
    frames_in_a_kernel()
    keys_to_pixels()
    tokens_per_second()


def median_ms(seconds):
    return 1000 * float(np.median(seconds))


def frames_in_a_kernel():
    """Time slider moves inside a Jupyter kernel, where widgets really send their messages."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench\n"
    with run_kernel(kernel_name="python3") as client:
        reply = client.execute_interactive(
            code + "bench.time_frames()", output_hook=_print_stream, timeout=300
        )
    if reply["content"]["status"] != "ok":
        raise SystemExit("\n".join(reply["content"]["traceback"]))


def _print_stream(message):
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        print(message["content"]["text"], end="")


def time_frames():
    """Move three sliders through the same values in turn, and print the median of each."""
    import matplotlib.pyplot as plt
    from IPython.display import display
    from ipywidgets import interactive

    from tempsampling import softmax
    from tempsampling.explore import Explorer
    from tempsampling.plots import ProbabilityBars

    plt.style.use("tempsampling.course")
    words, logits = ["sunny", "cloudy", "rainy", "windy", "snowy"], np.array([3, 2.5, 2, 1, -1])

    def chart():
        return ProbabilityBars(words, softmax(logits), reference=softmax(logits))

    def move(bars, temperature):
        return bars.update(softmax(logits, temperature), title=f"T = {temperature:.2f}")

    live, kept = chart(), chart()
    plt.close(kept.figure)

    def fresh_figure(temperature=1.0):
        move(chart(), temperature)
        plt.show()

    def kept_figure(temperature=1.0):
        move(kept, temperature)
        display(kept.figure)

    limits = {"temperature": (0.05, 3.0, 0.05)}
    explorer = Explorer(live.figure, lambda temperature=1.0: move(live, temperature), limits)
    sliders = {
        "explore": explorer.controls["temperature"].slider,
        "interact, a fresh figure each time": interactive(fresh_figure, **limits).children[0],
        "interact, one figure redrawn whole": interactive(kept_figure, **limits).children[0],
    }
    times = {name: [] for name in sliders}
    for sweep in np.split(np.arange(0.05, 3.05, 0.05), 6):  # a drag moves one slider for a while
        for name, slider in sliders.items():
            for temperature in sweep:
                start = time.perf_counter()
                slider.value = temperature
                times[name].append(time.perf_counter() - start)
    print("\nA slider frame in the kernel, lesson 1's five words (median)")
    for name, seconds in times.items():
        ratio = median_ms(seconds) / median_ms(times["explore"])
        print(f"  {name:36s} {median_ms(seconds):7.1f} ms   {ratio:5.1f} times explore")


def keys_to_pixels(presses: int = 60):
    """Press arrow keys on lesson 1's sliders in JupyterLab until the right picture is shown."""
    print(f"\nFrom a key to the right pixels in JupyterLab ({presses} presses each)")
    explorers = lesson_explorers(LESSON)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        address = running.enter_context(running_jupyterlab(folder))
        page = run_lesson(running.enter_context(running_browser()), address, LESSON)
        page.set_viewport_size({"width": 1280, "height": 900})
        for number, explorer in enumerate(explorers):
            demo = Demo(page, number, explorer)
            demo.handle.focus()
            times, wrong = [], 0
            for i in range(presses):
                times.append(demo.time_press("ArrowRight" if i % 40 < 20 else "ArrowLeft"))
                wrong += demo.difference(demo.value()) >= COLOR_STEP
            median, slow = np.percentile(times, [50, 95])
            print(
                f"  slider {number + 1}: median {median:.0f} ms, 95% within {slow:.0f} ms,"
                f" wrong pictures {wrong}"
            )


def tokens_per_second(repeats: int = 15):
    """Compare one token's forward pass with reading the same bytes in matrix-vector products."""
    model = SmolLM2.load()
    matrices = [m for block in model.blocks for m in block.values() if m.ndim == 2]
    matrices.append(model.embedding.T)
    vectors = [np.ones((1, len(matrix)), np.float32) for matrix in matrices]
    token = model.tokenize("The")
    forward, floor = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        model.forward(token)[-1] @ model.embedding.T
        middle = time.perf_counter()
        for vector, matrix in zip(vectors, matrices, strict=True):
            vector @ matrix
        forward.append(middle - start)
        floor.append(time.perf_counter() - middle)
    gigabytes = sum(matrix.nbytes for matrix in matrices) / 1e9
    print("\nSmolLM2, one token (median)")
    print(f"  forward pass                   {1000 / median_ms(forward):5.1f} tokens/s")
    print(
        f"  products with all the weights  {1000 / median_ms(floor):5.1f} per second,"
        f" {gigabytes / median_ms(floor) * 1000:.1f} GB/s"
    )
    print(f"  share of the bandwidth used    {median_ms(floor) / median_ms(forward):5.0%}")


if __name__ == "__main__":
    main()
