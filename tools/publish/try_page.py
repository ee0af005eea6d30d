"""Write the live page: SmolLM2 in the reader's browser, on a prompt of their own.

The page's JavaScript is in `try/`, the kernel that multiplies in AssemblyScript. What can be known
when the site is written is not found out in the browser: here the file of weights is read, its
tensors listed, and their bytes cut into pieces beside the page.
"""

import base64
import json
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from libraries import installed_tools

from tempsampling import SmolLM2
from tempsampling.model.gguf_file import GGUFFile
from tempsampling.model.weights import find_weights

SOURCES = Path(__file__).parent / "try"
TWENTIETHS = [n / 20 for n in range(1, 21)]
SHARES = [*TWENTIETHS[:-1], 0.97, 0.99, 0.999, 1]
SMALL = [0.0001, 0.0003, 0.0006, *(n / 1000 for n in range(1, 21)), 0.03, 0.05, 0.1]
HOT = [n / 10 for n in range(11, 21)] + [n / 4 for n in range(9, 21)]
STEPS = {
    # name: how it is called, what it does, the settings of its slider, and where that starts
    "temperature": ("temperature", "divides the scores", [*TWENTIETHS, *HOT], 0.7),
    "top_k": (
        "top-k",
        "keeps the k likeliest",
        [*range(1, 20), *range(20, 100, 5), 100, 200, 500, 1000, 5000],
        40,
    ),
    "top_p": ("top-p", "keeps the likeliest that together reach p", SHARES, 0.9),
    "min_p": (
        "min-p",
        "keeps what is p times as likely as the likeliest",
        [0, 0.001, 0.002, 0.005, 0.01, 0.02, *TWENTIETHS],
        0.1,
    ),
    "typical_p": ("typical-p", "keeps those of nearly average surprise that reach p", SHARES, 0.9),
    "epsilon_cutoff": ("epsilon cutoff", "keeps what has at least this probability", SMALL, 0.001),
    "eta_cutoff": ("eta cutoff", "the same, and more where the model is unsure", SMALL, 0.001),
    "top_n_sigma": (
        "top-nσ",
        "keeps scores at most n deviations below the largest",
        [n / 10 for n in range(1, 51)],
        1,
    ),
    "xtc": (
        "XTC",
        "of those that reach this probability, keeps the least likely",
        [0.01, 0.02, *TWENTIETHS[:10], 1],
        0.1,
    ),
}
PIECE = 8_000_000  # bytes: what an interrupted visit fetches again at most


def write_scripts(folder: Path, prompts: list[str]):
    """Write what the page runs, and what it knows before the weights are there."""
    library = folder / "lib" / "try"
    library.mkdir(parents=True, exist_ok=True)
    build_scripts(library)
    (library / "service.js").rename(folder / "service.js")  # it serves what is below it
    facts = json.dumps(shipped(prompts), ensure_ascii=False)
    (library / "shipped.js").write_text(f"globalThis.SHIPPED = {facts};\n", encoding="utf-8")


def build_scripts(folder: Path):
    """Compile the kernel, and bundle page and worker with it and the tokenizer.

    Scripts that are bundled run from a file, too; modules do not.
    """
    with workshop() as scratch:
        kernel = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"]
        run(scratch, "assemblyscript/bin/asc.js", "kernel.ts", *kernel, "-o", "kernel.wasm")
        scripts = ["page.ts", "worker.ts", "service.ts"]
        bundle = ["--bundle", "--minify", "--loader:.wasm=binary", "--log-level=warning"]
        run(scratch, "esbuild/bin/esbuild", *scripts, *bundle, f"--outdir={folder.resolve()}")
        terms = scratch.parent / "node_modules" / "@huggingface" / "tokenizers" / "LICENSE"
        shutil.copy(terms, folder)  # of the tokenizer; the weights have the same, Apache-2.0


@contextmanager
def workshop():
    """A copy of the sources below the tools, where Node.js finds them and the tokenizer."""
    with TemporaryDirectory(dir=installed_tools()) as name:
        scratch = Path(name)
        own = shutil.ignore_patterns("node_modules")  # where an editor wanted it
        shutil.copytree(SOURCES, scratch, dirs_exist_ok=True, ignore=own)
        yield scratch


def run(folder: Path, tool: str, *arguments: str):
    """Run one of the tools in a workshop."""
    subprocess.run(["node", f"../node_modules/{tool}", *arguments], cwd=folder, check=True)


def shipped(prompts: list[str]) -> dict:
    """Return the vocabulary, the steps, and some prompts with the logits of what comes next.

    Less their largest, logits of likely tokens keep three decimals in 16 bits.
    """
    model = SmolLM2.load()
    known = {}
    for prompt in prompts:
        z = model.logits(prompt)
        halves = (z - z.max()).astype("<f2")
        logits = base64.b64encode(halves.tobytes()).decode()
        known[prompt] = {"tokens": model.tokenize(prompt), "logits": logits}
    tokens = range(model.network.sizes.vocabulary)
    words = [model.bytes_of(token).decode("latin-1") for token in tokens]  # a letter for each byte
    keys = ("label", "about", "values", "start")
    steps = {name: dict(zip(keys, step, strict=True)) for name, step in STEPS.items()}
    ends = sorted(model.end_tokens)
    return {"words": words, "end": ends, "prompts": known, "steps": steps}


def bytes_of_weights() -> int:
    """Return what the page fetches, nearly: the file's header stays here."""
    return find_weights().stat().st_size


def write_weights(folder: Path):
    """Cut the tensors into pieces that any host takes, and say in model.json what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    source = find_weights()
    content = np.memmap(source, np.uint8, mode="r")
    file = GGUFFile(source)
    start = min(int(tensor.data_offset) for tensor in file.tensors().values())
    pieces = []
    for at in range(start, content.size, PIECE):
        piece = content[at : at + PIECE].tobytes()
        digest = sha256(piece).hexdigest()
        name = f"{digest[:16]}.bin"  # so that no cache gives an old one for a new one
        (folder / name).write_bytes(piece)
        pieces.append({"name": name, "bytes": len(piece), "sha256": digest})
    tensors = {
        name: {
            "kind": tensor.tensor_type.name,
            "rows": int(np.prod(tensor.shape[1:])),
            "columns": int(tensor.shape[0]),
            "at": int(tensor.data_offset) - start,
        }
        for name, tensor in file.tensors().items()
    }
    facts = {
        "sizes": asdict(file.sizes()) | {"inner": tensors["blk.0.ffn_up"]["rows"]},
        "tensors": tensors,
        "bytes": content.size - start,
        "pieces": pieces,
        "rules": tokenizer_rules(file),
    }
    (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def tokenizer_rules(file: GGUFFile) -> dict:
    """Return the tokenizer as @huggingface/tokenizers reads it."""
    rules = json.loads(file.text().tokenizer.to_str())
    # The library's own rule for digits knows 0 to 9 of every script, but not ½.
    numbers = {"type": "Split", "pattern": {"Regex": r"\p{N}"}, "behavior": "Isolated"}
    rules["pre_tokenizer"]["pretokenizers"][0] = numbers | {"invert": False}
    return rules
