"""Exact rationals in digits: binary, decimal, and as an odd integer times a power of two."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, log2, log10
from typing import Final

from precisionlab.formats.specials import floor_log2

MAX_DIGITS: Final = 20_000
"""Most digits behind the point of an exact expansion; binary128's smallest number has 16,494."""
GUARD_DIGITS: Final = 3
"""Digits beyond those asked for that a quotient has at least two of, whatever the estimate of its length misses."""
SHORT_BITS: Final = 4_096
"""Longest integers that Decimal converts faster whole than by halves: it takes the square of their length."""
N_KEPT: Final = 64
"""Conversions and powers that are kept: all of one number's answers have the same few denominators."""
EXACT: Final = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""Decimal arithmetic that never rounds."""


def is_dyadic(value: Fraction) -> bool:
    """Whether the binary, and with it the decimal, expansion ends."""
    return value.denominator & (value.denominator - 1) == 0


def exact_decimal(value: Fraction) -> str | None:
    """All decimal digits, plain or with an exponent, whichever is shorter to read; None where they do not end.

    >>> exact_decimal(Fraction(1, 8)), exact_decimal(Fraction(3, 2**40))
    ('0.125', '2.7284841053187847137451171875e-12')
    """
    twos = trailing_zeros(value.denominator)
    fives = exponent_of_five(value.denominator >> twos)
    if fives is None or max(twos, fives) > MAX_DIGITS:
        return None
    places = max(twos, fives)
    scaled = decimal_of(value.numerator * 2 ** (places - twos) * 5 ** (places - fives))
    return written(scaled.scaleb(-places, EXACT).normalize(EXACT))


def trailing_zeros(number: int) -> int:
    """How often 2 divides an integer that is not 0."""
    return (number & -number).bit_length() - 1


def exponent_of_five(number: int) -> int | None:
    """The n of which a positive integer is 5^n; None where there is none, or it exceeds `MAX_DIGITS`.

    Of the powers of 5 at most one has any given length, as log2 5 > 1.
    """
    exponent = ceil((number.bit_length() - 1) / log2(5))
    return exponent if exponent <= MAX_DIGITS and 5**exponent == number else None


def written(number: Decimal) -> str:
    """A decimal without trailing zeros, plain from 1e-7 to 1e21, else with an exponent."""
    if number == 0 or -7 <= number.adjusted() <= 21:
        return f"{number:f}"
    mantissa, exponent = f"{number:e}".split("e")
    return f"{mantissa}e{int(exponent):+03d}"


def short_decimal(value: Fraction, digits: int = 6) -> str:
    """The value rounded to so many significant digits, without trailing zeros.

    >>> short_decimal(Fraction(1, 2**24)), short_decimal(Fraction(65504))
    ('5.96046e-08', '65504')
    """
    number = rounded_decimal(value, digits)
    if number == 0 or -4 <= number.adjusted() < max(digits, 6):
        return f"{number:f}"
    mantissa, exponent = f"{number:e}".split("e")
    return f"{mantissa}e{int(exponent):+03d}"


def rounded_decimal(value: Fraction, digits: int) -> Decimal:
    """The decimal of so many significant digits that is nearest, the even one of two.

    Numerator or denominator is scaled by a power of ten, so that the quotient has the digits that
    are wanted and few more; one more digit tells whether anything follows, which settles all ties.
    """
    size = abs(value)
    places = digits + GUARD_DIGITS - decimal_exponent(size)
    quotient, rest = divmod(
        size.numerator * power_of_ten(max(places, 0)), size.denominator * power_of_ten(max(-places, 0))
    )
    signed = Decimal((10 * quotient + bool(rest)) * (-1 if value < 0 else 1))
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)
    return signed.scaleb(-places - 1, EXACT).normalize(context)


def decimal_exponent(size: Fraction) -> int:
    """floor(log10) of a positive rational, or one beside it, by lengths; 0 for 0."""
    return floor((size.numerator.bit_length() - size.denominator.bit_length()) * log10(2)) if size else 0


@lru_cache(maxsize=N_KEPT)
def power_of_ten(exponent: int) -> int:
    """10 to a power that is not negative."""
    return int(10**exponent)


@lru_cache(maxsize=N_KEPT)
def digits_of(number: int) -> str:
    """An integer in decimal, of any length, which `str` is not."""
    return f"{decimal_of(number):f}"


def decimal_of(number: int) -> Decimal:
    """An integer as a decimal, exactly: by halves, whose products decimal computes fast."""
    length = number.bit_length()
    if length <= SHORT_BITS:
        return Decimal(number)
    half = 1 << (length - 1).bit_length() - 1  # a power of two, so that both halves have the same ones
    low = number & ((1 << half) - 1)
    return EXACT.fma(decimal_of(number >> half), decimal_power(half), decimal_of(low))


@lru_cache(maxsize=N_KEPT)
def decimal_power(exponent: int) -> Decimal:
    """2 to a power, exactly."""
    return EXACT.power(Decimal(2), Decimal(exponent))


def exact_binary(value: Fraction) -> str | None:
    """All significant bits, leading one first: `1.1001 * 2^-4`; None where they do not end.

    >>> exact_binary(Fraction(25, 256))
    '1.1001 * 2^-4'
    """
    if not is_dyadic(value):
        return None
    if not value:
        return "0"
    size = abs(value)
    bits = f"{size.numerator:b}".rstrip("0")
    point = f".{bits[1:]}" if len(bits) > 1 else ""
    return f"{'-' if value < 0 else ''}1{point} * 2^{floor_log2(value)}"


def odd_times_power(value: Fraction) -> str | None:
    """`2047 * 2^5`, `2^-24`, `-3`; None where the value is no integer times a power of two.

    >>> odd_times_power(Fraction(65504)), odd_times_power(Fraction(1, 2**24))
    ('2047 * 2^5', '2^-24')
    """
    if not is_dyadic(value):
        return None
    if not value:
        return "0"
    trailing = trailing_zeros(value.numerator)
    exponent = trailing - trailing_zeros(value.denominator)
    odd = value.numerator >> trailing
    if exponent == 0:
        return digits_of(odd)
    if abs(odd) == 1:
        return f"{'-' if odd < 0 else ''}2^{exponent}"
    return f"{digits_of(odd)} * 2^{exponent}"


def fraction_text(value: Fraction) -> str:
    """Numerator and denominator in decimal: `1/3`, `42`; of any length, which `str` is not."""
    numerator = digits_of(value.numerator)
    return numerator if value.denominator == 1 else f"{numerator}/{digits_of(value.denominator)}"
