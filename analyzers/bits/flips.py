"""What a single flipped bit does to each element of a tensor, from its census."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.bits.fields import number_of
from precisionlab.analysis.census.cells import Cells, cells_of
from precisionlab.analysis.census.records import Census
from precisionlab.formats import Format, IntegerFormat
from precisionlab.formats.patterns import decode

Patterns = NDArray[np.uint64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Flip:
    """What flipping one bit does. A change is |x' - x| / |x|, of finite non-zero x with finite x'."""

    median: float
    """The lower median of the changes; NaN without any, as the next."""
    worst: float
    """The largest change; infinite where float64 does not hold it."""
    worst_value: int | float
    """The x that it happens to: of several that of the lowest pattern; NaN without any."""
    to_non_finite: int
    """Finite elements that turn into an infinity or a NaN."""
    to_finite: int
    """Infinities and NaNs that turn into a finite number."""
    zero: float
    """The number that zero turns into, without sign; NaN where none."""
    error: float
    """Median and worst change are within this share of themselves; 0 where exact."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of every cell: patterns and the numbers that they stand for."""

    patterns: Patterns
    numbers: Numbers


def flips_of(census: Census) -> tuple[Flip, ...]:
    """What flipping each bit does, the least significant first; nothing of integers that were not counted one by one."""
    cells = cells_of(census)
    if cells is None:
        return ()
    low = edge(cells.lowest, census.format)
    high = low if cells.highest is cells.lowest else edge(cells.highest, census.format)
    return tuple(flip_of(bit, low, high, cells, census.format) for bit in range(census.format.bits))


def edge(patterns: Patterns, format_: Format) -> Edge:
    """The ends of cells with these patterns."""
    return Edge(patterns, decode(patterns, format_))


def flip_of(bit: int, low: Edge, high: Edge, cells: Cells, format_: Format) -> Flip:
    """What flipping `bit` does to the elements of the cells.

    Between the ends of a cell the change rises or falls throughout, so that its values there bound it,
    and the medians of the lower and the upper bounds bound the median.
    """
    flipped = decode(low.patterns ^ np.uint64(1 << bit), format_)
    at_low = changes(low, flipped, bit, format_)
    at_high = at_low
    if high is not low:
        at_high = changes(high, decode(high.patterns ^ np.uint64(1 << bit), format_), bit, format_)
    least, most = np.minimum(at_low, at_high), np.maximum(at_low, at_high)
    was_finite, is_finite = np.isfinite(low.numbers), np.isfinite(flipped)
    is_changed = ~np.isnan(most)
    worst_value: int | float = math.nan
    medians = worsts = (math.nan, math.nan)
    if is_changed.any():
        medians = lower_median(least, cells.counts), lower_median(most, cells.counts)
        worsts = float(np.nanmax(least)), float(np.nanmax(most))
        at = int(np.nanargmax(most))
        worst_end = low if at_low[at] == most[at] else high
        worst_value = number_of(int(worst_end.patterns[at]), format_)
    return Flip(
        median=middle(*medians),
        worst=middle(*worsts),
        worst_value=worst_value,
        to_non_finite=int(cells.counts[was_finite & ~is_finite].sum()),
        to_finite=int(cells.counts[~was_finite & is_finite].sum()),
        zero=zero_change(low, flipped),
        error=max(half_width(*medians), half_width(*worsts)),
    )


def changes(end: Edge, flipped: Numbers, bit: int, format_: Format) -> Numbers:
    """The relative change of each number; NaN of zeros, of what is not finite, and of what becomes so.

    A bit of a stored integer is worth 2^bit, the sign of two's complement too, whatever float64 holds of the
    integer itself. Floats are scaled to below 1 first, so that their difference never overflows.
    """
    numbers = end.numbers
    is_meant = np.isfinite(numbers) & (numbers != 0) & np.isfinite(flipped)
    with np.errstate(all="ignore"):
        if isinstance(format_, IntegerFormat):
            sizes = 2.0**bit / np.abs(numbers)
        else:
            fractions, exponents = np.frexp(numbers)
            sizes = np.abs(np.ldexp(flipped, -exponents) - fractions) / np.abs(fractions)
    return np.where(is_meant, sizes, np.nan)


def lower_median(sizes: Numbers, counts: NDArray[np.int64]) -> float:
    """The lower median of `sizes`, each occurring `counts` times, NaNs left out; there is at least one other."""
    order = np.argsort(sizes)[: int(np.count_nonzero(~np.isnan(sizes)))]  # NaNs come last
    running = np.cumsum(counts[order])
    return float(sizes[order][np.searchsorted(running, (running[-1] + 1) // 2)])


def middle(least: float, most: float) -> float:
    """Halfway between two bounds."""
    return least if least == most else least + (most - least) / 2


def half_width(least: float, most: float) -> float:
    """How far their middle is at most from what lies between two bounds, as a share of it."""
    return (most - least) / (2 * least) if least < most else 0.0


def zero_change(end: Edge, flipped: Numbers) -> float:
    """The magnitude that the first zero turns into; NaN without a zero."""
    zeros = np.flatnonzero(end.numbers == 0)
    return abs(float(flipped[zeros[0]])) if len(zeros) else math.nan
