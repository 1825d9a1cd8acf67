"""Numbers as text against Python's own arithmetic of rationals; what is refused, and that it is refused quickly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.formats.expressions import parse_number, parse_pattern
from precisionlab.formats.inspection import bit_fields
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.records import ElementFormat
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
        ("-nan", Special.NAN),
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
        ("", "^an empty text is no number"),
        (" ", "^an empty text is no number"),
        ("\uff11", "is no number"),
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


@pytest.mark.parametrize("text", ["1+nan", "1/inf", "-(infinity)", "--inf", "2**nan"])
def test_nothing_is_computed_with_infinity_and_nan(text: str) -> None:
    """The message does not recommend what it refuses."""
    with pytest.raises(UsageError) as caught:
        parse_number(text)
    assert str(caught.value) == f"{text}: nan and inf stand alone; nothing is computed with them"


@pytest.mark.parametrize(
    "text",
    [
        "0x7bff",
        "0x7b_ff",
        "0b0111101111111111",
        "0b0_11110_1111111111",
        "0b0 11110 1111111111",
        "0 11110 1111111111",
        " 0_11110_1111111111 ",
        "0\n11110\t1111111111",
        "31743",
        "31_743",
    ],
)
def test_patterns_are_read(text: str) -> None:
    """Hexadecimal, binary with or without a prefix, decimal."""
    assert parse_pattern(text, 16) == 0x7BFF


@given(st.sampled_from(sorted(ELEMENTS)).map(ELEMENTS.__getitem__), st.data())
def test_patterns_as_they_are_printed_are_read_again(format_: ElementFormat, data: st.DataObject) -> None:
    """Fields with blanks between; one field alone needs its prefix."""
    pattern = data.draw(st.integers(0, (1 << format_.bits) - 1))
    fields = [field.bits for field in bit_fields(pattern, format_) if field.bits]
    prefix = "" if len(fields) > 1 else "0b"
    assert parse_pattern(prefix + " ".join(fields), format_.bits) == pattern


@pytest.mark.parametrize(("text", "pattern"), [("0", 0), ("1", 1), ("2", 2), ("0b10", 2), ("0xa", 10), ("12", 12)])
def test_short_patterns_need_not_be_ambiguous(text: str, pattern: int) -> None:
    """One digit, a prefix, or a digit that is no bit."""
    assert parse_pattern(text, 4) == pattern


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10", "10: may be bits or a decimal number; write 0b10 for bits, 0xa for decimal 10"),
        ("010", "010: may be bits or a decimal number; write 0b010 for bits, 0xa for decimal 010"),
        ("0 01 00", "0 01 00: has 5 bits, the format has 4"),
        ("0 01", "0 01: has 3 bits, the format has 4; write 0b before bits without their leading zeros"),
        ("1_0", "1_0: has 2 bits, the format has 4; write 0b before bits without their leading zeros"),
    ],
)
def test_digits_that_may_be_bits_are_never_guessed(text: str, message: str) -> None:
    """Bits in groups must be as many as the format has; a run of them must say what it is."""
    with pytest.raises(UsageError) as caught:
        parse_pattern(text, 4)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["", "0x", "7bff", "0b012", "-1", "1.5", "0x" + "f" * 200, "0 21 0", "1" * 5000, "\uff11\uff12"]
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """One line that says what is accepted."""
    with pytest.raises(UsageError, match="is no bit pattern; takes a bit pattern such as 0x7bff"):
        parse_pattern(text, 16)
