"""What a class needs of one machine: kernels that all run one lesson at once, 1 to 8 of them.

    .venv/bin/python tools/lessons/bench_class.py                        (lesson 1)
    .venv/bin/python tools/lessons/bench_class.py notebooks/12*.ipynb
    .venv/bin/python tools/lessons/bench_class.py --different            (ten lessons at once)

Each learner has a kernel and, as on a JupyterHub, a Jupyter server. Memory is counted as PSS, which
divides what several processes share among them: the sum over all is what the machine needs. Linux.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
import numpy as np
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[2]
LEARNERS = [1, 2, 4, 8]
CLASS = 30
MOVES = 100
# Move the lesson's first slider, as messages from a browser do, and print what one move takes.
MOVE = f"""
import gc as _gc, time as _time
from tempsampling.widgets.explore import Explorer as _Explorer
_explorers = [each for each in _gc.get_objects() if isinstance(each, _Explorer)]
_given = [control for each in _explorers for control in each.controls.values()]
_controls = [w for control in _given for w in (control, *getattr(control, "children", ()))]
_slider = next(widget for widget in _controls if hasattr(widget, "step"))
_steps = int((_slider.max - _slider.min) / _slider.step)
_start = _time.process_time()
for _i in range({MOVES}):
    _slider.value = _slider.min + _slider.step * (_i % _steps)
print((_time.process_time() - _start) / {MOVES})
"""


def main():
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    if sys.argv[1:] == ["--different"]:
        return report(lessons()[:10], at_once(lessons()[:10]))
    paths = [Path(argument) for argument in sys.argv[1:]]
    lesson = (paths or lessons())[0]
    cells = code_cells(lesson)
    print(f"{lesson.name}, {os.cpu_count()} processors, 1 thread for each kernel")
    print("learners   kernels    shared by them   servers   all cells   processor   a move")
    rows = [measure(learners, cells, lesson.parent) for learners in LEARNERS]
    for learners, (kernels, shared, servers, wall, processor, move) in zip(
        LEARNERS, rows, strict=True
    ):
        print(
            f"{learners:8}{kernels:7.0f} MB{shared:15.0f} MB{servers:7.0f} MB"
            f"{wall:10.1f} s{processor:10.1f} s{move * 1000:7.1f} ms"
        )
    for name, column in [("kernels", 0), ("servers", 2)]:
        slope, start = np.polyfit(LEARNERS, [row[column] for row in rows], 1)
        print(
            f"{name}: {start:.0f} MB and {slope:.0f} MB for each learner;"
            f" {CLASS} learners by this line {(start + slope * CLASS) / 1000:.1f} GB"
        )


def lessons():
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(lesson):
    notebook = nbformat.read(lesson, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def at_once(lessons):
    """Let one kernel for each lesson run all its cells, all at once; an error in a cell is raised.

    Return for each how many cells it ran, after which time it was done, its processor's seconds,
    and its MB: its share when all are done, and the most it had, shared pages in full.
    """

    def learn(lesson, pid, client):
        start, cells = time.perf_counter(), code_cells(lesson)
        for cell in cells:
            run(client, cell)
        return len(cells), time.perf_counter() - start, processor_seconds(pid)

    with ExitStack() as stack, ThreadPoolExecutor(len(lessons)) as pool:
        kernels = [stack.enter_context(kernel(lesson.parent)) for lesson in lessons]
        processes = [manager.provisioner.process.pid for manager, _ in kernels]
        clients = [client for _, client in kernels]
        done = list(pool.map(learn, lessons, processes, clients))
        memory = [(proportional_memory(pid)["Pss"], peak_memory(pid)) for pid in processes]
    return [(*each, *mb) for each, mb in zip(done, memory, strict=True)]


def report(lessons, rows):
    print(f"{len(lessons)} kernels at once, {os.cpu_count()} processors, 1 thread for each kernel")
    print("cells   done after   processor   memory     peak   lesson")
    for lesson, (cells, wall, processor, share, peak) in zip(lessons, rows, strict=True):
        numbers = f"{cells:5}{wall:11.1f} s{processor:10.1f} s{share:6.0f} MB{peak:6.0f} MB"
        print(f"{numbers}   {lesson.stem}")
    print(
        f"all done after {max(r[1] for r in rows):.0f} s, {sum(r[3] for r in rows):.0f} MB in all"
    )


def measure(learners, cells, folder):
    """Let so many learners run all cells at once; return what it took of memory and time."""
    with ExitStack() as stack, ThreadPoolExecutor(learners) as pool:
        servers = [stack.enter_context(jupyter_server()) for _ in range(learners)]
        kernels = [stack.enter_context(kernel(folder)) for _ in range(learners)]
        processes = [manager.provisioner.process.pid for manager, _ in kernels]
        clients = [client for _, client in kernels]
        before = [processor_seconds(pid) for pid in processes]
        start = time.perf_counter()
        list(pool.map(lambda client: [run(client, cell) for cell in cells], clients))
        wall = time.perf_counter() - start
        spent = np.mean([processor_seconds(p) - b for p, b in zip(processes, before, strict=True)])
        moves = [float(text) for text in pool.map(lambda client: run(client, MOVE), clients)]
        memory = [proportional_memory(pid) for pid in processes]
        served = sum(proportional_memory(pid)["Pss"] for pid in servers)
        kernels_total = sum(each["Pss"] for each in memory)
        shared = sum(each["Pss"] - each["Private"] for each in memory)
        return kernels_total, shared, served, wall, spent, np.mean(moves)


@contextmanager
def kernel(folder):
    manager, client = start_new_kernel(cwd=str(folder), stderr=subprocess.DEVNULL)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@contextmanager
def jupyter_server():
    """The process of a JupyterLab that is ready, as everybody on a JupyterHub has one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], cwd=folder, stderr=subprocess.DEVNULL
        )
        try:
            while server.poll() is None and not listens(port):
                time.sleep(0.1)
            yield server.pid
        finally:
            server.terminate()
            server.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(client, source):
    """Run a cell and return what it printed."""
    printed = []

    def keep(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(source, output_hook=keep, timeout=600)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return "".join(printed)


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proportional_memory(pid):
    """MB of a process: its share of everything (Pss), and what it alone has (Private)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    private = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return {"Pss": kilobytes["Pss"] / 1000, "Private": private / 1000}


def peak_memory(pid):
    (line,) = [x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in x]
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    main()
