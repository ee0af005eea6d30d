"""Temperature and sampling in language models, measured on a real model in plain NumPy."""

from tempsampling.distributions import entropy, log_softmax, softmax

__all__ = ["entropy", "log_softmax", "softmax"]
