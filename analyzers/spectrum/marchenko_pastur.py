"""The law of singular values of random matrices, and which of a weight's lie beyond it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

STEPS = 4097
"""Of the angle over which the density is integrated: right to 1e-7."""
TRACY_WIDOM = 3.2724
"""The 99.9 % quantile of the Tracy-Widom law of real matrices: one random matrix in a thousand has an eigenvalue beyond."""
LEAST_VALUES = 8
"""Of which a bulk can be said to be."""


@dataclass(frozen=True, slots=True)
class RandomBulk:
    """Marchenko and Pastur's law (1967) of the eigenvalues of W W^T / N, fitted to a matrix, N its long side.

    The scale is that of the median eigenvalue, which a few large ones do not move.
    """

    ratio: float
    """Short side over long side, at most 1."""
    variance: float
    """Of the entries of the random matrix whose bulk this is, in the weight's own unit squared."""
    long_side: int
    distance: float
    """Kolmogorov and Smirnov's between all eigenvalues and the law."""
    outliers: int
    """Eigenvalues beyond the edge by more than random matrices of this size go in 999 of 1,000 cases (Johnstone 2001)."""
    outlier_energy: float
    """Their share of the sum of all eigenvalues."""

    @property
    def edge(self) -> float:
        """The largest singular value of the law."""
        return math.sqrt(self.variance * self.long_side) * (1 + math.sqrt(self.ratio))


def random_bulk(values: Doubles, long_side: int) -> RandomBulk | None:
    """The law that fits the singular values [k], descending; None of fewer than eight or where half are 0."""
    k = len(values)
    eigenvalues = values[::-1] ** 2 / long_side
    middle = float(np.median(eigenvalues)) if k >= LEAST_VALUES else 0.0
    if middle <= 0:
        return None
    ratio = k / long_side
    places, shares = distribution(ratio)
    variance = middle / float(np.interp(0.5, shares, places))
    # Eigenvalues of random matrices scatter about the edge on a scale of their own.
    centre = (math.sqrt(long_side) + math.sqrt(k)) ** 2
    spread = (math.sqrt(long_side) + math.sqrt(k)) * (1 / math.sqrt(long_side) + 1 / math.sqrt(k)) ** (1 / 3)
    is_beyond = eigenvalues > variance * (centre + TRACY_WIDOM * spread) / long_side
    law = np.interp(eigenvalues / variance, places, shares)
    steps = np.arange(k + 1) / k
    distance = float(np.maximum(np.abs(law - steps[:-1]), np.abs(law - steps[1:])).max())
    energy = float(eigenvalues[is_beyond].sum() / eigenvalues.sum())
    return RandomBulk(ratio, variance, long_side, distance, int(is_beyond.sum()), energy)


def distribution(ratio: float) -> tuple[Doubles, Doubles]:
    """The law's eigenvalues of entries of variance 1, ascending, and the share below each, for a ratio of at most 1.

    Over the angle t with x = 1 + r + 2 sqrt(r) cos t the density has no poles: 2 sin(t)^2 / (pi x).
    """
    angles = np.linspace(math.pi, 0.0, STEPS)
    places = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(angles)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = 2 * np.sin(angles) ** 2 / (math.pi * places)
    if ratio == 1:  # sin(t)^2 / (1 + cos t) = 1 - cos t
        heights = (1 - np.cos(angles)) / math.pi
    pieces = (heights[1:] + heights[:-1]) / 2 * (angles[:-1] - angles[1:])
    shares = np.concatenate([[0.0], np.cumsum(pieces)])
    return places, shares / shares[-1]


def density(places: Doubles, ratio: float) -> Doubles:
    """The law's density at these eigenvalues, for entries of variance 1."""
    low, high = (1 - math.sqrt(ratio)) ** 2, (1 + math.sqrt(ratio)) ** 2
    x = np.maximum(places, 1e-300)
    inside = np.sqrt(np.maximum((high - x) * (x - low), 0.0))
    heights: Doubles = inside / (2 * math.pi * ratio * x)
    return heights
