"""Whether floats are integers times one step: the mark of a tensor that was quantized before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census
from precisionlab.formats import FloatFormat
from precisionlab.formats.casting import significant_bits

DIVISORS = (1, 2, 3)
"""The smallest difference of two values may be the step, or twice or three times it."""
MIN_MAGNITUDES = 3
"""Two numbers may have a simple ratio for many reasons."""
COINCIDENCE_BITS = 20.0
"""A grid is none where numbers of the format would all lie on it by accident more often than once in 2 to this."""
MAX_PRECISION = 50
"""Significant bits to which roundings are told: the arithmetic that looks has float64's 53 itself."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Every finite value is an integer of magnitude at most `levels`, times `step`."""

    step: float
    levels: int
    is_exact: bool
    """False where each product was rounded to the stored format."""


def integer_grid(census: Census, bits: int) -> Grid | None:
    """The coarsest grid of `bits`-bit symmetric integers on which all finite values lie; None if there is none.

    A grid is looked for among the values of an exact census of a float type of at least 16 bits:
    narrower types are grids by themselves. So are the numbers of a narrow range in any type, and few
    numbers lie on some grid by accident: neither counts.
    """
    if not census.is_exact or not isinstance(census.format, FloatFormat) or census.format.bits < 16:
        return None
    levels = (1 << (bits - 1)) - 1
    if len(census.values) > 2 * levels:
        return None
    magnitudes = np.unique(np.abs(census.values))
    if len(magnitudes) < MIN_MAGNITUDES:
        return None
    return exact_grid(magnitudes, levels, census.format) or rounded_grid(magnitudes, levels, census.format)


def exact_grid(magnitudes: NDArray[np.float64], levels: int, format_: FloatFormat) -> Grid | None:
    """The grid of the greatest common divisor of all values."""
    bits = significant_bits(magnitudes)
    unit = int(bits.lowest.min())
    if int(bits.highest[-1]) - unit >= 53:
        return None
    multiples = np.ldexp(magnitudes, -unit).astype(np.int64)
    divisor = int(np.gcd.reduce(multiples))
    largest = int(multiples[-1]) // divisor
    step = float(np.ldexp(divisor, unit))
    spacings = np.ldexp(1.0, np.maximum(bits.highest, format_.min_exponent) - format_.mantissa_bits)
    is_grid = largest <= levels and coincidence(spacings, step) >= COINCIDENCE_BITS
    return Grid(step, largest, is_exact=True) if is_grid else None


def rounded_grid(magnitudes: NDArray[np.float64], levels: int, format_: FloatFormat) -> Grid | None:
    """The grid on which every value lies but for one rounding, `|x - k step| <= 2 u |x|`.

    For |x| in the bound the smallest normal number stands where |x| is below it. Multiples are looked
    for as far as the bound is at most a quarter of a step: beyond it any value would pass.
    """
    unit_roundoff = 2.0 ** -min(format_.precision, MAX_PRECISION)
    levels = min(levels, int(0.125 / unit_roundoff))
    smallest = float(np.diff(magnitudes, prepend=0.0).min())
    if smallest < 8 * format_.min_positive or float(magnitudes[-1]) > 2 * levels * smallest:
        return None
    tolerances = 2 * unit_roundoff * np.maximum(magnitudes, format_.min_normal)
    for divisor in DIVISORS:
        step = refined_step(magnitudes, smallest / divisor, levels)
        multiples = np.rint(magnitudes / step)
        with np.errstate(over="ignore"):  # the multiple next to the largest float64 may exceed it, and does not fit
            fits = np.abs(magnitudes - multiples * step) <= tolerances
        if multiples[-1] <= levels and fits.all() and coincidence(2 * tolerances, step) >= COINCIDENCE_BITS:
            return Grid(step, int(multiples[-1]), is_exact=False)
    return None


def coincidence(windows: NDArray[np.float64], step: float) -> float:
    """How surprising it is, in bits, that numbers come within `windows` of multiples of `step`.

    The sum of the logarithms of step / window, which is one over the chance of each, without the
    most surprising one: the step could be chosen for it.
    """
    bits = np.maximum(0.0, np.log2(step) - np.log2(windows))
    return float(bits.sum() - bits.max())


def refined_step(magnitudes: NDArray[np.float64], step: float, levels: int) -> float:
    """The least-squares step, from few small multiples to all: each doubling is sure of the next one's integers."""
    limit = 2
    while limit < 2 * levels:
        near = magnitudes[magnitudes <= limit * step]
        multiples = np.rint(near / step)
        weight = float(multiples @ multiples)
        step = float(multiples @ (near / weight)) if weight else step
        limit *= 2
    return step
