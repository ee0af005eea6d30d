"""A real JupyterLab and a real browser, for tests and measurements."""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from unittest import mock

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["chromium", "chromium-browser", "google-chrome"]
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# Without these, Chromium calls home at every start.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

# The picture in an <img> or <canvas> as the browser shows it, as the bytes of a PNG in base64.
READ_PICTURE = """async (img) => {
    if (img.tagName === "CANVAS") { return img.toDataURL("image/png").split(",")[1]; }
    await img.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
    canvas.getContext("2d").drawImage(img, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""

# Keep when a key was last pressed, and when the browser says that it painted each new picture.
RECORD = """(box) => {
    window.painted = [];
    document.addEventListener("keydown", (event) => { window.pressed = event.timeStamp; }, true);
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            window.painted.push([entry.identifier, entry.renderTime]);
        }
    }).observe({ type: "element" });
    const screen = box.querySelector("img").closest(".tempsampling > *");
    new MutationObserver(() => {
        const img = box.querySelector("img");
        img.setAttribute("elementtiming", img.alt);
    }).observe(screen, { childList: true, subtree: true });
}"""
PAINTED = """(alt) => {
    const found = window.painted.find(([name, time]) => name === alt && time > window.pressed);
    return found && found[1] - window.pressed;
}"""


@contextmanager
def running_browser():
    """A headless Chromium."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--no-first-run", *QUIET]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@contextmanager
def running_jupyterlab(folder: Path, program: str = "jupyterlab", path: str = "lab"):
    """The address of a JupyterLab that serves a copy of the notebooks in an empty folder.

    Or that of Notebook 7, which is the program `notebook` at the path `tree`.
    """
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    options.append("--MappingKernelManager.transport_encryption=auto")  # as `make lab` has it
    own = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(folder / kind) for kind in ("SETTINGS", "WORKSPACES")}
    log = folder / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", program, *options],
            cwd=folder,
            env=os.environ | own,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}/{path}"
    deadline = time.monotonic() + 120
    try:
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{program} did not start:\n{log.read_text()}")
            time.sleep(0.3)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def run_lesson(browser, address: str, name: str):
    """Open a lesson, run all its cells, and return the page; tall, so that every cell is built."""
    page = browser.new_page(viewport={"width": 1280, "height": 16_000})
    workspace = f"{address}/workspaces/{Path(name).stem}"  # of its own: no other notebook opens
    page.goto(f"{workspace}/tree/notebooks/{name}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").filter(has_text="[")  # not if folded
    not_run = prompts.filter(has_text=re.compile(r"\[[ *]\]"))
    _choose(page, "Edit", "Clear Outputs of All Cells")  # so that every number is one of this run
    numbered = prompts.filter(has_text=re.compile(r"\[\d"))  # a cell out of sight has no prompt yet
    expect(numbered).to_have_count(0)
    while prompts.first.inner_text() == "[ ]:":
        # The kernel is idle a moment before the notebook knows it; asked too early, the notebook
        # wants to know which kernel to use.
        if page.locator("dialog.jp-Dialog").count():
            page.get_by_role("button", name="Select", exact=True).click()
        _choose(page, "Run", "Run All Cells")
        page.wait_for_timeout(1500)
    expect(not_run).to_have_count(0, timeout=300_000)
    done = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first
    done.wait_for(state="attached", timeout=300_000)  # in a narrow toolbar it is not visible
    return page


def _choose(page, menu: str, command: str) -> None:
    page.get_by_text(menu, exact=True).first.click()
    page.get_by_text(command, exact=True).click()


def code_cells(name: str) -> list[str]:
    """The code of a lesson, cell by cell."""
    notebook = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def lesson_explorers(name: str) -> list:
    """What a lesson's cells give to `explore`, in order, made in this process."""
    from tempsampling.widgets.explore import Explorer

    made, namespace = [], {}

    def keep(*arguments):
        made.append(Explorer(*arguments))
        return made[-1]

    kept = mock.patch("tempsampling.widgets.explore.Explorer", keep)
    with kept, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        for cell in code_cells(name):
            exec(cell, namespace)
    return made


class Demo:
    """A demo with one slider on a page, live or exported, and the pictures that it must show."""

    def __init__(self, page, number: int, explorer=None):
        self.page, self.explorer = page, explorer
        self.box = page.locator(".tempsampling").nth(number)
        self.handle = self.box.get_by_role("slider")
        self.track = self.box.locator(".noUi-base, input[type=range]")
        self.readout = self.box.locator(".widget-readout, .readout")
        self.img = self.box.locator("img, canvas")

    def value(self) -> float:
        return float(self.readout.inner_text())

    def difference(self, value: float) -> int:
        """How far any pixel on the screen is from the figure for a value, of 255.

        The figure is drawn whole by Matplotlib, not by the frames that the page shows.
        """
        drawing = self.explorer.drawing
        drawing.update(temperature=value)
        right = drawn_whole(drawing.frames.figure)
        picture = BytesIO(base64.b64decode(self.img.evaluate(READ_PICTURE)))
        return np.abs(np.asarray(Image.open(picture).convert("RGB")) - right).max()

    def time_presses(self, key: str, times: int = 1) -> float:
        """Milliseconds from the last of some presses until its picture is painted."""
        for _ in range(times):
            self.handle.press(key)
        self.page.wait_for_timeout(200)  # a question would take the processor from what is timed
        words = self.explorer.drawing.update(temperature=self.value())
        return self.page.wait_for_function(PAINTED, arg=words, polling=50).json_value()

    def time_text(self, text: str) -> float:
        """Milliseconds from Enter after a text was typed until its picture is painted."""
        line = self.box.get_by_role("textbox").first
        line.fill(text)
        line.press("Enter")
        self.page.wait_for_timeout(500)
        words = self.explorer.drawing.update(prompt=text, temperature=self.value())
        return self.page.wait_for_function(PAINTED, arg=words, polling=50).json_value()

    def record(self) -> None:
        """Let the page keep the times that `time_presses` needs."""
        self.box.evaluate(RECORD)


def drawn_whole(figure: Figure) -> np.ndarray:
    """The red, green and blue that Matplotlib's own canvas gives for a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5)
    except OSError:
        return False
    return True
