"""Compiled loops over a band in binary32: its energy, and its blocks with one large element."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.cpu import BUNDLE, QUARTER, largest
from precisionlab.formats.blocks.tiling import Shape

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MAGNITUDE: Final = 0x7FFFFFFF
ONE_BINADE: Final = 1 << 23
"""Patterns of normal numbers so far apart are of a number and its double."""


@njit(nogil=True, cache=True, error_model="numpy")
def add_energies(values: Floats, weights: Floats, by_row: Doubles, by_column: Doubles) -> int:
    """Add x^2 and w x^2 to the totals of each row [rows, 2], and x^2 to those of each column; how many x are not 0."""
    nonzero = 0
    for row in range(values.shape[0]):
        x = values[row]
        by_row[row, 0] += energy(x)
        if weights.size:
            by_row[row, 1] += weighted_energy(x, weights[row])
        if by_column.size:
            for k in range(x.size):
                number = np.float64(x[k])
                by_column[k] += number * number
        nonzero += int(np.count_nonzero(x))
    return nonzero


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def energy(x: Floats) -> float:
    """Sum of x^2 in binary64."""
    total = 0.0
    for k in range(x.size):
        number = np.float64(x[k])
        total += number * number
    return total


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def weighted_energy(x: Floats, w: Floats) -> float:
    """Sum of w x^2 in binary64."""
    total = 0.0
    for k in range(x.size):
        number = np.float64(x[k])
        total += np.float64(w[k]) * number * number
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def count_lone(values: Floats, width: int) -> tuple[int, int]:
    """Of blocks of so many elements along flat values, how many there are, and in how many one element stands alone.

    It does where all others are at most half as large; of numbers below 2^-125 where all others are 0.
    """
    n_blocks = -(-values.size // width)
    tops = np.zeros((1, n_blocks), np.uint32)
    largest(values.view(np.uint32).reshape(1, -1), Shape(1, width, 0, 0), tops)
    halves = np.maximum(tops[0].view(np.int32) - ONE_BINADE, 0).astype(np.int32)
    counts = np.zeros(n_blocks, np.int32)
    bits = values.view(np.int32)
    is_bundled = width in (QUARTER, 2 * QUARTER) or width % BUNDLE == 0
    done = count_in_bundles(bits, width, halves, counts) if is_bundled else 0
    while done < bits.size:
        block = done // width
        part = bits[done : (block + 1) * width]
        counts[block] += above(part, halves[block])
        done += part.size
    if bits.size % width == 1:
        counts[-1] = 0  # one element is no block of one large and others
    return n_blocks, int(np.count_nonzero(counts == 1)) if width > 1 else 0


@njit(nogil=True, cache=True, error_model="numpy")
def above(bits: NDArray[np.int32], half: np.int32) -> np.int32:
    """How many magnitudes are larger than one, all as patterns."""
    n = np.int32(0)
    for k in range(bits.size):
        n += np.int32(np.int32(bits[k] & np.int32(MAGNITUDE)) > half)
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def count_in_bundles(bits: NDArray[np.int32], width: int, halves: NDArray[np.int32], counts: NDArray[np.int32]) -> int:
    """Add `above` of each block for all whole bundles; how far it came. Blocks are a quarter, half or some of them."""
    n_bundles = bits.size // BUNDLE
    for i in range(n_bundles):
        part = bits[i * BUNDLE : (i + 1) * BUNDLE]
        place = i * BUNDLE
        blocks = (
            place // width,
            (place + QUARTER) // width,
            (place + 2 * QUARTER) // width,
            (place + 3 * QUARTER) // width,
        )
        one, two, three, four = halves[blocks[0]], halves[blocks[1]], halves[blocks[2]], halves[blocks[3]]
        first = second = third = fourth = np.int32(0)
        for k in range(BUNDLE):
            size = np.int32(part[k] & np.int32(MAGNITUDE))
            first += np.int32((size > one) & (k < QUARTER))
            second += np.int32((size > two) & (k >= QUARTER) & (k < 2 * QUARTER))
            third += np.int32((size > three) & (k >= 2 * QUARTER) & (k < 3 * QUARTER))
            fourth += np.int32((size > four) & (k >= 3 * QUARTER))
        counts[blocks[0]] += first
        counts[blocks[1]] += second
        counts[blocks[2]] += third
        counts[blocks[3]] += fourth
    return n_bundles * BUNDLE
