"""What bit patterns stand for."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.records import FloatFormat, Format, NaNs

TABULATED_FROM = 256
"""Patterns from which looking them up in a table of all is quicker than decoding each."""


def decode(patterns: NDArray[np.unsignedinteger], format_: Format) -> NDArray[np.float64]:
    """The numbers that `patterns` stand for, exact in float64 for every catalogued float format.

    Args:
        patterns: unsigned integers of any shape that hold one pattern each.
        format_: of at most 64 bits. Integers beyond 2^53 are rounded to nearest.
    """
    if isinstance(format_, FloatFormat):
        is_tabulated = format_.bits <= 16 and patterns.size > TABULATED_FROM
        return decode_all(format_)[patterns] if is_tabulated else decode_float(patterns, format_)
    wide = patterns.astype(np.uint64)
    if not format_.signed:
        return wide.astype(np.float64)
    shift = np.uint64(64 - format_.bits)
    return ((wide << shift).view(np.int64) >> np.int64(shift)).astype(np.float64)


def decode_float(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.float64]:
    """The floats that `patterns` stand for; exact, since no format exceeds float64's range or precision."""
    if format_.name == "float64":
        return patterns.astype(np.uint64).view(np.float64)
    wide = patterns.astype(np.int64)
    mantissa = wide & ((1 << format_.mantissa_bits) - 1)
    exponent = (wide >> format_.mantissa_bits) & ((1 << format_.exponent_bits) - 1)
    hidden = (exponent > 0).astype(np.int64) if format_.subnormals else np.ones_like(exponent)
    significand = (hidden << format_.mantissa_bits) + mantissa
    scale = np.maximum(exponent, 1) if format_.subnormals else exponent
    magnitude = np.ldexp(significand.astype(np.float64), scale - format_.bias - format_.mantissa_bits)
    magnitude = np.where(is_infinity(patterns, format_), np.inf, magnitude)
    magnitude = np.where(is_nan(patterns, format_), np.nan, magnitude)
    negative = (wide >> (format_.bits - 1)) & 1 if format_.signed else np.zeros_like(wide)
    return np.where(negative == 1, -magnitude, magnitude)


def is_nan(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.bool_]:
    """Which patterns are NaN."""
    magnitude = magnitudes(patterns, format_)
    match format_.nans:
        case NaNs.IEEE:
            return np.asarray(magnitude > np.uint64(infinity_pattern(format_)))
        case NaNs.ALL_ONES:
            return magnitude > np.uint64(format_.max_finite_pattern)
        case NaNs.NEGATIVE_ZERO:
            return np.asarray(patterns.astype(np.uint64) == np.uint64(1 << (format_.bits - 1)))
        case NaNs.NONE:
            return np.zeros(patterns.shape, np.bool_)


def is_infinity(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.bool_]:
    """Which patterns are positive or negative infinity."""
    if format_.nans is not NaNs.IEEE:
        return np.zeros(patterns.shape, np.bool_)
    return np.asarray(magnitudes(patterns, format_) == np.uint64(infinity_pattern(format_)))


def infinity_pattern(format_: FloatFormat) -> int:
    """The pattern of positive infinity in a format with IEEE infinities."""
    return format_.max_finite_pattern + 1


def magnitudes(patterns: NDArray[np.unsignedinteger], format_: FloatFormat) -> NDArray[np.uint64]:
    """The patterns without their sign bit."""
    mask = (1 << (format_.bits - int(format_.signed))) - 1
    return patterns.astype(np.uint64) & np.uint64(mask)


@cache
def decode_all(format_: Format) -> NDArray[np.float64]:
    """The number of every pattern of a format of at most 16 bits, by pattern; read-only."""
    codes = np.arange(1 << format_.bits, dtype=np.uint32)
    table = decode_float(codes, format_) if isinstance(format_, FloatFormat) else decode(codes, format_)
    table.flags.writeable = False
    return table
