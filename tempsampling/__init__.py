"""Temperature and sampling in language models, measured on a real model in plain NumPy."""

from tempsampling.distributions import entropy, log_softmax, softmax
from tempsampling.sampling import sample, truncate
from tempsampling.truncation import epsilon_cutoff, eta_cutoff, min_p, top_k, top_p, typical_p

__all__ = [
    "entropy",
    "epsilon_cutoff",
    "eta_cutoff",
    "log_softmax",
    "min_p",
    "sample",
    "softmax",
    "top_k",
    "top_p",
    "truncate",
    "typical_p",
]
