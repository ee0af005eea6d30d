"""Execute lessons with their demos' pictures drawn beforehand, once for the site and the slides.

What was executed is kept in build/executed, under a name that changes with the lesson, the package
and the pinned versions.
"""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tempsampling.lessons.progress import PLACE
from tempsampling.widgets.explore import EXPORT

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "executed"


def execute(paths: list[Path]):
    """Execute lessons, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(executed, paths))  # a list, so that errors are raised


def executed(path: Path):
    """Return a lesson as executed now, or earlier from the same sources."""
    kept = FOLDER / f"{path.stem}-{fingerprint(path)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, as_version=4)
    print(f"executing {path.name}", flush=True)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": path.parent}},
    )
    # A bar is for people, and what was passed is the learner's; one core for each lesson.
    own = {EXPORT: "1", "TQDM_DISABLE": "1", PLACE: os.devnull, "OPENBLAS_NUM_THREADS": "1"}
    client.execute(env=os.environ | own)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for outdated in FOLDER.glob(f"{path.stem}-*.ipynb"):
        outdated.unlink()
    written = kept.with_suffix(".part")
    nbformat.write(notebook, written)
    written.rename(kept)  # so that a run that is stopped leaves nothing half-written
    return notebook


def fingerprint(path: Path) -> str:
    """Digest all that a lesson's outputs come from."""
    package = [f for f in (ROOT / "tempsampling").rglob("*.*") if f.suffix != ".pyc"]
    sources = [path, ROOT / "constraints.txt", *package]
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
