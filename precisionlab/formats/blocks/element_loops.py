"""Compiled loops that turn a run of scaled numbers into elements; `accelerator` holds their torch twins.

All take the numbers, what they need to know of the element, and where to write. Loops over one
thing each, not one loop over all, since that is what fills vector registers; the run lies in the
nearest cache.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.steps import (
    EVEN_BEFORE_ZERO,
    FLOATS,
    FLOATS_OF_ONE_ZERO,
    HALF_UP,
    LOWER,
    NEAREST_AWAY,
    NEAREST_EVEN,
    NEAREST_TOWARD,
)

Element = Any
"""What `ElementPlan.for_loops` gives: the kind, ends and anchors, bounds, entries."""
Floats = NDArray[np.float32]
Integers = NDArray[np.int32]


@njit(nogil=True, cache=True, error_model="numpy")
def to_elements(t: Floats, element: Element, room: Integers, r: Floats) -> None:
    """Write the elements that scaled numbers become."""
    kind, constants, bounds, entries = element
    low, high, lowest, above = constants
    if kind in (FLOATS, FLOATS_OF_ONE_ZERO):
        round_floats(t, high, (lowest, above), room, r)
        if kind == FLOATS_OF_ONE_ZERO:
            for k in range(r.size):
                r[k] += np.float32(0)
    elif kind in (NEAREST_EVEN, EVEN_BEFORE_ZERO):
        round_even(t, low, high, r)
    elif kind == NEAREST_AWAY:
        round_away(t, low, high, r)
    elif kind == NEAREST_TOWARD:
        round_toward(t, bounds, entries, room, r)
    elif kind == HALF_UP:
        round_half_up(t, low, high, r)
    elif kind == LOWER:
        count_below(t, bounds, room)
        take_entries(room, entries, r)
    else:
        count_up_to(t, bounds, room)
        take_entries(room, entries, r)


@njit(nogil=True, cache=True, error_model="numpy")
def round_floats(t: Floats, top: np.float32, anchors: tuple[np.int32, np.int32], room: Integers, r: Floats) -> None:
    """To the element's floats, ties to even; zero keeps its sign.

    Adding the power of two whose last place is the element's rounds to it, and taking it off again is exact.
    """
    for k in range(t.size):
        r[k] = min(abs(t[k]), top)
    place_anchors(r.view(np.int32), anchors, room)
    anchor = room.view(np.float32)
    for k in range(t.size):
        r[k] = (r[k] + anchor[k]) - anchor[k]
    take_signs(t.view(np.int32), r.view(np.int32))


@njit(nogil=True, cache=True, error_model="numpy")
def place_anchors(sizes: Integers, anchors: tuple[np.int32, np.int32], room: Integers) -> None:
    """The pattern of that power of two for each number; subnormals of the element share one."""
    lowest, above = anchors
    for k in range(sizes.size):
        exponent = np.int32(sizes[k] & np.int32(0x7F800000))
        room[k] = np.int32(max(exponent, lowest) + above)


@njit(nogil=True, cache=True, error_model="numpy")
def take_signs(t: Integers, r: Integers) -> None:
    """Give magnitudes the signs of other numbers, zeros included."""
    for k in range(t.size):
        r[k] = np.int32(r[k] | np.int32(t[k] & np.int32(-0x80000000)))


@njit(nogil=True, cache=True, error_model="numpy")
def round_even(t: Floats, low: np.float32, high: np.float32, r: Floats) -> None:
    """To integers, ties to even. Integers have no negative zero: adding 0 takes it away."""
    for k in range(t.size):
        r[k] = np.rint(min(max(t[k], low), high)) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_whole(t: Floats) -> None:
    """To whole numbers in place, ties to even."""
    for k in range(t.size):
        t[k] = np.rint(t[k])


@njit(nogil=True, cache=True, error_model="numpy")
def round_toward(t: Floats, bounds: Floats, entries: Floats, room: Integers, r: Floats) -> None:
    """To the nearest of magnitudes, ties to the lower one; zero has no sign: adding 0 takes it away."""
    for k in range(t.size):
        r[k] = abs(t[k])
    count_below(r, bounds, room)
    take_entries(room, entries, r)
    take_signs(t.view(np.int32), r.view(np.int32))
    for k in range(t.size):
        r[k] += np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_away(t: Floats, low: np.float32, high: np.float32, r: Floats) -> None:
    """To integers, ties away from zero."""
    for k in range(t.size):
        size = abs(t[k])
        whole = np.floor(size)
        r[k] = whole + np.float32(1) if size - whole >= np.float32(0.5) else whole
    take_signs(t.view(np.int32), r.view(np.int32))
    for k in range(t.size):
        r[k] = min(max(r[k], low), high) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_half_up(t: Floats, low: np.float32, high: np.float32, r: Floats) -> None:
    """To integers by a sum in binary32 that is cut."""
    for k in range(t.size):
        up = np.trunc(t[k] + (np.float32(0.5) - low)) + low
        r[k] = min(max(up, low), high) + np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def count_below(t: Floats, bounds: Floats, room: Integers) -> None:
    """How many bounds lie below each number: the index of its entry, the lower one at a tie."""
    room[:] = 0
    for bound in bounds:
        for k in range(t.size):
            room[k] = np.int32(room[k] + np.int32(t[k] > bound))


@njit(nogil=True, cache=True, error_model="numpy")
def count_up_to(t: Floats, bounds: Floats, room: Integers) -> None:
    """How many bounds do not lie above each number: the index of its entry, the upper one at a tie."""
    room[:] = 0
    for bound in bounds:
        for k in range(t.size):
            room[k] = np.int32(room[k] + np.int32(t[k] >= bound))


@njit(nogil=True, cache=True, error_model="numpy")
def take_entries(indices: Integers, entries: Floats, r: Floats) -> None:
    """The entries at the indices."""
    for k in range(r.size):
        r[k] = entries[indices[k]]
