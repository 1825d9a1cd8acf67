"""The elements of a tensor by pattern, or by narrow intervals of patterns: what its census knows of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census
from precisionlab.formats import FloatFormat
from precisionlab.formats.patterns import infinity_pattern

FIRST_FIELD, LAST_FIELD = 897, 1150
"""binary64's exponent fields for the exponents of binary32's normal numbers, -126 to 127."""
LOW_BITS = {32: 12, 64: 41}
"""Mantissa bits below the 11 of a bin, by the width of the format."""

Patterns = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Every element lies in one cell; the patterns of its elements lie between `lowest` and `highest`.

    Of an exact census a cell is one pattern. Of a binned one patterns are those of magnitudes; NaNs
    stand at infinity; and a cell of count 0 is one element that is known, and counted in another cell.
    """

    lowest: Patterns
    highest: Patterns
    counts: NDArray[np.int64]


def bit_counts(census: Census) -> NDArray[np.int64]:
    """In how many elements each bit is set, the least significant first; exact of every census."""
    if census.patterns is None or census.pattern_counts is None:
        return np.zeros(census.format.bits, np.int64) if census.set_bits is None else census.set_bits
    bits = ((census.patterns >> np.uint64(bit)) & np.uint64(1) for bit in range(census.format.bits))
    return np.array([int(census.pattern_counts[is_set == 1].sum()) for is_set in bits], np.int64)


def cells_of(census: Census) -> Cells | None:
    """The cells of a census; None of integers that were not counted one by one."""
    if census.patterns is not None and census.pattern_counts is not None:
        return Cells(census.patterns, census.patterns, census.pattern_counts)
    return cells_of_bins(census, census.format) if isinstance(census.format, FloatFormat) else None


def cells_of_bins(census: Census, format_: FloatFormat) -> Cells:
    """The cells of a binned census, ascending; then its zeros, its infinities and NaNs, and its extremes.

    A normal number's cell is at most 2^-11 of it wide, but for float64 beyond the exponents -126 to
    127, where a cell is a whole binade.
    """
    lowest, highest, counts = ordinary_cells(census, format_)
    magnitudes = (census.smallest_magnitude, census.largest_magnitude) if len(counts) else ()
    known = patterns_of(magnitudes, format_)
    points = np.concatenate([np.array([0, infinity_pattern(format_)], np.uint64), known])
    n_points = np.zeros(len(points), np.int64)
    n_points[:2] = census.specials.zeros, census.specials.infinities + census.specials.nans
    is_met = n_points > 0
    is_met[2:] = True
    return Cells(
        np.concatenate([np.maximum(lowest, known[:1]), points[is_met]]),
        np.concatenate([np.minimum(highest, known[1:]), points[is_met]]),
        np.concatenate([counts, n_points[is_met]]),
    )


def patterns_of(numbers: tuple[float, ...], format_: FloatFormat) -> Patterns:
    """The patterns of numbers of binary32 or binary64."""
    patterns: NDArray[np.unsignedinteger] = np.array(numbers, f"f{format_.bits // 8}").view(f"u{format_.bits // 8}")
    return patterns.astype(np.uint64)


def ordinary_cells(census: Census, format_: FloatFormat) -> tuple[Patterns, Patterns, NDArray[np.int64]]:
    """Lowest and highest pattern and count of the cells of the finite non-zero elements."""
    # A bin's representative has the 11 leading bits, and below them the sticky bit.
    codes = census.values.astype(np.float32).view(np.uint32).astype(np.uint64)
    leading, sticky = codes >> np.uint64(12), (codes >> np.uint64(11)) & np.uint64(1)
    counts = census.counts
    if format_.bits == 64:
        fields = leading >> np.uint64(11)
        leading = leading + np.uint64((FIRST_FIELD - 1) << 11)
        counts = np.where(fields > 0, counts, 0)  # binary64's numbers below are in cells of their own
    below = np.uint64(LOW_BITS[format_.bits])
    lowest = (leading << below) | sticky
    highest = (leading << below) | (sticky * np.uint64((1 << LOW_BITS[format_.bits]) - 1))
    if format_.bits == 64:
        return with_far_binades(census, lowest, highest, counts)
    return lowest, highest, counts


def with_far_binades(
    census: Census, lowest: Patterns, highest: Patterns, counts: NDArray[np.int64]
) -> tuple[Patterns, Patterns, NDArray[np.int64]]:
    """binary64's cells, and those of the exponents that its bins do not tell apart, from the counts by exponent.

    Numbers beyond were counted in the last bin, which holds the largest number that the bins know.
    """
    by_field = np.zeros(2047, np.int64) if census.field_bins is None else census.field_bins.counts[:, :-1].sum(axis=0)
    by_field[0] -= census.specials.zeros
    n_beyond = int(by_field[LAST_FIELD + 1 :].sum())
    counts = counts.copy()
    counts[-1:] -= n_beyond
    is_kept = counts > 0
    far = np.flatnonzero(by_field)
    far = far[(far < FIRST_FIELD) | (far > LAST_FIELD)]
    starts = far.astype(np.uint64) << np.uint64(52)
    return (
        np.concatenate([lowest[is_kept], np.maximum(starts, np.uint64(1))]),
        np.concatenate([highest[is_kept], starts | np.uint64((1 << 52) - 1)]),
        np.concatenate([counts[is_kept], by_field[far]]),
    )
