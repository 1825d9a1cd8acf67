"""How wide integers must be to hold the multiples of a step that blocks are made of."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.loops import Floats, Integers

MIN_SHARE: Final = 0.95
"""Of the blocks that fit or fail to, so many fit a grid that is one."""


@dataclass(frozen=True, slots=True)
class IntegerBits:
    """How wide integers must be to hold the multiples of most blocks."""

    symmetric: int
    """As two's complement."""
    mirrored: int
    """As two's complement under a scale of either sign."""
    ranged: int
    """With a zero point."""


def integer_bits(least: Floats, greatest: Floats) -> IntegerBits:
    """Of the least and greatest multiples of blocks, 0 among them."""
    far, near = np.maximum(-least, greatest), np.minimum(-least, greatest)
    return IntegerBits(
        typical(np.maximum(bits_for(-2 * least), bits_for(2 * greatest + 2))),
        typical(np.maximum(bits_for(2 * far), bits_for(2 * near + 2))),
        typical(bits_for(greatest - least + 1)),
    )


def span_bits(greatest: Floats) -> IntegerBits:
    """Of the greatest multiples of blocks whose least is 0."""
    width = typical(bits_for(greatest + 1))
    return IntegerBits(width, width, width)


def bits_for(counts: Floats) -> Integers:
    """Bits that tell so many things apart; at least 1."""
    return np.ceil(np.log2(np.maximum(counts, 2))).astype(np.int64)


def typical(bits: Integers) -> int:
    """As many as most blocks need."""
    return int(np.quantile(bits, MIN_SHARE, method="inverted_cdf"))
