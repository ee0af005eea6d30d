"""What several tests share: a JupyterLab and a browser, started once."""

import os

import pytest

os.environ["TQDM_DISABLE"] = "1"  # progress bars are for people; kernels inherit this


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

    with running_jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        yield address
