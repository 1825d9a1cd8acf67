"""How many numbers changed, and in which way."""

from dataclasses import dataclass, fields

import numpy as np

from analyzers.difference.pairs import Stretch
from precisionlab.analysis.cast_losses import Flags


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts of numbers, of which a complex one is two."""

    n_changed: int = 0
    n_sign_flips: int = 0
    """Positive in one and negative in the other."""
    n_zero_sign_flips: int = 0
    """Zeros of different signs, in tensors of one type."""
    n_became_nan: int = 0
    n_were_nan: int = 0
    n_became_infinite: int = 0
    """Finite in the other."""
    n_were_infinite: int = 0
    """Finite here."""

    def __add__(self, other: "Changes") -> "Changes":
        """Those of both."""
        return Changes(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def n_lost(self) -> int:
        """Numbers that are NaN, or infinite, only here."""
        return self.n_became_nan + self.n_became_infinite

    @classmethod
    def of(cls, stretch: Stretch) -> "Changes":
        """Those of a stretch."""
        places = stretch.changed_places
        here, there = stretch.values_here[places], stretch.values_there[places]
        is_nan, was_nan = np.isnan(here), np.isnan(there)
        return cls(
            len(places),
            count((here > 0) & (there < 0) | (here < 0) & (there > 0)),
            count((here == 0) & (there == 0)),
            count(is_nan & ~was_nan),
            count(was_nan & ~is_nan),
            count(np.isinf(here) & np.isfinite(there)),
            count(np.isinf(there) & np.isfinite(here)),
        )

    def counts(self) -> dict[str, int]:
        """By the names of the measurements."""
        return {one.name.removeprefix("n_"): getattr(self, one.name) for one in fields(self)}


def count(flags: Flags) -> int:
    """How many are true."""
    return int(np.count_nonzero(flags))
