"""Compiled loops over the values of a census, in increasing order, and the levels of a format.

Values and levels are walked together, so that a format costs one step for each of either.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Sums = tuple[float, float, float, float, float, float, float, float]
"""Squared error, cross, largest and largest relative error, clipped, flushed, variance, and the sum of e q / s."""


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_sums(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats, counts: Counts, scale: float, numbers: Floats, thresholds: Floats, low: float, high: float
) -> Sums:
    """Sums under rounding to nearest of values / scale; `low` and `high` are where clipping begins."""
    squared = cross = largest = relative = slope = 0.0
    clipped = flushed = np.int64(0)
    level = 0
    for k in range(values.size):
        value, count = values[k], counts[k]
        quotient = value / scale
        while level < thresholds.size and quotient >= thresholds[level]:
            level += 1
        element = numbers[level]
        error = element * scale - value
        weighted = error * count
        squared += weighted * error
        cross += weighted * value
        slope += weighted * element
        size = abs(error)
        largest = max(largest, size)
        if value != 0:
            relative = max(relative, size / abs(value))
            flushed += count if element == 0 else 0
        clipped += count if quotient > high or quotient < low else 0
    return squared, cross, largest, relative, float(clipped), float(flushed), 0.0, slope


@njit(nogil=True, cache=True, error_model="numpy")
def expected_sums(  # noqa: PLR0913, PLR0917 - compiled
    values: Floats, counts: Counts, scale: float, numbers: Floats, low: float, high: float, is_dithered: bool
) -> Sums:
    """Expected sums where one of the two neighbours is drawn, so that the error is 0 on average.

    With neighbours a step d apart and a number at f d above the lower one, the squared error is
    f (1 - f) d^2 on average under stochastic rounding, and d^2 / 12 under subtractive dither.
    """
    squared = cross = largest = relative = clipped = flushed = variance = 0.0
    below = -1
    for k in range(values.size):
        value, count = values[k], counts[k]
        quotient = value / scale
        while below + 1 < numbers.size and quotient >= numbers[below + 1]:
            below += 1
        if below < 0 or below == numbers.size - 1:
            element = numbers[max(below, 0)]
            error = element * scale - value
            squared += count * error * error
            cross += count * error * value
            size = abs(error)
            zero_share = 1.0 if element == 0 else 0.0
        else:
            under, over = numbers[below], numbers[below + 1]
            step = over - under
            drawn = step * step / 12 if is_dithered else (quotient - under) * (over - quotient)
            variance += count * drawn * scale * scale
            size = step / 2 * scale if is_dithered else max(quotient - under, over - quotient) * scale
            size = size if drawn > 0 else 0.0
            zero_share = (over - quotient) / step if under == 0 else (quotient - under) / step if over == 0 else 0.0
        largest = max(largest, size)
        if value != 0:
            relative = max(relative, size / abs(value))
            flushed += count * zero_share
        clipped += count if quotient > high or quotient < low else 0
    return squared + variance, cross, largest, relative, clipped, flushed, variance, 0.0
