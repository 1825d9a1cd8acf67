"""Compiled search for the scale of a block whose numbers are entries of a table times that scale.

A stored number x that stood for entry t under scale s lies within a window w of t s. So t leaves for s the
interval (x +- w) / t, and a block fits where all its numbers leave something in common. The number of largest
magnitude stands for some entry: each is tried in turn, and what it leaves for s is narrowed by the others.
"""

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
TableArrays = tuple[Floats, Floats, Floats, Floats]
"""Entries in increasing order, the bounds halfway between them, the share of the line that is nearest to each,
and the distance of each to its nearer neighbour."""

MOST_BITS: Final = 12.0
"""What one number counts at most: in a fine type a single simple ratio would be proof."""


@njit(nogil=True, cache=True, error_model="numpy")
def slack(x: float, window: float, low: float, high: float) -> float:
    """How far x / m may be from its entry, m in the middle of the interval that holds the scale.

    With |x - t s| <= w and |s - m| <= d, |x / m - t| <= (w + |t| d) / |m|, and |t| <= (|x| + w) / (|m| - d).
    """
    half = (high - low) / 2
    size = abs(low + half)
    return (window + (abs(x) + window) * (half / (size - half))) / size


@njit(nogil=True, cache=True, error_model="numpy")
def narrowed(values: Floats, windows: Floats, low: float, high: float, table: TableArrays) -> tuple[float, float]:
    """What those numbers leave for the scale whose entries an interval makes certain; (1, 0) for nothing.

    Each narrows the interval for the next, the smaller ones for the larger ones. An entry stands for one number
    of a block, and 0 for no other than 0. Where none is certain the interval stays.
    """
    entries, bounds, _, closest = table
    left, right = -math.inf, math.inf
    taken = -1
    for k in range(values.size):
        x, window = values[k], windows[k]
        ratio = x / (low + (high - low) / 2)
        place = np.searchsorted(bounds, ratio)
        entry, off = entries[place], slack(x, window, low, high)
        if abs(ratio - entry) > off:
            return 1.0, 0.0
        if off < closest[place] / 2:
            if place == taken or entry == 0:
                return 1.0, 0.0
            taken = place
            centre, half = x / entry, window / abs(entry)
            left, right = max(left, centre - half), min(right, centre + half)
            low, high = max(low, left), min(high, right)
            if low > high:
                return 1.0, 0.0
    return (low, high) if taken < 0 else (left, right)


@njit(nogil=True, cache=True, error_model="numpy")
def surprise(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats, windows: Floats, low: float, high: float, table: TableArrays, places: Integers, bits: Floats
) -> float:
    """Fill in each number's entry and, in bits, how rarely it would be so close to one; their sum but for the largest.

    One number is left out since the scale was chosen for it.
    """
    _, bounds, cells, _ = table
    total = largest = 0.0
    for k in range(values.size):
        places[k] = np.searchsorted(bounds, values[k] / (low + (high - low) / 2))
        bits[k] = max(0.0, math.log2(cells[places[k]] / (2 * slack(values[k], windows[k], low, high))))
        total += min(bits[k], MOST_BITS)
        largest = max(largest, min(bits[k], MOST_BITS))
    return total - largest


@njit(nogil=True, cache=True, error_model="numpy")
def fit_block(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats, windows: Floats, anchor: int, anchors: Floats, table: TableArrays, places: Integers, bits: Floats
) -> tuple[float, float, float, int]:
    """Ends of the interval for the scale, the surprise in bits less that of as many tries, and the number of tries.

    `anchor` is where the number of largest magnitude stands, `anchors` the entries that it may be. No tries
    where it can be none of them.
    """
    for a in range(anchors.size):
        centre, half = values[anchor] / anchors[a], windows[anchor] / abs(anchors[a])
        low, high = narrowed(values, windows, centre - half, centre + half, table)
        if low <= high:
            low, high = narrowed(values, windows, low, high, table)
        if low <= high:
            return low, high, surprise(values, windows, low, high, table, places, bits) - math.log2(a + 1), a + 1
    return 0.0, 0.0, 0.0, 0


@njit(nogil=True, cache=True, error_model="numpy")
def fit_blocks(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats,
    windows: Floats,
    sizes: Integers,
    largest: Integers,
    anchors: Floats,
    table: TableArrays,
    places: Integers,
    bits: Floats,
    found: Floats,
    tries: Integers,
) -> None:
    """`fit_block` for the first `sizes` numbers of each row, if any; low, high and surprise fill a row of `found`."""
    for i in range(values.shape[0]):
        n = sizes[i]
        if n:
            low, high, excess, tried = fit_block(
                values[i, :n], windows[i, :n], largest[i], anchors, table, places[i, :n], bits[i, :n]
            )
            found[i, 0], found[i, 1], found[i, 2], tries[i] = low, high, excess, tried


@njit(nogil=True, cache=True, error_model="numpy")
def squeeze(ordered: Floats, values: Floats, counts: Integers) -> int:
    """The distinct numbers of each ascending row, NaNs last and left out, and how often each occurs; the most of a row."""
    most = 0
    for i in range(ordered.shape[0]):
        last = -1
        for k in range(ordered.shape[1]):
            x = ordered[i, k]
            if math.isnan(x):
                break
            if last < 0 or x != values[i, last]:
                last += 1
                values[i, last] = x
            counts[i, last] += 1
        most = max(most, last + 1)
    return most
