"""Compiled loops over the blocks of a matrix; `accelerator` holds their torch twins.

All take one contiguous piece of a matrix in binary32 and the grid of the blocks that it touches;
`Shape` says how large blocks are and how much of the first lies before the piece. Numba tests
every index for being negative unless it counts from 0, which keeps loops out of vector
registers: hence the slices.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.element_loops import Element, round_whole, to_elements
from precisionlab.formats.blocks.steps import EVEN_BEFORE_ZERO, MAGNITUDE, ElementPlan, Steps
from precisionlab.formats.blocks.tiling import Shape

Floats = NDArray[np.float32]
Place = tuple[int, int]
"""Where a run begins in a row of blocks, and their width."""

RUN: Final = 4096
"""Elements that pass through all steps while they lie in the nearest cache."""
BUNDLE: Final = 64
"""Elements at which a loop of known length looks at once, in quarters."""
QUARTER: Final = BUNDLE // 4


@njit(nogil=True, cache=True, error_model="numpy")
def largest(bits: NDArray[np.uint32], shape: Shape, found: NDArray[np.uint32]) -> None:
    """Raise `found` [blocks down, across] to the largest pattern without sign in each block: that of its amax."""
    mask = np.uint32(MAGNITUDE)
    is_bundled = shape.width in (QUARTER, 2 * QUARTER) or shape.width % BUNDLE == 0
    for row in range(bits.shape[0]):
        out = found[(shape.above + row) // shape.height]
        start = largest_in_bundles(bits[row], shape.width, out) if is_bundled and not shape.before else 0
        block = (shape.before + start) // shape.width
        while start < bits.shape[1]:
            part = bits[row, start : (block + 1) * shape.width - shape.before]
            top = out[block]
            for k in range(part.size):
                top = max(top, np.uint32(part[k] & mask))
            out[block] = top
            start, block = start + part.size, block + 1


@njit(nogil=True, cache=True, error_model="numpy")
def largest_in_bundles(bits: NDArray[np.uint32], width: int, found: NDArray[np.uint32]) -> int:
    """`largest` for all whole bundles of a row; how far it came. Blocks are a quarter, half or some of them."""
    mask, zero = np.uint32(MAGNITUDE), np.uint32(0)
    n_bundles = bits.size // BUNDLE
    for i in range(n_bundles):
        part = bits[i * BUNDLE : (i + 1) * BUNDLE]
        first = second = third = fourth = zero
        for k in range(BUNDLE):
            size = np.uint32(part[k] & mask)
            first = max(first, size if k < QUARTER else zero)
            second = max(second, size if QUARTER <= k < 2 * QUARTER else zero)
            third = max(third, size if 2 * QUARTER <= k < 3 * QUARTER else zero)
            fourth = max(fourth, size if k >= 3 * QUARTER else zero)
        out = found[i * BUNDLE // width :]
        if width == QUARTER:
            out[0], out[1] = max(out[0], first), max(out[1], second)
            out[2], out[3] = max(out[2], third), max(out[3], fourth)
        elif width == 2 * QUARTER:
            out[0], out[1] = max(out[0], first, second), max(out[1], third, fourth)
        else:
            out[0] = max(out[0], first, second, third, fourth)
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
    ways = (plan.multiplies, steps.worth.is_shifted)
    quantize_piece(values, shape, steps.arrays(), ways, plan.for_loops(), out)


@njit(nogil=True, cache=True, error_model="numpy")
def quantize_piece(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats,
    shape: Shape,
    arrays: Any,  # noqa: ANN401 - a tuple of arrays
    ways: tuple[bool, bool],
    element: Element,
    out: Floats,
) -> None:
    """`quantize_run` for all runs of a piece."""
    scaled, room, indices = np.empty(RUN, np.float32), np.empty((2, RUN), np.float32), np.empty(RUN, np.int32)
    for row in range(values.shape[0]):
        down = (shape.above + row) // shape.height
        for first in range(0, values.shape[1], RUN):
            x, y = values[row, first : first + RUN], out[row, first : first + RUN]
            place = (shape.before + first, shape.width)
            quantize_run(x, down, place, arrays, ways, element, scaled[: x.size], room, indices[: x.size], y)


@njit(nogil=True, cache=True, error_model="numpy")
def quantize_run(  # noqa: PLR0913, PLR0917 - compiled
    x: Floats,
    down: int,
    place: Place,
    arrays: Any,  # noqa: ANN401 - a tuple of arrays
    ways: tuple[bool, bool],
    element: Element,
    t: Floats,
    room: Floats,
    indices: NDArray[np.int32],
    y: Floats,
) -> None:
    """Scale a run to `t`, turn it into elements, and scale these to `y`; `ways`: by reciprocals, and with shifts."""
    before, divisor, after, minus, unit, less = arrays
    multiplies, shifts = ways
    by, r = room[0, : x.size], room[1, : x.size]
    if shifts:
        add(x, before[down], place, by, t)
    source = t if shifts else x
    if multiplies:
        multiply(source, divisor[down], place, by, t)
    else:
        divide(source, divisor[down], place, by, t)
    if shifts:
        if element[0] == EVEN_BEFORE_ZERO:
            round_whole(t)
        add(t, after[down], place, by, t)
    to_elements(t, element, indices, r)
    if shifts:
        subtract(r, minus[down], place, by, r)
    multiply(r, unit[down], place, by, y)
    if shifts:
        subtract(y, less[down], place, by, y)


@njit(nogil=True, cache=True, error_model="numpy")
def spread(numbers: Floats, place: Place, out: Floats) -> None:
    """Give each element of a run the number of its block; loops of a few steps would fill no vector registers."""
    start, width = place
    is_bundled = width in (QUARTER, 2 * QUARTER) and start % width == 0
    done = spread_in_bundles(numbers[start // width :], width, out) if is_bundled else 0
    while done < out.size:
        block = (start + done) // width
        stop = (block + 1) * width - start
        out[done:stop] = numbers[block]
        done = stop


@njit(nogil=True, cache=True, error_model="numpy")
def spread_in_bundles(numbers: Floats, width: int, out: Floats) -> int:
    """`spread` for all whole bundles of a run, of which blocks are a quarter or half; how far it came."""
    n_bundles = out.size // BUNDLE
    half = BUNDLE // 2 // width
    for i in range(n_bundles):
        part, own = out[i * BUNDLE : (i + 1) * BUNDLE], numbers[i * BUNDLE // width :]
        first, second, third, fourth = own[0], own[half - 1], own[half], own[2 * half - 1]
        for k in range(BUNDLE):
            left = first if k < QUARTER else second
            right = third if k < 3 * QUARTER else fourth
            part[k] = left if k < 2 * QUARTER else right
    return n_bundles * BUNDLE


@njit(nogil=True, cache=True, error_model="numpy")
def add(x: Floats, numbers: Floats, place: Place, room: Floats, y: Floats) -> None:
    """Each element plus its block's number."""
    spread(numbers, place, room)
    for k in range(x.size):
        y[k] = x[k] + room[k]


@njit(nogil=True, cache=True, error_model="numpy")
def subtract(x: Floats, numbers: Floats, place: Place, room: Floats, y: Floats) -> None:
    """Each element less its block's number."""
    spread(numbers, place, room)
    for k in range(x.size):
        y[k] = x[k] - room[k]


@njit(nogil=True, cache=True, error_model="numpy")
def multiply(x: Floats, numbers: Floats, place: Place, room: Floats, y: Floats) -> None:
    """Each element times its block's number."""
    if place[1] < BUNDLE:
        spread(numbers, place, room)
        for k in range(x.size):
            y[k] = x[k] * room[k]
        return
    done = 0
    while done < x.size:
        block = (place[0] + done) // place[1]
        stop = min(x.size, (block + 1) * place[1] - place[0])
        part, to, factor = x[done:stop], y[done:stop], numbers[block]
        for k in range(part.size):
            to[k] = part[k] * factor
        done = stop


@njit(nogil=True, cache=True, error_model="numpy")
def divide(x: Floats, numbers: Floats, place: Place, room: Floats, y: Floats) -> None:
    """Each element over its block's number."""
    if place[1] < BUNDLE:
        spread(numbers, place, room)
        for k in range(x.size):
            y[k] = x[k] / room[k]
        return
    done = 0
    while done < x.size:
        block = (place[0] + done) // place[1]
        stop = min(x.size, (block + 1) * place[1] - place[0])
        part, to, factor = x[done:stop], y[done:stop], numbers[block]
        for k in range(part.size):
            to[k] = part[k] / factor
        done = stop
