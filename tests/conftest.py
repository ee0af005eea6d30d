"""What several tests share: a JupyterLab and a browser, started once; the words of a lesson."""

import os

import pytest
from gallery import write_gallery
from in_kernel import WRITE_AND_READ, remembered
from lessons import folded_answers, prose
from live_kernel import kernel, slider  # noqa: F401

os.environ["TEMPSAMPLING_PASSED"] = os.devnull  # whoever runs the tests has passed nothing by that


@pytest.fixture(scope="module", autouse=True)
def what_a_lesson_computed(request):
    """The tests of a lesson's numbers need not let the model say again what it said there."""
    if not request.path.name.startswith("test_lesson_"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for place, name in WRITE_AND_READ:
            again = remembered(getattr(place, name))
            patch.setattr(place, name, again)
            if name in vars(request.module):
                patch.setattr(request.module, name, again)
        yield


@pytest.fixture(scope="session")
def browser():
    from browser import CHROMIUM, running_browser

    if CHROMIUM is None:
        message = "no Chromium on this machine; on Debian: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with running_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    from browser import running_jupyterlab

    folder = tmp_path_factory.mktemp("lab")
    with running_jupyterlab(folder) as address:
        write_gallery(folder / "notebooks" / "gallery.ipynb")
        yield address


@pytest.fixture(scope="module")
def answers(request):
    """The folded answers of lesson 8 for test_lesson_08.py, and so on."""
    return folded_answers(lesson_of(request))


@pytest.fixture(scope="module")
def text(request):
    """All that this lesson says."""
    return prose(lesson_of(request))


def lesson_of(request):
    return int(request.path.stem.removeprefix("test_lesson_"))


def pytest_terminal_summary(terminalreporter):
    """Print what tests counted, and recorded with record_property("counted", ...)."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
