"""The numbers that differ most, and the first ones that are finite in one tensor only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.difference.pairs import Stretch
from precisionlab.analysis.cast_losses import Floats

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Extreme:
    """A number, and its counterpart."""

    place: int
    """In row-major order, each component counted."""
    here: float
    there: float
    size: float
    """Of the difference; infinite beyond float64, NaN where one of both is not finite."""


class Extremes:
    """What is worth showing, so many of each kind; of equal ones the first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.worst: list[Extreme] = []
        """Finite in both, the largest difference first."""
        self.broken: list[Extreme] = []
        """Not finite in one of them or both, in order."""
        self.first_lost: int | None = None
        """The first place of a NaN that is none in the other tensor, or of an infinity that is finite there."""

    def add(self, stretch: Stretch, finite: Places, broken: Places, sizes: Floats) -> None:
        """Look at a stretch: where it changed from finite number to finite number and by how much, and where else."""
        chosen = largest(sizes, self._most)
        found = extremes(stretch, finite[chosen], sizes[chosen])
        self.worst = sorted([*self.worst, *found], key=lambda one: (-one.size, one.place))[: self._most]
        others = broken[: self._most - len(self.broken)]
        self.broken += extremes(stretch, others, np.full(len(others), np.nan))
        if self.first_lost is None and len(broken):
            self.first_lost = first_lost(stretch, broken)


def first_lost(stretch: Stretch, places: Places) -> int | None:
    """The first of some places with a NaN, or an infinity of a finite number; None where there is none."""
    here, there = stretch.values_here[places], stretch.values_there[places]
    lost = np.flatnonzero(np.isnan(here) & ~np.isnan(there) | np.isinf(here) & np.isfinite(there))
    return stretch.first + int(places[lost[0]]) if len(lost) else None


def extremes(stretch: Stretch, places: Places, sizes: Floats) -> list[Extreme]:
    """The numbers at some places."""
    here, there = stretch.values_here[places], stretch.values_there[places]
    columns = ((places + stretch.first).tolist(), here.tolist(), there.tolist(), sizes.tolist())
    return [Extreme(*row) for row in zip(*columns, strict=True)]


def largest(sizes: Floats, most: int) -> Places:
    """Where the largest are; of equal ones the first."""
    if len(sizes) <= most:
        return np.arange(len(sizes))
    least = np.partition(sizes, len(sizes) - most)[len(sizes) - most]
    above = np.flatnonzero(sizes > least)
    return np.concatenate((above, np.flatnonzero(sizes == least)[: most - len(above)]))
