"""Which of the grids that fit a tensor's blocks is the one on which it was quantized, if any."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.blocks import Blocks, Rounding, Rows, reaches, sampled
from precisionlab.analysis.quantization.grids.fits import (
    ABOVE_MINIMUM,
    INTEGER,
    TWO_BITS,
    Booleans,
    Family,
    Fits,
    families,
    fit,
)
from precisionlab.analysis.quantization.grids.integers import MIN_SHARE, IntegerBits, integer_bits, span_bits
from precisionlab.analysis.quantization.grids.loops import Floats
from precisionlab.analysis.quantization.grids.records import Reach
from precisionlab.formats import FloatFormat

MIN_TELLING: Final = 0.5
"""Of all blocks with distinct numbers, so many fit and say something by it."""
COINCIDENCE_BITS: Final = 20.0
"""A grid is none where unrelated numbers would all lie on it by accident more often than once in 2 to this."""
CHOICE_BITS: Final = 0.2864
"""Of each block, for the choice of those that do not fit: the entropy of `MIN_SHARE`, -p log2 p - q log2 q."""
MIN_USE: Final = 0.75
"""Of the entries that would occur were all used alike, so many do."""
SHORT_TABLE: Final = 32
"""Of longer ones the middle is looked at: from the first tenth of all numbers to the median."""
CLOSE_BITS: Final = 0.25
"""Grids are equally good where their surprise differs by no more for each number."""
POWER_BITS: Final = 3.0
"""What the choice of a power of two for a block costs."""
SCALE_BITS: Final = 8.0
"""What the choice of any scale costs at most: short blocks have scales of so many bits."""
MAX_BITS: Final = 8
"""Widest integer."""


@dataclass(frozen=True)
class Candidate:
    """A family of grids that most blocks of some reach fit."""

    family: Family
    reach: Reach
    share: float
    """Of the blocks that fit or fail to, those that fit; what follows is of these."""
    fits: Fits
    least: Floats
    greatest: Floats

    @cached_property
    def bits(self) -> IntegerBits | None:
        """Widths, of a family of integers."""
        if self.family.element == INTEGER:
            least, greatest = np.minimum(self.least, 0), np.maximum(self.greatest, 0)
            return integer_bits(np.rint(least / self.fits.scales), np.rint(greatest / self.fits.scales))
        if self.family.element == ABOVE_MINIMUM:
            return span_bits(np.rint((self.greatest - self.least) / self.fits.scales))
        return None

    @property
    def levels(self) -> int:
        """Numbers of an element."""
        return self.family.levels if self.bits is None else 1 << self.bits.ranged

    @cached_property
    def is_power(self) -> bool:
        """Whether scales are powers of two."""
        return float(holds_power(self.fits.low, self.fits.high).mean()) >= MIN_SHARE

    @property
    def scale(self) -> float:
        """The median magnitude of the scales."""
        median = float(np.median(np.abs(self.fits.scales)))
        return float(2.0 ** np.rint(np.log2(median))) if self.is_power else median

    @cached_property
    def bits_saved(self) -> float:
        """Surprise in bits for each number, repeated ones included, less what the choice of scales costs.

        A scale costs as much as one number tells, with the tries, but no more than it takes to store. So of two grids of one step the one of fewer
        scales is better, and of two with as many scales that of the wider steps.
        """
        most = POWER_BITS if self.is_power else SCALE_BITS
        costs = np.minimum(self.fits.bits.max(axis=1) + np.log2(self.fits.tries), most)
        return float(((self.fits.counts * self.fits.bits).sum() - costs.sum()) / self.fits.counts.sum())

    @property
    def coincidence(self) -> float:
        """How surprising all fits are together, in bits; blocks whose scales may be the same count once."""
        order = np.argsort(self.fits.low)
        low, high = self.fits.low[order], self.fits.high[order]
        starts = np.flatnonzero(np.append(True, low[1:] > np.maximum.accumulate(high)[:-1]))
        best = np.maximum.reduceat(self.fits.surprise[order], starts)
        return float(best.sum() - CHOICE_BITS * (len(best) - 1))

    @property
    def is_used(self) -> bool:
        """Whether the entries of the table occur, rather than some that are a coarser grid, or by accident.

        Of r entries, n numbers would use 1 - exp(-n / r) or so.
        """
        entries, present = self.family.table.entries, self.fits.counts > 0
        counts = np.bincount(self.fits.places[present], self.fits.counts[present], len(entries))
        tenth, median = np.searchsorted(np.cumsum(counts), [counts.sum() / 10, counts.sum() / 2])
        inner = counts[entries != 0] if len(entries) <= SHORT_TABLE else counts[tenth : median + 1]
        expected = -np.expm1(-inner.sum() / len(inner))
        return bool((inner > 0).mean() >= MIN_USE * expected)

    @property
    def is_made(self) -> bool:
        """Whether quantizers make such grids: integers of at most 8 bits, without zero points under powers of two."""
        if self.bits is None:
            return self.is_power or self.family.element != TWO_BITS
        is_microscaled = self.is_power and self.reach.layout == "group"
        return (self.bits.symmetric if is_microscaled else self.bits.ranged) <= MAX_BITS


def holds_power(low: Floats, high: Floats) -> Booleans:
    """Which intervals of positive, or of negative, numbers hold a power of two, or minus one."""
    near, far = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    return np.asarray(np.ldexp(1.0, np.frexp(far)[1] - 1) >= near, np.bool_)


def are_numbers_of(format_: FloatFormat, fits: Fits) -> bool | None:
    """Whether all scales may be numbers of a format; None where they are not known well enough to tell."""
    near, far = np.minimum(np.abs(fits.low), np.abs(fits.high)), np.maximum(np.abs(fits.low), np.abs(fits.high))
    steps = Rounding.to(format_).spacings(far)
    if float(np.minimum(1.0, (far - near) / steps).mean()) > MIN_TELLING:
        return None
    return float((np.floor(far / steps) * steps >= near).mean()) >= MIN_SHARE


def candidates(rows: Rows, rounding: Rounding) -> Iterator[Candidate]:
    """Every family with every reach that fits, by increasing reach.

    A family that blocks of one length contradict is not tried for longer ones, which hold such blocks.
    """
    alive: Iterable[Family] = families()
    for reach in reaches(*rows.shape):
        blocks = Blocks(sampled(rows, reach), rounding)
        tried = [(family, fit(blocks.view(family.zero), family.table)) for family in alive]
        alive = [family for family, fits in tried if survives(fits)]
        yield from (candidate(family, reach, fits, blocks) for family, fits in tried if is_telling(fits))
        if not alive:
            return


def survives(fits: Fits) -> bool:
    """Whether few blocks contradict."""
    return int(fits.is_contradicted.sum()) <= (1 - MIN_SHARE) * int(fits.is_tested.sum())


def is_telling(fits: Fits) -> bool:
    """Whether most blocks fit, and say something by it."""
    n_fitted, n_contradicted = int(fits.is_fitted.sum()), int(fits.is_contradicted.sum())
    enough = max(MIN_TELLING * int(fits.is_tested.sum()), MIN_SHARE * (n_fitted + n_contradicted))
    return n_fitted > 0 and n_fitted >= enough


def candidate(family: Family, reach: Reach, fits: Fits, blocks: Blocks) -> Candidate:
    """What is known of the blocks that fit."""
    fitted = fits.is_fitted
    numbers = blocks.numbers[fitted]
    share = int(fitted.sum()) / int((fitted | fits.is_contradicted).sum())
    least, greatest = np.fmin.reduce(numbers, axis=1), np.fmax.reduce(numbers, axis=1)
    return Candidate(family, reach, share, fits.of(fitted), least, greatest)


def likeliest(found: Iterable[Candidate]) -> Candidate | None:
    """The candidate that saves the most bits: of equally good ones of a family the longest, of these the coarsest.

    None if numbers may have come to lie on it by accident, though a finer one may seem less of an accident.
    """
    possible = sorted((one for one in found if one.is_made and one.is_used), key=lambda one: one.family.element)
    longest = [close_to_best(group)[-1] for _, group in groupby(possible, key=lambda one: one.family.element)]
    best = min(close_to_best(longest), key=lambda one: one.levels) if longest else None
    return best if best is not None and best.coincidence >= COINCIDENCE_BITS else None


def close_to_best(found: Iterable[Candidate]) -> list[Candidate]:
    """Those that are about as good as the best, in the order in which they came."""
    every = list(found)
    best = max(one.bits_saved for one in every)
    return [one for one in every if one.bits_saved >= best - CLOSE_BITS]
