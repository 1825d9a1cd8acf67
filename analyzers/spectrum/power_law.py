"""The exponent of the power law that the largest eigenvalues follow, and how well they do (Clauset et al. 2009)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEAST_VALUES = 3
"""Of which a line can be said to fit."""
EQUAL = 1e-9
"""Relative difference up to which values are equal: they have no tail, and a line through rounding errors is none."""


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A density proportional to x^-alpha from `start` on."""

    alpha: float
    error: float
    """Standard error of alpha, (alpha - 1) / sqrt(n)."""
    start: float
    """The least eigenvalue of the tail."""
    n_tail: int
    """Eigenvalues that the fit rests on."""
    distance: float
    """Kolmogorov and Smirnov's: the largest difference between the tail's distribution and the law's."""


def power_law(eigenvalues: Doubles) -> PowerLaw | None:
    """The law whose tail has the least distance among those that start at an eigenvalue; None of fewer than three, or of equal ones.

    Alpha is the maximum of likelihood for each start (Clauset, Shalizi and Newman 2009, 3.1 and 3.3), as in
    WeightWatcher. Eigenvalues are positive.
    """
    values = np.sort(eigenvalues[eigenvalues > 0])
    n = len(values)
    if n < LEAST_VALUES or values[-1] - values[0] <= EQUAL * values[-1]:
        return None
    logarithms = np.log(values)
    n_tail = np.arange(n, 0, -1, dtype=np.float64)[:-1]
    sums = np.cumsum(logarithms[::-1])[::-1][:-1] - n_tail * logarithms[:-1]
    with np.errstate(divide="ignore"):
        alphas = 1 + n_tail / np.maximum(sums, 0.0)
    distances = np.array([distance(logarithms, i, alpha) for i, alpha in enumerate(alphas)])
    best = int(np.argmin(distances))
    if not math.isfinite(alphas[best]):
        return None
    alpha, tail = float(alphas[best]), int(n_tail[best])
    return PowerLaw(alpha, (alpha - 1) / math.sqrt(tail), float(values[best]), tail, float(distances[best]))


def distance(logarithms: Doubles, start: int, alpha: float) -> float:
    """The largest difference between the share of the tail below each of its values and the law's."""
    if not math.isfinite(alpha):
        return 1.0
    tail = logarithms[start:]
    below = np.arange(len(tail)) / len(tail)
    return float(np.abs(-np.expm1((1 - alpha) * (tail - tail[0])) - below).max())
