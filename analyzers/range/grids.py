"""Whether floats are integers times one step: the mark of a tensor that was quantized before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census
from precisionlab.formats import FloatFormat
from precisionlab.formats.casting import significant_bits

DIVISORS = (1, 2, 3)
"""The smallest difference of two values may be the step, or twice or three times it."""


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
    narrower types are grids by themselves.
    """
    if not census.is_exact or not isinstance(census.format, FloatFormat) or census.format.bits < 16:
        return None
    magnitudes = np.unique(np.abs(census.values))
    if not magnitudes.size:
        return None
    levels = (1 << (bits - 1)) - 1
    return exact_grid(magnitudes, levels) or rounded_grid(magnitudes, levels, 2.0**-census.format.precision)


def exact_grid(magnitudes: NDArray[np.float64], levels: int) -> Grid | None:
    """The grid of the greatest common divisor of all values."""
    unit = int(significant_bits(magnitudes).lowest.min())
    multiples = np.ldexp(magnitudes, -unit)
    if multiples[-1] >= 2.0**53:
        return None
    divisor = int(np.gcd.reduce(multiples.astype(np.int64)))
    largest = int(multiples[-1]) // divisor
    return Grid(float(np.ldexp(divisor, unit)), largest, is_exact=True) if largest <= levels else None


def rounded_grid(magnitudes: NDArray[np.float64], levels: int, unit_roundoff: float) -> Grid | None:
    """The grid on which every value lies but for one rounding, `|x - k step| <= 2 u |x|`.

    Not looked for where that tolerance reaches a quarter of a step, and any value would pass.
    """
    if 8 * levels * unit_roundoff > 1:
        return None
    smallest = float(np.diff(magnitudes, prepend=0.0).min())
    for divisor in DIVISORS:
        step = refined_step(magnitudes, smallest / divisor, levels)
        multiples = np.rint(magnitudes / step)
        fits = np.abs(magnitudes - multiples * step) <= 2 * unit_roundoff * magnitudes
        if multiples[-1] <= levels and fits.all():
            return Grid(step, int(multiples[-1]), is_exact=False)
    return None


def refined_step(magnitudes: NDArray[np.float64], step: float, levels: int) -> float:
    """The least-squares step, from few small multiples to all: each doubling is sure of the next one's integers."""
    limit = 2
    while limit < 2 * levels:
        near = magnitudes[magnitudes <= limit * step]
        multiples = np.rint(near / step)
        weight = float(multiples @ multiples)
        step = float(multiples @ near) / weight if weight else step
        limit *= 2
    return step
