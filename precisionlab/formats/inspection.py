"""Everything that there is to say about one number, or one pattern, in one format."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from precisionlab.errors import FormatError
from precisionlab.formats.classes import PatternClass, classify
from precisionlab.formats.exact import decode_exact, encode_exact, neighbours, ulp
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    PositFormat,
    SignEncoding,
)
from precisionlab.formats.specials import Number, Special, as_fraction


@dataclass(frozen=True, slots=True)
class BitField:
    """Neighbouring bits with one meaning."""

    name: str
    bits: str
    """As 0 and 1, the most significant first; empty where a posit has none left."""


@dataclass(frozen=True, slots=True)
class Datum:
    """A pattern and what it stands for."""

    pattern: int
    value: Number


@dataclass(frozen=True, slots=True)
class RoundingOutcome:
    """What one rounding mode makes of a number."""

    rounding: Rounding
    result: Datum
    error: Fraction | None
    """The result minus the number; None where either is infinite or NaN."""
    error_in_ulps: Fraction | None
    """The error over the ulp at the number."""
    relative_error: Fraction | None
    """The error over the number; None for zero too."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One datum of a format, and where it came from."""

    format: ElementFormat
    datum: Datum
    fields: tuple[BitField, ...]
    pattern_class: PatternClass
    ulp: Fraction | None
    """At the datum's value; None for infinities and NaN."""
    below: Datum | None
    above: Datum | None
    outcomes: tuple[RoundingOutcome, ...]
    """One for each rounding mode; none where a pattern was given or no rounding is involved."""


def inspect_number(
    number: Number,
    format_: ElementFormat,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.IEEE,
) -> Inspection:
    """What a number becomes in a format.

    Raises:
        FormatError: NaN, in a format without.
    """
    outcomes = tuple(outcome(number, format_, mode, overflow) for mode in Rounding)
    pattern = encode_exact(number, format_, rounding, overflow)
    return inspected(pattern, format_, () if isinstance(number, Special) else outcomes)


def inspect_pattern(pattern: int, format_: ElementFormat) -> Inspection:
    """What a pattern is in a format.

    Raises:
        FormatError: the pattern is wider than the format.
    """
    return inspected(pattern, format_, ())


def inspected(pattern: int, format_: ElementFormat, outcomes: tuple[RoundingOutcome, ...]) -> Inspection:
    """The inspection of a pattern that came about by rounding, or not."""
    below, above = (datum(neighbour, format_) for neighbour in neighbours(pattern, format_))
    value = decode_exact(pattern, format_)
    rational = as_fraction(value)
    return Inspection(
        format_,
        Datum(pattern, value),
        bit_fields(pattern, format_),
        classify(pattern, format_),
        None if rational is None else ulp(rational, format_),
        below,
        above,
        outcomes,
    )


def datum(pattern: int | None, format_: ElementFormat) -> Datum | None:
    """A pattern with what it stands for."""
    return None if pattern is None else Datum(pattern, decode_exact(pattern, format_))


def outcome(number: Number, format_: ElementFormat, rounding: Rounding, overflow: Overflow) -> RoundingOutcome:
    """What a rounding mode makes of a number.

    Raises:
        FormatError: NaN, in a format without.
    """
    pattern = encode_exact(number, format_, rounding, overflow)
    result = decode_exact(pattern, format_)
    exact, got = as_fraction(number), as_fraction(result)
    if exact is None or got is None:
        return RoundingOutcome(rounding, Datum(pattern, result), None, None, None)
    error = got - exact
    unit = ulp(exact, format_)
    return RoundingOutcome(
        rounding, Datum(pattern, result), error, error / unit if unit else None, error / exact if exact else None
    )


def bit_fields(pattern: int, format_: ElementFormat) -> tuple[BitField, ...]:
    """The bits of a pattern by field, the most significant first."""
    match format_:
        case FloatFormat():
            widths = float_fields(format_)
        case IntegerFormat():
            widths = integer_fields(format_)
        case PositFormat():
            return posit_fields(pattern, format_)
        case CodebookFormat():
            widths = (("index", format_.bits),)
    return cut(f"{pattern:0{format_.bits}b}", widths)


def float_fields(format_: FloatFormat) -> Sequence[tuple[str, int]]:
    """Names and widths of a float's fields."""
    fields = (
        ("sign", int(format_.signed)),
        ("exponent", format_.exponent_bits),
        ("integer bit", int(format_.integer_bit)),
        ("mantissa", format_.mantissa_bits),
    )
    return tuple((name, width) for name, width in fields if width)


def integer_fields(format_: IntegerFormat) -> Sequence[tuple[str, int]]:
    """Names and widths of an integer's fields."""
    if format_.signed and format_.encoding is SignEncoding.SIGN_MAGNITUDE:
        return (("sign", 1), ("magnitude", format_.bits - 1))
    return (("integer", format_.bits),)


def cut(bits: str, widths: Sequence[tuple[str, int]]) -> tuple[BitField, ...]:
    """The bits cut into fields; the last ones get what is left."""
    fields, position = [], 0
    for name, width in widths:
        fields.append(BitField(name, bits[position : position + width]))
        position += width
    return tuple(fields)


def posit_fields(pattern: int, format_: PositFormat) -> tuple[BitField, ...]:
    """A posit's fields as stored; those of negative ones are to be read in two's complement.

    Where sign and regime leave fewer bits than the exponent has, the missing ones are zeros.
    """
    stored = f"{pattern:0{format_.bits}b}"
    ladder = ladder_of(format_)
    if ladder.special(pattern) is not None or not ladder.rung(pattern):
        return cut(stored, (("sign", 1), ("regime", format_.bits - 1)))
    # In two's complement the run and its end have the same length, but for magnitudes of one set bit.
    body = f"{abs(ladder.rung(pattern)):0{format_.bits - 1}b}"
    run = len(body) - len(body.lstrip(body[0]))
    widths = (("sign", 1), ("regime", min(run + 1, len(body))), ("exponent", format_.exponent_bits))
    return cut(stored, (*widths, ("fraction", format_.bits)))


def try_inspect(
    number: Number, format_: ElementFormat, rounding: Rounding, overflow: Overflow
) -> Inspection | FormatError:
    """`inspect_number`, or why the format cannot hold the number."""
    try:
        return inspect_number(number, format_, rounding, overflow)
    except FormatError as error:
        return error
