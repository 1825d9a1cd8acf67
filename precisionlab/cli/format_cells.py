"""A format's cells in a list of formats: `precisionlab formats` and `precisionlab list formats` have the same."""

from fractions import Fraction

from precisionlab.formats.expansions import short_decimal
from precisionlab.formats.facts import facts_of
from precisionlab.formats.inspection import bit_fields
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    PositFormat,
    SignEncoding,
)

HEADINGS = ("name", "bits", "fields", "epsilon", "smallest", "largest", "digits")
NUMBERS = {1, 3, 4, 5, 6}
"""Columns of numbers; the name and the fields are words."""
INTEGER_LAYOUTS = {
    SignEncoding.TWOS_COMPLEMENT: "signed",
    SignEncoding.SIGN_MAGNITUDE: "sign+size",
    SignEncoding.OFFSET_BINARY: "offset",
}


def row(format_: ElementFormat) -> tuple[str, ...]:
    """A format's cells in the catalogue."""
    facts = facts_of(format_)
    epsilon = cell(facts.epsilon) if facts.epsilon is not None else "-"
    digits = f"{facts.guaranteed_digits}, {facts.round_trip_digits}" if facts.guaranteed_digits is not None else "-"
    extent = (cell(facts.smallest_positive), cell(facts.largest_finite))
    return (format_.name, str(format_.bits), layout(format_), epsilon, *extent, digits)


def cell(value: Fraction) -> str:
    """Four digits, but whole numbers below a million in full."""
    return short_decimal(value, 6 if value.denominator == 1 and value < 10**6 else 4)


def layout(format_: ElementFormat) -> str:
    """The widths of the fields: `1+5+10`."""
    match format_:
        case FloatFormat():
            return "+".join(str(len(field.bits)) for field in bit_fields(0, format_))
        case PositFormat():
            return f"es={format_.exponent_bits}"
        case IntegerFormat():
            return INTEGER_LAYOUTS[format_.encoding] if format_.signed else "unsigned"
        case CodebookFormat():
            return f"{len(format_.values)} values"
