"""Levels and thresholds against exact rationals, ml_dtypes and numpy: every level, every midpoint, every narrow source.

Rounding to nearest is a step function that never decreases. Two of them that agree on every level, at every midpoint
and at the float64 next to it on either side agree on all of float64.
"""

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats import ElementFormat, FloatFormat, IntegerFormat, Rounding, formats
from precisionlab.formats.exact import decode_exact, rounded
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.nearest import MAX_BITS, clipping_of, levels_of

Floats = NDArray[np.float64]

TABULATED = [format_ for name, format_ in ELEMENTS.items() if format_.bits <= MAX_BITS and name != "bool"]
"""All but booleans, to which nothing is quantized: most of their patterns are not canonical."""
NARROW_SOURCES = ("float16", "bfloat16")
CASTS = [
    format_
    for format_ in TABULATED
    if isinstance(format_, FloatFormat) and (hasattr(ml_dtypes, format_.name) or format_.name == "float16")
]
"""Floats that ml_dtypes or numpy casts to."""
STRIDE = 41
"""Every so many midpoints of formats of 16 bits are compared in exact arithmetic; a prime, so that ties alternate."""
by_format = pytest.mark.parametrize("format_", TABULATED, ids=lambda format_: format_.name)
by_cast = pytest.mark.parametrize("format_", CASTS, ids=lambda format_: format_.name)


def exactly(value: float, format_: ElementFormat) -> float:
    """The nearest number of a format in exact arithmetic, beyond the ends the ends."""
    ladder = ladder_of(format_)
    rung = rounded(Fraction(value), ladder, Rounding.NEAREST_EVEN)
    return float(ladder.value(min(max(rung, ladder.lowest), ladder.highest)))


def sorted_numbers(format_: ElementFormat) -> list[Fraction]:
    """The finite numbers that patterns stand for, each once."""
    decoded = (decode_exact(pattern, format_) for pattern in range(1 << format_.bits))
    return sorted({number for number in decoded if isinstance(number, Fraction)})


def kind_of(format_: ElementFormat) -> np.dtype[np.generic]:
    """The dtype of that name."""
    return np.dtype(getattr(ml_dtypes, format_.name, format_.name))


def cast(values: NDArray[np.float32], format_: FloatFormat) -> Floats:
    """What the library makes of binary32 numbers, saturated; what is below the numbers of an unsigned format its least.

    From 2^-127 to 2^-126, where binary32 is subnormal, ml_dtypes 0.6 rounds all up to the latter in E8M0.
    """
    with np.errstate(all="ignore"):
        made = values.astype(kind_of(format_)).astype(np.float64)
    ends = np.where(values > 0, format_.max_finite, -format_.max_finite if format_.signed else format_.min_positive)
    is_wrong = (values < 1.5 * 2.0**-127) & (made > 2.0**-127) & (format_.name == "float8_e8m0fnu")
    return np.where(is_wrong, 2.0**-127, np.where(np.isfinite(made), made, ends))


@by_format
def test_levels_are_the_finite_numbers_in_order(format_: ElementFormat) -> None:
    """Each once, zero of positive sign, and thresholds between them."""
    levels = levels_of(format_)
    assert levels.numbers.tolist() == [float(number) for number in sorted_numbers(format_)]
    assert not np.signbit(levels.numbers[levels.numbers == 0]).any()
    assert (levels.thresholds >= levels.numbers[:-1]).all()
    assert (levels.thresholds <= levels.numbers[1:]).all()


@by_format
def test_every_level_rounds_to_itself(format_: ElementFormat) -> None:
    """Of either zero the positive one."""
    numbers = levels_of(format_).numbers
    np.testing.assert_array_equal(levels_of(format_).nearest(numbers), numbers)
    np.testing.assert_array_equal(levels_of(format_).nearest(-numbers[numbers == 0]), numbers[numbers == 0])


@by_format
def test_rounding_is_exact_at_and_next_to_every_midpoint(format_: ElementFormat) -> None:
    """In rationals; of formats of 16 bits at every 41st midpoint."""
    ladder = ladder_of(format_)
    rungs = range(ladder.lowest, ladder.highest, STRIDE if format_.bits == MAX_BITS else 1)
    middles = np.array([float(ladder.midpoint(rung)) for rung in rungs])
    points = np.concatenate([np.nextafter(middles, -np.inf), middles, np.nextafter(middles, np.inf)])
    wanted = [exactly(point, format_) for point in points.tolist()]
    assert levels_of(format_).nearest(points).tolist() == wanted


@by_format
@settings(max_examples=25)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_rounded_exactly(format_: ElementFormat, value: float) -> None:
    """All of float64, far beyond the ends too."""
    assert levels_of(format_).nearest(np.array([value])).item() == exactly(value, format_)


@by_cast
@pytest.mark.parametrize("source", NARROW_SOURCES)
def test_every_narrow_number_becomes_what_the_library_casts_it_to(format_: FloatFormat, source: str) -> None:
    """All finite float16 and bfloat16 numbers, which binary32 holds, so that the library rounds once."""
    patterns = np.arange(1 << 16, dtype=np.uint16).view(getattr(ml_dtypes, source, source))
    with np.errstate(invalid="ignore"):
        values = patterns.astype(np.float32)
    values = values[np.isfinite(values)]
    np.testing.assert_array_equal(levels_of(format_).nearest(values.astype(np.float64)), cast(values, format_))


@by_cast
def test_every_midpoint_goes_where_the_library_sends_it(format_: FloatFormat) -> None:
    """With the binary32 numbers on either side, for formats of 16 bits too."""
    numbers = levels_of(format_).numbers
    middles = (numbers[:-1] / 2 + numbers[1:] / 2).astype(np.float32)
    around = [middles, *(np.nextafter(middles, np.float32(end)) for end in (-np.inf, np.inf))]
    points = np.concatenate(around)
    np.testing.assert_array_equal(levels_of(format_).nearest(points.astype(np.float64)), cast(points, format_))


@pytest.mark.parametrize(
    "format_", [one for one in TABULATED if isinstance(one, IntegerFormat)], ids=lambda format_: format_.name
)
def test_integers_round_half_to_even_and_saturate(format_: IntegerFormat) -> None:
    """Every half and quarter across the range and beyond, by numpy."""
    steps = np.arange(4 * format_.minimum - 9, 4 * format_.maximum + 10) / 4
    wanted = np.clip(np.rint(steps), format_.minimum, format_.maximum)
    np.testing.assert_array_equal(levels_of(format_).nearest(steps), wanted)


@by_format
def test_beyond_the_ends_stand_the_ends(format_: ElementFormat) -> None:
    """Up to infinity."""
    levels = levels_of(format_)
    ends = levels.nearest(np.array([-np.inf, -1e308, 1e308, np.inf]))
    assert ends.tolist() == [levels.numbers[0], *exact_ends(format_), levels.numbers[-1]]


def exact_ends(format_: ElementFormat) -> tuple[float, float]:
    """What the largest numbers of float64 become."""
    return exactly(-1e308, format_), exactly(1e308, format_)


CLIPPING = {
    "float4_e2m1fn": (-7.0, 7.0),  # 6, and 8 would be next
    "float8_e4m3fn": (-464.0, 464.0),  # 448, and 480 is NaN
    "float8_e4m3fnuz": (-248.0, 248.0),
    "float8_e5m2": (-61440.0, 61440.0),
    "float16": (-65520.0, 65520.0),
    "bfloat16": (-(2.0**128 - 2.0**119), 2.0**128 - 2.0**119),
    "float8_e8m0fnu": (2.0**-128, 1.5 * 2.0**127),  # from its least number to 0, where nothing is
    "int8": (-128.5, 127.5),
    "int2": (-2.5, 1.5),
    "uint4": (-0.5, 15.5),
    "sign_magnitude8": (-127.5, 127.5),
    "posit8": (-(2.0**24) * 1.5 + 2.0**19, 2.0**24 * 1.5 - 2.0**19),  # 2^24 after 2^20
    "binary": (-2.0, 2.0),
    "ternary": (-1.5, 1.5),
    "iq4_nl_table": (-138.5, 125.0),  # -127 after -104, 113 after 89
    "float64": (-math.inf, math.inf),
}
"""By hand."""


@pytest.mark.parametrize(("name", "ends"), CLIPPING.items(), ids=CLIPPING)
def test_clipping_begins_half_a_step_beyond_the_ends(name: str, ends: tuple[float, float]) -> None:
    """By hand; where half a step lies beyond float64 nothing is clipped."""
    assert clipping_of(formats.element(name)) == pytest.approx(ends, rel=1e-15)


@pytest.mark.parametrize("format_", [one for one in CASTS if one.nans.name != "NONE"], ids=lambda format_: format_.name)
def test_what_is_clipped_overflows_in_the_library(format_: FloatFormat) -> None:
    """Next above the bound a cast gives infinity or NaN, next below it gives the largest number."""
    bound = np.float32(levels_of(format_).clipped_above)
    around = np.array([np.nextafter(bound, np.float32(0)), np.nextafter(bound, np.float32(np.inf))])
    with np.errstate(all="ignore"):
        made = around.astype(kind_of(format_)).astype(np.float64)
    assert np.isfinite(made).tolist() == [True, False]
    assert made[0] == format_.max_finite


@pytest.mark.parametrize("name", ["tfloat32", "posit32", "float64", "int32"])
def test_wider_formats_are_refused(name: str) -> None:
    """Their numbers would not fit a small table."""
    with pytest.raises(FormatError, match=f"{name}: has more than 16 bits"):
        levels_of(formats.element(name))
