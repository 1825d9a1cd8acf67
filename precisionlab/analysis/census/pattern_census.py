"""A census from the count of every distinct bit pattern: exact in everything."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.power_sums import about_mean
from precisionlab.analysis.census.records import DISTINCT_LIMIT, Census, Entropies, Moments, Specials
from precisionlab.formats import FloatFormat, Format, IntegerFormat
from precisionlab.formats.patterns import decode, decode_all, infinity_pattern, is_infinity, is_nan, magnitudes

Patterns = NDArray[np.uint64]
Counts = NDArray[np.int64]

NO_MOMENTS = Moments(np.nan, np.nan, np.nan, np.nan)


def census_of_patterns(format_: Format, patterns: Patterns, counts: Counts) -> Census:
    """The census of a tensor that holds `patterns` (distinct, ascending), each `counts` times."""
    values = decode_all(format_)[patterns] if format_.bits <= 16 else decode(patterns, format_)
    finite = np.isfinite(values)
    ordinary = finite & (values != 0)
    exponents, exponent_counts = count_exponents(values[ordinary], counts[ordinary])
    magnitude = np.abs(values[ordinary])
    return Census(
        format=format_,
        n_elements=int(counts.sum()),
        specials=specials_of(format_, patterns, counts, values),
        values=values[ordinary],
        counts=counts[ordinary],
        is_exact=True,
        patterns=patterns,
        pattern_counts=counts,
        exponents=exponents,
        exponent_counts=exponent_counts,
        smallest_magnitude=float(magnitude.min()) if magnitude.size else np.nan,
        largest_magnitude=float(magnitude.max()) if magnitude.size else np.nan,
        moments=moments_of(values[finite], counts[finite]),
        entropies=entropies_of(format_, patterns, counts),
        trailing_zeros=trailing_zeros_of(format_, patterns[ordinary]),
    )


def specials_of(format_: Format, patterns: Patterns, counts: Counts, values: NDArray[np.float64]) -> Specials:
    """Count zeros, subnormals, infinities and NaNs by kind."""

    def total(mask: NDArray[np.bool_]) -> int:
        return int(counts[mask].sum())

    if isinstance(format_, IntegerFormat):
        outside = values > format_.maximum if format_.value_bits else np.zeros(values.shape, np.bool_)
        return Specials(positive_zeros=total(values == 0), non_canonical=total(outside))
    negative = np.signbit(values)
    zero, infinite, nan = values == 0, is_infinity(patterns, format_), is_nan(patterns, format_)
    signalling, boxed, canonical = nan_kinds(format_, patterns, nan)
    return Specials(
        positive_zeros=total(zero & ~negative),
        negative_zeros=total(zero & negative),
        subnormals=total(~zero & (np.abs(values) < format_.min_normal)) if format_.subnormals else 0,
        positive_infinities=total(infinite & ~negative),
        negative_infinities=total(infinite & negative),
        quiet_nans=total(nan & ~signalling),
        signalling_nans=total(signalling),
        boxed_nans=total(boxed),
        payload_nans=total(nan & ~boxed & ~canonical),
    )


def nan_kinds(
    format_: FloatFormat, patterns: Patterns, nan: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which NaNs are signalling, boxed, canonical. Formats with one NaN have only canonical ones.

    Canonical are those that arithmetic yields: the quiet bit alone (IEEE 754's default on most
    processors) and all mantissa bits (NVIDIA's GPUs; torch's for E5M2).
    """
    nothing = np.zeros(nan.shape, np.bool_)
    quiet_bit = 1 << (format_.mantissa_bits - 1) if format_.mantissa_bits else 0
    has_payloads = np.count_nonzero(nan) > 0 and format_.max_finite_pattern + 1 + quiet_bit < (
        1 << (format_.bits - int(format_.signed))
    )
    if not has_payloads or format_.nans.name != "IEEE":
        return nothing, nothing, nan
    signalling = nan & (patterns & np.uint64(quiet_bit) == 0)
    magnitude = magnitudes(patterns, format_)
    all_ones = magnitude == np.uint64((1 << (format_.bits - 1)) - 1)
    canonical = nan & (all_ones | (magnitude == np.uint64(infinity_pattern(format_) | quiet_bit)))
    return signalling, nan & is_boxed(format_, patterns) & ~canonical, canonical


def is_boxed(format_: FloatFormat, patterns: Patterns) -> NDArray[np.bool_]:
    """Whether the upper half is all ones; only binary32 and binary64 box narrower numbers."""
    if format_.bits < 32:
        return np.zeros(patterns.shape, np.bool_)
    half = format_.bits // 2
    upper = np.uint64(((1 << half) - 1) << half)
    boxed: NDArray[np.bool_] = patterns & upper == upper
    return boxed


def moments_of(values: NDArray[np.float64], counts: Counts) -> Moments:
    """Moments of finite `values` weighted by `counts`, brought to magnitude 1 first so that no power overflows."""
    n = int(counts.sum())
    if n == 0:
        return NO_MOMENTS
    largest = float(np.abs(values).max())
    if largest == 0 or len(values) == 1:
        return Moments(float(values[0]) + 0.0, 0.0, np.nan, np.nan)
    _, exponent = np.frexp(largest)
    scaled = np.ldexp(values, -exponent)
    weights = counts.astype(np.float64)
    shift = float(np.sum(scaled * weights)) / n
    deviations = scaled - shift
    squares = deviations * deviations
    first, second = deviations * weights, squares * weights
    powers = (float(np.sum(terms)) for terms in (first, second, second * deviations, second * squares))
    moments = about_mean(shift, n, *powers).moments()
    with np.errstate(over="ignore", under="ignore"):
        mean = float(np.ldexp(moments.mean, exponent))
        return replace(moments, mean=mean, variance=float(np.ldexp(moments.variance, 2 * exponent)))


def count_exponents(values: NDArray[np.float64], counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The binary exponents floor(log2 |x|) of finite non-zero `values`, ascending, with their counts."""
    if not values.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, exponents = np.frexp(values)
    lowest = int(exponents.min())
    totals = np.zeros(int(exponents.max()) - lowest + 1, np.int64)
    np.add.at(totals, exponents - lowest, counts)
    present = np.flatnonzero(totals)
    return present + (lowest - 1), totals[present]


def entropies_of(format_: Format, patterns: Patterns, counts: Counts) -> Entropies:
    """Entropies of the fields; integers have one field, reported as mantissa."""
    whole = entropy(counts)
    if isinstance(format_, IntegerFormat):
        return Entropies(0.0, 0.0, whole, whole, is_upper_bound=False)
    mantissa_bits, exponent_bits = format_.mantissa_bits, format_.exponent_bits
    mantissas = patterns & np.uint64((1 << mantissa_bits) - 1)
    exponents = (patterns >> np.uint64(mantissa_bits)) & np.uint64((1 << exponent_bits) - 1)
    signs = patterns >> np.uint64(mantissa_bits + exponent_bits)
    return Entropies(
        sign=entropy_of_keys(signs, counts),
        exponent=entropy_of_keys(exponents, counts),
        mantissa=entropy_of_keys(mantissas, counts),
        pattern=whole,
        is_upper_bound=False,
    )


def entropy_of_keys(keys: NDArray[np.uint64], counts: Counts) -> float:
    """Entropy of `keys`, each occurring as often as its counts add up to."""
    if keys.size and int(keys.max()) < DISTINCT_LIMIT:
        return entropy(np.bincount(keys.astype(np.intp), counts))
    _, groups = np.unique(keys, return_inverse=True)
    return entropy(np.bincount(groups, counts))


def entropy(counts: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Shannon entropy in bits: the sum of -p log2 p over the shares p of `counts`; 0 for nothing."""
    occurring = counts[counts > 0]
    if len(occurring) <= 1:
        return 0.0
    shares = occurring / occurring.sum()
    return float(-np.sum(shares * np.log2(shares)))


def trailing_zeros_of(format_: Format, patterns: Patterns) -> int:
    """Low mantissa bits that are 0 in every one of `patterns` (finite, non-zero); all of them without any."""
    if isinstance(format_, IntegerFormat):
        return 0
    union = int(np.bitwise_or.reduce(patterns, initial=np.uint64(0))) & ((1 << format_.mantissa_bits) - 1)
    return trailing_zeros(union, format_.mantissa_bits)


def trailing_zeros(mantissa: int, width: int) -> int:
    """Zero bits at the low end of a mantissa field of `width` bits."""
    return width if mantissa == 0 else (mantissa & -mantissa).bit_length() - 1
