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
WIDTHS: Final = (16, 32, 64, 128)
"""Widths of blocks that loops are compiled for; others take a loop for any width."""
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

    @property
    def fixed_width(self) -> int:
        """The width, if loops are compiled for it and pieces begin with blocks; else 0."""
        return self.width if self.width in WIDTHS and not self.before else 0


def largest(bits: NDArray[np.uint32], shape: Shape, found: NDArray[np.uint32]) -> None:
    """Raise `found` [blocks down, across] to the largest pattern without sign in each block: that of its amax."""
    largest_loop(shape.fixed_width)(bits, shape, found)


@cache
def largest_loop(fixed: int) -> Compiled:
    """The loop for blocks of one width, or of any for 0."""

    @njit(nogil=True, cache=True)
    def loop(bits: NDArray[np.uint32], shape: Shape, found: NDArray[np.uint32]) -> None:
        mask = np.uint32(MAGNITUDE)
        for row in range(bits.shape[0]):
            down = (shape.above + row) // shape.height
            start, block, stop = 0, 0, shape.width - shape.before
            while start < bits.shape[1]:
                part = bits[row, start:stop]
                top = found[down, block]
                for k in range(fixed if fixed and part.size == fixed else part.size):
                    top = max(top, np.uint32(part[k] & mask))
                found[down, block] = top
                start, stop, block = stop, stop + shape.width, block + 1

    return loop


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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
    loop = quantizer(
        scaler_in(shape.fixed_width, multiplies=plan.multiplies, shifts=steps.is_shifted),
        loop_for(plan),
        scaler_out(shape.fixed_width, shifts=steps.is_shifted),
    )
    arrays = tuple(part.numpy() for part in steps.arrays())
    loop(values, shape, arrays, plan.constants(), plan.bounds, plan.entries, out)


@cache
def quantizer(scale_in: Compiled, to_elements: Compiled, scale_out: Compiled) -> Compiled:
    """The loop that passes runs of a piece through three others."""

    @njit(nogil=True, cache=True)
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
        t, r = np.empty(RUN, np.float32), np.empty(RUN, np.float32)
        room = np.empty(RUN, np.int32)
        for row in range(values.shape[0]):
            down = (shape.above + row) // shape.height
            for first in range(0, values.shape[1], RUN):
                x, y = values[row, first : first + RUN], out[row, first : first + RUN]
                start = first + shape.before
                scale_in(x, start, shape.width, (before[down], divisor[down], after[down]), t)
                to_elements(t[: x.size], (room[: x.size], constants, bounds, entries), r[: x.size])
                scale_out(r, start, shape.width, (minus[down], unit[down], less[down]), y)

    return loop


@cache
def scaler_in(fixed: int, *, multiplies: bool, shifts: bool) -> Compiled:
    """The loop from numbers to scaled ones; `start` is the run's place in the row of blocks."""

    @njit(nogil=True, cache=True)
    def scaled(x: Compiled, add: Compiled, factor: Compiled, plus: Compiled) -> Compiled:
        moved = x + add if shifts else x
        quotient = moved * factor if multiplies else moved / factor
        return quotient + plus if shifts else quotient

    @njit(nogil=True, cache=True)
    def scale_in(x: Floats, start: int, width: int, steps: Any, t: Floats) -> None:  # noqa: ANN401 - a tuple of arrays
        before, divisor, after = steps
        done = 0
        while done < x.size:
            block = (start + done) // width
            size = min(x.size, (block + 1) * width - start) - done
            part, to = x[done : done + size], t[done : done + size]
            add, factor, plus = before[block], divisor[block], after[block]
            if fixed and size == fixed:
                for k in range(fixed):
                    to[k] = scaled(part[k], add, factor, plus)
            else:
                for k in range(size):
                    to[k] = scaled(part[k], add, factor, plus)
            done += size

    return scale_in


@cache
def scaler_out(fixed: int, *, shifts: bool) -> Compiled:
    """The loop from elements to what they stand for."""

    @njit(nogil=True, cache=True)
    def worth(element: Compiled, take: Compiled, factor: Compiled, off: Compiled) -> Compiled:
        return (element - take) * factor - off if shifts else element * factor

    @njit(nogil=True, cache=True)
    def scale_out(r: Floats, start: int, width: int, steps: Any, y: Floats) -> None:  # noqa: ANN401 - a tuple of arrays
        minus, unit, less = steps
        done = 0
        while done < y.size:
            block = (start + done) // width
            size = min(y.size, (block + 1) * width - start) - done
            part, to = r[done : done + size], y[done : done + size]
            take, factor, off = minus[block], unit[block], less[block]
            if fixed and size == fixed:
                for k in range(fixed):
                    to[k] = worth(part[k], take, factor, off)
            else:
                for k in range(size):
                    to[k] = worth(part[k], take, factor, off)
            done += size

    return scale_out
