"""A number format is data: a few facts in a record, everything else derived from them."""

from dataclasses import dataclass
from enum import Enum


class NaNs(Enum):
    """Which bit patterns of a float format are no number."""

    IEEE = "largest exponent, mantissa not zero (mantissa zero is infinity)"
    ALL_ONES = "exponent and mantissa all ones; no infinities"
    NEGATIVE_ZERO = "the pattern of negative zero; no infinities"
    NONE = "every pattern is a number"


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """Floats by fields: sign, then biased exponent, then mantissa, most significant bit first.

    With exponent field e, mantissa field f and m mantissa bits a pattern stands for
    2^(e - bias) * (1 + f / 2^m), or 2^(1 - bias) * (f / 2^m) where e is 0 and the format
    has subnormals (IEEE 754-2019, clause 3.4).
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    bias: int
    nans: NaNs
    title: str
    source: str
    """Where the format is defined."""
    signed: bool = True
    subnormals: bool = True
    """Whether exponent field 0 holds zero and the subnormals; if not it is an ordinary exponent."""

    @property
    def bits(self) -> int:
        """Width of a pattern."""
        return int(self.signed) + self.exponent_bits + self.mantissa_bits

    @property
    def precision(self) -> int:
        """Significant bits of a normal number, the hidden one included (p in IEEE 754)."""
        return self.mantissa_bits + 1

    @property
    def min_exponent(self) -> int:
        """Exponent of the smallest normal number (emin in IEEE 754)."""
        return int(self.subnormals) - self.bias

    @property
    def has_infinities(self) -> bool:
        """Whether the format has infinities."""
        return self.nans is NaNs.IEEE

    @property
    def has_nan(self) -> bool:
        """Whether the format has a NaN."""
        return self.nans is not NaNs.NONE

    @property
    def max_finite_pattern(self) -> int:
        """The pattern of the largest finite number."""
        top = (1 << (self.exponent_bits + self.mantissa_bits)) - 1
        if self.nans is NaNs.IEEE:
            return top - (1 << self.mantissa_bits)
        return top - 1 if self.nans is NaNs.ALL_ONES else top

    @property
    def max_exponent(self) -> int:
        """Exponent of the largest finite number (emax in IEEE 754)."""
        return (self.max_finite_pattern >> self.mantissa_bits) - self.bias

    @property
    def max_finite(self) -> float:
        """The largest finite number."""
        fraction = self.max_finite_pattern & ((1 << self.mantissa_bits) - 1)
        return float(((1 << self.mantissa_bits) + fraction) * 2.0 ** (self.max_exponent - self.mantissa_bits))

    @property
    def min_normal(self) -> float:
        """The smallest positive normal number."""
        return float(2.0**self.min_exponent)

    @property
    def min_positive(self) -> float:
        """The smallest positive number: subnormal where the format has subnormals."""
        return float(2.0**self.lowest_bit)

    @property
    def lowest_bit(self) -> int:
        """Exponent of the smallest positive number; every finite number is a multiple of 2 to it."""
        return self.min_exponent - (self.mantissa_bits if self.subnormals else 0)


@dataclass(frozen=True, slots=True)
class IntegerFormat:
    """Whole numbers, two's complement where signed; `value_bits` of them carry the value."""

    name: str
    bits: int
    signed: bool
    title: str
    value_bits: int = 0
    """Fewer than `bits` where some patterns are not canonical (booleans); 0 means all."""

    @property
    def minimum(self) -> int:
        """The smallest integer."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """The largest integer with a canonical pattern."""
        return (1 << ((self.value_bits or self.bits) - int(self.signed))) - 1


Format = FloatFormat | IntegerFormat
