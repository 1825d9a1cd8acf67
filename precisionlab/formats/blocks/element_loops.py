"""Compiled loops that turn a run of scaled numbers into elements; `accelerator` holds their torch twins.

All take the numbers, what they need to know of the element, and where to write. Loops over one
thing each, not one loop over all, since that is what fills vector registers; the run lies in the
nearest cache.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.records import ElementRounding
from precisionlab.formats.blocks.steps import ElementPlan

Element = Any
"""Room for a run of 32-bit integers; ends and anchors (`ElementPlan.constants`); bounds; entries."""
Floats = NDArray[np.float32]


def loop_for(plan: ElementPlan) -> Any:  # noqa: ANN401 - a compiled function
    """The loop for an element format."""
    return round_floats if plan.mantissa_bits >= 0 else LOOPS[plan.rounding]


@njit(nogil=True, cache=True, error_model="numpy")
def round_floats(t: Floats, element: Element, r: Floats) -> None:
    """To the element's floats, ties to even; zero keeps its sign.

    Adding the power of two whose last place is the element's rounds to it, and taking it off again is exact.
    """
    top = element[1][1]
    for k in range(t.size):
        r[k] = min(abs(t[k]), top)
    place_anchors(r.view(np.int32), element[1], element[0])
    anchor = element[0].view(np.float32)
    for k in range(t.size):
        r[k] = (r[k] + anchor[k]) - anchor[k]
    take_signs(t.view(np.int32), r.view(np.int32))


@njit(nogil=True, cache=True, error_model="numpy")
def place_anchors(sizes: NDArray[np.int32], constants: Any, anchor: NDArray[np.int32]) -> None:  # noqa: ANN401 - types of numba
    """The pattern of that power of two for each number; subnormals of the element share one."""
    lowest, above = constants[2], constants[3]
    for k in range(sizes.size):
        exponent = np.int32(sizes[k] & np.int32(0x7F800000))
        anchor[k] = np.int32(max(exponent, lowest) + above)


@njit(nogil=True, cache=True, error_model="numpy")
def take_signs(t: NDArray[np.int32], r: NDArray[np.int32]) -> None:
    """Give magnitudes the signs of other numbers, zeros included."""
    for k in range(t.size):
        r[k] = np.int32(r[k] | np.int32(t[k] & np.int32(-0x80000000)))


@njit(nogil=True, cache=True, error_model="numpy")
def round_even(t: Floats, element: Element, r: Floats) -> None:
    """To integers, ties to even. Integers have no negative zero: adding 0 takes it away."""
    low, high = element[1][0], element[1][1]
    for k in range(t.size):
        r[k] = np.rint(min(max(t[k], low), high)) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_away(t: Floats, element: Element, r: Floats) -> None:
    """To integers, ties away from zero."""
    low, high = element[1][0], element[1][1]
    for k in range(t.size):
        size = abs(t[k])
        whole = np.floor(size)
        r[k] = whole + np.float32(1) if size - whole >= np.float32(0.5) else whole
    take_signs(t.view(np.int32), r.view(np.int32))
    for k in range(t.size):
        r[k] = min(max(r[k], low), high) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_half_up(t: Floats, element: Element, r: Floats) -> None:
    """To integers by a sum in binary32 that is cut."""
    low, high = element[1][0], element[1][1]
    for k in range(t.size):
        up = np.trunc(t[k] + (np.float32(0.5) - low)) + low
        r[k] = min(max(up, low), high) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def look_up_lower(t: Floats, element: Element, r: Floats) -> None:
    """To the entries of a table in increasing order, ties to the lower one."""
    index = element[0]
    index[: t.size] = 0
    for bound in element[2]:
        for k in range(t.size):
            index[k] = np.int32(index[k] + np.int32(t[k] > bound))
    take_entries(index, element[3], r)


@njit(nogil=True, cache=True, error_model="numpy")
def look_up_upper(t: Floats, element: Element, r: Floats) -> None:
    """To the entries of a table in increasing order, ties to the upper one."""
    index = element[0]
    index[: t.size] = 0
    for bound in element[2]:
        for k in range(t.size):
            index[k] = np.int32(index[k] + np.int32(t[k] >= bound))
    take_entries(index, element[3], r)


@njit(nogil=True, cache=True, error_model="numpy")
def take_entries(index: NDArray[np.int32], entries: Floats, r: Floats) -> None:
    """The entries at the indices."""
    for k in range(r.size):
        r[k] = entries[index[k]]


LOOPS: Final = {
    ElementRounding.NEAREST_EVEN: round_even,
    ElementRounding.NEAREST_AWAY: round_away,
    ElementRounding.HALF_UP: round_half_up,
    ElementRounding.LOWER: look_up_lower,
    ElementRounding.UPPER: look_up_upper,
}
