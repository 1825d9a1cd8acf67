"""What is left of an update where sums are stored in a narrow format, and where it is added in one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzers.delta.updates import Changed
from analyzers.delta.ways import Way
from precisionlab.analysis.cast_losses import Floats
from precisionlab.analysis.inner_products import InnerProduct, Scaled, cosine, ratio_of_roots, scaled
from precisionlab.analysis.quantization.census_sums import largest_of
from precisionlab.analysis.quantization.targets import Target
from precisionlab.analysis.quantization.tensor_scales import plain_scale
from precisionlab.analysis.ulps import ulps
from precisionlab.formats import FloatFormat, round_to

KEY_BITS: Final = 48
"""Bits of a float64 that are left out of a bin's number: a bin is a sixteenth of a power of two."""
N_BINS: Final = 1 << 15
BINS_AN_OCTAVE: Final = 16


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an update."""

    n_lost: int
    """Changed elements that have the base's own number in the format."""
    error: float
    """Norm of what is left less the update, over that of the update."""
    cosine: float | None
    """Of the angle between both; None where nothing is left."""
    gain: float
    """<left, D> / <D, D>: how much of the update is left along itself."""


class Tally:
    """What is known so far of one way."""

    def __init__(self) -> None:
        self.n_lost = 0
        self.errors, self.squares, self.products = InnerProduct(), InnerProduct(), InnerProduct()

    def add(self, left: Floats, updates: Floats, wanted: Scaled) -> None:
        """Look at some changed elements; `wanted` are the updates, scaled."""
        self.n_lost += int(np.count_nonzero(left == 0))
        error, kept = scaled(left - updates), scaled(left)
        self.errors.add(error, error)
        self.squares.add(kept, kept)
        self.products.add(kept, wanted)

    def left(self, updates: InnerProduct) -> Left:
        """The outcome, beside the sum of the squares of all updates."""
        angle = cosine(self.products, self.squares, updates)
        gain = 0.0 if angle is None else angle * ratio_of_roots(self.squares, updates)
        return Left(self.n_lost, ratio_of_roots(self.errors, updates), angle, gain)


class Steps:
    """How large updates are in steps of a format at the base."""

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] = np.zeros(N_BINS, np.int64)
        """[N_BINS] of updates by the upper bits of the pattern of their number of steps."""
        self.n_below_half = 0
        self.n_within_one = 0

    def add(self, steps: Floats) -> None:
        """Count some."""
        self.n_below_half += int(np.count_nonzero(steps < 0.5))
        self.n_within_one += int(np.count_nonzero(steps <= 1))
        self.counts += np.bincount(steps.view(np.int64) >> KEY_BITS, minlength=N_BINS)

    @property
    def n(self) -> int:
        """How many were counted."""
        return int(self.counts.sum())

    @property
    def median(self) -> float:
        """The middle of the bin that the median lies in: within 3.2 %; 0 of none."""
        if not self.n:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self.counts), (self.n + 1) // 2))
        return float(np.int64((2 * place + 1) << (KEY_BITS - 1)).view(np.float64))


@dataclass(frozen=True, slots=True)
class Survival:
    """An update in one format."""

    target: Target
    left: dict[Way, Left]
    steps: Steps


class Storing:
    """Base, sum and update on their way into one format.

    Base and sum share a scale, that of the larger of both: with one each, every number would differ by the scales. The
    update that is stored by itself has its own.
    """

    def __init__(self, target: Target, format_: FloatFormat, largest: float, largest_update: float) -> None:
        self.target = target
        self.format = format_
        highest = largest_of(format_)
        self.scale, self.own_scale = (
            1.0 if target.scale is None else plain_scale(target.scale, one, highest)
            for one in (largest, largest_update)
        )
        self.tallies = {way: Tally() for way in Way}
        self.steps = Steps()

    def add(self, changed: Changed, wanted: Scaled) -> None:
        """Look at changed elements; `wanted` are their updates, scaled."""
        base, total = self.rounded(changed.bases, self.scale), self.rounded(changed.sums, self.scale)
        self.tallies[Way.STORED].add((total - base) * self.scale, changed.updates, wanted)
        update = self.rounded(changed.updates, self.own_scale) * (self.own_scale / self.scale)
        merged = self.rounded(base + update, 1.0)
        self.tallies[Way.ADDED].add((merged - base) * self.scale, changed.updates, wanted)
        steps = ulps(changed.bases / self.scale, self.format) * self.scale
        with np.errstate(over="ignore"):
            self.steps.add(np.abs(changed.updates) / steps)

    def rounded(self, numbers: Floats, scale: float) -> Floats:
        """Numbers over a scale in the format, beyond its ends the ends."""
        return round_to(numbers if scale == 1.0 else numbers / scale, self.format, overflow="saturate")

    def survival(self, updates: InnerProduct) -> Survival:
        """The outcome."""
        return Survival(self.target, {way: tally.left(updates) for way, tally in self.tallies.items()}, self.steps)
