"""Measure the live page in Chromium beside NumPy, in the same run.

    make bench

Medians. The tab's memory is what its renderer process has for itself (on Linux).
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from browser import running_browser
from publish import begin, write_try_page
from serving import served
from try_page import write_weights

from tempsampling import SmolLM2

MB = 1e6
STEPS = 40
TOKENS = list(range(1000, 1500))
# Read a token at a time; return the milliseconds of each.
STEP = """async ([tokens, steps]) => {
    const worker = new Worker("lib/try/worker.js");
    const ask = (name, ...values) => new Promise((resolve) => {
        worker.onmessage = ({ data }) => { if (data.id) resolve(data.value); };
        worker.postMessage({ id: 1, name, values });
    });
    await ask("load", new URL("weights/", location.href).href);
    const times = [];
    for (let end = 0; end < steps; end++) {
        const start = performance.now();
        await ask("next", tokens.slice(0, end + 4), 0);
        times.push(performance.now() - start);
    }
    const start = performance.now();
    await ask("next", tokens, 1);
    times.push(performance.now() - start);
    worker.terminate();
    return times;
}"""
# While the page writes, press keys on a slider; return the milliseconds until each was answered.
PRESS = """async (presses) => {
    const slider = document.querySelector(".settings input");
    const times = [];
    for (let i = 0; i < presses; i++) {
        await new Promise((resolve) => setTimeout(resolve, 97));
        const start = performance.now();
        await new Promise((resolve) => setTimeout(resolve));
        slider.valueAsNumber += i % 2 ? 1 : -1;
        slider.dispatchEvent(new Event("input"));
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        times.push(performance.now() - start);
    }
    return times;
}"""


def main():
    with TemporaryDirectory() as name, running_browser() as browser:
        folder = Path(name)
        begin(folder)
        write_try_page(folder)
        write_weights(folder / "weights")
        with served(folder) as address:
            measure(browser.new_page(), f"{address}try.html")


def measure(page, address: str):
    page.set_default_timeout(300_000)
    page.goto(address)
    page.locator("#load").click()
    ready(page)
    start = time.perf_counter()
    page.goto(f"{address}?again#prompt=A+prompt+of+my+own+about+the+sea,+where")
    ready(page)
    page.locator("#bars li").last.wait_for()
    print("\nThe live page in Chromium")
    print(f"  from the cached page to an own prompt's bars  {time.perf_counter() - start:.1f} s")
    print(f"  memory of the tab  {memory():.0f} MB")
    page.evaluate("location.hash = '#prompt=Once+upon+a+time&T=1&draw=200'")
    times = page.evaluate(PRESS, 20)
    print(f"  a key while it writes  {np.median(times):.0f} ms to paint, at most {max(times):.0f}")
    page.evaluate("document.getElementById('stop').click()")
    *steps, long = page.evaluate(STEP, [TOKENS, STEPS])
    print(f"  one token  {np.median(steps[1:]):.0f} ms; NumPy {numpy_step():.0f} ms")
    print(f"  a prompt of {len(TOKENS)} tokens  {long / 1000:.1f} s")


def ready(page):
    page.locator("html[data-model=ready]").wait_for(state="attached")
    page.wait_for_function("document.getElementById('stop').hidden")


def memory() -> float:
    """The largest renderer's memory, in MB."""
    tabs = [each for each in psutil.process_iter() if "--type=renderer" in " ".join(each.cmdline())]
    return max(tab.memory_full_info().uss for tab in tabs) / MB


def numpy_step() -> float:
    model, times = SmolLM2.load(), []
    _, cache = model.next_logits([TOKENS[:4]])
    for token in TOKENS[4 : 4 + STEPS]:
        start = time.perf_counter()
        model.next_logits([[token]], cache)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


if __name__ == "__main__":
    main()
