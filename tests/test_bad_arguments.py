"""Every bad argument is an error that names the argument and the value."""

from fractions import Fraction

import numpy as np
import pytest

import tempsampling as ts

NAN, INF = float("nan"), float("inf")
Z = [1.0, 2.0, 3.0]
P = [0.5, 0.25, 0.25]
RAGGED = [[0.5], [0.5, 0.2]]
TEXTS = [["a", "b"], ["a", "c"]]

# what is called, the error, the argument, the value as it must appear
TABLE = [
    # logits, everywhere
    (lambda: ts.softmax("abc"), TypeError, "logits", "'abc'"),
    (lambda: ts.softmax([[1.0], [1.0, 2.0]]), ValueError, "logits", "[[1.0], [1.0, 2.0]]"),
    (lambda: ts.softmax([True, False]), TypeError, "logits", "[True, False]"),
    (lambda: ts.softmax([1j, 2j]), TypeError, "logits", "1j"),
    (lambda: ts.softmax([]), ValueError, "logits", "(0,)"),
    (lambda: ts.softmax(3.0), ValueError, "logits", "3.0"),
    (lambda: ts.softmax([1, NAN]), ValueError, "logits", "nan"),
    (lambda: ts.softmax([1, INF]), ValueError, "logits", "inf"),
    (lambda: ts.softmax([-INF, -INF]), ValueError, "logits", "-inf"),
    (lambda: ts.softmax(np.ma.array(Z)), TypeError, "logits", "masked"),
    (lambda: ts.softmax(None), TypeError, "logits", "None"),
    (lambda: ts.softmax([[1, 2], [-INF, -INF]]), ValueError, "logits", "-inf"),
    (lambda: ts.log_softmax([NAN]), ValueError, "logits", "nan"),
    (lambda: ts.softmax(Z, axis=1), ValueError, "axis", "1"),
    (lambda: ts.softmax(Z, axis=0.5), TypeError, "axis", "0.5"),
    (lambda: ts.sample([[1, 2], [-INF, -INF]]), ValueError, "logits", "-inf"),
    (lambda: ts.truncate([1, NAN]), ValueError, "logits", "nan"),
    (lambda: ts.top_p([1, -INF, NAN], 0.5), ValueError, "logits", "nan"),
    (lambda: ts.top_k(None, 3), TypeError, "logits", "None"),
    (lambda: ts.typical_p(np.empty((3, 0)), 0.5), ValueError, "logits", "(3, 0)"),
    (lambda: ts.fit_temperature([INF, 1], 0), ValueError, "logits", "inf"),
    (lambda: ts.edt_temperature([NAN], 1.0, 0.5), ValueError, "logits", "nan"),
    (lambda: ts.dynamic_temperature([-INF], 1.0, 0.5), ValueError, "logits", "-inf"),
    (lambda: ts.Mirostat(3.0).sample([Z, Z]), ValueError, "logits", "(2, 3)"),
    # temperature
    (lambda: ts.softmax(Z, -1), ValueError, "temperature", "-1"),
    (lambda: ts.log_softmax(Z, NAN), ValueError, "temperature", "nan"),
    (lambda: ts.softmax(Z, "1"), TypeError, "temperature", "'1'"),
    (lambda: ts.softmax(Z, True), TypeError, "temperature", "True"),
    (lambda: ts.truncate(Z, temperature=-0.5), ValueError, "temperature", "-0.5"),
    (lambda: ts.sample(Z, temperature=None), TypeError, "temperature", "None"),
    (lambda: ts.sample(Z, temperature=[1.0]), TypeError, "temperature", "[1.0]"),
    (lambda: ts.edt_temperature(Z, INF, 0.5), ValueError, "temperature", "inf"),
    (lambda: ts.dynamic_temperature(Z, -1.0, 0.5), ValueError, "temperature", "-1.0"),
    # truncation
    (lambda: ts.top_k(Z, 0), ValueError, "k", "0"),
    (lambda: ts.top_k(Z, -3), ValueError, "k", "-3"),
    (lambda: ts.top_k(Z, 2.0), TypeError, "k", "2.0"),
    (lambda: ts.top_k(Z, True), TypeError, "k", "True"),
    (lambda: ts.top_k(Z, None), TypeError, "k", "None"),
    (lambda: ts.top_p(Z, 0), ValueError, "p", "0"),
    (lambda: ts.top_p(Z, 1.1), ValueError, "p", "1.1"),
    (lambda: ts.top_p(Z, NAN), ValueError, "p", "nan"),
    (lambda: ts.top_p(Z, "0.9"), TypeError, "p", "'0.9'"),
    (lambda: ts.min_p(Z, -0.1), ValueError, "p", "-0.1"),
    (lambda: ts.min_p(Z, 1.1), ValueError, "p", "1.1"),
    (lambda: ts.typical_p(Z, 0.0), ValueError, "p", "0.0"),
    (lambda: ts.epsilon_cutoff(Z, 1), ValueError, "epsilon", "1"),
    (lambda: ts.epsilon_cutoff(Z, 0), ValueError, "epsilon", "0"),
    (lambda: ts.eta_cutoff(Z, NAN), ValueError, "epsilon", "nan"),
    (lambda: ts.eta_cutoff(Z, [0.1]), TypeError, "epsilon", "[0.1]"),
    # numbers that no float holds, arrays that are not rectangular or masked
    (lambda: ts.softmax(Z, 10**400), ValueError, "temperature", "1000"),
    (lambda: ts.edt_temperature(Z, 1.0, 10**400), ValueError, "theta", "1000"),
    (lambda: ts.pass_at_k(0.5, 10**400), ValueError, "k", "1000"),
    (lambda: ts.pass_at_k(RAGGED, 2), ValueError, "p", "rectangular"),
    (lambda: ts.sample(Z, noise=RAGGED), ValueError, "noise", "rectangular"),
    (lambda: ts.confidence_temperature(RAGGED), ValueError, "confidence", "rectangular"),
    (lambda: ts.calibration_error_floor(RAGGED), ValueError, "confidences", "rectangular"),
    (lambda: ts.reliability([0.5, 0.6], [[1], [0, 1]]), ValueError, "correct", "rectangular"),
    (lambda: ts.fit_temperature([Z], [[0], [0, 1]]), ValueError, "labels", "rectangular"),
    (lambda: ts.reliability([0.5], np.ma.array([1])), TypeError, "correct", "masked"),
    (lambda: ts.pass_at_k(np.ma.array([0.5]), 2), TypeError, "p", "masked"),
    (lambda: ts.distinct_n(np.array(5), 1), TypeError, "texts", "5"),
    (lambda: ts.distinct_n([np.array(5)], 1), TypeError, "texts", "5"),
    (lambda: ts.unique_fraction(np.array(5)), TypeError, "items", "5"),
    # the chain
    (lambda: ts.truncate(Z, top_k=0), ValueError, "top_k", "0"),
    (lambda: ts.truncate(Z, top_p=0.0), ValueError, "top_p", "0.0"),
    (lambda: ts.sample(Z, top_p=2), ValueError, "top_p", "2"),
    (lambda: ts.sample(Z, min_p=NAN), ValueError, "min_p", "nan"),
    (lambda: ts.sample(Z, top_k="50"), TypeError, "top_k", "'50'"),
    (lambda: ts.truncate(Z, order=("temperature",)), ValueError, "order", "('temperature',)"),
    (lambda: ts.truncate(Z, order="temperature"), ValueError, "order", "'temperature'"),
    (lambda: ts.truncate(Z, order=None), ValueError, "order", "None"),
    (lambda: ts.sample(Z, order=["top_k"] * 4), ValueError, "order", "top_k"),
    # drawing
    (lambda: ts.sample(Z, size=-1), ValueError, "size", "-1"),
    (lambda: ts.sample(Z, size=2.5), TypeError, "size", "2.5"),
    (lambda: ts.sample(Z, size=(2, "3")), TypeError, "size", "'3'"),
    (lambda: ts.sample(Z, rng=-1), ValueError, "rng", "-1"),
    (lambda: ts.sample(Z, rng=1.5), TypeError, "rng", "1.5"),
    (lambda: ts.sample(Z, rng=np.random.RandomState(0)), TypeError, "rng", "RandomState"),
    (lambda: ts.sample(Z, noise=1.0), ValueError, "noise", "1.0"),
    (lambda: ts.sample(Z, noise=[0.5, -0.1]), ValueError, "noise", "-0.1"),
    (lambda: ts.sample(Z, noise=[NAN]), ValueError, "noise", "nan"),
    (lambda: ts.sample(Z, noise="0.5"), TypeError, "noise", "'0.5'"),
    (lambda: ts.sample([Z, Z], noise=[0.1, 0.2, 0.3]), ValueError, "noise", "(3,)"),
    (lambda: ts.sample([Z, Z], noise=0.5), ValueError, "noise", "()"),
    (lambda: ts.sample(Z, noise=0.5, rng=0), ValueError, "noise", "rng"),
    (lambda: ts.sample(Z, noise=[0.5], size=1), ValueError, "noise", "size"),
    # entropy and other functions of probabilities
    (lambda: ts.entropy([0.5, 0.6]), ValueError, "probabilities", "1.1"),
    (lambda: ts.entropy([1.5, -0.5]), ValueError, "probabilities", "-0.5"),
    (lambda: ts.entropy([]), ValueError, "probabilities", "(0,)"),
    (lambda: ts.entropy("half"), TypeError, "probabilities", "'half'"),
    (lambda: ts.entropy(P, base=NAN), ValueError, "base", "nan"),
    (lambda: ts.entropy(P, base=1), ValueError, "base", "1.0"),
    (lambda: ts.entropy(P, base="e"), TypeError, "base", "'e'"),
    (lambda: ts.effective_number([NAN, 1.0]), ValueError, "probabilities", "nan"),
    (lambda: ts.tail_mass([0.5], 1), ValueError, "probabilities", "0.5"),
    (lambda: ts.tail_mass(P, 0), ValueError, "outside_top", "0"),
    (lambda: ts.tail_mass(P, 1.0), TypeError, "outside_top", "1.0"),
    (lambda: ts.pass_at_k(1.5, 2), ValueError, "p", "1.5"),
    (lambda: ts.pass_at_k([0.5, NAN], 2), ValueError, "p", "nan"),
    (lambda: ts.pass_at_k("0.5", 2), TypeError, "p", "'0.5'"),
    (lambda: ts.pass_at_k(0.5, 0), ValueError, "k", "0"),
    (lambda: ts.pass_at_k_estimate(10, 11, 1), ValueError, "c", "11"),
    (lambda: ts.pass_at_k_estimate(10, -1, 1), ValueError, "c", "-1"),
    (lambda: ts.pass_at_k_estimate(10, 5, 11), ValueError, "k", "11"),
    (lambda: ts.pass_at_k_estimate(10.0, 5, 1), TypeError, "n", "10.0"),
    # texts
    (lambda: ts.distinct_n("a b c", 1), TypeError, "texts", "'a b c'"),
    (lambda: ts.distinct_n(["a b", "c d"], 1), TypeError, "texts", "'a b'"),
    (lambda: ts.distinct_n([], 1), ValueError, "texts", "[]"),
    (lambda: ts.distinct_n(TEXTS, 0), ValueError, "n", "0"),
    (lambda: ts.distinct_n(TEXTS, 3), ValueError, "texts", "3"),
    (lambda: ts.distinct_n(7, 3), TypeError, "texts", "7"),
    (lambda: ts.repetition_rate(TEXTS, 1.0), TypeError, "n", "1.0"),
    (lambda: ts.repetition_rate([[["a"], ["b"]]], 1), TypeError, "tokens", "['a']"),
    (lambda: ts.self_bleu([["a", "b"]]), ValueError, "texts", "[['a', 'b']]"),
    (lambda: ts.self_bleu(TEXTS, n=0), ValueError, "n", "0"),
    (lambda: ts.ends_in_loop("a b a b"), TypeError, "text", "'a b a b'"),
    (lambda: ts.unique_fraction([]), ValueError, "items", "[]"),
    (lambda: ts.unique_fraction([["a"]]), TypeError, "items", "['a']"),
    (lambda: ts.unique_fraction("aab"), TypeError, "items", "'aab'"),
    # calibration
    (lambda: ts.reliability([1.2], [1]), ValueError, "confidences", "1.2"),
    (lambda: ts.reliability([0.5], [2]), ValueError, "correct", "2"),
    (lambda: ts.reliability([0.5], ["yes"]), TypeError, "correct", "'yes'"),
    (lambda: ts.reliability([0.5, 0.6], [1]), ValueError, "correct", "(1,)"),
    (lambda: ts.reliability([], []), ValueError, "confidences", "(0,)"),
    (lambda: ts.reliability([0.5], [1], bins=0), ValueError, "bins", "0"),
    (lambda: ts.expected_calibration_error([0.5], [1], 1.5), TypeError, "bins", "1.5"),
    (lambda: ts.calibration_error_floor([NAN]), ValueError, "confidences", "nan"),
    (lambda: ts.calibration_error_floor([0.5], repeats=0), ValueError, "repeats", "0"),
    (lambda: ts.fit_temperature([Z], [3]), ValueError, "labels", "3"),
    (lambda: ts.fit_temperature([Z], [-1]), ValueError, "labels", "-1"),
    (lambda: ts.fit_temperature([Z], [0.0]), TypeError, "labels", "[0.0]"),
    (lambda: ts.fit_temperature([Z], 0), ValueError, "labels", "()"),
    (lambda: ts.fit_temperature([[1, -INF]], [1]), ValueError, "labels", "1"),
    (lambda: ts.fit_temperature(np.ones((2, 3)), [0, 1]), ValueError, "logits", "equal"),
    (lambda: ts.fit_temperature(np.empty((0, 3)), np.empty(0, int)), ValueError, "labels", "(0,)"),
    # adaptive temperature
    (lambda: ts.confidence_temperature(NAN), ValueError, "confidence", "nan"),
    (lambda: ts.confidence_temperature("high"), TypeError, "confidence", "'high'"),
    (lambda: ts.confidence_temperature(0.5, -1, 2), ValueError, "lowest", "-1"),
    (lambda: ts.confidence_temperature(0.5, 2, 1), ValueError, "highest", "1.0"),
    (lambda: ts.confidence_temperature(0.5, 0.5, INF), ValueError, "highest", "inf"),
    (lambda: ts.edt_temperature(Z, 1.0, -0.1), ValueError, "theta", "-0.1"),
    (lambda: ts.edt_temperature(Z, 1.0, None), TypeError, "theta", "None"),
    (lambda: ts.dynamic_temperature(Z, 1.0, NAN), ValueError, "spread", "nan"),
    (lambda: ts.dynamic_temperature(Z, 1.0, 0.5, 0), ValueError, "exponent", "0"),
    (lambda: ts.Mirostat(0), ValueError, "tau", "0"),
    (lambda: ts.Mirostat(3.0, eta=INF), ValueError, "eta", "inf"),
    (lambda: ts.Mirostat(3.0, rng="0"), TypeError, "rng", "'0'"),
]


@pytest.mark.parametrize(("call", "error", "argument", "value"), TABLE)
def test_a_bad_argument_is_named_with_its_value(call, error, argument, value):
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(argument + " ")
    assert value in message


def test_every_public_function_is_in_the_table():
    called = {name for call, *_ in TABLE for name in call.__code__.co_names}
    assert set(ts.__all__) - {"Reliability"} <= called


@pytest.mark.parametrize("number", [1, np.int64(1), np.float32(1), np.array(1), Fraction(1)])
def test_every_kind_of_real_number_is_welcome(number):
    assert ts.truncate(Z, temperature=number, top_p=number).sum() == pytest.approx(1)


@pytest.mark.parametrize("number", [2, np.int8(2), np.uint64(2), np.array(2)])
def test_every_kind_of_whole_number_is_welcome(number):
    assert np.count_nonzero(ts.truncate(Z, top_k=number)) == 2
    assert np.shape(ts.sample(Z, size=number, rng=number)) == (2,)
