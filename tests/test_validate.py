"""Every check of an argument names it, says what would be right, and shows the value."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tempsampling import _validate as validate

NAN, INF = float("nan"), float("inf")


class Silent:
    """Something of a learner's whose repr is broken."""

    def __repr__(self):
        raise RuntimeError("no repr")


def assert_refused(call, kind, message):
    """One error of a kind, in one line, and not a chain of them."""
    with pytest.raises(kind) as caught:
        call()
    said = str(caught.value)
    assert said.startswith(message)
    assert len(said) < 400
    assert "\n" not in said
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


NO_NUMBERS = {
    "text": ("0.7", "'0.7'"),
    "a comma": ("0,7", "'0,7'"),
    "long text": ("9" * 10_000, "'9999999999"),
    "half a character": ("\ud83d", "'\\ud83d'"),
    "nothing": (None, "None"),
    "true": (True, "True"),
    "NumPy's true": (np.True_, "np.True_"),
    "a list": ([1], "[1]"),
    "an array": (np.array([1.0]), "array([1.])"),
    "complex": (1j, "1j"),
    "no repr": (Silent(), "Silent that cannot be written out"),
}


@pytest.mark.parametrize(("value", "shown"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_a_type_error(value, shown):
    real, whole = "x must be a real number, got ", "x must be a whole number, got "
    assert_refused(lambda: validate.real_number(value, "x"), TypeError, real + shown)
    assert_refused(lambda: validate.whole_number(value, "x"), TypeError, whole + shown)


BEYOND = [  # low, high, ends; values that are not within; how the range is said
    (0, 1, "[]", [-0.1, 1.1, NAN, -INF], "from 0 to 1"),
    (0, 1, "(]", [0, 1.1, NAN], "greater than 0 and at most 1"),
    (0, 1, "()", [0, 1, NAN], "greater than 0 and less than 1"),
    (0, 1, "[)", [-1, 1, NAN], "at least 0 and less than 1"),
    (0, INF, "[]", [-1, -(10**300), NAN], "from 0 to infinity"),
    (1, INF, "()", [1, INF, NAN], "greater than 1 and less than infinity"),
    (-INF, INF, "[]", [NAN], "from -infinity to infinity"),
]


@pytest.mark.parametrize(("low", "high", "ends", "values", "said"), BEYOND)
def test_a_number_out_of_range_is_told_the_range(low, high, ends, values, said):
    for value in values:
        message = f"x must be a number {said}, got {str(value)[:50]}"
        assert_refused(
            lambda value=value: validate.real_number(value, "x", low, high, ends),
            ValueError,
            message,
        )


@pytest.mark.parametrize("number", [1, np.int64(1), np.float32(1), np.array(1), Fraction(1), 1.0])
def test_every_kind_of_real_number_is_welcome(number):
    found = validate.real_number(number, "x", 0, 1)
    assert (found, type(found)) == (1.0, float)


@pytest.mark.parametrize("number", [2, np.int8(2), np.uint64(2), np.array(2)])
def test_every_kind_of_whole_number_is_welcome(number):
    found = validate.whole_number(number, "k", most=2)
    assert (found, type(found)) == (2, int)


def test_numbers_of_thousands_of_digits_are_told_in_a_few():
    huge = "int that cannot be written out"
    fit = "x must fit into a float, got "
    assert_refused(lambda: validate.real_number(10**400, "x"), ValueError, fit + "1000000")
    assert_refused(lambda: validate.real_number(10**5000, "x"), ValueError, fit + huge)
    least, most = "k must be at least 1, got ", "k must be at most 9, got "
    assert_refused(lambda: validate.whole_number(-(10**400), "k"), ValueError, least + "-1000")
    assert_refused(lambda: validate.whole_number(10**5000, "k", most=9), ValueError, most + huge)
    assert validate.whole_number(10**400, "k") == 10**400


@pytest.mark.parametrize("value", [1.0, 1.5, NAN, "1"])
def test_a_whole_number_is_not_a_float(value):
    assert_refused(lambda: validate.whole_number(value, "k"), TypeError, "k must be a whole number")


MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
REAL = "z must be an array of real numbers, got "
NO_ARRAYS = {
    "text": ("abc", TypeError, REAL + "'abc'"),
    "numbers as text": (["1", "2"], TypeError, REAL + "['1', '2']"),
    "bytes": (b"12", TypeError, REAL + "b'12'"),
    "objects": (np.array([1, None]), TypeError, REAL + "array(["),
    "complex": ([1j, 2], TypeError, REAL + "[1j, 2]"),
    "booleans": ([True, False], TypeError, REAL + "[True, False]"),
    "a set": ({1.0}, TypeError, REAL + "{1.0}"),
    "a dictionary": ({"a": 1}, TypeError, REAL + "{'a': 1}"),
    "a huge integer": ([1, 10**400], TypeError, REAL + "[1, 1000"),
    "no repr": (Silent(), TypeError, REAL + "Silent that cannot"),
    "nothing": (None, TypeError, REAL + "None"),
    "masked": (MASKED, TypeError, "z must be a plain array, got a masked one: fill it first"),
    "masked rows": ([MASKED], TypeError, "z must be a plain array, got a masked one: fill it"),
    "ragged": ([[1.0], [1.0, 2.0]], ValueError, "z must be rectangular, got [[1.0], [1.0, 2.0]]"),
    "a single number": (3.0, ValueError, "z must have at least one axis, got the single number 3"),
    "empty": ([], ValueError, "z must not be empty along axis 0, got shape (0,)"),
}


@pytest.mark.parametrize(("value", "kind", "message"), NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_what_is_no_array_of_numbers_is_told_what_it_is(value, kind, message):
    assert_refused(lambda: validate.real_array(value, "z", axis=-1), kind, message)


AXES = [(1, ValueError, "1"), (10**30, ValueError, "1000000"), (0.5, TypeError, "0.5")]


@pytest.mark.parametrize(("axis", "kind", "shown"), [*AXES, ("x", TypeError, "'x'")])
def test_an_axis_must_be_one_of_the_array(axis, kind, shown):
    message = f"axis must be one of z of shape (3,), got {shown}"
    assert_refused(lambda: validate.real_array([1, 2, 3], "z", axis), kind, message)


NO_LOGITS = {
    "nan": ([1.0, NAN], "logits must be finite or minus infinity, got nan"),
    "1e309": ([1.0, 1e309], "logits must be finite or minus infinity, got inf"),
    "nothing possible": ([-INF, -INF], "logits must hold at least one finite value along axis -1"),
    "one row impossible": ([[1, 2], [-INF, -INF]], "logits must hold at least one finite value"),
}


@pytest.mark.parametrize(("value", "message"), NO_LOGITS.values(), ids=NO_LOGITS)
def test_logits_are_finite_or_minus_infinity(value, message):
    assert_refused(lambda: validate.logit_array(value), ValueError, message)


READABLE = {  # what holds the logits 1, 2, 3 in another way
    "from behind": np.array([3.0, 2.0, 1.0])[::-1],
    "big-endian": np.array([1, 2, 3], ">f8"),
    "half precision": np.array([1, 2, 3], np.float16),
    "bytes of integers": np.array([1, 2, 3], np.int8),
    "unsigned": np.array([1, 2, 3], np.uint64),
    "a tuple": (1, 2, 3),
    "a range": range(1, 4),
    "a memory view": memoryview(np.array([1.0, 2.0, 3.0])),
}


@pytest.mark.parametrize("value", READABLE.values(), ids=READABLE)
def test_logits_may_be_held_in_any_way(value):
    array = validate.logit_array(value)
    assert array.tolist() == [1, 2, 3]
    assert array.itemsize >= 4


def test_large_arrays_of_floats_are_not_copied():
    for kind in (np.float32, np.float64):
        given = np.zeros(9, kind)
        assert validate.logit_array(given) is given


NO_PROBABILITIES = {
    "more than 1 in all": ([0.5, 0.6], "probabilities must sum to 1 along axis -1, got a sum of 1"),
    "negative": ([1.5, -0.5], "probabilities must be from 0 to 1, got -0.5"),
    "nan": ([NAN, 1.0], "probabilities must be from 0 to 1, got nan"),
    "one row of two": ([[0.5, 0.5], [0.5, 0.4]], "probabilities must sum to 1 along axis -1"),
}


@pytest.mark.parametrize(("value", "message"), NO_PROBABILITIES.values(), ids=NO_PROBABILITIES)
def test_probabilities_are_not_negative_and_sum_to_one(value, message):
    assert_refused(lambda: validate.probability_array(value), ValueError, message)


NO_INDICES = {
    "below 0": ([-1], ValueError, "tokens must be from 0 to 8, got -1"),
    "too large": ([[1, 9]], ValueError, "tokens must be from 0 to 8, got 9"),
    "halves": ([1.5], TypeError, "tokens must be whole numbers, got [1.5]"),
    "empty": ([], ValueError, "tokens must not be empty, got shape (0,)"),
    "text": (["a"], TypeError, "tokens must be whole numbers, got ['a']"),
}


@pytest.mark.parametrize(("value", "kind", "message"), NO_INDICES.values(), ids=NO_INDICES)
def test_indices_are_whole_numbers_below_a_bound(value, kind, message):
    assert_refused(lambda: validate.index_array(value, "tokens", 9), kind, message)


def test_a_generator_is_made_of_a_seed_or_passed_on():
    rng = np.random.default_rng(1)
    assert validate.generator(rng) is rng
    assert validate.generator(3).random() == np.random.default_rng(3).random()
    assert validate.generator(None).random() != validate.generator(None).random()
    for value in (1.5, "0", np.random.RandomState(0)):
        message = "seed must be a seed, a numpy.random.Generator or None, got "
        assert_refused(lambda value=value: validate.generator(value, "seed"), TypeError, message)
    message = "rng must be at least 0, got -1"
    assert_refused(lambda: validate.generator(-1), ValueError, message)


@pytest.mark.parametrize("value", ["a b", b"ab", 7, None, np.array(5)])
def test_what_cannot_be_listed_is_a_type_error(value):
    assert_refused(lambda: validate.listed(value, "texts"), TypeError, "texts must be a list, got ")


def test_a_list_is_not_empty_and_may_come_from_anything():
    assert_refused(lambda: validate.listed([], "texts"), ValueError, "texts must not be empty")
    assert validate.listed(iter("ab"), "texts") == ["a", "b"]


@pytest.mark.parametrize("value", [b"a", 7, NAN, {"a"}, None])
def test_what_is_no_string_is_a_type_error(value):
    message = f"text must be a string, got {value!r}"
    assert_refused(lambda: validate.string(value, "text"), TypeError, message)


def test_half_a_character_cannot_be_written():
    message = "text must not hold half a character, got '\\ud83d'"
    assert validate.string("a\ud83d", "text") == "a\ud83d"
    half = lambda: validate.string("a\ud83d", "text", whole=True)  # noqa: E731
    assert_refused(half, ValueError, message)
    assert validate.string("🌡️", "text", whole=True) == "🌡️"


def test_one_of_some_names_is_told_which_there_are():
    known = ("top-k", "top-p")
    message = "baseline must be one of top-k, top-p, got 'top-q'"
    assert_refused(lambda: validate.one_of("top-q", "baseline", known), ValueError, message)
    assert_refused(lambda: validate.one_of(["top-k"], "baseline", known), TypeError, "baseline")


def test_values_are_shown_in_one_short_line():
    assert validate.shorten(np.arange(6).reshape(2, 3)) == "array([[0, 1, 2], [3, 4, 5]])"
    assert len(validate.shorten("x" * 1000)) == 60
    assert validate.shorten(math.pi) == "3.141592653589793"
