"""Compiled loops that quantize a piece and keep nothing but sums of its errors; `errors` holds their torch twin.

Rounding and summing are functions apart: sums may be added in any order, which fills vector registers, and rounding
must not be.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.cpu import RUN, quantize_run
from precisionlab.formats.blocks.element_loops import Element
from precisionlab.formats.blocks.steps import MAGNITUDE
from precisionlab.formats.blocks.tiling import Shape

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int32]
IN_ANY_ORDER: Final = {"reassoc", "nsz"}
"""What sums alone are compiled with."""


@njit(nogil=True, cache=True, error_model="numpy")
def measure_piece(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats,
    shape: Shape,
    arrays: Any,  # noqa: ANN401 - a tuple of arrays
    ways: tuple[bool, bool],
    element: Element,
    ends: tuple[np.float32, np.float32],
    is_nearest: bool,
    layout: tuple[int, int, int],
    is_excluded: NDArray[np.bool_],
    weights: Floats,
    sums: tuple[Doubles, Doubles, Doubles, Integers, NDArray[np.int64]],
) -> None:
    """Add a piece to the sums of its tensor.

    Args:
        values: the piece, contiguous.
        shape: of the blocks that it touches.
        arrays: those of `quantize_run`, as `ways` and `element`.
        ways: see there.
        element: see there.
        ends: scaled numbers below the first and above the second are clipped; infinite where none can be.
        is_nearest: whether no error exceeds the number itself, since 0 is an element and elements are the nearest to
            what is divided by the stored scale. Errors relative to the number then end at 1, where numbers vanish.
        layout: place of the first value in the band, columns of the band in memory, and how many of them are the
            tensor's; the others are padding, and are not summed.
        is_excluded: of the shape of the values, which of them are not summed; or empty.
        weights: of the shape of the values; or empty.
        sums: by row of the band [rows, 3] squared error, cross, weighted squared error; the energy [1]; by column [columns] squared
            error, or empty; the patterns of the largest error and relative error [2], the latter left at what it is
            where numbers vanish; counts of clipped, of flushed and of other than zero numbers [3].
    """
    by_row, total, by_column, peaks, counts = sums
    first, stride, n_columns = layout
    may_clip = ends[0] > -np.inf or ends[1] < np.inf
    # Few buffers, each used for several things in turn, stay in the nearest cache.
    scaled, room, indices = np.empty(RUN, np.float32), np.empty((2, RUN), np.float32), np.empty(RUN, np.int32)
    for row in range(values.shape[0]):
        down = (shape.above + row) // shape.height
        for start in range(0, values.shape[1], RUN):
            x = values[row, start : start + RUN]
            n = x.size
            place = (shape.before + start, shape.width)
            t, e, y = scaled[:n], room[0, :n], room[1, :n]
            quantize_run(x, down, place, arrays, ways, element, t, room, indices[:n], y)
            if is_excluded.size:
                excluded = is_excluded[row, start : start + RUN]
                take(excluded, x, y)
                put(excluded, ends[0], t)
            subtract(y, x, e)
            line, column = divmod(first + row * values.shape[1] + start, stride)
            done = 0
            while done < n:
                stop = min(n, done + stride - column)
                real = min(stop, done + max(0, n_columns - column))
                if real > done:
                    part, error, result = x[done:real], e[done:real], y[done:real]
                    squared, cross, energy = products(part, result)
                    by_row[line, 0] += squared
                    by_row[line, 1] += cross
                    total[0] += energy
                    if weights.size:
                        by_row[line, 2] += weighted_squares(part, result, weights[row, start + done : start + real])
                    if by_column.size:
                        add_squares(part, result, by_column[column : column + part.size])
                    peaks[0] = max(peaks[0], largest(error.view(np.int32)))
                    if may_clip:
                        counts[0] += outside(t[done:real], ends[0], ends[1])
                    nonzero, zeros = vanished(part, result)
                    counts[1] += zeros
                    counts[2] += nonzero
                    if not (is_nearest and counts[1]):
                        peaks[1] = max(peaks[1], largest_ratio(error, part, t[done:real]))
                line, column, done = line + 1, 0, stop


@njit(nogil=True, cache=True, error_model="numpy")
def take(is_excluded: NDArray[np.bool_], x: Floats, y: Floats) -> None:
    """Take numbers as they are where they are not counted."""
    for k in range(x.size):
        y[k] = x[k] if is_excluded[k] else y[k]


@njit(nogil=True, cache=True, error_model="numpy")
def put(is_excluded: NDArray[np.bool_], number: np.float32, t: Floats) -> None:
    """Put a number that is not clipped where they are not counted."""
    for k in range(t.size):
        t[k] = number if is_excluded[k] else t[k]


@njit(nogil=True, cache=True, error_model="numpy")
def subtract(y: Floats, x: Floats, e: Floats) -> None:
    """The errors in binary32, which for all but tiny numbers is exactly."""
    for k in range(x.size):
        e[k] = y[k] - x[k]


@njit(nogil=True, cache=True, error_model="numpy", fastmath=IN_ANY_ORDER)
def products(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Sums of e^2, of x e and of x^2, with e = y - x, in binary64."""
    squared = cross = energy = 0.0
    for k in range(x.size):
        number = np.float64(x[k])
        error = np.float64(y[k]) - number
        squared += error * error
        cross += number * error
        energy += number * number
    return squared, cross, energy


@njit(nogil=True, cache=True, error_model="numpy", fastmath=IN_ANY_ORDER)
def weighted_squares(x: Floats, y: Floats, w: Floats) -> float:
    """Sum of w e^2 in binary64."""
    total = 0.0
    for k in range(x.size):
        error = np.float64(y[k]) - np.float64(x[k])
        total += np.float64(w[k]) * error * error
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def add_squares(x: Floats, y: Floats, totals: Doubles) -> None:
    """Add e^2 to the total of each column."""
    for k in range(x.size):
        error = np.float64(y[k]) - np.float64(x[k])
        totals[k] += error * error


@njit(nogil=True, cache=True, error_model="numpy")
def largest(bits: Integers) -> np.int32:
    """The largest pattern without sign: patterns are ordered as the numbers are, NaN above all."""
    top = np.int32(0)
    for k in range(bits.size):
        top = max(top, np.int32(bits[k] & np.int32(MAGNITUDE)))
    return top


@njit(nogil=True, cache=True, error_model="numpy")
def largest_ratio(e: Floats, x: Floats, room: Floats) -> np.int32:
    """The pattern of the largest |e / x| over x other than 0."""
    for k in range(e.size):
        room[k] = e[k] / x[k] if x[k] != 0 else np.float32(0)
    return largest(room.view(np.int32))


@njit(nogil=True, cache=True, error_model="numpy")
def outside(t: Floats, low: np.float32, high: np.float32) -> int:
    """How many scaled numbers lie outside the ends."""
    n = np.int32(0)
    for k in range(t.size):
        n += np.int32(t[k] > high) + np.int32(t[k] < low)
    return int(n)


@njit(nogil=True, cache=True, error_model="numpy")
def vanished(x: Floats, y: Floats) -> tuple[int, int]:
    """How many numbers are not zero, and how many of these become zero."""
    nonzero = zeros = np.int32(0)
    for k in range(x.size):
        nonzero += np.int32(x[k] != 0)
        zeros += np.int32((y[k] == 0) & (x[k] != 0))
    return int(nonzero), int(zeros)
