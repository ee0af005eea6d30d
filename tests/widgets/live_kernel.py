"""A real kernel, and a slider in it, for the tests of faults and of load."""

import subprocess
import time
from queue import Empty

import pytest


class EndedError(Exception):
    """The kernel is no more."""


class Kernel:
    """A real kernel that can be interrupted, and what its page would show."""

    def __init__(self):
        self.told = 0  # how often it was told of an interrupt
        self.start()

    def start(self):
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(stderr=subprocess.DEVNULL)
        self.process = self.manager.provisioner.process
        self.page = {}  # what the page has got for each widget

    def run(self, code):
        return self.answer(self.client.execute(code))

    def answer(self, request):
        """Return the reply's status and what was printed or shown."""
        said, name, idle, end = "", "ok", False, time.monotonic() + 120
        while not idle:
            try:
                message = self.client.get_iopub_msg(timeout=5)
            except Empty:
                if self.process.poll() is not None:
                    raise EndedError(f"the kernel ended with {self.process.poll()}") from None
                assert time.monotonic() < end, "no answer"
                continue
            content = message["content"]
            if message["msg_type"] == "comm_msg":
                state = content["data"].get("state", {})
                self.page.setdefault(content["comm_id"], {}).update(state)
                self.told += "KeyboardInterrupt" in str(state.get("value"))
            if message["parent_header"].get("msg_id") == request:
                said += content.get("text", "") or content.get("data", {}).get("text/plain", "")
                name = content.get("ename", name)
                idle = content.get("execution_state") == "idle"
        return name, said

    def interrupt_at_random(self, code, seconds, rng):
        """Run a cell, and press the square after a moment."""
        request = self.client.execute(code)
        time.sleep(rng.uniform(0, seconds))
        self.manager.interrupt_kernel()
        return self.answer(request)[0]

    def move(self, slider, value):
        state = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        content = {"comm_id": slider, "data": state}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.close()


SLIDER = """
import base64, io
import numpy as np
from PIL import Image
from tempsampling import ProbabilityBars, softmax
from tempsampling.widgets.explore import Explorer
z = np.array([3.0, 2.5, 2.0, 1.0, -1.0])

def make():
    bars = ProbabilityBars(list("abcde"), softmax(z), reference=softmax(z))
    return Explorer(bars.figure, lambda T=1.0: bars.update(softmax(z, T)), {"T": (0.05, 3.0, 0.05)})

def seen(html):
    png = base64.b64decode(html.split("base64,")[1].split('"')[0])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)

def difference(T):
    fresh.controls["T"].slider.value = T
    return np.abs(seen(explorer._screen.value) - seen(fresh._screen.value)).max()

explorer, fresh = make(), make()
print(explorer.controls["T"].slider.comm.comm_id, explorer._screen.comm.comm_id)
print(explorer.comm.comm_id)
"""
STATE = "import zlib; print(difference({}), zlib.crc32(explorer._screen.value.encode()))"


@pytest.fixture
def slider(kernel):
    """The comms of a slider, of the picture that it moves, and of the box around both."""
    name, said = kernel.run(SLIDER)
    assert name == "ok", said
    return said.split()
