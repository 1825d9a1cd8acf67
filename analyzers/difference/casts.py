"""Whether a difference is what a cast makes: candidates that are tried on every number until one speaks against them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from analyzers.difference.pairs import Pair, Stretch
from precisionlab.analysis.cast_losses import Flags, Floats
from precisionlab.formats import FloatFormat, Format, Overflow, Rounding, round_to


class Way(Enum):
    """Which of two tensors a cast made of which."""

    HERE = "here"
    """This one's numbers are the other's, rounded."""
    THERE = "there"
    """The other's numbers are this one's, rounded."""
    BOTH = "both"
    """Both are equal once they are rounded: they differ by less than the format tells apart."""


MODES = {
    Way.HERE: (Rounding.NEAREST_EVEN, Rounding.TOWARD_ZERO),
    Way.THERE: (Rounding.NEAREST_EVEN, Rounding.TOWARD_ZERO),
    Way.BOTH: (Rounding.NEAREST_EVEN,),
}
"""How casts round: to nearest, or by cutting bits off."""
HALF = 0.5
"""The fraction of powers of two."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Rounding to a format; what is beyond its numbers is infinite, or the largest one where it has no infinity."""

    way: Way
    format: FloatFormat
    rounding: Rounding

    def sides(self, stretch: Stretch) -> tuple[Floats, Floats]:
        """The numbers that are equal if this is the cast: those here, and those there."""
        here, there = stretch.values_here, stretch.values_there
        return (
            here if self.way is Way.HERE else self.rounded(here),
            there if self.way is Way.THERE else self.rounded(there),
        )

    def rounded(self, values: Floats) -> Floats:
        """The numbers after the cast, in float64."""
        overflow = Overflow.IEEE if self.format.has_infinities else Overflow.SATURATE
        with np.errstate(all="ignore"):
            return round_to(values, self.format, self.rounding, overflow=overflow)


class Suspicion:
    """A cast that nothing has spoken against yet."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.is_refuted = False
        self.is_telling = False
        """Whether a number became one that says something: see `says_something`."""

    def look_at(self, stretch: Stretch) -> None:
        """Try it on some numbers."""
        if self.cast.way is Way.BOTH and stretch.is_unchanged:
            return  # equal numbers stay equal
        here, there = self.cast.sides(stretch)
        self.is_refuted = not np.array_equal(here, there, equal_nan=True)
        if not self.is_refuted and not self.is_telling:
            places = stretch.changed_places
            one, other = stretch.values_here[places], stretch.values_there[places]
            is_moved = np.isfinite(one) & np.isfinite(other) & (one != other)
            self.is_telling = bool(np.any(is_moved & says_something(here[places], self.cast.format)))


def says_something(values: Floats, format_: FloatFormat) -> Flags:
    """Which rounded numbers tell the format: not those as which all that is tiny or too large ends, nor powers of two.

    Powers of two are numbers of every format: fresh norms of ones are trained ones, rounded to a few bits, and no cast made
    them.
    """
    sizes = np.abs(values)
    return np.asarray((sizes < format_.max_finite) & (np.frexp(sizes)[0] > HALF))


def suspicions_of(pair: Pair, named: Sequence[FloatFormat]) -> list[Suspicion]:
    """All casts that may change any number of the pair, the finest formats first."""
    own = (layout.format for layout in pair.layouts)
    usable = (one for one in own if isinstance(one, FloatFormat) and one.signed and one.has_nan)
    targets = sorted(dict.fromkeys((*named, *usable)), key=lambda one: (-one.precision, -one.bits))
    return [Suspicion(Cast(way, one, mode)) for way, one in possible(pair, targets) for mode in MODES[way]]


def possible(pair: Pair, targets: Sequence[FloatFormat]) -> Iterator[tuple[Way, FloatFormat]]:
    """The casts of which some number is no fixed point."""
    here, there = (layout.format for layout in pair.layouts)
    sources = {Way.HERE: (there,), Way.THERE: (here,), Way.BOTH: (here, there)}
    for way, formats in sources.items():
        yield from ((way, target) for target in targets if not all(is_within(one, target) for one in formats))


def is_within(format_: Format, target: FloatFormat) -> bool:
    """Whether every number of a format is one of the target's."""
    if format_ == target:
        return True
    if not isinstance(format_, FloatFormat):
        return False
    return (
        format_.mantissa_bits <= target.mantissa_bits
        and format_.lowest_bit >= target.lowest_bit
        and format_.max_finite <= target.max_finite
    )
