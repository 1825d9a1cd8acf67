"""What every single point tells of itself: which are dead, equal to another, or not finite."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.reading import Points
from precisionlab.structure.digests import digest_of

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Roll:
    """All points of a weight, one by one."""

    is_finite: NDArray[np.bool_]
    """[n]: no coordinate is NaN or infinite."""
    is_dead: NDArray[np.bool_]
    """[n]: all coordinates are 0."""
    first: Indices
    """[n]: the first point that is equal to each, itself where there is none before it; -0 is 0."""
    largest: float
    """Of the magnitudes of finite points."""

    @property
    def distinct(self) -> Indices:
        """Finite points, one of each that are equal, ascending."""
        return np.flatnonzero(self.is_finite & (self.first == np.arange(len(self.first))))

    @property
    def n_unfinite(self) -> int:
        """Points that are left out."""
        return int((~self.is_finite).sum())

    @property
    def dead(self) -> Indices:
        """Points at 0."""
        return np.flatnonzero(self.is_dead)

    @property
    def duplicates(self) -> Indices:
        """Points other than 0 that repeat one before them."""
        return np.flatnonzero(self.is_finite & ~self.is_dead & (self.first != np.arange(len(self.first))))


def roll_of(points: Points) -> Roll:
    """One pass over all points; 16 bytes are kept of each."""
    is_finite, is_dead = [], []
    digests: list[bytes] = []
    largest = 0.0
    for slab in points.slabs():
        values = (slab.double() if slab.dtype.itemsize > 4 else slab.float()) + 0.0  # which turns -0 into 0
        here = values.isfinite().all(dim=1)
        magnitudes = values.abs().amax(dim=1)
        is_finite.append(here.cpu().numpy())
        is_dead.append((magnitudes == 0).cpu().numpy())
        largest = max(largest, float(magnitudes[here].max()) if bool(here.any()) else 0.0)
        digests += map(digest_of, values.contiguous().cpu().numpy())
    return Roll(np.concatenate(is_finite), np.concatenate(is_dead), first_of_equals(digests), largest)


def first_of_equals(digests: Sequence[bytes]) -> Indices:
    """[n] the first place at which the digest of each stands."""
    _, firsts, which = np.unique(np.array(digests, dtype="S16"), return_index=True, return_inverse=True)
    return np.asarray(firsts[which], dtype=np.int64)
