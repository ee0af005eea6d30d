"""Many at once: moves of a slider in one kernel, and kernels on one machine."""

import os
import time

import bench_class
import pytest
from live_kernel import STATE


def test_after_a_thousand_moves_in_a_burst_the_last_picture_is_right(kernel, slider):
    start = time.perf_counter()
    for i in range(1000):
        kernel.move(slider[0], 0.05 + 0.05 * (i % 59))
    kernel.move(slider[0], 2.0)
    name, said = kernel.run(STATE.format(2.0))
    burst = time.perf_counter() - start
    assert name == "ok" and int(said.split()[0]) < 24, said
    start = time.perf_counter()
    assert kernel.run("print(explorer.output[0]['text/plain'][:1])") == ("ok", "a\n")
    answered = time.perf_counter() - start
    print(f"1,001 moves in {burst:.1f} s, then an answer within {answered * 1000:.0f} ms")
    assert answered < 1


@pytest.mark.skipif(not os.environ.get("CI"), reason="ten lessons take minutes: CI runs them all")
@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="memory as Linux counts")
def test_ten_kernels_that_run_different_lessons_at_once_all_finish(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    lessons = bench_class.lessons()[:10]
    rows = bench_class.at_once(lessons)
    bench_class.report(lessons, rows)
    assert len(rows) == 10
    assert all(cells > 5 and peak < 2000 for cells, _, _, _, peak in rows)
