"""Rounding and encoding against exact rationals: every number of the narrow formats, and the boundaries of the wide ones.

The oracle here knows a format by the magnitudes of its patterns alone, written down as rationals
from the definition of its fields. It finds a number's neighbours by bisection among them, and
what a mode of rounding, an overflow policy or a rule for zeros makes of that is spelled out in
whole numbers. It shares nothing with the code under test.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats import FloatFormat, IntegerFormat, NaNs
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.records import SignEncoding
from precisionlab.formats.rounding import decode, encode, round_to
from precisionlab.formats.rounding.policy import Subnormals

MODES = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "to-odd")
Choice = tuple[str, str, Subnormals]
SUBNORMALS: tuple[Subnormals, ...] = ("keep", "flush")
POLICIES: tuple[Choice, ...] = tuple(product(MODES, ("ieee", "saturate"), SUBNORMALS))
UNITS = 2**1100
"""Every number in these tests is a whole multiple of 1 / UNITS."""
KINDS = (FloatFormat, IntegerFormat)
NARROW = [form.name for form in ELEMENTS.values() if isinstance(form, KINDS) and form.bits <= 16] + ["e5m7", "int5"]
WIDE = ["fp24", "pxr24", "tfloat32", "float32", "float64", "int32", "uint32", "int64", "uint64", "e9m14", "e11m20"]
QUICK = ("float8_e4m3fn", "float8_e8m0fnu", "dlfloat16", "binary8p1", "int64")


@dataclass(frozen=True)
class Situation:
    """Where numbers lie in a format: the pattern below each magnitude, and on which side of the middle it is."""

    below: NDArray[Any]
    exact: NDArray[np.bool_]
    side: NDArray[np.int8]
    """-1, 0 or 1: nearer to the lower neighbour, a tie, nearer to the upper one."""


class Oracle:
    """What becomes of finite numbers in a format, by its definition."""

    def __init__(self, name: str) -> None:
        form = ELEMENTS[name]
        assert isinstance(form, KINDS)
        self.form = form
        self.is_wide = form.bits > 16

    def magnitude(self, pattern: int) -> Fraction:
        """The number of a pattern without sign; also of the first one past the largest finite number."""
        form = self.form
        if isinstance(form, IntegerFormat):
            return Fraction(pattern)
        if pattern == 0 and form.zero:
            return Fraction(0)
        exponent, fraction = divmod(pattern, 2**form.mantissa_bits)
        hidden = int(exponent > 0 or not form.subnormals)
        scale = exponent if hidden else 1
        return (hidden + Fraction(fraction, 2**form.mantissa_bits)) * Fraction(2) ** (scale - form.bias)

    @cached_property
    def top(self) -> int:
        """The pattern of the largest number."""
        form = self.form
        if isinstance(form, IntegerFormat):
            return form.maximum
        ones: int = 2 ** (form.exponent_bits + form.mantissa_bits) - 1
        taken = {NaNs.IEEE: 2**form.mantissa_bits, NaNs.ALL_ONES: 1, NaNs.NEGATIVE_ZERO_AND_INFINITY: 1}
        return int(ones - taken.get(form.nans, 0))

    @cached_property
    def bottom(self) -> int:
        """The magnitude pattern of the lowest number."""
        form = self.form
        if isinstance(form, IntegerFormat):
            return -form.minimum
        return self.top if form.signed else 0

    @cached_property
    def magnitudes(self) -> list[int]:
        """Of all patterns of a narrow format and the first beyond, in units of 2^-1100."""
        return [self.units(pattern) for pattern in range(self.end + 1)]

    @cached_property
    def end(self) -> int:
        """The first pattern beyond both ends."""
        return max(self.top, self.bottom) + 1

    def units(self, pattern: int) -> int:
        """A magnitude in units of 2^-1100."""
        units: Fraction = UNITS * self.magnitude(pattern)
        assert units.denominator == 1
        return units.numerator // units.denominator

    def neighbours(self, size: int, *, is_tabled: bool) -> tuple[int, bool, int]:
        """Lower neighbour, whether equal to it, side of the middle; numbers past the end count as just there."""
        end = self.end
        place = bisect_right(self.magnitudes, size) - 1 if is_tabled else self.highest_below(size)
        if place < 0:  # positive, in a format without zero: its smallest number is the nearest
            return 0, size > 0, 0
        if place >= end:
            return end, True, -1
        low, high = (self.magnitudes[near] if is_tabled else self.units(near) for near in (place, place + 1))
        return place, size == low, (2 * size > low + high) - (2 * size < low + high)

    def highest_below(self, size: int) -> int:
        """`bisect_right` less one, of patterns of any width."""
        low, high = -1, self.end
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.units(middle) <= size else (low, middle - 1)
        return low

    def situation(self, values: NDArray[Any]) -> Situation:
        """Of finite values."""
        ratios = [size.as_integer_ratio() for size in np.abs(values.astype(np.float64)).tolist()]
        is_tabled = len(values) > 1000 and not self.is_wide
        rows = [self.neighbours(above * (UNITS // below), is_tabled=is_tabled) for above, below in ratios]
        below, exact, side = zip(*rows, strict=True)
        kind = object if self.is_wide else np.int64
        return Situation(np.array(below, kind), np.array(exact), np.array(side, np.int8))

    def rounded(self, where: Situation, negative: NDArray[np.bool_], mode: str) -> NDArray[Any]:
        """Magnitude patterns after rounding with nothing beyond the ends, but that some modes stop there."""
        is_odd = where.below % 2 == 1
        goes_up = {
            "nearest-even": (where.side > 0) | ((where.side == 0) & (is_odd | self.all_are_odd)),
            "nearest-away": where.side >= 0,
            "toward-zero": np.zeros_like(negative),
            "up": ~negative,
            "down": negative,
            "to-odd": ~(is_odd | self.all_are_odd),
        }[mode]
        result = where.below + (goes_up & ~where.exact)
        end = self.ends(negative, where)
        stops = {
            "toward-zero": np.ones_like(negative),
            "to-odd": np.ones_like(negative),
            "up": negative,
            "down": ~negative,
        }
        return np.where(stops.get(mode, False) & (result > end), end, result)

    def ends(self, negative: NDArray[np.bool_], where: Situation) -> NDArray[Any]:
        """The magnitude pattern of the end on each number's side."""
        kind = where.below.dtype
        return np.where(negative, np.array(self.bottom, kind), np.array(self.top, kind))

    @property
    def all_are_odd(self) -> bool:
        """In E8M0 the hidden bit is the whole significand; its ties go up, as in ml_dtypes and torch."""
        return isinstance(self.form, FloatFormat) and not self.form.has_zero

    def codes(self, where: Situation, values: NDArray[Any], policy: Choice, min_normal: float) -> NDArray[Any]:
        """The codes of finite values."""
        mode, overflow, subnormals = policy
        form, negative = self.form, np.signbit(values)
        kind = where.below.dtype
        end = self.ends(negative, where)
        patterns = self.rounded(where, negative, mode)
        is_zero = np.asarray(values == 0)
        if subnormals == "flush":
            is_zero = is_zero | (np.abs(values.astype(np.float64)) < min_normal)
            if isinstance(form, FloatFormat) and form.subnormals:
                patterns = np.where(patterns < 2**form.mantissa_bits, 0, patterns)
        patterns = np.where(is_zero, 0, patterns)
        over = patterns > end
        if isinstance(form, IntegerFormat):
            return self.integer_codes(np.where(over, end, patterns), negative)
        if not form.has_zero:
            over = np.where(is_zero, True, over | negative)
        finite = np.where(over, end, patterns)
        sign = 2 ** (form.bits - 1) * int(form.signed)
        zero_sign = sign * int(form.nans not in {NaNs.NEGATIVE_ZERO, NaNs.NEGATIVE_ZERO_AND_INFINITY})
        if not form.has_zero:
            leads_back = (mode in {"toward-zero", "to-odd", "up"}) & negative & ~is_zero
            finite = np.where(negative | is_zero, 0, finite)
            over = over & ~leads_back
        signs = np.where(finite == 0, np.array(zero_sign, kind), np.array(sign, kind))
        codes = finite + np.where(negative, signs, np.array(0, kind))
        return codes if overflow == "saturate" else np.asarray(np.where(over, self.beyond(negative, codes), codes))

    def beyond(self, negative: NDArray[np.bool_], ends: NDArray[Any]) -> NDArray[Any]:
        """The codes of what overflows: infinity, NaN or the end."""
        form = self.form
        assert isinstance(form, FloatFormat)
        sign = np.where(
            negative, np.array(2 ** (form.bits - 1) * int(form.signed), ends.dtype), np.array(0, ends.dtype)
        )
        if form.nans in {NaNs.IEEE, NaNs.NEGATIVE_ZERO_AND_INFINITY} and form.signed:
            return np.asarray(self.top + 1 + sign)
        if form.nans is NaNs.ALL_ONES:
            return np.asarray(self.top + 1 + sign)
        return np.full_like(ends, 2 ** (form.bits - 1)) if form.nans is NaNs.NEGATIVE_ZERO else ends

    def integer_codes(self, sizes: NDArray[Any], negative: NDArray[np.bool_]) -> NDArray[Any]:
        """By the encoding of the sign."""
        form = self.form
        assert isinstance(form, IntegerFormat)
        half = 2 ** (form.bits - 1)
        if not form.signed:
            return sizes
        match form.encoding:
            case SignEncoding.TWOS_COMPLEMENT:
                return np.asarray(np.where(negative, -sizes, sizes) % (2 * half))
            case SignEncoding.OFFSET_BINARY:
                return np.asarray(np.where(negative, -sizes, sizes) + half)
            case SignEncoding.SIGN_MAGNITUDE:
                return np.asarray(sizes + np.where(negative, half, 0))

    def numbers(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """The numbers of the codes of a float format, NaN and infinity included."""
        form = self.form
        assert isinstance(form, FloatFormat)
        sign = 2 ** (form.bits - 1) if form.signed else 2**form.bits
        table = np.full(sign, np.nan)
        table[: self.top + 1] = [float(self.magnitude(pattern)) for pattern in range(self.top + 1)]
        if form.nans in {NaNs.IEEE, NaNs.NEGATIVE_ZERO_AND_INFINITY}:
            table[self.top + 1] = math.inf
        values: NDArray[np.float64] = np.where(codes >= sign, -table[codes % sign], table[codes % sign])
        if form.nans in {NaNs.NEGATIVE_ZERO, NaNs.NEGATIVE_ZERO_AND_INFINITY}:
            values[sign] = np.nan
        return values


def numbers_of(name: str) -> NDArray[np.float64]:
    """Every finite number of a narrow format, both zeros included."""
    oracle = Oracle(name)
    positive = np.array([float(oracle.magnitude(pattern)) for pattern in range(oracle.top + 1)])
    negative = np.array([-float(oracle.magnitude(pattern)) for pattern in range(oracle.bottom + 1)])
    return np.concatenate([positive, negative])


def some_slow(names: list[str]) -> list[Any]:
    """Parameters of which all but one of each kind of rule are marked slow."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture(scope="module")
def narrow_numbers() -> NDArray[np.float32]:
    """The finite numbers of all formats of at most 16 bits; binary32 holds them."""
    numbers = np.concatenate([numbers_of(name) for name in NARROW])
    single = numbers.astype(np.float32)
    np.testing.assert_array_equal(single, numbers)
    return np.unique(single.view(np.uint32)).view(np.float32)


def assert_policies(
    oracle: Oracle, values: NDArray[Any], where: Situation, min_normal: float, policies: tuple[Choice, ...] = POLICIES
) -> None:
    """Codes and numbers of finite values are the oracle's, whatever the mode and policy."""
    for policy in policies:
        mode, overflow, subnormals = policy
        expected = oracle.codes(where, values, policy, min_normal)
        codes = encode(values, oracle.form, mode, overflow=overflow, subnormals=subnormals)
        np.testing.assert_array_equal(codes, expected.astype(codes.dtype), str(policy))
        if not oracle.is_wide:
            rounded = round_to(values, oracle.form, mode, overflow=overflow, subnormals=subnormals)
            assert rounded.dtype == values.dtype
            assert_same(rounded.astype(np.float64), decode(codes, oracle.form), str(policy))


def assert_same(numbers: NDArray[np.float64], expected: NDArray[np.float64], message: str = "") -> None:
    """Equal, zeros by sign and NaN as NaN."""
    np.testing.assert_array_equal(numbers, expected, message)
    is_number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(numbers)[is_number], np.signbit(expected)[is_number], message)


@pytest.mark.parametrize("target", some_slow(NARROW))
def test_narrow_numbers_round_as_rationals_do(target: str, narrow_numbers: NDArray[np.float32]) -> None:
    """Every number of every format of at most 16 bits, in every mode, with either policy, kept or flushed."""
    oracle = Oracle(target)
    sizes, places = np.unique(np.abs(narrow_numbers), return_inverse=True)
    where = oracle.situation(sizes)
    spread = Situation(where.below[places], where.exact[places], where.side[places])
    assert_policies(oracle, narrow_numbers, spread, 2.0**-126)


@pytest.mark.parametrize("target", [name for name in NARROW if isinstance(ELEMENTS[name], FloatFormat)])
def test_codes_decode_to_their_definition(target: str) -> None:
    """All codes of narrow float formats decode to the oracle's numbers, in numpy and in torch, and encode back."""
    oracle = Oracle(target)
    codes = np.arange(2**oracle.form.bits, dtype=np.uint8 if oracle.form.bits <= 8 else np.uint16)
    numbers = decode(codes, target)
    assert_same(numbers, oracle.numbers(codes.astype(np.int64)))
    assert_same(decode(torch.from_numpy(codes), target).numpy(), numbers)
    is_number = ~np.isnan(numbers)
    np.testing.assert_array_equal(encode(numbers[is_number], target), codes[is_number])


@pytest.mark.parametrize(
    "target", some_slow(["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "binary8p3", "dlfloat16", "int8"])
)
@pytest.mark.parametrize("source", ["float16", "bfloat16"])
def test_16_bit_arrays_round_as_rationals_do(source: str, target: str) -> None:
    """Every finite pattern, in its own type: codes always, numbers where the type holds them, else an error."""
    kind = np.dtype(getattr(ml_dtypes, source, source))
    values = np.arange(65536, dtype=np.uint16).view(kind)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        values = values[np.isfinite(values)]
    oracle = Oracle(target)
    where = oracle.situation(values)
    min_normal = 2.0**-14 if source == "float16" else 2.0**-126
    for policy in POLICIES:
        mode, overflow, subnormals = policy
        expected = oracle.codes(where, values, policy, min_normal)
        codes = encode(values, target, mode, overflow=overflow, subnormals=subnormals)
        np.testing.assert_array_equal(codes, expected, str(policy))
        numbers = decode(codes, target)
        with np.errstate(over="ignore"):
            held = numbers.astype(kind)
        is_held = held.astype(np.float64) == numbers
        if np.all(is_held | np.isnan(numbers)):
            rounded = round_to(values, target, mode, overflow=overflow, subnormals=subnormals)
            assert_same(rounded.astype(np.float64), numbers, str(policy))
        else:
            with pytest.raises(FormatError, match="does not hold"):
                round_to(values, target, mode, overflow=overflow, subnormals=subnormals)
            kept, left = values[is_held], numbers[is_held]
            rounded = round_to(kept, target, mode, overflow=overflow, subnormals=subnormals)
            assert_same(rounded.astype(np.float64), left, str(policy))


def boundaries(kind: type[Any], lost: tuple[int, ...], step: int) -> Iterator[int]:
    """Patterns of every `step`-th exponent: grid points and midpoints for losses of bits, and one ulp on each side."""
    width = {np.float32: 23, np.float64: 52}[kind]
    exponents = {np.float32: 255, np.float64: 2047}[kind]
    for exponent in sorted({*range(0, exponents, step), 1, exponents - 1}):
        for bits in lost:
            for low in {0, 1 << (bits - 1), 1 << bits, 3 << (bits - 1), (1 << width) - (1 << (bits - 1))}:
                middle = (exponent << width) + (low & ((1 << width) - 1))
                yield from (middle - 1, middle, middle + 1)


def finite(kind: type[Any], patterns: Iterator[int]) -> NDArray[Any]:
    """Both signs of the finite numbers among patterns."""
    word = np.dtype(f"u{np.dtype(kind).itemsize}")
    distinct = np.array(sorted(set(patterns) - {-1}), word).view(kind)
    distinct = distinct[np.isfinite(distinct)]
    return np.concatenate([distinct, -distinct])


@pytest.mark.parametrize("target", some_slow([*NARROW, *WIDE]))
def test_boundaries_of_binary32_round_as_rationals_do(target: str) -> None:
    """All exponents of binary32, with mantissas at grid points and midpoints of many precisions, and one ulp beside."""
    oracle = Oracle(target)
    form = oracle.form
    lost = 23 - form.mantissa_bits if isinstance(form, FloatFormat) and form.mantissa_bits < 23 else 12
    values = finite(np.float32, boundaries(np.float32, (lost, min(lost + 1, 23)), 8 if oracle.is_wide else 1))
    policies = POLICIES[::5] if oracle.is_wide else POLICIES
    assert_policies(oracle, values, oracle.situation(values), 2.0**-126, policies)


@pytest.mark.parametrize("target", some_slow([*NARROW, *WIDE]))
def test_boundaries_of_binary64_round_as_rationals_do(target: str) -> None:
    """The same for binary64, in every exponent about the format's range and every 64th beyond."""
    oracle = Oracle(target)
    form = oracle.form
    lost = 52 - form.mantissa_bits if isinstance(form, FloatFormat) and form.mantissa_bits < 52 else 30
    patterns = set(boundaries(np.float64, (lost,), 64))
    ends = [
        oracle.magnitude(p) for p in (0, 1, 2, 3, oracle.top - 1, oracle.top, oracle.top + 1) if p <= oracle.top + 1
    ]
    for size in [number * scale for number in ends for scale in (Fraction(1, 2), 1, Fraction(3, 2))]:
        if 0 < size < 2**1023:
            middle = int(np.float64(float(size)).view(np.uint64))
            patterns |= {middle - 1, middle, middle + 1}
    values = finite(np.float64, iter(patterns))
    assert_policies(oracle, values, oracle.situation(values), 2.0**-1022, POLICIES[::5] if oracle.is_wide else POLICIES)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*NARROW, *WIDE]),
    st.sampled_from(POLICIES),
)
def test_any_binary64_rounds_as_rationals_do(value: float, target: str, policy: Choice) -> None:
    """Whatever number, format, mode and policy Hypothesis thinks of."""
    values, oracle = np.array([value]), Oracle(target)
    assert_policies(oracle, values, oracle.situation(values), 2.0**-1022, (policy,))


@settings(max_examples=150, deadline=None)
@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.integers(2, 8),
    st.integers(1, 20),
    st.sampled_from(POLICIES),
)
def test_any_binary32_rounds_as_rationals_do_in_any_ieee_format(
    value: float, exponent_bits: int, mantissa_bits: int, policy: Choice
) -> None:
    """Formats of the user's own, by their fields."""
    values, oracle = np.array([value], np.float32), Oracle(f"e{exponent_bits}m{mantissa_bits}")
    assert_policies(oracle, values, oracle.situation(values), 2.0**-126, (policy,))


@pytest.mark.parametrize("target", ["binary128", "x87_extended", "float64"])
def test_formats_that_hold_all_numbers_change_none(target: str) -> None:
    """In formats that are wider than binary64 its numbers stay what they are."""
    values = finite(np.float64, boundaries(np.float64, (1, 20, 52), 31))
    for mode in MODES:
        np.testing.assert_array_equal(round_to(values, target, mode).view(np.uint64), values.view(np.uint64))


LIBRARY = [
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
    "float8_e3m4",
    "float8_e4m3",
    "float8_e4m3b11fnuz",
    "float8_e8m0fnu",
    "bfloat16",
    "float16",
    "float4_e2m1fn",
    "float6_e2m3fn",
    "float6_e3m2fn",
]


@pytest.mark.parametrize("target", LIBRARY)
@pytest.mark.parametrize("source", [np.float32, np.float16, ml_dtypes.bfloat16])
def test_codes_are_those_of_ml_dtypes(source: type[Any], target: str) -> None:
    """Random patterns of three types, infinities and NaN included, get the codes of ml_dtypes."""
    word = np.dtype(f"u{np.dtype(source).itemsize}")
    drawn = np.random.default_rng(0).integers(0, 1 << (8 * word.itemsize), 200_000, dtype=np.uint64)
    values = drawn.astype(word).view(source)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        is_nan = np.isnan(values)
    if ELEMENTS[target].nans is NaNs.NONE:  # type: ignore[union-attr]
        values, is_nan = values[~is_nan], is_nan[~is_nan]
    if target == "float8_e8m0fnu":
        # ml_dtypes 0.6 rounds binary32 subnormals up instead of to the nearest.
        with np.errstate(invalid="ignore"):
            size = np.abs(values.astype(np.float64))
        is_fair = (size <= 2.0**-127) | (size >= 2.0**-126)
        values, is_nan = values[is_fair], is_nan[is_fair]
    with np.errstate(all="ignore"):
        published = values.astype(getattr(ml_dtypes, target, target))
    codes = encode(values, target)
    expected = published.view(codes.dtype)
    if target in {"float16", "bfloat16"}:  # numpy and ml_dtypes keep payloads
        np.testing.assert_array_equal(np.isnan(decode(codes[is_nan], target)), True)
        codes, expected = codes[~is_nan], expected[~is_nan]
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize(
    "target", ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "bfloat16", "float16"]
)
def test_numbers_are_those_of_torch(target: str) -> None:
    """What neither overflows nor is NaN rounds as torch casts."""
    drawn = np.random.default_rng(1).integers(0, 1 << 32, 200_000, dtype=np.uint32).view(np.float32)
    limit = torch.finfo(getattr(torch, target)).max
    values = torch.from_numpy(drawn[np.abs(drawn) <= limit])
    published = values.to(getattr(torch, target)).to(torch.float32)
    np.testing.assert_array_equal(round_to(values, target).view(torch.int32), published.view(torch.int32))


@pytest.mark.parametrize("target", [name for name in [*NARROW, *WIDE] if isinstance(ELEMENTS[name], FloatFormat)])
def test_infinity_goes_by_the_policy(target: str) -> None:
    """Infinity, NaN or the largest number when IEEE; the largest number when saturating; in every mode."""
    form = ELEMENTS[target]
    assert isinstance(form, FloatFormat)
    values = np.array([np.inf, -np.inf])
    low = -form.max_finite if form.signed else form.min_positive
    saturated = np.array([form.max_finite, low])
    finite_or_nan = np.array([np.nan, np.nan]) if form.has_nan else saturated
    expected = values if form.has_infinities else finite_or_nan
    for mode in MODES:
        np.testing.assert_array_equal(round_to(values, form, mode), expected)
        np.testing.assert_array_equal(round_to(values, form, mode, overflow="saturate"), saturated)


@pytest.mark.parametrize("target", NARROW)
def test_nan_stays_nan_or_is_an_error(target: str) -> None:
    """NaN keeps its sign as ml_dtypes has it; formats without NaN refuse it."""
    form = ELEMENTS[target]
    values = np.array([np.nan, -np.nan], np.float32)
    if isinstance(form, FloatFormat) and form.has_nan:
        assert np.all(np.isnan(round_to(values, target)))
        assert np.all(np.isnan(decode(encode(values, target), target)))
        assert np.isnan(round_to(values.astype(np.float16), target)).all()
    else:
        for action in (round_to, encode):
            with pytest.raises(FormatError, match="the format has no NaN, but the values have"):
                action(values, target)
