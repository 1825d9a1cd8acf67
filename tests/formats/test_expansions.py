"""Rationals in digits: exact ones lead back, short ones are rounded correctly, at any length."""

from decimal import Context, Decimal
from fractions import Fraction
from math import floor, log10

from hypothesis import example, given, settings
from hypothesis import strategies as st

from precisionlab.formats.expansions import (
    MAX_DIGITS,
    digits_of,
    exact_binary,
    exact_decimal,
    exponent_of_five,
    fraction_text,
    odd_times_power,
    short_decimal,
)
from precisionlab.formats.expressions import MAX_BITS, parse_number
from precisionlab.formats.specials import Special

HUGE = st.builds(
    lambda odd, base, exponent: odd * base**exponent,
    st.integers(1, 1 << 70),
    st.sampled_from([2, 3, 5, 10]),
    st.integers(0, MAX_BITS // 4),
)
"""Integers of up to 250,000 bits."""


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_expansions_lead_back(number: float) -> None:
    """The exact decimal, hexadecimal and binary texts of every float64 parse to it again."""
    value = Fraction(number)
    for text in (exact_decimal(value), exact_binary(value), odd_times_power(value), fraction_text(value)):
        assert text is not None
        parsed = parse_number(binary_as_expression(text))
        assert (Fraction(0) if parsed is Special.NEGATIVE_ZERO else parsed) == value


def binary_as_expression(text: str) -> str:
    """`1.01 * 2^-3` as an expression: its digits as a binary integer, divided."""
    digits, star, power = text.partition(" * ")
    if not star or "." not in digits or set(digits) - set("-01."):
        return text
    whole, _, fraction = digits.removeprefix("-").partition(".")
    return f"{'-' if digits[0] == '-' else ''}0b{whole}{fraction} / 2^{len(fraction)} * {power}"


def by_decimal(value: Fraction, digits: int) -> Decimal:
    """The plain twin of short decimals: decimal's own division, which takes the square of the length."""
    context = Context(prec=digits, Emin=-(10**6), Emax=10**6)
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


@given(st.fractions(), st.integers(1, 30))
@example(Fraction(0), 6)
@example(Fraction(-25, 2), 2)
@example(Fraction(35, 2), 2)
@example(Fraction(9_999_995), 6)
def test_short_decimals_are_those_of_decimal(value: Fraction, digits: int) -> None:
    """So many significant digits, ties to even, plain where that is as short."""
    text = short_decimal(value, digits)
    assert Decimal(text) == by_decimal(value, digits)
    assert not text.endswith(".")
    assert "." not in text or not text.partition("e")[0].endswith("0")
    assert ("e" in text) == (value != 0 and not -4 <= Decimal(text).adjusted() < max(digits, 6))


@given(HUGE, HUGE, st.integers(1, 20), st.booleans())
@settings(max_examples=60, deadline=None)
def test_short_decimals_of_any_length_are_rounded_correctly(
    numerator: int, denominator: int, digits: int, is_negative: bool
) -> None:
    """By rational arithmetic alone: within half a unit of the last digit, which is even where it is a tie."""
    size = Fraction(numerator, denominator)
    unit = Fraction(10) ** (decimal_exponent(size) + 1 - digits)
    shown = Fraction(short_decimal(-size if is_negative else size, digits))
    last, error = abs(shown) / unit, abs(abs(shown) - size)
    assert (shown < 0) == is_negative
    assert last.denominator == 1
    assert error * 2 < unit or (error * 2 == unit and last % 2 == 0)


@given(st.integers(1, 20), st.integers(-80_000, 80_000), st.data())
@settings(max_examples=40, deadline=None)
def test_ties_go_to_the_even_digit_however_far_out(digits: int, exponent: int, data: st.DataObject) -> None:
    """Half a unit above a number of so many digits; what is next to a tie is none, however near."""
    kept = data.draw(st.integers(10 ** (digits - 1), 10**digits - 1))
    nudge = data.draw(st.sampled_from([-1, 0, 1])) * Fraction(10) ** -data.draw(st.integers(1, 8_000))
    unit = Fraction(10) ** exponent
    goes_up = nudge > 0 or (nudge == 0 and kept % 2 == 1)
    assert Fraction(short_decimal((kept + Fraction(1, 2) + nudge) * unit, digits)) == (kept + goes_up) * unit


def decimal_exponent(size: Fraction) -> int:
    """floor(log10) of a positive rational, by comparison."""
    near = floor(log10(size.numerator) - log10(size.denominator))
    return max(exponent for exponent in (near - 1, near, near + 1) if Fraction(10) ** exponent <= size)


@given(HUGE, st.booleans())
@settings(max_examples=20, deadline=None)
@example((1 << 299_999) - 1, True)
def test_integers_of_any_length_in_decimal(size: int, is_negative: bool) -> None:
    """Converted by halves they have decimal's own digits."""
    number = -size if is_negative else size
    assert digits_of(number) == f"{Decimal(number):f}"


@given(st.integers(), st.integers(0, 300), st.integers(0, 130), st.sampled_from([1, 1, 3, 7]))
def test_exact_decimals_end_where_only_2_and_5_divide(numerator: int, twos: int, fives: int, other: int) -> None:
    """Then they are the number; else there is none."""
    value = Fraction(numerator, 2**twos * 5**fives * other)
    text = exact_decimal(value)
    if value.denominator % 3 and value.denominator % 7:
        assert text is not None
        assert Fraction(text) == value
    else:
        assert text is None


def test_powers_of_five_are_told_from_others() -> None:
    """Up to the longest expansion that is written."""
    assert [exponent_of_five(5**n) for n in range(600)] == [*range(600)]
    assert {exponent_of_five(5**n + step) for n in range(2, 600) for step in (-2, 2)} == {None}
    assert exponent_of_five(5**MAX_DIGITS) == MAX_DIGITS
    assert exponent_of_five(5 ** (MAX_DIGITS + 1)) is None


def test_decimals_that_do_not_end_are_fractions() -> None:
    """1/3 has no exact decimal or binary expansion; a tenth has a decimal one only."""
    assert exact_decimal(Fraction(1, 3)) is exact_binary(Fraction(1, 3)) is odd_times_power(Fraction(1, 10)) is None
    assert exact_decimal(Fraction(1, 10)) == "0.1"
