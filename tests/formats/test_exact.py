"""Exact encoding and decoding against ml_dtypes, Python's and C's conversions, and the definitions of the modes."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats import FloatFormat, NaNs, Overflow, Rounding
from precisionlab.formats.exact import decode_exact, encode_exact, neighbours, ulp
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.patterns import decode, decode_all
from precisionlab.formats.specials import Number, Special

ML_DTYPES = (
    "float4_e2m1fn",
    "float6_e2m3fn",
    "float6_e3m2fn",
    "float8_e3m4",
    "float8_e4m3",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "bfloat16",
    "int2",
    "uint2",
    "int4",
    "uint4",
    "int8",
    "uint8",
    "int16",
    "uint16",
)
"""Every format of at most 16 bits that ml_dtypes or numpy has."""
CASTABLE = tuple(name for name in ML_DTYPES if "float" in name)
NARROW = tuple(name for name in ELEMENTS if ELEMENTS[name].bits <= 8 and name != "bool")
NARROW_FLOATS = tuple(name for name in NARROW if isinstance(ELEMENTS[name], FloatFormat))


def as_float(number: Number) -> float:
    """The number in float64."""
    return float(number.value if isinstance(number, Special) else number)


def library_values(name: str) -> NDArray[np.float64]:
    """The number of every pattern as the library decodes it."""
    kind = np.dtype(getattr(ml_dtypes, name, name))
    patterns = np.arange(1 << ELEMENTS[name].bits).astype(f"u{kind.itemsize}")
    with np.errstate(invalid="ignore"):  # signalling NaNs
        values: NDArray[np.float64] = patterns.view(kind).astype(np.float64)
    return values


@pytest.mark.parametrize("name", ML_DTYPES)
def test_every_pattern_decodes_as_in_the_library(name: str) -> None:
    """One by one and as arrays, signs of zeros included."""
    published, format_ = library_values(name), ELEMENTS[name]
    step = 1 if format_.bits < 16 else 17
    exact = np.array([as_float(decode_exact(pattern, format_)) for pattern in range(0, len(published), step)])
    for ours, theirs in ((exact, published[::step]), (decode_all(format_), published)):
        np.testing.assert_array_equal(ours, theirs)
        ordinary = ~np.isnan(theirs)
        np.testing.assert_array_equal(np.signbit(ours[ordinary]), np.signbit(theirs[ordinary]))


@pytest.mark.parametrize("name", [name for name in ELEMENTS if ELEMENTS[name].bits <= 16])
def test_arrays_decode_as_single_patterns(name: str) -> None:
    """The vectorised decoding equals the exact one for every narrow format, library or not."""
    format_ = ELEMENTS[name]
    patterns = range(0, 1 << format_.bits, 1 if format_.bits < 16 else 23)
    exact = np.array([as_float(decode_exact(pattern, format_)) for pattern in patterns])
    ours = decode_all(format_)[:: patterns.step]
    np.testing.assert_array_equal(ours, exact)
    ordinary = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(ours[ordinary]), np.signbit(exact[ordinary]))


@pytest.mark.parametrize("name", ["tfloat32", "fp24", "pxr24", "float32", "posit32", "int64", "uint64", "e9m40"])
def test_wide_arrays_decode_as_single_patterns(name: str) -> None:
    """The same for drawn patterns of wider formats; integers beyond 2^53 are rounded to nearest."""
    format_ = ELEMENTS[name]
    drawn = np.random.default_rng(0).integers(0, (1 << format_.bits) - 1, 3000, dtype=np.uint64, endpoint=True)
    exact = np.array([as_float(decode_exact(int(pattern), format_)) for pattern in drawn])
    np.testing.assert_array_equal(decode(drawn, format_), exact)


@pytest.mark.parametrize("name", [name for name in ELEMENTS if ELEMENTS[name].bits <= 12 and name != "bool"])
def test_what_is_decoded_encodes_to_the_same_pattern(name: str) -> None:
    """All patterns but NaNs, which lose their payload, survive decoding and encoding in every mode."""
    format_ = ELEMENTS[name]
    for pattern in range(1 << format_.bits):
        number = decode_exact(pattern, format_)
        if number is not Special.NAN:
            assert {encode_exact(number, format_, mode) for mode in Rounding} == {pattern}


def around_midpoints(name: str) -> NDArray[np.float32]:
    """Numbers of a format, the midpoints of its neighbours and the float32 beside those; both signs.

    Not float64, which ml_dtypes 0.6 rounds twice; nor the one float32 that it rounds up to E8M0's
    second number from below the midpoint.
    """
    values = library_values(name)
    grid = np.unique(np.abs(values[np.isfinite(values)]))
    grid = grid if len(grid) < 300 else np.concatenate([grid[:40], grid[::907], grid[-40:]])
    middles = ((grid[1:] + grid[:-1]) / 2).astype(np.float32)
    with np.errstate(over="ignore"):
        ends = (grid[-1] * np.array([1.01, 1.03125, 1.0625, 1.07, 1.25, 1.5, 4])).astype(np.float32)
    sides = [np.nextafter(middles, np.float32(side)) for side in (np.inf, 0)]
    numbers = np.concatenate([grid.astype(np.float32), middles, *sides, ends])
    numbers = numbers[np.isfinite(numbers) & (numbers != np.nextafter(np.float32(1.5 * 2.0**-127), np.float32(0)))]
    return np.concatenate([numbers, -numbers])


@pytest.mark.parametrize("name", CASTABLE)
def test_nearest_even_is_the_librarys_cast(name: str) -> None:
    """At grid points, midpoints and beside them, and beyond the largest number, the result is ml_dtypes'."""
    numbers = around_midpoints(name)
    with np.errstate(all="ignore"):
        published = numbers.astype(getattr(ml_dtypes, name, name)).astype(np.float64)
    ours = [
        as_float(decode_exact(encode_exact(Fraction(float(number)), ELEMENTS[name]), ELEMENTS[name]))
        for number in numbers
    ]
    np.testing.assert_array_equal(ours, published)


def finite_values(name: str) -> Sequence[tuple[Fraction, int]]:
    """The numbers of a narrow format in order, with one pattern each."""
    table = {Fraction(v): p for p, v in reversed(list(enumerate(decode_all(ELEMENTS[name])))) if math.isfinite(v)}
    return sorted(table.items())


def by_definition(number: Fraction, values: Sequence[tuple[Fraction, int]], rounding: Rounding) -> Fraction:
    """Rounding within the range of a format, from the whole list of its numbers."""
    below = max((v, p) for v, p in values if v <= number)
    above = min((v, p) for v, p in values if v >= number)
    odd = below if below[1] % 2 else above
    even = above if below[1] % 2 else below
    match rounding:
        case Rounding.UP:
            return above[0]
        case Rounding.DOWN:
            return below[0]
        case Rounding.TOWARD_ZERO:
            return min(below[0], above[0], key=abs)
        case Rounding.TO_ODD:
            return number if below == above else odd[0]
        case _:
            distances = number - below[0], above[0] - number
            if distances[0] != distances[1]:
                return below[0] if distances[0] < distances[1] else above[0]
            return even[0] if rounding is Rounding.NEAREST_EVEN else max(below[0], above[0], key=abs)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize(
    "name", [name for name in NARROW if not name.startswith(("posit", "float8_e8m0", "binary")) or "8p" in name]
)
def test_modes_are_their_definitions(name: str, rounding: Rounding) -> None:
    """Within the range, over midpoints, thirds and numbers of formats with a zero; posits have tests of their own."""
    values, format_ = finite_values(name), ELEMENTS[name]
    numbers = [
        low + (high - low) * part
        for (low, _), (high, _) in pairwise(values)
        for part in (0, Fraction(1, 3), Fraction(1, 2), Fraction(2, 3))
    ]
    for number in numbers[:: max(1, len(numbers) // 60)]:
        result = decode_exact(encode_exact(number, format_, rounding), format_)
        rounded = Fraction(0) if result is Special.NEGATIVE_ZERO else result
        assert rounded == by_definition(number, values, rounding)


@pytest.mark.parametrize("name", NARROW_FLOATS)
def test_overflow_is_infinity_nan_or_the_largest_number(name: str) -> None:
    """Far beyond the range the policy and the format decide; rounding toward zero stays."""
    format_ = ELEMENTS[name]
    assert isinstance(format_, FloatFormat)
    largest = Fraction(format_.max_finite)
    expected: Number = largest
    if format_.has_infinities:
        expected = Special.INFINITY
    elif format_.has_nan:
        expected = Special.NAN
    assert decode_exact(encode_exact(100 * largest, format_), format_) == expected
    for arguments in ((Rounding.TOWARD_ZERO,), (Rounding.DOWN,), (Rounding.NEAREST_EVEN, Overflow.SATURATE)):
        assert decode_exact(encode_exact(100 * largest, format_, *arguments), format_) == largest
    assert decode_exact(encode_exact(Special.INFINITY, format_), format_) == expected
    assert decode_exact(encode_exact(Special.INFINITY, format_, overflow=Overflow.SATURATE), format_) == largest


def test_scales_have_no_zero_and_no_sign() -> None:
    """E8M0: small positive numbers become the smallest, ties go up, zero and negative numbers are NaN, as in ml_dtypes."""
    numbers = np.array([0, -1.0, 2.0**-140, 1.5 * 2.0**-128, 1.5, 3, 6, 1.49, 1.5 * 2.0**127], np.float64)
    published = numbers.astype(ml_dtypes.float8_e8m0fnu).astype(float)
    format_ = ELEMENTS["e8m0"]
    ours = [as_float(decode_exact(encode_exact(Fraction(number), format_), format_)) for number in numbers]
    np.testing.assert_array_equal(ours, published)


@pytest.mark.parametrize("name", ["float4_e2m1fn", "int8", "nf4"])
def test_formats_without_nan_refuse_it(name: str) -> None:
    """NaN has no stand-in, and the error names the format."""
    with pytest.raises(FormatError, match=f"{name}: the format has no NaN"):
        encode_exact(Special.NAN, ELEMENTS[name])


rationals = st.builds(
    lambda n, d, e: Fraction(n, d) * Fraction(2) ** e,
    st.integers(-(10**40), 10**40),
    st.integers(1, 10**40),
    st.integers(-1200, 1200),
)


@given(rationals)
@settings(max_examples=300, deadline=None)
def test_float64_is_python_division(number: Fraction) -> None:
    """CPython's conversion of a rational rounds correctly: binary64 agrees with it, overflow included."""
    try:
        expected = float(number)
    except OverflowError:
        expected = math.inf if number > 0 else -math.inf
    assert as_float(decode_exact(encode_exact(number, ELEMENTS["float64"]), ELEMENTS["float64"])) == expected


def rounded_to_113_bits(number: Fraction) -> Fraction:
    """The nearest binary128 number, ties to even, by Python's rounding of rationals to integers."""
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= int(Fraction(2) ** exponent > size)
    unit = Fraction(2) ** (max(exponent, -16382) - 112)
    return round(number / unit) * unit


@given(rationals.filter(bool), st.sampled_from([0, -16390, -16380, 15100]))
@settings(max_examples=300, deadline=None)
def test_binary128_is_rational_rounding(number: Fraction, shift: int) -> None:
    """Normal and subnormal quadruple precision, in all parts of its range."""
    scaled, format_ = number * Fraction(2) ** shift, ELEMENTS["binary128"]
    result = decode_exact(encode_exact(scaled, format_), format_)
    expected = rounded_to_113_bits(scaled)
    assert (Fraction(0) if result is Special.NEGATIVE_ZERO else result) == expected


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_neighbours_and_ulps_are_numpys(name: str) -> None:
    """As nextafter and spacing over drawn patterns and the edges, infinities included."""
    format_, kind = ELEMENTS[name], np.dtype(name)
    top = 1 << format_.bits
    edges = [
        0,
        1,
        2,
        top // 2,
        top // 2 + 1,
        encode_exact(Special.INFINITY, format_),
        encode_exact(Fraction(1), format_),
    ]
    drawn = np.random.default_rng(1).integers(0, top - 1, 2000, dtype=np.uint64, endpoint=True)
    for pattern in [*edges, edges[5] - 1, *drawn.tolist()]:
        value = np.array([pattern], f"u{kind.itemsize}").view(kind)[0]
        if np.isnan(value):
            assert neighbours(pattern, format_) == (None, None)
            continue
        below, above = (None if p is None else as_float(decode_exact(p, format_)) for p in neighbours(pattern, format_))
        with np.errstate(all="ignore"):
            assert below == (None if value == -np.inf else np.nextafter(value, kind.type(-np.inf)))
            assert above == (None if value == np.inf else np.nextafter(value, kind.type(np.inf)))
            if np.isfinite(value) and abs(value) < np.finfo(kind).max:
                assert float(ulp(Fraction(float(value)), format_)) == abs(np.spacing(value))


def test_ulp_of_numbers_between_is_that_of_their_binade() -> None:
    """0.1 lies in [2^-4, 2^-3): its ulp in binary16 is 2^-14; beyond the range it is the largest number's."""
    format_ = ELEMENTS["half"]
    assert ulp(Fraction(1, 10), format_) == ulp(Fraction(-1, 10), format_) == Fraction(1, 1 << 14)
    assert ulp(Fraction(10**9), format_) == ulp(Fraction(-(10**9)), format_) == 32
    assert ulp(Fraction(0), format_) == Fraction(1, 1 << 24)


@pytest.mark.parametrize("pattern", [-1, 1 << 16])
def test_patterns_of_another_width_are_refused(pattern: int) -> None:
    """A pattern that is no pattern of the format is an error, never cut."""
    with pytest.raises(FormatError, match="float16"):
        decode_exact(pattern, ELEMENTS["half"])


def test_numbers_beyond_float64_are_refused_as_arrays() -> None:
    """x87 and quadruple precision do not fit arrays of float64: said, not rounded."""
    for name in ("x87", "e15m40"):
        with pytest.raises(FormatError, match="float64 does not hold its numbers"):
            decode(np.zeros(1, np.uint64), ELEMENTS[name])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ((0, 3, 0, NaNs.NONE), "1 to 19 exponent bits, not 0"),
        ((20, 3, 0, NaNs.NONE), "1 to 19 exponent bits, not 20"),
        ((5, -1, 0, NaNs.NONE), "at least 0 mantissa bits"),
        ((15, 113, 16383, NaNs.IEEE), "at most 128 bits, not 129"),
        ((5, 0, 15, NaNs.IEEE), "told apart"),
        ((1, 3, 0, NaNs.IEEE), "no normal number"),
        ((5, 2, 1 << 20, NaNs.IEEE), "a bias lies between"),
    ],
)
def test_impossible_fields_are_refused(fields: tuple[int, int, int, NaNs], problem: str) -> None:
    """A record that no pattern could satisfy cannot be made."""
    with pytest.raises(FormatError, match=problem):
        FloatFormat("mine", *fields, "title", "source")


def test_unsigned_formats_cannot_use_the_pattern_of_negative_zero() -> None:
    """There is none to take for NaN; and without zero there is no sign."""
    with pytest.raises(FormatError, match="no pattern of negative zero"):
        FloatFormat("mine", 5, 2, 15, NaNs.NEGATIVE_ZERO, "", "", signed=False)
    with pytest.raises(FormatError, match="no sign"):
        FloatFormat("mine", 5, 2, 15, NaNs.NONE, "", "", subnormals=False, zero=False)


def test_own_unsigned_floats_work() -> None:
    """An unsigned e5m3 with infinities: negative numbers become NaN, or zero where they round to it."""
    format_ = FloatFormat("mine", 5, 3, 15, NaNs.IEEE, "", "", signed=False)
    assert format_.bits == 8
    assert decode_exact(encode_exact(Fraction(15, 16), format_), format_) == Fraction(15, 16)
    assert decode_exact(encode_exact(Fraction(-1), format_), format_) is Special.NAN
    assert encode_exact(Fraction(-1, 1 << 40), format_) == 0
    assert encode_exact(Fraction(-1), format_, overflow=Overflow.SATURATE) == 0


@pytest.mark.parametrize("rounding", Rounding)
def test_zero_is_no_number_of_a_format_without_it_in_any_mode(rounding: Rounding) -> None:
    """E8M0: NaN, or the smallest number when saturating, as arrays are rounded."""
    e8m0 = ELEMENTS["e8m0"]
    assert encode_exact(Fraction(0), e8m0, rounding) == 0xFF
    assert encode_exact(Fraction(0), e8m0, rounding, Overflow.SATURATE) == 0
