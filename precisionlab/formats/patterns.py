"""What bit patterns stand for."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    NaNs,
    PositFormat,
    SignEncoding,
)

TABULATED_FROM = 256
"""Patterns from which looking them up in a table of all is quicker than decoding each."""


def decode(patterns: NDArray[np.unsignedinteger], format_: ElementFormat) -> NDArray[np.float64]:
    """The numbers that `patterns` stand for, exact in float64.

    Args:
        patterns: unsigned integers of any shape that hold one pattern each.
        format_: of at most 64 bits. Integers, and posits of more than 32 bits, are rounded to nearest.

    Raises:
        FormatError: a float format that float64 does not hold.
    """
    if format_.bits <= 16 and patterns.size > TABULATED_FROM:
        return np.asarray(decode_all(format_)[patterns])
    return decode_each(patterns, format_)


def decode_each(patterns: NDArray[np.unsignedinteger], format_: ElementFormat) -> NDArray[np.float64]:
    """`decode` without a table."""
    match format_:
        case FloatFormat():
            return decode_float(patterns, format_)
        case IntegerFormat():
            return decode_integer(patterns, format_)
        case PositFormat():
            return decode_posit(patterns, format_)
        case CodebookFormat():
            return decode_codebook(patterns, format_)


def decode_float(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.float64]:
    """The floats that `patterns` stand for.

    Raises:
        FormatError: the format exceeds float64's range or precision.
    """
    if fits_float64_as_is(format_):
        return patterns.astype(np.uint64).view(np.float64)
    if not is_within_float64(format_):
        raise FormatError(format_.name, "float64 does not hold its numbers; use decode_exact")
    wide = patterns.astype(np.int64)
    mantissa = wide & ((1 << format_.mantissa_bits) - 1)
    exponent = (wide >> format_.mantissa_bits) & ((1 << format_.exponent_bits) - 1)
    hidden = (exponent > 0).astype(np.int64) if format_.subnormals else np.ones_like(exponent)
    significand = (hidden << format_.mantissa_bits) + mantissa
    scale = np.maximum(exponent, 1) if format_.subnormals else exponent
    with np.errstate(over="ignore"):  # where infinity and NaN lie, which are set below
        magnitude = np.ldexp(significand.astype(np.float64), scale - format_.bias - format_.mantissa_bits)
    if format_.is_lowest_taken:
        magnitude = np.where((exponent == 0) & (mantissa == 0), 0.0, magnitude)
    magnitude = np.where(is_infinity(patterns, format_), np.inf, magnitude)
    magnitude = np.where(is_nan(patterns, format_), np.nan, magnitude)
    negative = (wide >> (format_.bits - 1)) & 1 if format_.signed else np.zeros_like(wide)
    return np.where(negative == 1, -magnitude, magnitude)


def fits_float64_as_is(format_: FloatFormat) -> bool:
    """Whether the patterns are those of float64."""
    layout = (format_.bits, format_.mantissa_bits, format_.bias, format_.nans, format_.signed, format_.subnormals)
    return layout == (64, 52, 1023, NaNs.IEEE, True, True)


def is_within_float64(format_: FloatFormat) -> bool:
    """Whether every number of the format is one of float64."""
    last_place = format_.min_exponent - format_.mantissa_bits
    in_range = format_.max_exponent <= 1023 and last_place >= -1074
    return format_.precision <= 53 and in_range and not format_.integer_bit


def decode_integer(patterns: NDArray[np.unsignedinteger], format_: IntegerFormat) -> NDArray[np.float64]:
    """The integers that `patterns` stand for, rounded to nearest beyond 2^53."""
    wide = patterns.astype(np.uint64)
    if not format_.signed:
        return wide.astype(np.float64)
    if format_.encoding is SignEncoding.SIGN_MAGNITUDE:
        size = (wide & np.uint64((1 << (format_.bits - 1)) - 1)).astype(np.float64)
        return np.where(wide >> np.uint64(format_.bits - 1) == 1, -size, size)
    if format_.encoding is SignEncoding.OFFSET_BINARY:
        # Two's complement and offset binary differ in the sign bit alone.
        wide ^= np.uint64(1 << (format_.bits - 1))
    shift = np.uint64(64 - format_.bits)
    return ((wide << shift).view(np.int64) >> np.int64(shift)).astype(np.float64)


def decode_posit(patterns: NDArray[np.unsignedinteger], format_: PositFormat) -> NDArray[np.float64]:
    """The posits that `patterns` stand for, NaN for NaR; rounded to nearest above 53 significant bits.

    All bits are moved to the top of a 64-bit word, where the regime's run is found through the
    exponent of a float.
    """
    wide = patterns.astype(np.uint64) << np.uint64(64 - format_.bits)
    is_negative = wide >> np.uint64(63) == 1
    body = np.where(is_negative, ~wide + np.uint64(1), wide) << np.uint64(1)
    starts_with_one = body >> np.uint64(63) == 1
    run = leading_zeros(np.where(starts_with_one, ~body, body))
    regime = np.where(starts_with_one, run - 1, -run)
    tail = shifted_left(body, run + 1)
    exponent = shifted_right(tail, 64 - format_.exponent_bits).astype(np.int64)
    fraction = shifted_left(tail, np.full_like(run, format_.exponent_bits))
    significand = (fraction >> np.uint64(1) | np.uint64(1 << 63)).astype(np.float64)
    magnitude = np.ldexp(significand, (regime << format_.exponent_bits) + exponent - 63)
    signed = np.where(is_negative, -magnitude, magnitude)
    is_lone = wide << np.uint64(1) == 0
    return np.where(is_lone, np.where(is_negative, np.nan, 0.0), signed)


def leading_zeros(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many bits of each 64-bit word are 0 above the highest 1; 64 for 0."""
    high, low = (words >> np.uint64(32)).astype(np.float64), (words & np.uint64(0xFFFFFFFF)).astype(np.float64)
    _, high_length = np.frexp(high)
    _, low_length = np.frexp(low)
    return np.where(high > 0, 32 - high_length, 64 - low_length).astype(np.int64)


def shifted_left(words: NDArray[np.uint64], by: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Each word shifted left, 0 from 64 on, where a processor would wrap around."""
    return np.where(by < 64, words << np.minimum(by, 63).astype(np.uint64), np.uint64(0))


def shifted_right(words: NDArray[np.uint64], by: int) -> NDArray[np.uint64]:
    """The words shifted right, 0 from 64 on."""
    return words >> np.uint64(by) if by < 64 else np.zeros_like(words)


def decode_codebook(patterns: NDArray[np.unsignedinteger], format_: CodebookFormat) -> NDArray[np.float64]:
    """The table's values, NaN beyond the table."""
    table = np.full(1 << format_.bits, np.nan)
    table[: len(format_.values)] = format_.values
    return np.asarray(table[patterns.astype(np.int64)])


def is_nan(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.bool_]:
    """Which patterns are NaN."""
    magnitude = magnitudes(patterns, format_)
    match format_.nans:
        case NaNs.IEEE:
            return np.asarray(magnitude > np.uint64(infinity_pattern(format_)))
        case NaNs.ALL_ONES:
            return magnitude > np.uint64(format_.max_finite_pattern)
        case NaNs.NEGATIVE_ZERO | NaNs.NEGATIVE_ZERO_AND_INFINITY:
            return np.asarray(patterns.astype(np.uint64) == np.uint64(1 << (format_.bits - 1)))
        case NaNs.NONE:
            return np.zeros(patterns.shape, np.bool_)


def is_infinity(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.bool_]:
    """Which patterns are positive or negative infinity."""
    if not format_.has_infinities:
        return np.zeros(patterns.shape, np.bool_)
    return np.asarray(magnitudes(patterns, format_) == np.uint64(infinity_pattern(format_)))


def infinity_pattern(format_: FloatFormat) -> int:
    """The pattern of positive infinity in a format with infinities."""
    return format_.max_finite_pattern + 1


def magnitudes(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.uint64]:
    """The patterns without their sign bit."""
    mask = (1 << (format_.bits - int(format_.signed))) - 1
    return patterns.astype(np.uint64) & np.uint64(mask)


@lru_cache(maxsize=64)
def decode_all(format_: ElementFormat) -> NDArray[np.float64]:
    """The number of every pattern of a format of at most 16 bits, by pattern; read-only."""
    codes = np.arange(1 << format_.bits, dtype=np.uint32)
    table = decode_each(codes, format_)
    table.flags.writeable = False
    return table
