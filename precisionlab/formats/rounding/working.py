"""The types that are rounded, and the ones in whose bits that is done, with the arithmetic that plans need."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from precisionlab.errors import FormatError
from precisionlab.formats.records import FloatFormat, Format, IntegerFormat
from precisionlab.formats.specials import floor_log2, power_of_two


@dataclass(frozen=True, slots=True)
class Working:
    """Layout of an IEEE binary type, with the arithmetic that the plans need."""

    name: str
    exponent_bits: int
    mantissa_bits: int

    @property
    def bias(self) -> int:
        """Also the largest exponent."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def min_exponent(self) -> int:
        """Exponent of the smallest normal number."""
        return 1 - self.bias

    @property
    def lowest_bit(self) -> int:
        """Exponent of the smallest positive number."""
        return self.min_exponent - self.mantissa_bits

    @property
    def sign(self) -> int:
        """Pattern of the sign bit."""
        return 1 << (self.exponent_bits + self.mantissa_bits)

    @property
    def infinity(self) -> int:
        """Pattern of infinity; those above it are NaN."""
        return self.sign - (1 << self.mantissa_bits)

    @property
    def nan(self) -> int:
        """Pattern of the quiet NaN without payload."""
        return self.infinity | 1 << (self.mantissa_bits - 1)

    def floor(self, value: Fraction) -> int:
        """Pattern of the largest finite magnitude that is not above a value."""
        if not value:
            return 0
        exponent = max(floor_log2(value), self.min_exponent)
        significand = int(value / power_of_two(exponent - self.mantissa_bits))
        pattern = significand + ((exponent - self.min_exponent) << self.mantissa_bits)
        return min(pattern, self.infinity - 1)

    def value(self, pattern: int) -> Fraction:
        """The finite magnitude of a pattern without sign."""
        exponent, fraction = divmod(pattern, 1 << self.mantissa_bits)
        significand = fraction + ((1 << self.mantissa_bits) if exponent else 0)
        return significand * power_of_two(max(exponent, 1) - self.bias - self.mantissa_bits)

    def exact(self, value: Fraction) -> int | None:
        """Pattern of a magnitude; None where the type does not hold it."""
        pattern = self.floor(value)
        return pattern if self.value(pattern) == value else None


SOURCES: Final = {
    form.name: form
    for form in (
        Working("float16", 5, 10),
        Working("bfloat16", 8, 7),
        Working("float32", 8, 23),
        Working("float64", 11, 52),
    )
}
"""The types whose arrays are rounded, by numpy's and torch's name."""


def working_of(source: Working, format_: Format) -> Working:
    """The narrower of binary32 and binary64 that holds the source and the format.

    Raises:
        FormatError: binary64 holds neither all of the format's numbers nor are all of its own among them.
    """
    single, double = SOURCES["float32"], SOURCES["float64"]
    if source is not double and is_within(format_, single):
        return single
    if isinstance(format_, IntegerFormat) or is_within(format_, double) or is_beyond(format_, double):
        return double
    raise FormatError(format_.name, "reaches beyond the normal numbers of float64, in which arrays are rounded")


def is_within(format_: Format, working: Working) -> bool:
    """Whether the type holds every finite number of the format."""
    if isinstance(format_, IntegerFormat):
        return max(format_.maximum, -format_.minimum) <= 2 << working.mantissa_bits
    return (
        format_.mantissa_bits <= working.mantissa_bits
        and format_.min_exponent >= working.min_exponent
        and format_.max_exponent <= working.bias
    )


def is_beyond(format_: FloatFormat, working: Working) -> bool:
    """Whether the format holds every number of the type."""
    return (
        format_.mantissa_bits >= working.mantissa_bits
        and format_.lowest_bit <= working.lowest_bit
        and format_.max_exponent >= working.bias
        and format_.has_negative_zero
        and format_.has_infinities
    )
