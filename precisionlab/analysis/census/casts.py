"""What casts would do to a tensor, from its census alone."""

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import CastCounts, Census
from precisionlab.formats import STORED_FORMATS, FloatFormat, Format, IntegerFormat
from precisionlab.formats.casting import Bits, Outcome, classify, significant_bits

CENSUS_PRECISION = 11
"""Most significant bits of a format for which a binned census decides every rounding."""

STORAGE_FORMATS = tuple(sorted(STORED_FORMATS.values(), key=lambda format_: format_.bits))
"""Candidates for a narrower format, narrow ones first, and of equal width floats first."""


class Casts:
    """Casts of one census; what they share is computed once."""

    def __init__(self, census: Census) -> None:
        self._census = census
        self._magnitudes = np.abs(census.values)
        self._bits = bits_of(census)
        self._has_negatives = has_negatives(census)

    def counts(self, target: Format) -> CastCounts:
        """How a cast to `target` treats the finite non-zero elements.

        Raises:
            ValueError: the census cannot tell.
        """
        census = self._census
        if not tells(census, target):
            raise ValueError(f"bins of {census.format.name} do not tell casts to {target.name}")
        if not census.is_exact and isinstance(target, FloatFormat) and target.precision > CENSUS_PRECISION:
            return wide_counts(census, target)
        found = classify(self._magnitudes, self._bits, target)
        by_outcome = np.bincount(found.outcomes, census.counts, len(Outcome))  # exact: far below 2^53
        return CastCounts(
            int(by_outcome[Outcome.OVERFLOW]),
            int(by_outcome[Outcome.UNDERFLOW]),
            int(by_outcome[Outcome.SUBNORMAL]),
            int(census.counts[found.exact].sum()),
        )

    def holds_all(self, target: Format) -> bool:
        """Whether `target` holds every element exactly, infinities and NaNs included (signs of zeros are not compared).

        Raises:
            ValueError: the census cannot tell.
        """
        total = int(self._census.counts.sum())
        return (
            holds_specials(self._census, target)
            and self._spans(target)
            and (target.signed or not self._has_negatives)
            and self.counts(target).exact + self._lowest_integers(target) == total
        )

    def narrowest(self) -> tuple[Format, ...]:
        """The formats of the fewest bits that hold every element exactly, floats first; at worst the stored one.

        A binned float64 census does not tell integers of 32 bits, which are then not looked for.
        """
        census = self._census
        narrower = [format_ for format_ in STORAGE_FORMATS if format_.bits < census.format.bits]
        holding = [format_ for format_ in narrower if tells(census, format_) and self.holds_all(format_)]
        return tuple(format_ for format_ in holding if format_.bits == holding[0].bits) or (census.format,)

    def _spans(self, target: Format) -> bool:
        """Whether the target reaches as high and as low as any element does: most narrower formats do not."""
        if not len(self._magnitudes):
            return True
        lowest, largest = reach(target)
        return bool(self._bits.lowest.min() >= lowest and self._magnitudes.max() <= largest)

    def _lowest_integers(self, target: Format) -> int:
        """Elements that are the target's most negative integer: stored as it is, though no symmetric cast makes it."""
        if isinstance(target, FloatFormat) or not target.signed or not self._census.is_exact:
            return 0
        return int(self._census.counts[self._census.values == target.minimum].sum())


def reach(target: Format) -> tuple[int, float]:
    """Exponent of the lowest bit that any number of the format has, and its largest magnitude."""
    if isinstance(target, FloatFormat):
        return target.lowest_bit, target.max_finite
    return 0, float(max(target.maximum, -target.minimum))


def tells(census: Census, target: Format) -> bool:
    """Whether the census decides every rounding to `target`.

    A binned one does for at most `CENSUS_PRECISION` significant bits, for its own format and wider
    floats, and for float64 to float32.
    """
    if census.is_exact:
        return True
    if isinstance(target, IntegerFormat):
        return target.bits <= CENSUS_PRECISION
    is_counted = target.name == "float32" and census.binary32 is not None
    return target.precision <= CENSUS_PRECISION or target.bits >= census.format.bits or is_counted


def wide_counts(census: Census, target: FloatFormat) -> CastCounts:
    """The counts of a cast that a binned census tells without its bins."""
    if target.name == "float32" and census.binary32 is not None:
        return census.binary32
    return CastCounts(0, 0, census.specials.subnormals if target == census.format else 0, int(census.counts.sum()))


def holds_specials(census: Census, target: Format) -> bool:
    """Whether `target` has whatever the tensor holds of zeros, infinities and NaNs."""
    specials = census.specials
    if not isinstance(target, FloatFormat):
        return specials.infinities == specials.nans == 0
    return (
        (target.subnormals or specials.zeros == 0)
        and (target.has_infinities or specials.infinities == 0)
        and (target.has_nan or specials.nans == 0)
    )


def has_negatives(census: Census) -> bool:
    """Whether any finite element is below zero; the values of a binned census do not say."""
    if census.field_bins is None:
        return bool(np.any(census.values < 0))
    return int(census.field_bins.counts[1, :-1].sum()) > census.specials.negative_zeros


def bits_of(census: Census) -> Bits:
    """The significant bits of the values; those of integers beyond 2^53, which were rounded, from their patterns."""
    bits = significant_bits(census.values)
    if isinstance(census.format, FloatFormat) or census.patterns is None:
        return bits
    return Bits(bits.highest, lowest_set_bits(census.patterns[census.patterns != 0]))


def lowest_set_bits(patterns: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The position of the lowest set bit of each of the non-zero `patterns`."""
    _, above_lowest = np.frexp((patterns & (~patterns + np.uint64(1))).astype(np.float64))
    return above_lowest.astype(np.int64) - 1
