"""Ways of summing side by side: what errors are, what is right, and which way is the cheapest."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats.finding import formats
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Special
from precisionlab.summation.comparing import BY_COST, Comparison, compare
from precisionlab.summation.methods import Way, parse_method
from precisionlab.summation.summands import Numbers, Squares


def comparison(numbers: Sequence[float], methods: str, name: str = "float64") -> Comparison:
    """Of numbers in float64."""
    format_ = formats.element(name)
    assert isinstance(format_, FloatFormat)
    return compare(Numbers(np.array(numbers, np.float64)), [parse_method(one) for one in methods.split()], format_)


def test_every_way_has_its_place() -> None:
    """None is forgotten when the cheapest is looked for."""
    assert sorted(way.value for way in BY_COST) == sorted(way.value for way in Way)


def test_errors_by_hand() -> None:
    """1 + 2^-8 + 2^-8 in bf16, of 8 bits: both small terms are half a unit of 1, and even 1 stays."""
    answer = comparison([1.0, 2.0**-8, 2.0**-8], "recursive neumaier", "bf16")
    recursive, neumaier = answer.outcomes
    assert recursive.total == 1
    assert recursive.deviation.error == Fraction(-1, 128)
    assert recursive.deviation.relative_error == Fraction(-1, 128) / (1 + Fraction(1, 128))
    assert recursive.deviation.error_in_ulps == -1
    assert recursive.right_digits == pytest.approx(math.log10(129))
    assert recursive.is_right
    assert neumaier.total == 1 + Fraction(1, 128)
    assert neumaier.right_digits == pytest.approx(8 * math.log10(2))
    assert answer.absorbed == 2
    assert answer.condition == 1
    assert answer.rounding.error == 0
    assert answer.cheapest_right is recursive


def test_more_than_one_unit_is_not_right() -> None:
    """One more small term than above."""
    answer = comparison([1.0, *[2.0**-8] * 3], "exact klein neumaier recursive", "bf16")
    assert [outcome.is_right for outcome in answer.outcomes] == [True, True, True, False]
    assert answer.outcomes[-1].deviation.error_in_ulps == Fraction(-3, 2)
    assert answer.cheapest_right is not None
    assert answer.cheapest_right.method.name == "neumaier"


def test_the_cheapest_does_not_depend_on_the_order_asked_for() -> None:
    """Between methods of one way the smaller parameter is cheaper."""
    answer = comparison([1.0, 2.0], "exact sumk:4 sumk:3")
    assert answer.cheapest_right is not None
    assert answer.cheapest_right.method.name == "sumk:3"
    assert comparison([1.0, 1e-30, -1.0], "recursive kahan").cheapest_right is None


def test_the_condition_number() -> None:
    """Infinite where all cancels, 1 where nothing can."""
    assert comparison([1.0, -1.0], "exact").condition is Special.INFINITY
    assert comparison([3.0, -1.0], "exact").condition == 2
    assert comparison([0.0, 0.0], "exact").condition == 1
    assert comparison([], "exact").condition == 1
    assert comparison([math.inf], "exact").condition is Special.NAN


def test_a_sum_of_zero() -> None:
    """What misses it misses it infinitely, in units of the smallest number."""
    answer = comparison([1.0, 2.0**-60, -1.0, -(2.0**-60)], "recursive exact")
    recursive, exact = answer.outcomes
    assert recursive.deviation.relative_error is Special.NEGATIVE_INFINITY
    assert recursive.deviation.error_in_ulps == -(2 ** (1074 - 60))
    assert recursive.right_digits == 0
    assert exact.deviation.relative_error == 0
    assert exact.is_right


def test_specials() -> None:
    """They have no errors, and are right where they are what the sum becomes."""
    answer = comparison([1.0, math.nan, math.inf, -math.inf], "recursive exact")
    assert (answer.n_terms, answer.n_nan, answer.n_infinite) == (4, 1, 2)
    assert answer.total is Special.NAN
    for outcome in answer.outcomes:
        assert (outcome.total, outcome.deviation.error, outcome.right_digits) == (Special.NAN, None, None)
        assert outcome.is_right
    assert not answer.is_beyond
    assert comparison([math.inf, 1.0], "exact", "e4m3fn").outcomes[0].total is Special.NAN


@pytest.mark.parametrize(
    ("name", "rounded"),
    [("float16", Special.INFINITY), ("e4m3fn", Special.NAN), ("float4_e2m1fn", Fraction(6))],
)
def test_sums_beyond_the_format(name: str, rounded: object) -> None:
    """Infinity, NaN or the largest number: what the format has for them."""
    answer = comparison([40000.0, 40000.0], "exact", name)
    assert (answer.rounded, answer.outcomes[0].total) == (rounded, rounded)
    assert answer.is_beyond
    assert answer.outcomes[0].is_right
    assert not comparison([1.0, 1.0], "exact", name).is_beyond


def test_rounding_is_felt_where_the_numbers_cancel() -> None:
    """1.003 is 1 in bf16; the exact sum of the rounded numbers is 0."""
    answer = comparison([1.003, -1.0], "recursive exact", "bf16")
    assert answer.is_rounding_felt
    assert answer.rounding.relative_error == -1
    assert [outcome.is_right for outcome in answer.outcomes] == [False, True]
    assert not comparison([1.003, 1.0], "recursive", "bf16").is_rounding_felt


def test_what_is_refused() -> None:
    """Numbers that are no floats, methods of products for sums, NaN where there is none."""
    double, four_bits = formats.element("float64"), formats.element("float4_e2m1fn")
    assert isinstance(double, FloatFormat)
    assert isinstance(four_bits, FloatFormat)
    with pytest.raises(UsageError, match="is no type that is rounded"):
        compare(Numbers(np.array([1, 2])), [parse_method("exact")], double)
    with pytest.raises(UsageError, match="fma is a way of dot products"):
        compare(Numbers(np.array([1.0])), [parse_method("fma")], double)
    with pytest.raises(FormatError, match="has no NaN"):
        compare(Squares(np.array([math.nan])), [parse_method("exact")], four_bits)
