"""Write lessons as pages and slides that need neither kernel nor network, into build/export.

    make export                                            (all of them)
    .venv/bin/python tools/export.py notebooks/01*.ipynb

The lessons' own cells are executed, with `explore` told to draw its frames beforehand. What
the browser needs besides is fetched by npm once, and stands beside the pages.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter, SlidesExporter

from tempsampling.explore import EXPORT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "export"
LIBRARIES = {
    # package: what of it the pages need. reveal.js is the version that nbconvert is written for.
    "@fortawesome/fontawesome-free@5.15.4": [  # the signs on a play button
        "css/all.min.css",
        "webfonts/fa-solid-900.woff2",
        "LICENSE.txt",
    ],
    "@jupyter-widgets/html-manager@1.0.15": ["dist/embed-amd.js", "LICENSE"],
    "jquery@2.2.4": ["dist/jquery.min.js", "LICENSE.txt"],
    "mathjax@2.7.7": [
        "MathJax.js",
        "LICENSE",
        "config/TeX-AMS_CHTML-full.js",
        "config/Safe.js",
        "extensions/",
        "jax/element/",
        "jax/input/TeX/",
        "jax/output/CommonHTML/",
        "fonts/HTML-CSS/TeX/woff/",
    ],
    "requirejs@2.1.10": ["require.js"],
    "reveal.js@4.0.2": ["dist/", "plugin/notes/", "LICENSE"],
}
# Relative, so that the folder can be carried anywhere.
ADDRESSES = {
    "extra_template_basedirs": [str(ROOT / "tools" / "templates")],
    "jquery_url": "lib/jquery/dist/jquery.min.js",
    "mathjax_url": "lib/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
    "require_js_url": "lib/requirejs/require.js",
    "widget_renderer_url": "lib/@jupyter-widgets/html-manager/dist/embed-amd.js",
}


def main():
    paths = [Path(argument) for argument in sys.argv[1:]]
    export(paths or sorted((ROOT / "notebooks").glob("*.ipynb")), FOLDER)
    print(f"written to {FOLDER}")


def export(paths: list[Path], folder: Path):
    """Write a page and a deck for each lesson, and the libraries that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    fetch_libraries(folder / "lib")
    for path in paths:
        print(f"exporting {path.name}", flush=True)
        notebook = execute(nbformat.read(path, as_version=4), path.parent)
        exporters = {
            ".html": HTMLExporter(template_name="page", **ADDRESSES),
            ".slides.html": SlidesExporter(
                template_name="deck",
                reveal_url_prefix="lib/reveal.js",
                reveal_theme="white",
                reveal_width="1280",
                reveal_height="720",
                **ADDRESSES,
            ),
        }
        for ending, exporter in exporters.items():
            body, _ = exporter.from_notebook_node(
                notebook, resources={"metadata": {"name": path.stem}}
            )
            (folder / (path.stem + ending)).write_text(body, encoding="utf-8")


def execute(notebook, folder: Path):
    """Run the cells with the sliders' frames drawn beforehand."""
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": folder}}
    )
    client.execute(env=os.environ | {EXPORT: "1"})
    return notebook


def fetch_libraries(folder: Path):
    """Let npm pack each library, and keep what the pages need of it."""
    npm = shutil.which("npm")
    for package, wanted in LIBRARIES.items():
        name = package.rpartition("@")[0]
        if (folder / name).exists():
            continue
        if npm is None:
            sys.exit("npm was not found; it fetches the libraries of the pages. Install Node.js.")
        packed = folder / "packed"
        packed.mkdir(parents=True, exist_ok=True)
        subprocess.run([npm, "pack", "--silent", package], cwd=packed, check=True)
        archive = next(packed.glob("*.tgz"))
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                member.name = member.name.partition("/")[2]  # the package's own folder
                if any(member.name == each or member.name.startswith(each) for each in wanted):
                    tar.extract(member, folder / name, filter="data")
        shutil.rmtree(packed)


if __name__ == "__main__":
    main()
