"""What casts would do to a tensor, from its census alone."""

import numpy as np

from precisionlab.analysis.census.records import CastCounts, Census
from precisionlab.formats import FORMATS, FloatFormat, Format
from precisionlab.formats.casting import Bits, cast_bounds, is_exact, significant_bits

CENSUS_PRECISION = 11
"""Most significant bits of a format for which a binned census decides every rounding."""

STORAGE_FORMATS = tuple(
    sorted(
        (FORMATS[name] for name in FORMATS if name not in {"bool", "float8_e8m0fnu"} and not name.startswith("uint")),
        key=lambda format_: format_.bits,
    )
)
"""Candidates for a narrower format, narrow ones first, and of equal width floats first."""


class Casts:
    """Casts of one census; what they share is computed once."""

    def __init__(self, census: Census) -> None:
        self._census = census
        self._magnitudes = np.abs(census.values)
        self._bits: Bits = significant_bits(census.values)

    def counts(self, target: Format) -> CastCounts:
        """How a cast to `target` treats the finite non-zero elements.

        Exact for every target where the census is, and else for targets of at most
        `CENSUS_PRECISION` significant bits, for the format itself and for float64 to float32.

        Raises:
            ValueError: the census cannot tell.
        """
        census, total = self._census, int(self._census.counts.sum())
        if not census.is_exact and isinstance(target, FloatFormat) and target.precision > CENSUS_PRECISION:
            if target.name == "float32" and census.binary32 is not None:
                return census.binary32
            if target.bits < census.format.bits:
                raise ValueError(f"bins of {census.format.name} do not tell casts to {target.name}")
            return CastCounts(0, 0, census.specials.subnormals if target == census.format else 0, total)
        bounds = cast_bounds(target)
        overflow = self._magnitudes >= bounds.overflow_from
        underflow = self._magnitudes <= bounds.underflow_to
        subnormal = (self._magnitudes < bounds.normal_from) & ~underflow
        exact = is_exact(self._magnitudes, self._bits, target)
        return CastCounts(*(int(census.counts[mask].sum()) for mask in (overflow, underflow, subnormal, exact)))

    def holds_all(self, target: Format) -> bool:
        """Whether `target` holds every element exactly, infinities and NaNs included (signs of zeros are not compared)."""
        specials = self._census.specials
        if specials.infinities and not (isinstance(target, FloatFormat) and target.has_infinities):
            return False
        if specials.nans and not (isinstance(target, FloatFormat) and target.has_nan):
            return False
        return self.counts(target).exact == int(self._census.counts.sum())

    def narrowest(self) -> tuple[Format, ...]:
        """The formats of the fewest bits that hold every element exactly, floats first; at worst the stored one."""
        own = self._census.format
        holding = [format_ for format_ in STORAGE_FORMATS if format_.bits < own.bits and self.holds_all(format_)]
        return tuple(format_ for format_ in holding if format_.bits == holding[0].bits) or (own,)
