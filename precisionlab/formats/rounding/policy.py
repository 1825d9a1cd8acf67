"""How to round, settled: modes, policies, and where random bits come from."""

from enum import Enum
from typing import Final, Literal, NamedTuple

from precisionlab.formats.modes import Overflow, Rounding

Subnormals = Literal["keep", "flush", "flush-results", "flush-sources"]
"""What happens to subnormals: kept; or zeroed as results (FTZ), as sources (DAZ), or as both."""

MAX_RANDOM_BITS: Final = 62
"""So many random bits and the carry beyond them fit in a signed 64-bit integer."""


class Draw(Enum):
    """The mode of rounding that draws lots, beside the deterministic ones of `Rounding`."""

    STOCHASTIC = "stochastic"
    """To the upper neighbour with the probability of the distance to the lower one."""


class Policy(NamedTuple):
    """How to round, settled: modes as enums."""

    rounding: Rounding | Draw
    overflow: Overflow
    subnormals: Subnormals


class Draws(NamedTuple):
    """Where random bits come from: element i takes those of `first_index` + i under a key."""

    random_bits: int
    key: int
    """64 bits that the seed was mixed to, so that near seeds share no draws."""
    first_index: int
