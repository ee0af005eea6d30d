"""Execute the notebooks and write them back as they are committed.

    make notebooks                                         (all of them)
    python3 tools/course.py notebooks notebooks/01*.ipynb

A committed notebook has its outputs and execution counts, in order, and nothing that differs from
run to run: no times, no widgets. Beside each slider `explore` puts a picture, which stays, so that
the lesson looks right before it is run and where widgets are not rendered.

Each cell says in its metadata what it is among the slides: `slide` begins one, `-` continues it,
`fragment` does so at one more press of a key, because it answers what the slide asks; `skip` is not
shown. jupyterlab-slideshow, which shows the slides in JupyterLab, does not know `-`; it is told the
same in its own words. The tag `hide-input` folds a cell's code, in JupyterLab and on the site: code
that only sets up a figure. `remove-cell` folds it too, and the site leaves the cell out.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDED = {"hide-input", "remove-cell"}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main():
    os.environ["TEMPSAMPLING_PASSED"] = os.devnull  # the map of the course is committed empty
    paths = [Path(argument) for argument in sys.argv[1:]]
    for path in paths or sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(f"executing {path.name}", flush=True)
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=600,
            extra_arguments=["--log-level=ERROR"],
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": path.parent}},
        ).execute()
        nbformat.write(normalize(notebook), path)


def normalize(notebook):
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for key in set(cell.metadata) - {"tags", "slideshow"}:
            del cell.metadata[key]
        if cell.metadata.get("slideshow", {}).get("slide_type") == "-":
            cell.metadata["jupyterlab-slideshow"] = {"layer": "slide"}
        if FOLDED & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
    return notebook


if __name__ == "__main__":
    main()
