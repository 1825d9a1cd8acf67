"""The text of `precisionlab inspect`: one block a format."""

import textwrap
from collections.abc import Iterator, Sequence

from precisionlab.analysis.notation import hex_pattern
from precisionlab.cli.number_text import in_both_ways, short_text, signed_text
from precisionlab.cli.terminal import styled
from precisionlab.errors import FormatError
from precisionlab.escaping import printable
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.expansions import (
    exact_binary,
    exact_decimal,
    fraction_text,
)
from precisionlab.formats.facts import facts_of
from precisionlab.formats.inspection import BitField, Datum, Inspection, RoundingOutcome
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number, Special

LABEL_WIDTH = 10
LONGEST_DIGITS = 200
"""Most characters of an expansion that is shown; --format json has all."""
DIGITS_OF_ERRORS = 6
SPECIAL_NAMES = {
    Special.INFINITY: "infinity",
    Special.NEGATIVE_INFINITY: "-infinity",
    Special.NEGATIVE_ZERO: "-0",
}
FIELD_COLOURS = {
    "sign": "31",
    "exponent": "32",
    "regime": "33",
    "integer bit": "35",
    "mantissa": "36",
    "fraction": "36",
}


def number_heading(text: str, number: Number, width: int) -> str:
    """What was asked for: the text as given, and exactly what it means where that is not the same."""
    shown = printable(text.strip(), 60)
    meaning = "" if isinstance(number, Special) else cut_digits(exact_decimal(number) or fraction_text(number))
    line = shown if meaning in {"", shown} else f"{shown} = {meaning}"
    return textwrap.fill(line, width, subsequent_indent="  ", break_on_hyphens=False) + "\n\n"


def pattern_hints(text: str, formats: Sequence[ElementFormat], width: int) -> str:
    """What a hexadecimal or binary literal would be as a pattern of the formats that are as wide."""
    plain = text.strip().lower().replace("_", "")
    base = {"0x": 4, "0b": 1}.get(plain[:2])
    if base is None or not plain[2:].isalnum() or "p" in plain:
        return ""
    wide = [format_ for format_ in formats if format_.bits == base * len(plain[2:])]
    hints = ", ".join(f"{f.name} {short_text(decode_exact(int(plain, 0), f), 9)}" for f in wide)
    example = f" (inspect --from {wide[0].name} --bits {plain})" if wide else ""
    return textwrap.fill(f"As bits: {hints}{example}", width, break_on_hyphens=False) + "\n\n" if wide else ""


def inspection_text(answer: Inspection | FormatError, number: Number, width: int, *, is_coloured: bool) -> str:
    """The block of what one format makes of a number."""
    if isinstance(answer, FormatError):
        return f"{styled(answer.subject, '1', is_coloured=is_coloured)}\n  {answer.problem}\n"
    title = f"{styled(answer.format.name, '1', is_coloured=is_coloured)}  {answer.format.title}"
    bits = f"  {'bits':<{LABEL_WIDTH}}{bits_text(answer.fields, width, is_coloured=is_coloured)}"
    lines = (labelled(label, text, width) for label, text in described(answer))
    return "\n".join((title, bits, *lines, *rounding_lines(answer, number, width))) + "\n"


def bits_text(fields: Sequence[BitField], width: int, *, is_coloured: bool) -> str:
    """The bits by field, on lines of their own where they are too many for one."""
    shown = [field for field in fields if field.bits]
    room = width - 2 - LABEL_WIDTH
    separator = " " if sum(len(field.bits) + 1 for field in shown) <= room else "\n" + " " * (2 + LABEL_WIDTH)
    folded = (fold(field, room, is_coloured=is_coloured) for field in shown)
    return separator.join(folded)


def fold(field: BitField, room: int, *, is_coloured: bool) -> str:
    """The bits of one field in its colour, broken where they exceed a line."""
    parts = (field.bits[i : i + room] for i in range(0, len(field.bits), room))
    colour = FIELD_COLOURS.get(field.name, "36")
    return ("\n" + " " * (2 + LABEL_WIDTH)).join(styled(part, colour, is_coloured=is_coloured) for part in parts)


def described(answer: Inspection) -> Iterator[tuple[str, str]]:
    """Labels and texts of a block."""
    yield "hex", hex_pattern(answer.datum.pattern, answer.format.bits)
    yield "class", answer.pattern_class.value
    yield from value_lines(answer.datum.value)
    if answer.ulp is not None:
        yield "ulp", in_both_ways(answer.ulp)
    yield "below", datum_text(answer.below, answer.format)
    yield "above", datum_text(answer.above, answer.format)


def value_lines(value: Number) -> Iterator[tuple[str, str]]:
    """A number in decimal and in binary; zero with its sign; another special as a word."""
    if value is Special.NEGATIVE_ZERO:
        yield from (("decimal", value.value), ("binary", value.value))
    elif isinstance(value, Special):
        yield "value", value.value
    else:
        yield "decimal", cut_digits(exact_decimal(value) or fraction_text(value))
        yield "binary", cut_digits(exact_binary(value) or fraction_text(value))


def datum_text(datum: Datum | None, format_: ElementFormat) -> str:
    """A neighbour in hexadecimal and in decimal."""
    return "none" if datum is None else result_text(datum, format_)


def result_text(datum: Datum, format_: ElementFormat) -> str:
    """A pattern and its value in as many digits as tell any two numbers of the format apart."""
    digits = max(17, facts_of(format_).round_trip_digits or 0)
    return f"{hex_pattern(datum.pattern, format_.bits)}  {short_text(datum.value, digits)}"


def cut_digits(text: str) -> str:
    """A long expansion's beginning and its length; an exponent stays."""
    digits, mark, exponent = text.partition(" * ") if " * " in text else text.partition("e")
    if len(digits) <= LONGEST_DIGITS:
        return text
    count = sum(character.isdigit() for character in digits)
    return f"{digits[:LONGEST_DIGITS]}… {mark.strip()}{exponent} ({count:,} digits)"


def labelled(label: str, text: str, width: int) -> str:
    """A labelled text; long words are broken, for digits have no spaces."""
    indent = " " * (2 + LABEL_WIDTH)
    return textwrap.fill(
        text, width, initial_indent=f"  {label:<{LABEL_WIDTH}}", subsequent_indent=indent, break_on_hyphens=False
    )


def rounding_lines(answer: Inspection, number: Number, width: int) -> Iterator[str]:
    """What the rounding modes make of the number, those that agree together."""
    if isinstance(number, Special) and answer.datum.value is not number:
        yield labelled("rounding", stand_in_text(number, answer), width)
    if not answer.outcomes:
        return
    groups: dict[int, list[RoundingOutcome]] = {}
    for outcome in answer.outcomes:
        groups.setdefault(outcome.result.pattern, []).append(outcome)
    if len(groups) == 1:
        exact = answer.outcomes[0].error == 0
        yield labelled("rounding", "exact" if exact else f"every mode: {error_text(answer.outcomes[0])}", width)
        return
    for label, outcomes in zip(("rounding", *[""] * len(groups)), groups.values(), strict=False):
        modes = ", ".join(outcome.rounding.value for outcome in outcomes)
        yield labelled(label, f"{modes}:", width)
        yield labelled("", f"  {result_text(outcomes[0].result, answer.format)}", width)
        yield labelled("", f"  {error_text(outcomes[0])}", width)


def stand_in_text(special: Special, answer: Inspection) -> str:
    """What a format without a special has instead of it."""
    ladder, value = ladder_of(answer.format), answer.datum.value
    ends = {ladder.value(ladder.highest): ", the largest number", ladder.value(ladder.lowest): ", the lowest number"}
    if isinstance(value, Special):
        return f"{SPECIAL_NAMES[special]} becomes {answer.pattern_class.value}"
    end = "" if special is Special.NEGATIVE_ZERO else ends.get(value, "")
    return f"{SPECIAL_NAMES[special]} becomes {short_text(value)}{end}"


def error_text(outcome: RoundingOutcome) -> str:
    """The error in three ways."""
    if outcome.error is None or outcome.error_in_ulps is None:
        return f"becomes {short_text(outcome.result.value)}"
    absolute = signed_text(outcome.error, DIGITS_OF_ERRORS)
    ulps = signed_text(outcome.error_in_ulps, DIGITS_OF_ERRORS)
    if outcome.relative_error is None:
        return f"error {absolute}, {ulps} ulp"
    return f"error {absolute}, {ulps} ulp, relative {signed_text(outcome.relative_error, DIGITS_OF_ERRORS)}"
