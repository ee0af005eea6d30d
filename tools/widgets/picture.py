"""Draw the README's picture: the next token's probabilities and a text, as temperature rises.

.venv/bin/python tools/widgets/picture.py                              (writes temperature.gif)
"""

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tempsampling import softmax
from tempsampling.model.smollm import SmolLM2
from tempsampling.widgets.plots import ProbabilityBars
from tempsampling.writing.generation import generate
from tempsampling.writing.labels import visible
from tempsampling.writing.tint import tint

ROOT = Path(__file__).resolve().parents[2]
PROMPT = "Once upon a time, there was a little"
TEMPERATURES = np.arange(1, 21) / 10
SHOWN = 8  # tokens with a bar of their own
COLUMNS, LINES = 65, 3  # of letters that are all equally wide
MILLISECONDS, AT_THE_ENDS = 500, 2500


def main():
    os.environ["TQDM_DISABLE"] = "1"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "temperature.gif"
    model = SmolLM2.load()
    logits = model.logits(PROMPT)
    top = np.argsort(-logits)[:SHOWN]
    texts = generate(
        model, PROMPT, temperature=TEMPERATURES, max_tokens=24, seed=2, common_noise=True
    )

    def probabilities(temperature):
        p = softmax(logits, temperature)
        return np.append(p[top], np.delete(p, top).sum())

    labels = [visible(model.decode([token])) for token in top]
    rest = f"{logits.size - SHOWN:,} others"
    bars = ProbabilityBars([*labels, rest], probabilities(1), reference=probabilities(1))
    bars.figure.set(dpi=100, size_inches=(8, 5.6))
    bars.figure.get_layout_engine().set(rect=(0, 0.24, 1, 0.76))
    frames = []
    for temperature, text in zip(TEMPERATURES, texts, strict=True):
        bars.update(probabilities(temperature), title=f"T = {temperature:.1f}")
        written = write(bars.figure, text)
        frames.append(image(bars.figure))
        for letters in written:
            letters.remove()
    save(frames, path)
    print(f"written: {path.name}, {len(frames)} frames, {path.stat().st_size / 1000:.0f} kB")


def write(figure, text):
    """Write a text below the bars, each token tinted by its probability at T = 1."""
    letter = {"family": "DejaVu Sans Mono", "size": 14, "va": "top"}
    width, height = 0.96 / COLUMNS, 0.055
    written = [figure.text(0.02, 0.225, PROMPT + " …", color="#666666", **letter)]
    line, column = 1, 0
    for token, p in zip(text.pieces, text.probabilities, strict=True):
        shown = token.replace("\n", "↵")
        if column + len(shown) > COLUMNS:
            line, column = line + 1, 0
        if line > LINES:
            break
        shown = shown if column else shown.lstrip(" ")
        box = {"facecolor": tint(p), "edgecolor": "none", "pad": 1}
        x = 0.02 + width * column
        written.append(figure.text(x, 0.225 - height * line, shown, bbox=box, **letter))
        column += len(shown)
    return written


def image(figure):
    figure.canvas.draw()
    return Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")


def save(frames, path):
    """Save the frames as one GIF, with a palette for all of them."""
    together = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
    palette = together.quantize(64, dither=Image.Dither.NONE)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [MILLISECONDS] * len(flat)
    times[0] = times[-1] = AT_THE_ENDS
    flat[0].save(path, save_all=True, append_images=flat[1:], duration=times, loop=0)


if __name__ == "__main__":
    main()
