"""The numbers of a narrow element format and where rounding to nearest passes from one to the next, as arrays.

Serves every kind of format alike, since it knows levels and thresholds only. Whoever rounds saturates: beyond
the ends stand the ends.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.patterns import decode, decode_all
from precisionlab.formats.records import ElementFormat, FloatFormat, PositFormat

MAX_BITS: Final = 16
"""Widest format that is tabulated."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Levels:
    """The distinct finite numbers of a format and what rounds to each."""

    numbers: Floats
    """[n] in increasing order; zero once."""
    thresholds: Floats
    """[n - 1]: from threshold i on (the smallest float64 that does) a number rounds to `numbers[i + 1]` or beyond."""
    clipped_below: float
    """Numbers below are further from the lowest number than half of the last step."""
    clipped_above: float

    def nearest(self, values: Floats) -> Floats:
        """The nearest numbers of the format, ties as the format's, beyond the ends the ends."""
        return np.asarray(self.numbers[np.searchsorted(self.thresholds, values, side="right")])


@lru_cache(maxsize=128)
def levels_of(format_: ElementFormat) -> Levels:
    """The levels of a format of at most `MAX_BITS` bits.

    Raises:
        FormatError: it is wider, or float64 does not hold its numbers.
    """
    if format_.bits > MAX_BITS:
        raise FormatError(format_.name, f"has more than {MAX_BITS} bits, and its numbers are not tabulated")
    every = decode_all(format_)
    patterns = np.flatnonzero(np.isfinite(every))
    numbers, first = np.unique(every[patterns], return_index=True)
    lowest_patterns = patterns[first]
    below, above = numbers[:-1], numbers[1:]
    middles = middles_of(format_, lowest_patterns) if isinstance(format_, PositFormat) else below / 2 + above / 2
    goes_up = leaves_ties(format_, lowest_patterns)[:-1]
    thresholds = np.where(goes_up, middles, np.nextafter(middles, np.inf))
    if isinstance(format_, PositFormat):
        thresholds = np.where(above == 0, 0.0, np.where(below == 0, np.nextafter(0.0, 1.0), thresholds))
    return Levels(numbers + 0.0, thresholds, *clipping_of(format_))


def leaves_ties(format_: ElementFormat, patterns: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a tie leaves the numbers of these patterns for the next one; see `Ladder.is_odd`."""
    if isinstance(format_, FloatFormat) and format_.mantissa_bits == 0 and not format_.has_zero:
        return np.ones(patterns.shape, np.bool_)
    return np.asarray(patterns % 2 == 1)


def middles_of(format_: PositFormat, patterns: NDArray[np.intp]) -> Floats:
    """Posits of one bit more lie between neighbours (Standard for Posit Arithmetic (2022))."""
    wider = replace(format_, bits=format_.bits + 1)
    between = (2 * patterns[:-1] + 1) % (1 << wider.bits)
    return decode(between.astype(np.uint32), wider)


@lru_cache(maxsize=1024)
def clipping_of(format_: ElementFormat) -> tuple[float, float]:
    """Half a step beyond either end: where rounding with unbounded exponent would overflow, if the format says.

    Infinite where float64 does not reach so far.
    """
    ladder = ladder_of(format_)
    low, high = ladder.value(ladder.lowest), ladder.value(ladder.highest)
    is_single = ladder.lowest == ladder.highest
    below = low - (0 if is_single else ladder.value(ladder.lowest + 1) - low)
    above = high + (0 if is_single else high - ladder.value(ladder.highest - 1))
    beyond_low, beyond_high = ladder.beyond(is_low_end=True), ladder.beyond(is_low_end=False)
    return (
        nearest_float((low + (below if beyond_low is None else beyond_low)) / 2),
        nearest_float((high + (above if beyond_high is None else beyond_high)) / 2),
    )


def nearest_float(value: Fraction) -> float:
    """The nearest float64, infinity beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf
