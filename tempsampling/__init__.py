"""Temperature and sampling in language models, measured on a real model in plain NumPy."""

from tempsampling.adaptive import (
    Mirostat,
    confidence_temperature,
    dynamic_temperature,
    edt_temperature,
)
from tempsampling.calibration import (
    Reliability,
    calibration_error_floor,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from tempsampling.distributions import entropy, log_softmax, softmax
from tempsampling.metrics import (
    distinct_n,
    effective_number,
    ends_in_loop,
    pass_at_k,
    pass_at_k_estimate,
    repetition_rate,
    self_bleu,
    tail_mass,
    unique_fraction,
)
from tempsampling.sampling import sample, truncate
from tempsampling.truncation import epsilon_cutoff, eta_cutoff, min_p, top_k, top_p, typical_p

__all__ = [
    "Mirostat",
    "Reliability",
    "calibration_error_floor",
    "confidence_temperature",
    "distinct_n",
    "dynamic_temperature",
    "edt_temperature",
    "effective_number",
    "ends_in_loop",
    "entropy",
    "epsilon_cutoff",
    "eta_cutoff",
    "expected_calibration_error",
    "fit_temperature",
    "log_softmax",
    "min_p",
    "pass_at_k",
    "pass_at_k_estimate",
    "reliability",
    "repetition_rate",
    "sample",
    "self_bleu",
    "softmax",
    "tail_mass",
    "top_k",
    "top_p",
    "truncate",
    "typical_p",
    "unique_fraction",
]
