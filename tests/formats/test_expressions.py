"""Numbers as text against Python's own arithmetic of rationals; what is refused, and that it is refused quickly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.formats.expansions import exact_binary, exact_decimal, fraction_text, odd_times_power, short_decimal
from precisionlab.formats.expressions import parse_number, parse_pattern
from precisionlab.formats.specials import Number, Special


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        (" 42 ", Fraction(42)),
        ("1_000", Fraction(1000)),
        ("1e-45", Fraction(1, 10**45)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1/3", Fraction(1, 3)),
        ("2**-149", Fraction(1, 2**149)),
        ("2^10", Fraction(1024)),
        ("-2**2", Fraction(-4)),
        ("2**3**2", Fraction(512)),
        ("2**-1**2", Fraction(1, 2)),
        ("(1 + 2**-10) * -4 / 3 - 1", Fraction(-1025 * 4, 1024 * 3) - 1),
        ("1 - -1", Fraction(2)),
        ("0x3dcccccd", Fraction(0x3DCCCCCD)),
        ("0x1.8p-3", Fraction(3, 16)),
        ("0b1_01", Fraction(5)),
        ("0**0", Fraction(1)),
        ("(-1)**99999999999", Fraction(-1)),
        ("nan", Special.NAN),
        ("NaN", Special.NAN),
        ("inf", Special.INFINITY),
        ("+Infinity", Special.INFINITY),
        ("-inf", Special.NEGATIVE_INFINITY),
        ("-0", Special.NEGATIVE_ZERO),
        ("-0.0", Special.NEGATIVE_ZERO),
        ("0.0", Fraction(0)),
    ],
)
def test_numbers_mean_what_they_say(text: str, value: Number) -> None:
    """Precedence and association are Python's; ^ is a power; a lone minus makes zero negative."""
    assert parse_number(text) == value


@given(st.fractions(), st.fractions(), st.integers(-5, 5), st.sampled_from("+-*/"))
def test_expressions_are_pythons(one: Fraction, other: Fraction, exponent: int, operator: str) -> None:
    """Drawn expressions have the value that Python's rationals give."""
    text = f"({one}) {operator} (({other}) + 1) ** {exponent}"
    base = other + 1
    if not base and (exponent < 0 or (operator == "/" and exponent)):
        with pytest.raises(UsageError, match="divides by zero"):
            parse_number(text)
        return
    power = base**exponent
    expected = {"+": one + power, "-": one - power, "*": one * power, "/": one / power if power else one}[operator]
    parsed = parse_number(text)
    assert parsed == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 characters are no number"),
        ("abc", "abc is no number"),
        ("1 2", "2 is not expected there"),
        ("1 +", "ends where a number should follow"),
        ("(1", "lacks a closing parenthesis"),
        ("1)", "\\) is not expected there"),
        ("1/0", "divides by zero"),
        ("0**-1", "divides by zero"),
        ("2**0.5", "takes whole exponents only"),
        ("9**9**9", "is longer than 300,000 bits"),
        ("1e999999999999", "is longer than 300,000 bits"),
        ("0x1p99999999999", "is longer than 300,000 bits"),
        ("2**(2**(2**(2**9)))", "is longer than 300,000 bits"),
        ("(" * 500 + "1" + ")" * 500, "is nested deeper than 30"),
        ("-" * 500 + "1", "is nested deeper than 30"),
        ("2**" * 400 + "2", "is nested deeper than 30"),
        ("1" * 3000, "3,000 characters are no number"),
        ("1+nan", "nan is no number"),
        ("__import__('os')", "is no number"),
        ("*1", "has \\* where a number should be"),
        ("0x", "x is not expected there|x is no number"),
        ("model.safetensors::w[3]", "is no number"),
    ],
)
def test_what_is_no_number_is_said_on_one_line(text: str, reason: str) -> None:
    """Nothing is evaluated, nothing takes long, and the message says what would be accepted."""
    with pytest.raises(UsageError, match=reason) as caught:
        parse_number(text)
    assert "takes a number such as 0.1, 1/3, 2**-149" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["0x7bff", "0b0_11110_1111111111", "0 11110 1111111111".replace(" ", ""), "31743"])
def test_patterns_are_read(text: str) -> None:
    """Hexadecimal, binary by field, decimal."""
    assert parse_pattern(text if text[0] != "0" or text[1] in "xb" else f"0b{text}") == 0x7BFF


@pytest.mark.parametrize("text", ["", "0x", "7bff", "0b012", "-1", "1.5", "0x" + "f" * 200])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """One line that says what is accepted."""
    with pytest.raises(UsageError, match="is no bit pattern; takes a bit pattern such as 0x7bff"):
        parse_pattern(text)


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


@given(st.fractions().filter(bool), st.integers(1, 30))
def test_short_decimals_are_rounded_correctly(value: Fraction, digits: int) -> None:
    """So many significant digits differ from the value by at most half a unit of the last one."""
    shown = Fraction(short_decimal(value, digits))
    exponent = len(str(abs(value.numerator))) - len(str(value.denominator))
    assert abs(shown - value) <= Fraction(10) ** (exponent + 1 - digits) / 2


def test_decimals_that_do_not_end_are_fractions() -> None:
    """1/3 has no exact decimal or binary expansion; a tenth has a decimal one only."""
    assert exact_decimal(Fraction(1, 3)) is exact_binary(Fraction(1, 3)) is odd_times_power(Fraction(1, 10)) is None
    assert exact_decimal(Fraction(1, 10)) == "0.1"
