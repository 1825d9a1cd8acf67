"""What a merge is off by, beside the float64 result."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import Flags, Floats
from precisionlab.analysis.ulps import ulps
from precisionlab.formats import FloatFormat

BINS_AN_ULP: Final = 8
MOST_ULPS: Final = 8
"""Errors beyond share the last bin."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Some numbers of the exact result that a format holds, and what they are once rounded; arrays of one length."""

    exact: Floats
    nearest: Floats
    """Correctly rounded: the unavoidable error."""
    units: Floats
    """In the last place."""
    places: NDArray[np.intp]
    """Where these numbers are among those that were merged."""


@dataclass
class Yardstick:
    """Sums over the exact result of a merge."""

    format: FloatFormat
    n: int = 0
    n_beyond: int = 0
    """Results that the format does not hold."""
    squares: float = 0.0
    magnitudes: float = 0.0
    n_apart: int = 0
    """Numbers of which checkpoints differ: as stored if they have one type, else as cast to the precision."""
    updates: float = 0.0
    """Squares of the exact result less the base."""
    unavoidable: float = 0.0
    """Squares of the errors of rounding once."""
    expected: float = 0.0
    """Squares of such errors on average: ulp^2 / 12."""

    def truth(self, exact: Floats, bases: Floats, nearest: Floats, is_apart: Flags) -> Truth:
        """Count some numbers, and tell those that are looked at."""
        places = np.flatnonzero(np.isfinite(nearest))
        self.n_beyond += len(exact) - len(places)
        numbers = exact[places]
        known = Truth(numbers, nearest[places], ulps(numbers, self.format), places)
        self.n += len(places)
        self.squares += squared(known.exact)
        self.magnitudes += float(np.abs(known.exact).sum())
        updates = known.exact - bases[places]
        self.n_apart += int(np.count_nonzero(is_apart[places]))
        self.updates += squared(updates)
        self.unavoidable += squared(known.nearest - known.exact)
        self.expected += squared(known.units) / 12
        return known


@dataclass
class Errors:
    """Sums over what one way ends with."""

    n_wrong: int = 0
    """Numbers that are not the correctly rounded ones."""
    n_overflows: int = 0
    """Numbers that are not finite where the correctly rounded ones are."""
    squares: float = 0.0
    signed: float = 0.0
    """Of the errors away from zero."""
    ulps: float = 0.0
    largest: float = 0.0
    """In units in the last place."""
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS_AN_ULP * MOST_ULPS + 1, np.int64))
    """Numbers by their error, in eighths of a unit in the last place."""

    def add(self, merged: Floats, truth: Truth) -> None:
        """Look at some numbers."""
        found = merged[truth.places]
        is_finite = np.isfinite(found)
        self.n_overflows += len(found) - int(np.count_nonzero(is_finite))
        self.n_wrong += int(np.count_nonzero(found != truth.nearest))
        errors = np.where(is_finite, found, truth.exact) - truth.exact
        self.squares += squared(errors)
        self.signed += float((np.sign(truth.exact) * errors).sum())
        steps = np.abs(errors) / truth.units
        self.ulps += float(steps.sum())
        self.largest = max(self.largest, float(steps.max(initial=0.0)))
        bins = np.minimum(steps * BINS_AN_ULP, BINS_AN_ULP * MOST_ULPS).astype(np.int64)
        self.counts += np.bincount(bins, minlength=len(self.counts))


def squared(values: Floats) -> float:
    """The sum of squares."""
    return float((values * values).sum())


def ratio_of_roots(above: float, below: float) -> float:
    """Of sums of squares; 0 over 0 is 0, anything else over 0 infinite."""
    return math.sqrt(above / below) if below else math.inf if above else 0.0
