"""Compiled loops over a band in binary32: its energy, and its blocks with one large element."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
    blocks = lone = 0
    first = 0
    while first < values.size:
        stop = first + width
        part = values[first:stop]
        bits = part.view(np.int32)
        half = max(np.int32(0), np.int32(largest(bits) - np.int32(ONE_BINADE)))
        above = np.int32(0)
        for k in range(part.size):
            above += np.int32(np.int32(bits[k] & np.int32(MAGNITUDE)) > half)
        blocks += 1
        lone += int(above == 1 and part.size > 1)
        first = stop
    return blocks, lone


@njit(nogil=True, cache=True, error_model="numpy")
def largest(bits: NDArray[np.int32]) -> np.int32:
    """The largest pattern without sign: patterns are ordered as the numbers are."""
    top = np.int32(0)
    for k in range(bits.size):
        top = max(top, np.int32(bits[k] & np.int32(MAGNITUDE)))
    return top
