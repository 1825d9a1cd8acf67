"""What a pattern can stand for besides a rational number, and the rational arithmetic that formats need."""

from enum import Enum
from fractions import Fraction


class Special(Enum):
    """A datum that is no rational number, or is zero with a sign."""

    NAN = "nan"
    INFINITY = "inf"
    NEGATIVE_INFINITY = "-inf"
    NEGATIVE_ZERO = "-0"


Number = Fraction | Special
"""The exact content of a pattern."""


def power_of_two(exponent: int) -> Fraction:
    """2 to any whole power, exactly."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def floor_log2(value: Fraction) -> int:
    """The exponent of the leading bit: 2^e <= |value| < 2^(e+1).

    Raises:
        ValueError: the value is 0.
    """
    if not value:
        raise ValueError("zero has no leading bit")
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    return exponent if power_of_two(exponent) <= size else exponent - 1


def is_negative(number: Number) -> bool:
    """Whether it has a minus sign; NaN has none."""
    if isinstance(number, Special):
        return number in {Special.NEGATIVE_INFINITY, Special.NEGATIVE_ZERO}
    return number < 0


def as_fraction(number: Number) -> Fraction | None:
    """The rational number, zero for negative zero; None for infinities and NaN."""
    if isinstance(number, Fraction):
        return number
    return Fraction(0) if number is Special.NEGATIVE_ZERO else None
