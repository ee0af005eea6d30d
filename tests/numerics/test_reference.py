"""The stored answers of transformers, scikit-learn and llama.cpp: tools/numerics/reference_*.py."""

import json

import numpy as np
import pytest
import reference_llama_cpp
from reference_samplers import (
    DIFFERENCES,
    EXACT_SUMS,
    STORED,
    disagreements,
    kept_by_us,
    stored_kept_sets,
)

from tempsampling import fit_temperature

OTHERS = json.loads((STORED / "other_libraries.json").read_text())


def test_the_kept_sets_are_those_of_transformers():
    compared = undecided = 0
    for kind, logits, name, setting, kept in stored_kept_sets():
        for typed in (logits, logits.astype(np.float32)):
            differ, close = disagreements(name, setting, typed, kept)
            assert not differ, (kind, name, setting, differ)
            compared, undecided = compared + len(logits), undecided + close
    assert compared - undecided > 10_000
    assert undecided < compared / 50


def test_whole_numbers_and_more_axes_make_no_difference():
    for kind, logits, name, setting, _ in stored_kept_sets():
        if kind == "ties":
            kept = kept_by_us(name, setting, logits)
            blocks = logits.reshape(2, 3, -1, logits.shape[-1])
            assert np.array_equal(kept_by_us(name, setting, logits.astype(int)), kept)
            assert np.array_equal(kept_by_us(name, setting, blocks), kept.reshape(blocks.shape))


@pytest.mark.parametrize(
    ("difference", "theirs"),
    list(zip(DIFFERENCES, OTHERS["transformers differs"], strict=True)),
)
def test_where_we_differ_from_transformers_on_purpose(difference, theirs):
    about, name, setting, logits, ours = difference
    kept = kept_by_us(name, setting, np.float32(logits))
    assert np.flatnonzero(kept).tolist() == ours, about
    assert theirs != ours, about


@pytest.mark.parametrize(
    ("case", "theirs"), list(zip(EXACT_SUMS, OTHERS["exact sums"], strict=True))
)
def test_top_p_stops_at_a_sum_that_is_exactly_p_as_transformers_does(case, theirs):
    probabilities, p, count = case
    assert np.count_nonzero(kept_by_us("top_p", p, np.log(probabilities))) == count
    assert len(theirs) == count


@pytest.mark.parametrize("case", OTHERS["temperatures"], ids=lambda case: str(case["drawn at"]))
def test_the_fitted_temperature_is_that_of_scikit_learn(case):
    fitted = fit_temperature(np.array(case["quarters"]) / 4, case["labels"])
    assert fitted == pytest.approx(case["scikit-learn"], rel=1e-4)


def test_cuts_and_penalties_are_those_of_llama_cpp():
    compared = dict.fromkeys({**reference_llama_cpp.CUTS, **reference_llama_cpp.PENALTIES}, 0)
    for kind, logits, texts, name, setting, theirs in reference_llama_cpp.stored():
        for typed in (logits, logits.astype(np.float32)):
            ours = reference_llama_cpp.ours(name, setting, typed, texts)
            compared[name] += len(ours)
            if name in reference_llama_cpp.CUTS:  # among equals, which are kept is theirs to say
                ours, theirs = np.sort(ours), np.sort(theirs)
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=f"{kind} {name}")
    assert min(compared.values()) > 2000
