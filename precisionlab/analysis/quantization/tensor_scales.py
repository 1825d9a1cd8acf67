"""The one scale of a tensor: by its largest magnitude, as a power of two, or by search."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.targets import Scale

Loss = Callable[[float], tuple[float, float]]
"""(scale) -> squared error, and its derivative by the scale with every element held fixed."""

STEPS_AN_OCTAVE: Final = 8
OCTAVES_BELOW_RMS: Final = 1
"""The search begins at the scale that makes half the root mean square the largest number, but not so far below
that of the largest magnitude 1 as formats of wide range reach."""
OCTAVES_OF_RANGE: Final = 30
STARTS: Final = 3
"""So many of the best steps are refined."""
LOWEST, HIGHEST = 2.0**-126, 2.0**127
"""Scales are normal numbers of binary32."""


def largest_scale(amax: float, largest: float) -> float:
    """The scale that makes the largest magnitude the format's largest number; 1 of zeros alone."""
    return clamped(amax / largest) if amax > 0 else 1.0


def power_scale(amax: float, largest: float) -> float:
    """The least power of two that is not below `largest_scale`."""
    fraction, exponent = math.frexp(largest_scale(amax, largest))
    return clamped(math.ldexp(1.0, exponent - (fraction == 0.5)))


def plain_scale(rule: Scale, amax: float, largest: float) -> float:
    """The scale by a rule that needs no search; that of `AMAX` for `MSE`, where its search begins."""
    if rule is Scale.NONE:
        return 1.0
    return power_scale(amax, largest) if rule is Scale.POWER else largest_scale(amax, largest)


def clamped(scale: float) -> float:
    """Within the normal numbers of binary32."""
    return min(max(scale, LOWEST), HIGHEST)


def searched_scale(loss: Loss, amax: float, rms: float, largest: float) -> float:
    """The scale of least loss: the best of a grid, refined by a bounded quasi-Newton search from several of its steps.

    The loss is smooth but where an element changes, so that a search ends in the nearest dip, and the grid finds
    the dips. Nothing that loses more than `largest_scale` is returned.
    """
    if not (amax > 0 and rms > 0):
        return largest_scale(amax, largest)
    grid = search_grid(amax, rms, largest)
    losses = np.array([loss(scale)[0] for scale in grid])
    best = np.argsort(losses, kind="stable")[:STARTS]
    refined = [refine(loss, grid[i], grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]) for i in best]
    candidates = (largest_scale(amax, largest), *(float(grid[i]) for i in best), *refined)
    return min(candidates, key=lambda scale: loss(scale)[0])


def search_grid(amax: float, rms: float, largest: float) -> NDArray[np.float64]:
    """Scales equally spaced in log2.

    From where all but the smallest numbers are clipped to where amax is 1/2, or half the largest number of formats
    that do not reach 1.
    """
    low = max(math.log2(min(rms, amax) / largest) - OCTAVES_BELOW_RMS, math.log2(amax) - OCTAVES_OF_RANGE)
    high = math.log2(amax / min(largest, 1.0)) + 1
    n_steps = math.ceil((high - low) * STEPS_AN_OCTAVE) + 1
    return np.clip(np.exp2(np.linspace(low, high, n_steps)), LOWEST, HIGHEST)


def refine(loss: Loss, start: float, low: float, high: float) -> float:
    """The scale that L-BFGS-B ends at, between two steps of the grid; it works on log2 of the scale over the start."""
    from scipy.optimize import minimize  # noqa: PLC0415 - takes a third of a second, and only searches need it

    unit = loss(start)[0]
    if not unit > 0 or not low < high:
        return float(start)

    def scaled(place: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scale = start * 2.0 ** float(place[0])
        value, slope = loss(scale)
        return value / unit, np.array([slope * scale * math.log(2) / unit])

    bounds = [(math.log2(low / start), math.log2(high / start))]
    found = minimize(scaled, np.zeros(1), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    return float(start * 2.0 ** float(found.x[0]))
