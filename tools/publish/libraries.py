"""Fetch what pages and slides need in the browser: npm packs it once, into build/npm."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from uuid import uuid4

KEPT = Path(__file__).resolve().parents[2] / "build" / "npm"
SANS = "dist/theme/fonts/source-sans-pro/source-sans-pro-"
LIBRARIES = {
    # package: what of it is needed, files and folders. These versions are known to work together.
    "mathjax@2.7.7": [
        "MathJax.js",
        "LICENSE",
        "config/TeX-AMS_CHTML-full.js",
        "config/Safe.js",
        "extensions/Safe.js",
        "extensions/TeX/",
        "jax/element/",
        "jax/input/TeX/",
        "jax/output/CommonHTML/",
        "fonts/HTML-CSS/TeX/woff/",
    ],
    "reveal.js@4.0.2": [
        "dist/reveal.css",
        "dist/reveal.js",
        "dist/theme/fonts/source-sans-pro/LICENSE",
        *(f"{SANS}{face}.woff" for face in ["regular", "italic", "semibold", "semibolditalic"]),
        "plugin/notes/notes.js",
        "LICENSE",
    ],
}
# What the live page is built and checked with.
TOOLS = [
    "@huggingface/tokenizers@0.2.0",
    "assemblyscript@0.28.20",
    "esbuild@0.28.2",
    "eslint@9.39.5",
    "prettier@3.10.1",
    "typescript@5.9.3",
    "typescript-eslint@8.74.0",
]


def copy_libraries(folder: Path):
    """Put what is wanted of each library into a folder of its name."""
    for package, wanted in LIBRARIES.items():
        unpack(package, wanted, folder / package.rpartition("@")[0])


def unpack(package: str, wanted: list[str], folder: Path):
    """Put files of a package, and folders that end in a slash, into a folder."""
    with tarfile.open(packed(package)) as tar:
        for member in tar.getmembers():
            member.name = member.name.partition("/")[2]  # without the package's own folder
            if any(member.name == each or member.name.startswith(each) for each in wanted):
                tar.extract(member, folder, filter="data")


def packed(package: str) -> Path:
    """Return a package as npm packed it, now or earlier."""
    (KEPT / package).mkdir(parents=True, exist_ok=True)
    archives = list((KEPT / package).glob("*.tgz"))
    if archives:
        return archives[0]
    with TemporaryDirectory(dir=KEPT) as part:
        npm("pack", "--silent", package, cwd=part)
        (archive,) = Path(part).glob("*.tgz")
        return archive.rename(KEPT / package / archive.name)


def installed_tools() -> Path:
    """Return the folder in which npm installed the tools, with all that they need themselves."""
    folder = KEPT / f"tools-{hashlib.sha256(repr(TOOLS).encode()).hexdigest()[:8]}"
    if not folder.exists():
        part = KEPT / f"part-{uuid4().hex}"
        part.mkdir(parents=True)
        quiet = ["--silent", "--no-save", "--no-package-lock", "--ignore-scripts"]
        npm("install", *quiet, "--prefix", part, *TOOLS, cwd=part)
        part.rename(folder)
    return folder


def npm(*arguments: str | Path, cwd: Path):
    """Run npm, or say that it is missing."""
    program = shutil.which("npm")
    if program is None:
        sys.exit("npm was not found; it fetches the libraries of the pages. Install Node.js.")
    subprocess.run([program, *arguments], cwd=cwd, check=True, stdout=PIPE)
