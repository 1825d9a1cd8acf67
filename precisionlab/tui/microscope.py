"""The bit microscope without a screen: one pattern of one format, and what keys do to it."""

import re
from dataclasses import dataclass, replace
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.formats import ElementFormat, Overflow, Rounding, formats
from precisionlab.formats.exact import checked_pattern, decode_exact, encode_exact, neighbours
from precisionlab.formats.expressions import parse_number, parse_pattern
from precisionlab.formats.specials import Number, Special

NAMED: Final = re.compile(r"\s*(?!(?:nan|inf|infinity)\b)([a-z]\w*)(?:\s*[:=\s]\s*(.*)|\s*)", re.IGNORECASE | re.DOTALL)
"""A format's name, and what may follow it."""
PATTERN: Final = re.compile(r"\s*(?:0x[0-9a-f_\s]+|0b[01_\s]+|[01]+(?:[_\s]+[01]+)+)\s*", re.IGNORECASE)
"""Whole hexadecimal and binary literals, and bits in groups: patterns, unless one of two formats is asked otherwise."""
LONGEST_NUMBER: Final = 40_000
"""Most bits of a numerator or denominator that is looked at: more than binary128 needs, quick at each key press."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A pattern under the microscope."""

    format: ElementFormat
    pattern: int
    cursor: int
    """The bit that is pointed at; bit 0 is the last."""
    asked: Number | None = None
    """The number that was rounded to the pattern, where the pattern does not stand for just that."""

    @property
    def value(self) -> Number:
        """What the pattern stands for."""
        return decode_exact(self.pattern, self.format)

    @property
    def number(self) -> Number:
        """What is to be seen in other formats: the number asked for, or else the pattern's."""
        return self.value if self.asked is None else self.asked


def specimen_of(pattern: int, format_: ElementFormat, cursor: int | None = None) -> Specimen:
    """A pattern with the cursor on a bit, the first one where none is given.

    Raises:
        FormatError: the pattern is wider than the format.
    """
    first = format_.bits - 1
    return Specimen(format_, checked_pattern(pattern, format_), first if cursor is None else min(cursor, first))


def rounded(number: Number, format_: ElementFormat, cursor: int | None = None) -> Specimen:
    """What a number becomes in a format, rounded to nearest, ties to even.

    Raises:
        FormatError: NaN, in a format without.
    """
    pattern = encode_exact(number, format_, Rounding.NEAREST_EVEN, Overflow.IEEE)
    found = specimen_of(pattern, format_, cursor)
    return found if found.value == number else replace(found, asked=number)


def moved(specimen: Specimen, step: int) -> Specimen:
    """The cursor so many bits further to the right, at most at an end."""
    return pointed(specimen, specimen.cursor - step)


def pointed(specimen: Specimen, bit: int) -> Specimen:
    """The cursor on a bit, or on the end that is nearer."""
    return replace(specimen, cursor=max(0, min(bit, specimen.format.bits - 1)))


def flipped(specimen: Specimen) -> Specimen:
    """The other bit under the cursor."""
    return replace(specimen, pattern=specimen.pattern ^ 1 << specimen.cursor, asked=None)


def written(specimen: Specimen, *, one: bool) -> Specimen:
    """This bit under the cursor, and the cursor on the next, as in typing."""
    is_one = bool(specimen.pattern >> specimen.cursor & 1)
    return moved(specimen if is_one == one else flipped(specimen), 1)


def stepped(specimen: Specimen, step: int) -> Specimen:
    """The next number above (`step` 1) or below (-1); the same where there is none, as at NaN."""
    below, above = neighbours(specimen.pattern, specimen.format)
    chosen = above if step > 0 else below
    return specimen if chosen is None else replace(specimen, pattern=chosen, asked=None)


def recast(specimen: Specimen, format_: ElementFormat) -> Specimen:
    """The same number in another format: the one asked for, so that ways through narrow formats lose nothing.

    Raises:
        FormatError: NaN, in a format without.
    """
    return specimen if format_ == specimen.format else rounded(specimen.number, format_, specimen.cursor)


def typed(text: str, specimen: Specimen) -> Specimen:
    """What a text asks for: `0.1`, `1/3`, `2^-14`, `0x3f80` (a pattern), `float16 0x7bff`, `bf16 1/3`, `int8`.

    A format's name alone recasts the number. Hexadecimal literals are patterns; `0x3f80p0` is a number.

    Raises:
        UsageError: it is neither a number nor a pattern.
        FormatError: there is no such format, the pattern is wider, or the format has no such number.
    """
    match = NAMED.fullmatch(text)
    format_ = formats.element(match[1]) if match else specimen.format
    rest = (match[2] or "") if match else text
    if match and not rest.strip():
        return recast(specimen, format_)
    if PATTERN.fullmatch(rest):
        return specimen_of(parse_pattern(rest, format_.bits), format_, specimen.cursor)
    return rounded(short_enough(parse_number(rest)), format_, specimen.cursor)


def short_enough(number: Number) -> Number:
    """The number, if there is no trouble in looking at it.

    Raises:
        UsageError: it is too long.
    """
    if (
        isinstance(number, Special)
        or max(number.numerator.bit_length(), number.denominator.bit_length()) <= LONGEST_NUMBER
    ):
        return number
    raise UsageError("", f"the number is longer than {LONGEST_NUMBER:,} bits")
