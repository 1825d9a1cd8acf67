"""Every figure of a census against numpy, ml_dtypes and exact integer arithmetic over the same elements."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey
from precisionlab.checkpoints.dtypes import DTYPE_BITS

if TYPE_CHECKING:
    from tests.analysis.census.conftest import MakeSpecimen, Specimen

QUIET_BITS = {"float8_e5m2": 0x2, "float16": 0x200, "bfloat16": 0x40, "float32": 0x400000, "float64": 1 << 51}
"""Of the formats with more than one kind of NaN (IEEE 754-2019, clause 6.2.1)."""
MOMENTS_LIMIT = 1e77
"""Largest magnitude whose fourth power float64 holds."""
PRECISE_SPREAD = 1e-73
"""Standard deviation whose fourth power has all bits in float64."""


def test_counts_every_pattern(specimen: "Specimen", census: Census) -> None:
    """Distinct patterns and counts are numpy's, or None beyond 65,536 in a wide type."""
    assert_patterns(specimen, census)


def assert_patterns(specimen: "Specimen", census: Census) -> None:
    """The census' patterns are those of `numpy.unique`."""
    patterns, counts = specimen.counted
    assert census.n_elements == len(specimen.codes)
    assert census.is_exact == specimen.is_listed
    if not census.is_exact:
        assert census.patterns is None
        assert census.distinct is None
        return
    assert census.patterns is not None
    assert census.pattern_counts is not None
    np.testing.assert_array_equal(census.patterns, patterns)
    np.testing.assert_array_equal(census.pattern_counts, counts)
    assert census.distinct == len(patterns)


def test_counts_special_numbers(specimen: "Specimen", census: Census) -> None:
    """Zeros, infinities and NaNs by sign and kind, subnormals and odd booleans are counted as by numpy."""
    assert_specials(specimen, census)


def assert_specials(specimen: "Specimen", census: Census) -> None:
    """The census' specials are those of predicates on numbers and bits."""
    numbers, specials = specimen.numbers, census.specials
    negative = np.signbit(numbers)
    assert specials.positive_zeros == np.count_nonzero((numbers == 0) & ~negative)
    assert specials.negative_zeros == np.count_nonzero((numbers == 0) & negative)
    assert specials.positive_infinities == np.count_nonzero(np.isposinf(numbers))
    assert specials.negative_infinities == np.count_nonzero(np.isneginf(numbers))
    assert specials.zeros == np.count_nonzero(numbers == 0)
    assert specials.infinities == np.count_nonzero(np.isinf(numbers))
    assert specials.nans == np.count_nonzero(np.isnan(numbers))
    assert census.n_finite == np.count_nonzero(np.isfinite(numbers))
    assert specials.subnormals == np.count_nonzero(is_subnormal(specimen))
    assert specials.non_canonical == (np.count_nonzero(specimen.codes > 1) if specimen.dtype == "bool" else 0)
    assert_nan_kinds(specimen, census)


def is_subnormal(specimen: "Specimen") -> NDArray[np.bool_]:
    """Exponent field zero and mantissa not; E8M0 has no subnormals."""
    if not specimen.is_float or specimen.mantissa_bits == 0:
        return np.zeros(len(specimen.codes), np.bool_)
    codes = specimen.codes.astype(np.uint64)
    exponent = codes >> np.uint64(specimen.mantissa_bits) & np.uint64((1 << specimen.exponent_bits) - 1)
    mantissa = codes & np.uint64((1 << specimen.mantissa_bits) - 1)
    found: NDArray[np.bool_] = (exponent == 0) & (mantissa != 0) & ~np.isnan(specimen.numbers)
    return found


def assert_nan_kinds(specimen: "Specimen", census: Census) -> None:
    """Quiet, signalling, boxed and payload NaNs are told by their bits; formats with one NaN have quiet ones only."""
    specials = census.specials
    codes = specimen.codes.astype(np.uint64)[np.isnan(specimen.numbers)]
    quiet_bit = QUIET_BITS.get(specimen.component)
    if quiet_bit is None:
        assert (specials.quiet_nans, specials.signalling_nans) == (len(codes), 0)
        assert (specials.boxed_nans, specials.payload_nans) == (0, 0)
        return
    half = specimen.bits // 2
    mantissas = codes & np.uint64((1 << specimen.mantissa_bits) - 1)
    is_canonical = (mantissas == quiet_bit) | (mantissas == (1 << specimen.mantissa_bits) - 1)
    is_boxed = (codes >> np.uint64(half) == (1 << half) - 1) & (specimen.bits >= 32) & ~is_canonical
    assert specials.signalling_nans == np.count_nonzero(codes & np.uint64(quiet_bit) == 0)
    assert specials.boxed_nans == np.count_nonzero(is_boxed)
    assert specials.payload_nans == np.count_nonzero(~is_boxed & ~is_canonical)


def test_lists_finite_nonzero_numbers(specimen: "Specimen", census: Census) -> None:
    """Values and counts are the finite non-zero numbers; of bins, one positive number for each."""
    assert_values(specimen, census)


def assert_values(specimen: "Specimen", census: Census) -> None:
    """Values with equal number summed are those of `numpy.unique`."""
    ordinary = specimen.finite[specimen.finite != 0]
    if not census.is_exact and not specimen.is_float:
        assert census.values.size == census.counts.size == 0
        return
    assert int(census.counts.sum()) == len(ordinary)
    if not census.is_exact:
        assert np.all(np.diff(census.values) > 0)
        assert np.all(census.values > 0)
        return
    values, groups = np.unique(census.values, return_inverse=True)
    expected, expected_counts = np.unique(ordinary, return_counts=True)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(np.bincount(groups, weights=census.counts), expected_counts)


def test_counts_exponents(specimen: "Specimen", census: Census) -> None:
    """Exponents are floor(log2 |x|); of bins, subnormals stand just below the smallest normal exponent."""
    assert_exponents(specimen, census)


def assert_exponents(specimen: "Specimen", census: Census) -> None:
    """Exponents and counts are those of `numpy.frexp`."""
    ordinary = specimen.finite[specimen.finite != 0]
    if not census.is_exact and not specimen.is_float:
        assert census.exponents.size == 0
        return
    _, above = np.frexp(ordinary)
    exponents = above.astype(np.int64) - 1
    if not census.is_exact:
        exponents = np.maximum(exponents, -(1 << (specimen.exponent_bits - 1)) + 1)
    expected, counts = np.unique(exponents, return_counts=True)
    np.testing.assert_array_equal(census.exponents, expected)
    np.testing.assert_array_equal(census.exponent_counts, counts)


def test_knows_the_extent(specimen: "Specimen", census: Census) -> None:
    """The smallest and largest magnitude of the finite non-zero numbers are numpy's."""
    assert_extent(specimen, census)


def assert_extent(specimen: "Specimen", census: Census) -> None:
    """Exact also where counted in bins; of many integers only the largest is known."""
    sizes = np.abs(specimen.finite[specimen.finite != 0])
    if not sizes.size:
        assert math.isnan(census.smallest_magnitude)
        assert math.isnan(census.largest_magnitude)
        return
    assert census.largest_magnitude == sizes.max()
    if census.is_exact or specimen.is_float:
        assert census.smallest_magnitude == sizes.min()


def test_knows_unused_mantissa_bits(specimen: "Specimen", census: Census) -> None:
    """Trailing zeros are those of the union of all finite mantissas."""
    assert_trailing_zeros(specimen, census)


def assert_trailing_zeros(specimen: "Specimen", census: Census) -> None:
    """The lowest set bit of the union, or the whole width without any."""
    if not specimen.is_float:
        assert census.trailing_zeros == 0
        return
    width = specimen.mantissa_bits
    codes = specimen.codes[np.isfinite(specimen.numbers)].astype(np.uint64)
    union = int(np.bitwise_or.reduce(codes, initial=np.uint64(0)))
    expected = next((bit for bit in range(width) if union >> bit & 1), width)
    assert census.trailing_zeros == expected


def test_moments_are_exact(specimen: "Specimen", census: Census) -> None:
    """Mean, variance, skewness and kurtosis are those of exact integer arithmetic."""
    assert_moments(specimen, census)


def assert_moments(specimen: "Specimen", census: Census) -> None:
    """Within 1e-11 of the spread; NaN where undefined, and where many integers were not counted one by one."""
    moments = census.moments
    if not census.is_exact and not specimen.is_float:
        assert np.isnan([moments.mean, moments.variance, moments.skewness, moments.kurtosis]).all()
        return
    if not len(specimen.finite):
        assert np.isnan([moments.mean, moments.variance]).all()
        return
    if not census.is_exact and np.abs(specimen.finite).max() > MOMENTS_LIMIT:
        return
    mean, variance, skewness, kurtosis = exact_moments(specimen.finite)
    spread = math.sqrt(variance)
    assert moments.mean == pytest.approx(mean, rel=2e-15, abs=1e-13 * spread if math.isfinite(spread) else 0)
    assert moments.variance == pytest.approx(variance, rel=1e-11, abs=0)
    if not census.is_exact and spread < PRECISE_SPREAD:
        assert math.isnan(moments.kurtosis)
        return
    assert moments.skewness == pytest.approx(skewness, rel=1e-11, abs=1e-11, nan_ok=True)
    assert moments.kurtosis == pytest.approx(kurtosis, rel=1e-11, nan_ok=True)


def exact_moments(numbers: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Moments in integers: every number is one times a common power of 2, and n N - S the exact deviation times n."""
    values, counts = np.unique(numbers + 0.0, return_counts=True)
    weights: list[int] = counts.tolist()
    n = sum(weights)
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    unit = max(denominator for _, denominator in ratios)
    integers = [numerator * (unit // denominator) for numerator, denominator in ratios]
    total = sum(map(int.__mul__, integers, weights))
    deviations = [n * integer - total for integer in integers]
    second, third, fourth = (
        sum(weight * deviation**power for weight, deviation in zip(weights, deviations, strict=True))
        for power in (2, 3, 4)
    )
    mean = float(Fraction(total, n * unit))
    if second == 0:
        return mean, 0.0, math.nan, math.nan
    squared_skewness = Fraction(n * third * third, second**3)
    return (
        mean,
        as_float(Fraction(second, n**3 * unit * unit)),
        math.sqrt(squared_skewness) * (1 if third > 0 else -1),
        float(Fraction(n * fourth, second * second)),
    )


def as_float(number: Fraction) -> float:
    """Nearest float64; infinity beyond its range."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def test_entropies_are_exact_or_bounds(specimen: "Specimen", census: Census) -> None:
    """Entropies are sums of -p log2 p; where bits were not counted, mantissa and pattern are bounds from above."""
    assert_entropies(specimen, census)


def assert_entropies(specimen: "Specimen", census: Census) -> None:
    """Fields by shifts and masks, each counted by `numpy.unique`."""
    found = census.entropies
    codes = specimen.codes.astype(np.uint64)
    assert found.is_upper_bound == (not census.is_exact)
    sign, exponent, mantissa = (entropy(field) for field in fields(specimen, codes))
    assert found.sign == pytest.approx(sign, abs=1e-12)
    assert found.exponent == pytest.approx(exponent, abs=1e-12)
    if census.is_exact:
        assert found.mantissa == pytest.approx(mantissa, abs=1e-12)
        assert found.pattern == pytest.approx(entropy(codes), abs=1e-12)
    else:
        assert mantissa - 1e-12 <= found.mantissa <= (specimen.mantissa_bits if specimen.is_float else specimen.bits)
        assert entropy(codes) - 1e-12 <= found.pattern <= specimen.bits + 1e-9


def fields(specimen: "Specimen", codes: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Sign, exponent and mantissa of each code; integers have one field, their mantissa."""
    if not specimen.is_float:
        yield from (codes & np.uint64(0), codes & np.uint64(0), codes)
        return
    width, exponent_bits = np.uint64(specimen.mantissa_bits), np.uint64(specimen.exponent_bits)
    one = np.uint64(1)
    yield codes >> (width + exponent_bits)
    yield (codes >> width) & ((one << exponent_bits) - one)
    yield codes & ((one << width) - one)


def entropy(keys: NDArray[np.uint64]) -> float:
    """Shannon entropy in bits, by hand."""
    _, counts = np.unique(keys, return_counts=True)
    return math.fsum(-count / len(keys) * math.log2(count / len(keys)) for count in counts.tolist())


def test_sums_of_fields_are_exact(specimen: "Specimen", census: Census) -> None:
    """Bins by sign and exponent hold the count and the sums of fractions and of their squares."""
    if census.field_bins is None:
        assert census.is_exact or not specimen.is_float
        return
    width, n_fields = specimen.mantissa_bits, 2 << specimen.exponent_bits
    keys = (specimen.codes >> specimen.codes.dtype.type(width)).astype(np.int64)
    mantissas = (specimen.codes.astype(np.uint64) & np.uint64((1 << width) - 1)).tolist()
    sums, squares = [0] * n_fields, [0] * n_fields
    for key, mantissa in zip(keys.tolist(), mantissas, strict=True):
        sums[key] += mantissa
        squares[key] += mantissa * mantissa
    bins = census.field_bins
    np.testing.assert_array_equal(bins.counts.ravel(), np.bincount(keys, minlength=n_fields))
    fractions = np.array([total / 2**width for total in sums])
    squared = np.array([total / 4**width for total in squares])
    np.testing.assert_allclose(bins.fractions.ravel(), fractions, rtol=2.0**-52)
    per_element = 0.0 if width == 23 else 2.0**-61
    assert np.all(
        np.abs(bins.squared_fractions.ravel() - squared) <= squared * 2.0**-51 + bins.counts.ravel() * per_element
    )


def test_casts_to_float32_are_counted_where_bins_cannot_tell(specimen: "Specimen", census: Census) -> None:
    """A binned float64 census counts overflows, underflows, subnormals and exact casts to float32 as numpy does."""
    if specimen.component != "float64" or census.is_exact:
        assert census.binary32 is None
        return
    ordinary = specimen.finite[specimen.finite != 0]
    with np.errstate(all="ignore"):
        cast = np.abs(ordinary.astype(np.float32).astype(np.float64))
    assert census.binary32 is not None
    assert census.binary32.overflows == np.count_nonzero(np.isinf(cast))
    assert census.binary32.underflows == np.count_nonzero(cast == 0)
    assert census.binary32.subnormals == np.count_nonzero((cast > 0) & (cast < np.finfo(np.float32).smallest_normal))
    assert census.binary32.exact == np.count_nonzero(cast == np.abs(ordinary))


@pytest.mark.parametrize("dtype", DTYPE_BITS)
@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=96))
def test_any_bytes_are_counted(
    dtype: str,
    content: bytes,
    make_specimen: "MakeSpecimen",
    survey_with: "Callable[[Specimen, CpuBackend], Survey]",
) -> None:
    """Whatever the bytes, every figure is right."""
    bits = DTYPE_BITS[dtype]
    width = 16 if dtype == "complex32" else min(bits, 64) if not dtype.startswith("complex") else bits // 2
    n_bytes = len(content) // max(1, bits // 8) * max(1, bits // 8)
    codes = np.frombuffer(content[:n_bytes], f"u{max(8, width) // 8}").copy()
    if bits < 8:
        codes &= np.uint8((1 << bits) - 1)
    specimen = make_specimen(dtype, codes)
    census = survey_with(specimen, CpuBackend()).census
    for check in (
        assert_patterns,
        assert_specials,
        assert_values,
        assert_exponents,
        assert_extent,
        assert_trailing_zeros,
        assert_moments,
        assert_entropies,
    ):
        check(specimen, census)
