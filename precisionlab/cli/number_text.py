"""How exact numbers are written by `formats` and `inspect`, in text and in JSON."""

from collections.abc import Mapping
from fractions import Fraction

from precisionlab.formats.expansions import (
    exact_binary,
    exact_decimal,
    fraction_text,
    is_dyadic,
    odd_times_power,
    short_decimal,
)
from precisionlab.formats.specials import Number, Special, floor_log2, power_of_two

LONGEST_INTEGER = 10
"""Most digits of the odd integer that is shown before a power of two."""


def power_text(value: Fraction) -> str:
    """An odd integer times a power of two, or two powers where that is shorter, or seventeen digits."""
    power = odd_times_power(value)
    if power is not None and len(power.split(" ")[0]) <= LONGEST_INTEGER:
        return power
    return two_powers(value) or short_decimal(value, 17)


def in_both_ways(value: Fraction) -> str:
    """A rational as a power of two and in decimal: `2^-10 = 0.000976562`; once where both are the same."""
    power, decimal = power_text(value), short_decimal(value)
    return power if power == decimal else f"{power} = {decimal}"


def two_powers(value: Fraction) -> str | None:
    """`1 - 2^-64`, `2^16384 - 2^16320`: the sum or difference of two powers of two, if it is one."""
    if not is_dyadic(value) or not value:
        return None
    sign, size = ("-" if value < 0 else ""), abs(value)
    lowest = (size.numerator & -size.numerator).bit_length() - size.denominator.bit_length()
    for operator, rest in (("+", size - power_of_two(lowest)), ("-", size + power_of_two(lowest))):
        leading = power_of_two(floor_log2(rest)) if rest else Fraction(0)
        if rest and leading == rest:
            pair = f"{odd_times_power(rest)} {operator} {odd_times_power(power_of_two(lowest))}"
            return f"-({pair})" if sign else pair
    return None


def short_text(number: Number, digits: int = 17) -> str:
    """A number in at most so many significant digits."""
    return number.value if isinstance(number, Special) else short_decimal(number, digits)


def signed_text(number: Number, digits: int) -> str:
    """A number in at most so many significant digits with its sign; zero and infinity have no plus."""
    sign = "" if isinstance(number, Special) or number <= 0 else "+"
    return f"{sign}{short_text(number, digits)}"


def json_number(number: Number | None) -> Mapping[str, object] | str | None:
    """A number exactly, in several notations; specials as words, for JSON has none of them."""
    if number is None:
        return None
    if isinstance(number, Special):
        return number.value
    return {
        "fraction": fraction_text(number),
        "decimal": exact_decimal(number),
        "binary": exact_binary(number),
        "power_of_two": odd_times_power(number),
        "approximately": short_decimal(number, 17),
    }
