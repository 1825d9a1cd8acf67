"""Numbers as people write them: `0.1`, `1/3`, `2**-149`, `0x1.8p3`, `-0.0`, `nan`; parsed exactly, never evaluated."""

import re
from collections import deque
from fractions import Fraction
from typing import NoReturn

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.specials import Number, Special

MAX_CHARACTERS = 2_000
MAX_DEPTH = 30
"""Deepest nesting of parentheses, signs and powers."""
MAX_BITS = 300_000
"""Longest numerator or denominator; the widest format that a record describes reaches 2^±262,144."""

ACCEPTED = "takes a number such as 0.1, 1/3, 2**-149, 0x1.8p3, 0b101, -0.0, nan or inf"
ACCEPTED_PATTERN = "takes a bit pattern such as 0x7bff, 0b0111101111111111, '0 11110 1111111111' or 31743"

TOKEN = re.compile(
    r"\s*(?:(?P<hex>0x[0-9a-f_]+(?:\.[0-9a-f]*)?(?:p[+-]?[0-9]+)?)"
    r"|(?P<binary>0b[01_]+)"
    r"|(?P<decimal>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[+-]?[0-9]+)?)"
    r"|(?P<operator>\*\*|[-+*/^()]))",
    re.IGNORECASE,
)
WORD = re.compile(r"\s*(?:nan|inf|infinity)(?![a-z])")
PATTERN = re.compile(r"0x[0-9a-f]+|0b[01]+|[0-9]+")
MAX_PATTERN_CHARACTERS = 140
"""More than the bits of any format."""
SPECIAL_WORDS = {
    "nan": Special.NAN,
    "-nan": Special.NAN,
    "inf": Special.INFINITY,
    "infinity": Special.INFINITY,
    "-inf": Special.NEGATIVE_INFINITY,
    "-infinity": Special.NEGATIVE_INFINITY,
}

Tokens = deque[tuple[str, str]]


def parse_number(text: str) -> Number:
    """The exact value of an expression of numbers with + - * / ** and parentheses.

    >>> parse_number("(1 + 2**-10) / 3"), parse_number("-0.0")
    (Fraction(1025, 3072), <Special.NEGATIVE_ZERO: '-0'>)

    Raises:
        UsageError: it is none, or it is too large to be written exactly.
    """
    plain = text.strip().lower()
    word = SPECIAL_WORDS.get(plain.removeprefix("+"))
    if word is not None:
        return word
    tokens = tokens_of(text, plain)
    try:
        value = parsed_sum(tokens, 0)
    except ValueError as error:
        raise refused(text, str(error)) from None
    if tokens:
        raise refused(text, f"{printable(tokens[0][1], 20)} is not expected there")
    return Special.NEGATIVE_ZERO if not value and plain.startswith("-") else value


def refused(text: str, reason: str) -> UsageError:
    """The error that says why a text is no number and what is."""
    return UsageError(printable(text, 40), reason, ACCEPTED)


def tokens_of(text: str, plain: str) -> Tokens:
    """The kinds and texts of the tokens.

    Raises:
        UsageError: something that is no part of a number.
    """
    if not plain:
        raise UsageError("", "an empty text is no number", ACCEPTED)
    if len(plain) > MAX_CHARACTERS:
        raise refused(text, f"{len(plain):,} characters are no number")
    tokens: Tokens = deque()
    position = 0
    while position < len(plain):
        match = TOKEN.match(plain, position)
        if match is None and WORD.match(plain, position):
            raise UsageError(printable(text, 40), "nan and inf stand alone", "nothing is computed with them")
        if match is None:
            raise refused(text, f"{printable(plain[position:].strip(), 20)} is no number")
        tokens.append((str(match.lastgroup), match[0].strip()))
        position = match.end()
    return tokens


def take(tokens: Tokens, *operators: str) -> str:
    """The next token if it is one of these operators; empty if not."""
    return tokens.popleft()[1] if tokens and tokens[0][1] in operators else ""


def parsed_sum(tokens: Tokens, depth: int) -> Fraction:
    """Terms joined by + and -."""
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}")
    value = parsed_product(tokens, depth)
    while operator := take(tokens, "+", "-"):
        term = parsed_product(tokens, depth)
        value = bounded(value + term if operator == "+" else value - term)
    return value


def parsed_product(tokens: Tokens, depth: int) -> Fraction:
    """Factors joined by * and /."""
    value = parsed_signed(tokens, depth)
    while operator := take(tokens, "*", "/"):
        factor = parsed_signed(tokens, depth)
        if operator == "/" and not factor:
            raise ValueError("divides by zero")
        value = bounded(value * factor if operator == "*" else value / factor)
    return value


def parsed_signed(tokens: Tokens, depth: int) -> Fraction:
    """A power with signs before it, which bind less."""
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}")
    sign = take(tokens, "+", "-")
    if sign:
        value = parsed_signed(tokens, depth + 1)
        return -value if sign == "-" else value
    base = parsed_atom(tokens, depth)
    return power(base, parsed_signed(tokens, depth + 1)) if take(tokens, "**", "^") else base


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """A power with a whole exponent, if it is not too long."""
    if exponent.denominator != 1:
        raise ValueError("takes whole exponents only")
    if not base and exponent < 0:
        raise ValueError("divides by zero")
    length = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(base) not in {0, 1} and length * abs(exponent) > 2 * MAX_BITS:
        raise ValueError(f"is longer than {MAX_BITS:,} bits")
    if abs(base) in {0, 1}:
        return base if exponent % 2 else base * base if exponent else Fraction(1)
    return bounded(base ** int(exponent))


def bounded(value: Fraction) -> Fraction:
    """The value, if it is not too long."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise ValueError(f"is longer than {MAX_BITS:,} bits")
    return value


def parsed_atom(tokens: Tokens, depth: int) -> Fraction:
    """A number or an expression in parentheses."""
    if not tokens:
        raise ValueError("ends where a number should follow")
    kind, text = tokens.popleft()
    if text == "(":
        value = parsed_sum(tokens, depth + 1)
        if not take(tokens, ")"):
            raise ValueError("lacks a closing parenthesis")
        return value
    match kind:
        case "hex":
            return hexadecimal(text)
        case "binary":
            return Fraction(int(text.replace("_", ""), 2))
        case "decimal":
            return decimal(text)
        case _:
            raise ValueError(f"has {text} where a number should be")


def hexadecimal(text: str) -> Fraction:
    """`0xff`, `0x1.8p-3` (ISO/IEC 9899:2024, clause 6.4.4.3)."""
    digits, _, exponent = text.removeprefix("0x").replace("_", "").partition("p")
    whole, _, fraction = digits.partition(".")
    value = Fraction(int(whole + fraction, 16), 16 ** len(fraction))
    return value * power(Fraction(2), Fraction(int(exponent or "0")))


def decimal(text: str) -> Fraction:
    """`12`, `0.1`, `1e-45`."""
    digits, _, exponent = text.replace("_", "").partition("e")
    whole, _, fraction = digits.partition(".")
    value = Fraction(int(whole + fraction or "0"), 10 ** len(fraction))
    return bounded(value * power(Fraction(10), Fraction(int(exponent or "0"))))


def parse_pattern(text: str, width: int) -> int:
    """A pattern of so many bits: `0x7bff`, `0b0111101111111111`, `0 11110 1111111111`, `31743`.

    Blanks and `_` may stand between hexadecimal digits and bits, `_` between decimal digits. Bits in
    groups need no `0b`, but then all of them must be there.

    >>> parse_pattern("0 11110 1111111111", 16) == parse_pattern("0x7bff", 16) == parse_pattern("31743", 16)
    True

    Raises:
        UsageError: it is none, or may be bits as well as a decimal number.
    """
    groups = re.split(r"[\s_]+", text.strip().lower())
    plain = "".join(groups)
    if len(plain) > MAX_PATTERN_CHARACTERS or not PATTERN.fullmatch(plain) or is_spaced_decimal(text, plain):
        raise UsageError(printable(text, 40), "is no bit pattern", ACCEPTED_PATTERN)
    if len(plain) > 1 and set(plain) <= {"0", "1"}:
        return grouped_bits(plain, width, text) if len(groups) > 1 else refuse_ambiguous(plain)
    base = {"0x": 16, "0b": 2}.get(plain[:2], 10)
    return int(plain[2:] if base != 10 else plain, base)


def is_spaced_decimal(text: str, plain: str) -> bool:
    """Whether blanks stand between decimal digits that are not all bits: more likely bits with a slip."""
    return plain.isdigit() and not set(plain) <= {"0", "1"} and len(text.split()) > 1


def grouped_bits(bits: str, width: int, text: str) -> int:
    """The pattern of bits that stand in groups.

    Raises:
        UsageError: they are too few or too many.
    """
    if len(bits) == width:
        return int(bits, 2)
    remedy = "write 0b before bits without their leading zeros" if len(bits) < width else ""
    raise UsageError(printable(text.strip(), 40), f"has {len(bits)} bits, the format has {width}", remedy)


def refuse_ambiguous(digits: str) -> NoReturn:
    """Refuse digits that may be of either base.

    Raises:
        UsageError: always.
    """
    shown = printable(digits, 40)
    remedy = f"write {printable(f'0b{digits}', 40)} for bits, {printable(hex(int(digits)), 40)} for decimal {shown}"
    raise UsageError(shown, "may be bits or a decimal number", remedy)
