"""Compiled loops that round a band to an element format, in binary64, and keep nothing but sums of its errors."""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

RUN: Final = 2048
FLOATS, INTEGERS, LEVELS, SAME = range(4)
"""Kinds of formats: floats with subnormals, integers, all others by their levels, and binary64 itself."""
EXPONENT_BITS: Final = 0x7FF << 52
MAGNITUDE: Final = (1 << 63) - 1


@njit(nogil=True, cache=True, error_model="numpy")
def measure_band(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats,
    scale: float,
    element: Any,  # noqa: ANN401 - a tuple of the kind, its constants, levels and thresholds
    ends: tuple[float, float],
    is_excluded: NDArray[np.bool_],
    weights: Floats,
    sums: tuple[Doubles, Doubles, NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Add the errors of a band [rows, columns] of numbers that become elements times the scale.

    `sums` are by row [rows, 3] squared error, cross, weighted squared error; by column [columns] squared error, or
    empty; the patterns of the largest error and relative error [2]; counts of clipped and flushed numbers [2].
    """
    by_row, by_column, peaks, counts = sums
    exact, quotients, elements = np.empty((3, RUN), np.float64)
    room = np.empty(RUN, np.int64)
    for row in range(values.shape[0]):
        for start in range(0, values.shape[1], RUN):
            part = values[row, start : start + RUN]
            x, t, q = exact[: part.size], quotients[: part.size], elements[: part.size]
            for k in range(part.size):
                x[k] = part[k]
                t[k] = x[k] / scale
            round_run(t, element, room[: part.size], q)
            if is_excluded.size:
                put(is_excluded[row, start : start + RUN], ends[0], t)
            counts[0] += outside(t, ends[0], ends[1])
            for k in range(part.size):
                t[k] = q[k] * scale - x[k]
            if is_excluded.size:
                put(is_excluded[row, start : start + RUN], 0.0, t)
            squared, cross = products(x, t)
            by_row[row, 0] += squared
            by_row[row, 1] += cross
            if weights.size:
                by_row[row, 2] += weighted_squares(t, weights[row, start : start + RUN])
            if by_column.size:
                add_squares(t, by_column[start : start + RUN])
            peaks[0] = max(peaks[0], largest(t.view(np.int64)))
            counts[1] += vanished(x, q)
            peaks[1] = max(peaks[1], largest_ratio(t, x, q))


@njit(nogil=True, cache=True, error_model="numpy")
def round_run(t: Doubles, element: Any, room: NDArray[np.int64], q: Doubles) -> None:  # noqa: ANN401 - see above
    """Write the elements nearest to numbers, beyond the ends the ends."""
    kind, constants, levels, thresholds = element
    low, high, lowest, above = constants
    if kind == FLOATS:
        for k in range(t.size):
            q[k] = min(abs(t[k]), high)
        place_anchors(q.view(np.int64), lowest, above, room)
        round_at(room.view(np.float64), q)
        for k in range(t.size):
            q[k] = np.copysign(q[k], t[k])
    elif kind == INTEGERS:
        for k in range(t.size):
            q[k] = np.rint(min(max(t[k], low), high))
    elif kind == SAME:
        q[:] = t
    else:
        for k in range(t.size):
            q[k] = levels[np.searchsorted(thresholds, t[k], side="right")]


@njit(nogil=True, cache=True, error_model="numpy")
def place_anchors(sizes: NDArray[np.int64], lowest: int, above: int, room: NDArray[np.int64]) -> None:
    """The power of two whose last place is the element's, for each number; subnormals of the element share one."""
    for k in range(sizes.size):
        room[k] = max(sizes[k] & EXPONENT_BITS, lowest) + above


@njit(nogil=True, cache=True, error_model="numpy")
def round_at(anchors: Doubles, q: Doubles) -> None:
    """Add the power of two, which rounds to its last place, and take it off again."""
    for k in range(q.size):
        q[k] = (q[k] + anchors[k]) - anchors[k]


@njit(nogil=True, cache=True, error_model="numpy")
def put(places: NDArray[np.bool_], number: float, t: Doubles) -> None:
    """Put a number that counts for nothing where numbers are excluded."""
    for k in range(t.size):
        t[k] = number if places[k] else t[k]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def products(x: Doubles, e: Doubles) -> tuple[float, float]:
    """Sums of e^2 and of x e."""
    squared = cross = 0.0
    for k in range(x.size):
        squared += e[k] * e[k]
        cross += x[k] * e[k]
    return squared, cross


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def weighted_squares(e: Doubles, w: Floats) -> float:
    """Sum of w e^2."""
    total = 0.0
    for k in range(e.size):
        total += np.float64(w[k]) * e[k] * e[k]
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def largest(bits: NDArray[np.int64]) -> np.int64:
    """The largest pattern without sign: patterns are ordered as the numbers are."""
    top = np.int64(0)
    for k in range(bits.size):
        top = max(top, bits[k] & MAGNITUDE)
    return top


@njit(nogil=True, cache=True, error_model="numpy")
def largest_ratio(e: Doubles, x: Doubles, room: Doubles) -> np.int64:
    """The pattern of the largest |e / x| over x other than 0."""
    for k in range(e.size):
        room[k] = e[k] / x[k] if x[k] != 0 else 0.0
    return largest(room.view(np.int64))


@njit(nogil=True, cache=True, error_model="numpy")
def add_squares(e: Doubles, totals: Doubles) -> None:
    """Add e^2 to the total of each column."""
    for k in range(e.size):
        totals[k] += e[k] * e[k]


@njit(nogil=True, cache=True, error_model="numpy")
def outside(t: Doubles, low: float, high: float) -> int:
    """How many numbers lie outside the ends."""
    n = np.int64(0)
    for k in range(t.size):
        n += np.int64(t[k] > high) + np.int64(t[k] < low)
    return int(n)


@njit(nogil=True, cache=True, error_model="numpy")
def vanished(x: Doubles, q: Doubles) -> int:
    """How many numbers other than zero become zero."""
    n = np.int64(0)
    for k in range(x.size):
        n += np.int64((q[k] == 0) & (x[k] != 0))
    return int(n)
