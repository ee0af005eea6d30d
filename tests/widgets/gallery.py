"""A notebook with every kind of control and of target, for the tests in a browser."""

from pathlib import Path

import nbformat

CELLS = {
    "two sliders": """
from IPython.display import HTML, Audio
import numpy as np
import os
import time
from tempsampling import ProbabilityBars, draw_again, explore, play

bars = ProbabilityBars(["a", "b"], [0.5, 0.5])

def show(a=2, b=0.5):
    return bars.update([a / 4, b], title=f"a = {a}, b = {b:.1f}")

explore(bars.figure, show, a=(0, 4), b=(0.0, 1.0, 0.5))""",
    "menu, toggle, button": """
def text(size="small", loud=False, seed=1):
    return HTML(f"<p class='shown'>{size}, {loud}, seed {seed}</p>")

explore(text, size=["small", "large"], loud=False, seed=draw_again())""",
    "played": """
explore(lambda T=1.0: f"T = {T:.2f}", T=play(0.5, 2.0, 0.25))""",
    "sound": """
def tone(pitch=440):
    return Audio(np.sin(np.arange(800) * pitch / 1274), rate=8000)

explore(tone, pitch=(220, 880, 220))""",
    "slow": """
calls, live = [], "TEMPSAMPLING_EXPORT" not in os.environ

def slow(step=0):
    calls.append(step)
    time.sleep(0.3 * live)
    return f"step {step}, {len(calls)} calls"

explore(slow, step=(0, 50))""",
    "chat": """
from tempsampling import SmolLM2, chat

chat(SmolLM2.load(), temperature=0, seed=1, max_tokens=150)""",
    "slow button": """
draws = []

def slow_draw(seed):
    draws.append(seed)
    time.sleep(0.5 * live)
    return f"seed {seed}, {len(draws)} draws"

explore(slow_draw, seed=draw_again())""",
    "own prompt": """
from tempsampling import SmolLM2, softmax, text_box, visible

model = SmolLM2.load()
five = ProbabilityBars(list("12345"), [0.2] * 5)

def likeliest(prompt="The sky is", temperature=1.0):
    z = model.logits(prompt)
    top = np.argsort(-z)[:5]
    labels = [visible(model.decode([token])) for token in top]
    return five.update(softmax(z, temperature)[top], prompt, labels=labels)

prompts = text_box("The sky is", "Once upon a time", "One, two,", "He said", "def")
explore(five.figure, likeliest, prompt=prompts, temperature=(0.5, 1.5, 0.5))""",
    "write along": """
from tempsampling import SmolLM2, write_along

write_along(SmolLM2.load(), "The capital of France is", seed=1)""",
    "playground": """
from tempsampling import SmolLM2, playground

if live:  # a page would be given sixty texts to write
    playground(SmolLM2.load(), "The sky is")""",
}
NUMBER = {name: number for number, name in enumerate(CELLS)}  # of each demo on the page


def write_gallery(path: Path):
    """Write the notebook, a slide for each cell."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    )
    for source in CELLS.values():
        slide = {"slideshow": {"slide_type": "slide"}}
        notebook.cells.append(nbformat.v4.new_code_cell(source.strip(), metadata=slide))
    nbformat.write(notebook, path)
