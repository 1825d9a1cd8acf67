"""What a block format is made of: how far scales reach, how they are found, and how they are stored."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil
from typing import Final

from precisionlab.formats.records import CodebookFormat, FloatFormat, IntegerFormat

NEGLIGIBLE: Final = 1e-15
"""Blocks, and super-blocks, whose numbers or scales are all smaller become zero (GROUP_MAX_EPS in ggml)."""

BlockElement = FloatFormat | IntegerFormat | CodebookFormat
"""What the elements of a block can be."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far one scale reaches over a matrix: the first axis of a tensor by all its others.

    Whatever the extent does not divide, its last blocks are short.
    """

    rows: int | None
    """None for all."""
    columns: int | None
    """None for all."""
    is_flat: bool = False
    """Whether the matrix is taken as one long row, so that blocks run on from one row into the next."""

    def grid(self, n_rows: int, n_columns: int) -> tuple[int, int]:
        """How many blocks a matrix has along either axis."""
        return ceil(n_rows / (self.rows or max(1, n_rows))), ceil(n_columns / (self.columns or max(1, n_columns)))


TENSOR = Extent(None, None)
CHANNEL = Extent(1, None)


def group(size: int, *, is_flat: bool = False) -> Extent:
    """So many neighbours along a row."""
    return Extent(1, size, is_flat=is_flat)


class ScaleRule(Enum):
    """What the scale s of a block is, before it is stored; amax is the largest magnitude in the block."""

    LARGEST = "s = amax / the element's largest number"
    LARGEST_FACTOR = (
        "s = 1 / f; f = the element's largest number / max(amax, 1e-12), the quotient in binary64 rounded to binary32"
    )
    HALF_RANGE = "s = amax / (half the distance of the element's ends)"
    NO_CLIPPING = "s = max(min(0, x) / the element's lowest number, max(0, x) / its highest)"
    RANGE = "s = (max(0, x) - min(0, x)) / (the distance of the element's ends)"
    SPAN = "s = (largest - least number) / (the distance of the element's ends); the minimum is the least number"
    SIGNED_LARGEST = "s = the value of largest magnitude / the element's lowest number"
    POWER_FLOOR = "s = 2^(floor(log2 amax) - emax)"
    POWER_FLOOR_OF_LOG = "s = 2^(floor(log2 amax, the logarithm rounded to binary32) - emax)"
    POWER_CEIL = "s = 2^(ceil(log2 amax) - emax)"
    POWER_EVEN = "s = 2^(floor(log2 of amax rounded half up to the element's mantissa bits) - emax)"
    POWER_EVEN_E2M1 = "s = 2^(floor(log2 of amax rounded half up to one mantissa bit, that of E2M1) - emax)"
    POWER_UP = "s = 2^ceil(log2(amax / the element's largest number))"
    FIT_SYMMETRIC = "s of least error weighted by x^2 among 19 near the signed largest / lowest"
    FIT_THREE_BITS = "s of least error weighted by x^2, improved by moving single elements"
    FIT_AFFINE = "s and minimum of least weighted error among steps near the range"
    FIT_CODEBOOK = "s of least error weighted by x^2 among 16 near the signed largest / either end of the table"


RANGE_RULES = frozenset({ScaleRule.RANGE, ScaleRule.SPAN, ScaleRule.NO_CLIPPING})
"""Those that ask for the least and the greatest number."""
POWER_RULES = frozenset(
    {
        ScaleRule.POWER_FLOOR,
        ScaleRule.POWER_FLOOR_OF_LOG,
        ScaleRule.POWER_CEIL,
        ScaleRule.POWER_EVEN,
        ScaleRule.POWER_EVEN_E2M1,
        ScaleRule.POWER_UP,
    }
)
FITS = frozenset({ScaleRule.FIT_SYMMETRIC, ScaleRule.FIT_THREE_BITS, ScaleRule.FIT_AFFINE, ScaleRule.FIT_CODEBOOK})


class Storing(Enum):
    """How scales become stored ones."""

    ROUNDED = "rounded to it"
    ROUNDED_UP_AT_HALF = "rounded half up to it; from 248 on to 448, and between 7 and 8 times the smallest subnormal down (ggml's UE4M3)"
    TENSOR_SCALED = "times g = 2688 / amax of the tensor and rounded to it; g is kept, and divides"
    TENSOR_MULTIPLIED = "over g = amax of the tensor / 2688 and rounded to it; g is kept, and multiplies"
    SUPER_BLOCK = "as integers: over d = the largest in the super-block / the largest integer; d is kept"
    SIGNED_SUPER_BLOCK = (
        "as integers: over d = the one of largest magnitude in the super-block / the lowest integer; d is kept"
    )
    CENTRED = "less their mean, over the largest of 256 in turn; mean and largest are kept"


TENSOR_STORINGS = frozenset({Storing.TENSOR_SCALED, Storing.TENSOR_MULTIPLIED})
"""Those with one number for the tensor, the same for all scales."""


@dataclass(frozen=True, slots=True)
class ScaleStore:
    """Where the scales of blocks, or their minima, are kept."""

    format: FloatFormat | IntegerFormat | CodebookFormat
    storing: Storing = Storing.ROUNDED
    outer: FloatFormat | None = None
    """The format of the second-level scale."""
    span: int | None = None
    """How many scales share one of the second level; None for all of the tensor."""
    least: float = 0.0
    """What smaller scales are raised to when they are stored."""

    @property
    def is_tensor_wide(self) -> bool:
        """Whether one number for the tensor scales all scales."""
        return self.storing in TENSOR_STORINGS

    @property
    def bits_of_one(self) -> Fraction:
        """Bits of one scale with its share of the second level, which counts nothing where a tensor has only one."""
        outer = Fraction(self.outer.bits, self.span) if self.outer is not None and self.span else Fraction(0)
        return self.format.bits + outer

    def bits(self, n_scales: int) -> int:
        """Bits that so many scales take, those of the second level included."""
        n_outer = 0 if self.outer is None else 1 if self.span is None else ceil(n_scales / self.span)
        n_outer += int(self.storing is Storing.CENTRED)
        return n_scales * self.format.bits + n_outer * (0 if self.outer is None else self.outer.bits)


@dataclass(frozen=True, slots=True)
class AffineFit:
    """How scale and minimum are looked for: `steps` + 1 trials, (start + 0.1 i + the largest element) / range."""

    start: float
    steps: int
    is_absolute: bool
    """Whether errors are summed as magnitudes, weighted by |x|; else as squares, weighted by |x| + rms(x)."""


class Division(Enum):
    """By what elements are divided before they are rounded."""

    STORED = "x / stored scale"
    STORED_RECIPROCAL = "x * (1 / stored scale)"
    RECIPROCAL = "x * (1 / scale before it was stored)"
    RECIPROCAL_OF_BOTH = "x * ((1 / the tensor's scale) / stored scale)"
    FACTOR = "x * f, whose reciprocal is the scale"


class ElementRounding(Enum):
    """How a scaled number becomes an element."""

    NEAREST_EVEN = "nearest, ties to even"
    EVEN_BEFORE_ZERO = (
        "nearest, ties to even, before the zero point is added, which is itself lowest - round(min(0, x) / s)"
    )
    NEAREST_AWAY = "nearest, ties away from zero"
    NEAREST_TOWARD = "nearest, ties toward zero, which has no sign"
    HALF_UP = "floor(x + 1/2 - lowest) + lowest, the sum rounded to binary32"
    LOWER = "nearest, ties to the lower entry"
    UPPER = "nearest, ties to the upper entry"


FLOAT_ROUNDINGS = frozenset({ElementRounding.NEAREST_EVEN, ElementRounding.NEAREST_TOWARD})
TABLE_ROUNDINGS = frozenset({ElementRounding.LOWER, ElementRounding.UPPER})
