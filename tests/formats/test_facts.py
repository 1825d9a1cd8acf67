"""Derived landmarks against numpy's and ml_dtypes' constants, C's, and counting."""

import math
import sys
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from precisionlab.formats import FloatFormat
from precisionlab.formats.facts import facts_of, landmarks
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.patterns import decode_all

IN_LIBRARIES = [name for name in ELEMENTS if hasattr(ml_dtypes, name) and "float" in name]
ON_X86 = pytest.mark.skipif(np.finfo(np.longdouble).nmant != 63, reason="long double is not the x87 format here")


@pytest.mark.parametrize("name", [*IN_LIBRARIES, "float16", "float32", "float64"])
def test_landmarks_are_the_libraries(name: str) -> None:
    """Extremes, epsilon and unit roundoff equal those of finfo."""
    facts, published = facts_of(ELEMENTS[name]), ml_dtypes.finfo(name)  # type: ignore[no-untyped-call]
    assert facts.largest_finite == Fraction(float(published.max))
    assert facts.lowest_finite == Fraction(float(published.min))
    assert facts.smallest_normal == Fraction(float(published.smallest_normal))
    assert facts.epsilon == Fraction(float(published.eps))
    assert facts.unit_roundoff == facts.epsilon / 2
    if facts.smallest_subnormal:
        assert facts.smallest_subnormal == Fraction(float(published.smallest_subnormal))
        step = Fraction(float(published.smallest_subnormal))
        assert facts.largest_subnormal == facts.smallest_normal - step


@ON_X86
def test_landmarks_of_x87_are_cs() -> None:
    """LDBL_MAX, LDBL_MIN, LDBL_EPSILON and LDBL_TRUE_MIN."""
    facts, published = facts_of(ELEMENTS["x87"]), np.finfo(np.longdouble)
    assert facts.largest_finite == Fraction(*published.max.as_integer_ratio())
    assert facts.smallest_normal == Fraction(*published.smallest_normal.as_integer_ratio())
    assert facts.epsilon == Fraction(*published.eps.as_integer_ratio())
    assert facts.smallest_subnormal == Fraction(*published.smallest_subnormal.as_integer_ratio())


@pytest.mark.parametrize(
    ("name", "guaranteed", "round_trip"),
    [
        ("half", 3, 5),
        ("bf16", 2, 4),
        ("float32", 6, 9),
        ("float64", sys.float_info.dig, 17),
        ("x87", 18, 21),
        ("binary128", 33, 36),
        ("int8", 2, 3),
        ("int32", 9, 10),
        ("uint64", 19, 20),
    ],
)
def test_decimal_digits_are_cs(name: str, guaranteed: int, round_trip: int) -> None:
    """FLT_DIG, DBL_DIG, LDBL_DIG and the DECIMAL_DIGs as C's headers print them; digits10 of integers as in C++."""
    facts = facts_of(ELEMENTS[name])
    assert (facts.guaranteed_digits, facts.round_trip_digits) == (guaranteed, round_trip)


@pytest.mark.parametrize("name", [name for name in ELEMENTS if 3 < ELEMENTS[name].bits <= 16 and name != "bool"])
def test_landmarks_are_those_of_the_sorted_table(name: str) -> None:
    """In the list of all numbers: the ends, the neighbours of 0 and 1, and where counting by ones first fails."""
    table = decode_all(ELEMENTS[name])
    values, facts = sorted({Fraction(float(v)) for v in table[np.isfinite(table)]}), facts_of(ELEMENTS[name])
    assert (facts.lowest_finite, facts.largest_finite) == (values[0], values[-1])
    assert facts.smallest_positive == min(v for v in values if v > 0)
    assert facts.below_one == max((v for v in values if v < 1), default=None)
    assert facts.above_one == min((v for v in values if v > 1), default=None)
    held, count = set(values), 0
    while Fraction(count + 1) in held:
        count += 1
    assert facts.integers_exact_to == (count or None)
    ratio = float(facts.largest_finite / facts.smallest_positive)
    assert facts.dynamic_range_bits == pytest.approx(math.log2(ratio))
    assert facts.dynamic_range_decades == pytest.approx(math.log10(ratio))


@pytest.mark.parametrize("name", ELEMENTS)
def test_landmarks_come_in_order(name: str) -> None:
    """Every format has at least its ends, and lists its landmarks from the lowest to the largest."""
    values = [value for _, value in landmarks(facts_of(ELEMENTS[name]))]
    assert len(values) >= 2
    assert values == sorted(values)


def test_wide_dynamic_ranges_are_finite() -> None:
    """Quadruple precision spans 2^32,878, far beyond float64."""
    facts = facts_of(ELEMENTS["binary128"])
    assert facts.dynamic_range_bits == pytest.approx(16384 + 16494)
    assert facts.integers_exact_to == 1 << 113


def test_records_that_float64_cannot_express_say_so() -> None:
    """The float property of a wide format overflows instead of answering infinity."""
    format_ = ELEMENTS["binary128"]
    assert isinstance(format_, FloatFormat)
    with pytest.raises(OverflowError):
        _ = format_.max_finite
