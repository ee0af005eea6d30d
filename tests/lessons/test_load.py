"""Ten lessons on one machine at once."""

import os

import bench_class
import pytest

pytestmark = [
    pytest.mark.rare,
    pytest.mark.skipif(
        not os.path.exists("/proc/self/smaps_rollup"), reason="counts as Linux does"
    ),
]


def test_ten_kernels_that_run_different_lessons_at_once_all_finish(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    lessons = bench_class.lessons()[:10]
    rows = bench_class.at_once(lessons)
    bench_class.report(lessons, rows)
    assert len(rows) == 10
    assert all(cells > 5 and peak < 2000 for cells, _, _, _, peak in rows)
