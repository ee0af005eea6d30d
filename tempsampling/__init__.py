"""Temperature and sampling in language models, measured on a real model in plain NumPy.

All that a lesson needs is imported from here, and loaded when it is first used; the list is in
`__init__.pyi`. The rooms behind this door, each of which uses only those before it:

    numerics   distributions, truncation, drawing, metrics, calibration
    model      SmolLM2 in NumPy: text in, logits out
    writing    the loop that writes a text; texts tinted by probability
    widgets    sliders, charts, the chat, pages that need no kernel
    lessons    exercises and their checks, toys, the capstone, the glossary

Every function checks its arguments. A value of the wrong kind is a TypeError, a value out of range
a ValueError, and the message names the argument, what would be right, and the value. No argument is
changed. A docstring says what a function raises beyond that.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
