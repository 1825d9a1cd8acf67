"""Exact rationals in digits: binary, decimal, and as an odd integer times a power of two."""

from decimal import Context, Decimal
from fractions import Fraction

from precisionlab.formats.specials import floor_log2

MAX_DIGITS = 20_000
"""Longest exact expansion that is ever written; binary128's smallest number has 11,563 digits."""


def is_dyadic(value: Fraction) -> bool:
    """Whether the binary, and with it the decimal, expansion ends."""
    return value.denominator & (value.denominator - 1) == 0


def exact_decimal(value: Fraction) -> str | None:
    """All decimal digits, plain or with an exponent, whichever is shorter to read; None where they do not end.

    >>> exact_decimal(Fraction(1, 8)), exact_decimal(Fraction(3, 2**40))
    ('0.125', '2.7284841053187847137451171875e-12')
    """
    twos, fives, rest = factors(value.denominator)
    places = max(twos, fives)
    if rest != 1 or places > MAX_DIGITS:
        return None
    scaled = Decimal(value.numerator * 2 ** (places - twos) * 5 ** (places - fives))
    context = Context(prec=len(scaled.as_tuple().digits) + 1, Emin=-(10**6), Emax=10**6)
    return written(scaled.scaleb(-places, context).normalize(context))


def factors(number: int) -> tuple[int, int, int]:
    """The powers of 2 and 5 in a positive integer, and what remains."""
    twos = (number & -number).bit_length() - 1
    rest, fives = number >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return twos, fives, rest


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
    context = Context(prec=digits, Emin=-(10**6), Emax=10**6)
    number = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    if number == 0 or -4 <= number.adjusted() < max(digits, 6):
        return f"{number:f}"
    mantissa, exponent = f"{number:e}".split("e")
    return f"{mantissa}e{int(exponent):+03d}"


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
    trailing = (value.numerator & -value.numerator).bit_length() - 1
    exponent = trailing - (value.denominator.bit_length() - 1)
    odd = value.numerator >> trailing
    if exponent == 0:
        return str(Decimal(odd))
    if abs(odd) == 1:
        return f"{'-' if odd < 0 else ''}2^{exponent}"
    return f"{Decimal(odd)} * 2^{exponent}"


def fraction_text(value: Fraction) -> str:
    """Numerator and denominator in decimal: `1/3`, `42`; of any length, which `str` is not."""
    numerator = f"{Decimal(value.numerator):f}"
    return numerator if value.denominator == 1 else f"{numerator}/{Decimal(value.denominator):f}"
