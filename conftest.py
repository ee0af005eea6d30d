"""What holds for all tests, those of the notebooks too."""

import os
import signal
import tempfile
import threading

import pytest
from nbval.plugin import IPyNbFile

pytest.register_assert_rewrite("lesson_items")

from lesson_items import lesson_items, prepare  # noqa: E402

REMEMBERED = "TEMPSAMPLING_TESTS_REMEMBER"  # a folder; see in_kernel.py
os.environ["TQDM_DISABLE"] = "1"  # progress bars are for people; kernels inherit this
if threading.current_thread() is threading.main_thread():
    # Where the tests run in the background, interrupts are ignored, and kernels would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.addinivalue_line("markers", "rare: takes long and finds little: `make test-all` runs it")
    if REMEMBERED not in os.environ:  # the workers and the kernels of a run share what a model said
        config.remembered = tempfile.TemporaryDirectory()
        os.environ[REMEMBERED] = config.remembered.name


def pytest_unconfigure(config):
    if hasattr(config, "remembered"):
        config.remembered.cleanup()
        del os.environ[REMEMBERED]


def pytest_collection_modifyitems(items):
    """Let each lesson's own tests follow its cells, in the same kernel."""
    cells = {}
    for i, item in enumerate(items):
        if is_lesson(item.parent):
            cells.setdefault(item.parent, []).append((i, item))
    for file, found in sorted(cells.items(), key=lambda each: -each[1][-1][0]):
        after = found[-1][0] + 1
        items[after:after] = lesson_items(file, [item for _, item in found])


def is_lesson(collector):
    return isinstance(collector, IPyNbFile) and collector.path.parent.name == "notebooks"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    yield
    if is_lesson(item.parent) and not hasattr(item.parent, "prepared"):
        item.parent.prepared = True
        prepare(item.parent)
