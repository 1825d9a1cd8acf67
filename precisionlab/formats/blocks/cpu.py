"""Compiled loops over the blocks of a matrix; `accelerator` holds their torch twins.

All take one contiguous piece of a matrix in binary32 and the grid of the blocks that it touches;
`Shape` says how large blocks are and how much of the first lies before the piece. Numba tests
every index for being negative unless it counts from 0, which keeps loops out of vector
registers: hence the slices.
"""

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.element_loops import loop_for
from precisionlab.formats.blocks.steps import ElementPlan, Steps

Floats = NDArray[np.float32]
Compiled = Any
"""A function that numba compiles."""

RUN: Final = 2048
"""Elements that pass through all steps while they lie in the nearest cache."""
BUNDLE: Final = 64
"""Elements of which a loop of known length looks at once, in quarters."""
MAGNITUDE: Final = 0x7FFFFFFF
"""All bits of binary32 but the sign."""


class Shape(NamedTuple):
    """Of the blocks that a piece touches."""

    height: int
    width: int
    above: int
    """Rows of the first block that lie before the piece."""
    before: int
    """Columns of the first block that lie before the piece."""


@njit(nogil=True, cache=True, error_model="numpy")
def largest(bits: NDArray[np.uint32], shape: Shape, found: NDArray[np.uint32]) -> None:
    """Raise `found` [blocks down, across] to the largest pattern without sign in each block: that of its amax."""
    for row in range(bits.shape[0]):
        out = found[(shape.above + row) // shape.height]
        start, block, stop = 0, 0, shape.width - shape.before
        if not shape.before and shape.width in (BUNDLE // 4, BUNDLE // 2):
            start = largest_in_bundles(bits[row], shape.width, out)
            block = start // shape.width
            stop = start + shape.width
        while start < bits.shape[1]:
            top = out[block]
            for pattern in bits[row, start:stop]:
                top = max(top, np.uint32(pattern & np.uint32(MAGNITUDE)))
            out[block] = top
            start, stop, block = stop, stop + shape.width, block + 1


@njit(nogil=True, cache=True, error_model="numpy")
def largest_in_bundles(bits: NDArray[np.uint32], width: int, found: NDArray[np.uint32]) -> int:
    """`largest` for the blocks of a row that fill bundles, of which they are a quarter or half; how far it came."""
    mask, zero, quarter = np.uint32(MAGNITUDE), np.uint32(0), BUNDLE // 4
    n_bundles = bits.size // BUNDLE
    for i in range(n_bundles):
        part = bits[i * BUNDLE : (i + 1) * BUNDLE]
        first = second = third = fourth = zero
        for k in range(BUNDLE):
            size = np.uint32(part[k] & mask)
            first = max(first, size if k < quarter else zero)
            second = max(second, size if quarter <= k < 2 * quarter else zero)
            third = max(third, size if 2 * quarter <= k < 3 * quarter else zero)
            fourth = max(fourth, size if k >= 3 * quarter else zero)
        out = found[i * BUNDLE // width : (i + 1) * BUNDLE // width]
        if width == quarter:
            out[0], out[1] = max(out[0], first), max(out[1], second)
            out[2], out[3] = max(out[2], third), max(out[3], fourth)
        else:
            out[0], out[1] = max(out[0], first, second), max(out[1], third, fourth)
    return n_bundles * BUNDLE


@njit(nogil=True, cache=True, error_model="numpy")
def extremes(values: Floats, shape: Shape, low: Floats, high: Floats) -> None:
    """Widen `low` and `high` [blocks down, across] to the least and the greatest number in each block."""
    for row in range(values.shape[0]):
        down = (shape.above + row) // shape.height
        start, block, stop = 0, 0, shape.width - shape.before
        while start < values.shape[1]:
            least, greatest = low[down, block], high[down, block]
            for value in values[row, start:stop]:
                least = min(least, value)
                greatest = max(greatest, value)
            low[down, block], high[down, block] = least, greatest
            start, stop, block = stop, stop + shape.width, block + 1


@njit(nogil=True, cache=True, error_model="numpy")
def signed_largest(values: Floats, width: int, found: Floats) -> None:
    """Write the first number of largest magnitude in each block, which are all parts of a row and complete or last."""
    for row in range(values.shape[0]):
        for block in range(found.shape[1]):
            top = np.float32(0)
            for value in values[row, block * width : (block + 1) * width]:
                if abs(value) > abs(top):
                    top = value
            found[row, block] = top


def quantized(values: Floats, shape: Shape, steps: Steps, plan: ElementPlan, out: Floats) -> None:
    """Write what the elements stand for, or the elements themselves: see `Steps`."""
    loop = quantizer(loop_for(plan), multiplies=plan.multiplies, shifts=steps.is_shifted)
    arrays = tuple(part.numpy() for part in steps.arrays())
    loop(values, shape, arrays, plan.constants(), plan.bounds, plan.entries, out)


@njit(nogil=True, cache=True, error_model="numpy")
def spread(numbers: Floats, start: int, width: int, out: Floats) -> None:
    """Give each element of a run, which begins at `start` of a row of blocks, the number of its block."""
    done = 0
    while done < out.size:
        block = (start + done) // width
        stop = (block + 1) * width - start
        out[done:stop] = numbers[block]
        done = stop


@cache
def quantizer(to_elements: Compiled, *, multiplies: bool, shifts: bool) -> Compiled:
    """The loop that scales runs of a piece, turns them into elements by another loop, and scales these."""
    scale_in, scale_out = scaler_in(multiplies=multiplies, shifts=shifts), scaler_out(shifts=shifts)

    @njit(nogil=True, cache=True, error_model="numpy")
    def loop(  # noqa: PLR0913, PLR0917 - compiled
        values: Floats,
        shape: Shape,
        arrays: Any,  # noqa: ANN401 - a tuple of arrays
        constants: Any,  # noqa: ANN401 - a tuple of numba's
        bounds: Floats,
        entries: Floats,
        out: Floats,
    ) -> None:
        before, divisor, after, minus, unit, less = arrays
        scaled, elements, room = np.empty(RUN, np.float32), np.empty(RUN, np.float32), np.empty((3, RUN), np.float32)
        indices = np.empty(RUN, np.int32)
        for row in range(values.shape[0]):
            down = (shape.above + row) // shape.height
            for first in range(0, values.shape[1], RUN):
                x, y = values[row, first : first + RUN], out[row, first : first + RUN]
                place = (shape.before + first, shape.width)
                t, r = scaled[: x.size], elements[: x.size]
                scale_in(x, place, (before[down], divisor[down], after[down]), room, t)
                to_elements(t, (indices[: x.size], constants, bounds, entries), r)
                scale_out(r, place, (minus[down], unit[down], less[down]), room, y)

    return loop


@cache
def scaler_in(*, multiplies: bool, shifts: bool) -> Compiled:
    """The loop from numbers to scaled ones; `place` is where the run begins in a row of blocks, and their width."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def scaled(x: Compiled, add: Compiled, factor: Compiled, plus: Compiled) -> Compiled:
        moved = x + add if shifts else x
        quotient = moved * factor if multiplies else moved / factor
        return quotient + plus if shifts else quotient

    return block_by_block(scaled, shifts=shifts)


@cache
def scaler_out(*, shifts: bool) -> Compiled:
    """The loop from elements to what they stand for."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def worth(element: Compiled, take: Compiled, factor: Compiled, off: Compiled) -> Compiled:
        return (element - take) * factor - off if shifts else element * factor

    return block_by_block(worth, shifts=shifts)


def block_by_block(step: Compiled, *, shifts: bool) -> Compiled:
    """The loop that does a step with a run and three numbers of each block, the second alone unless it `shifts`.

    Long blocks are done one by one. Of short ones each element first gets its block's numbers, as
    loops of a few steps fill no vector registers.
    """

    @njit(nogil=True, cache=True, error_model="numpy")
    def loop(x: Floats, place: Any, numbers: Any, room: Floats, y: Floats) -> None:  # noqa: ANN401 - tuples
        start, width = place
        first, second, third = numbers
        if width < BUNDLE:
            if shifts:
                spread(first, start, width, room[0, : x.size])
                spread(third, start, width, room[2, : x.size])
            spread(second, start, width, room[1, : x.size])
            for k in range(x.size):
                y[k] = step(x[k], room[0, k], room[1, k], room[2, k])
            return
        done = 0
        while done < x.size:
            block = (start + done) // width
            stop = min(x.size, (block + 1) * width - start)
            part, to = x[done:stop], y[done:stop]
            one, two, three = first[block], second[block], third[block]
            for k in range(part.size):
                to[k] = step(part[k], one, two, three)
            done = stop

    return loop
