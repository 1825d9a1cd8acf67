"""Figures of a persistence diagram: how many bars there are, how long, how evenly, and how many at each distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.linkage import largest_gap

Doubles = NDArray[np.float64]

LEAST_BAR = 1e-9
"""A bar shorter than this share of its death is rounding."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The finite bars of one dimension, the longest first."""

    births: Doubles
    deaths: Doubles

    @property
    def lengths(self) -> Doubles:
        """Deaths less births, descending."""
        return self.deaths - self.births

    @property
    def total_persistence(self) -> float:
        """The sum of their lengths."""
        return float(self.lengths.sum())

    @property
    def entropy(self) -> float:
        """Of the lengths' shares of their sum, in nats: the logarithm of the count where all are equal; 0 of none."""
        total = self.lengths.sum()
        if not total:
            return 0.0
        shares = self.lengths / total
        return float(-(shares * np.log(shares)).sum()) + 0.0

    @property
    def longest(self) -> float:
        """The length of the longest; 0 of none."""
        return float(self.lengths[0]) if len(self.births) else 0.0

    def betti(self, places: Doubles) -> Doubles:
        """How many are alive at each place: born at or before it, and dead after it."""
        born = np.searchsorted(np.sort(self.births), places, side="right")
        dead = np.searchsorted(np.sort(self.deaths), places, side="right")
        return (born - dead).astype(np.float64)


def bars_of(diagram: Doubles, scale: float = 1.0) -> Bars:
    """The finite bars of a diagram [bars, 2], times `scale`."""
    finite = diagram[np.isfinite(diagram).all(axis=1)]
    kept = finite[finite[:, 1] - finite[:, 0] > LEAST_BAR * finite[:, 1]]
    order = np.lexsort((kept[:, 0], kept[:, 0] - kept[:, 1]))
    births, deaths = kept[order].T * scale
    return Bars(births, deaths)


def figures_of(diagrams: Sequence[Bars]) -> dict[str, float]:
    """Of each dimension: bars, total persistence, entropy and the longest; of dimension 0 the largest gap of heights."""
    found: dict[str, float] = {}
    for dimension, bars in enumerate(diagrams):
        name = f"h{dimension}"
        if dimension:
            found[f"{name}_bars"] = float(len(bars.births))
        found[f"{name}_total_persistence"] = bars.total_persistence
        found[f"{name}_entropy"] = bars.entropy
        found[f"{name}_longest_bar"] = bars.longest
    found["h0_largest_gap"] = largest_gap(np.sort(diagrams[0].deaths))[1]
    return found
