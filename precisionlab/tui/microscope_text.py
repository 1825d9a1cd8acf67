"""What the microscope says of a specimen, and of the same number in other formats, in words and digits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.notation import hex_pattern
from precisionlab.errors import FormatError
from precisionlab.formats import ElementFormat, Overflow, Rounding
from precisionlab.formats.classes import PatternClass, classify, fields_of
from precisionlab.formats.expansions import exact_binary, exact_decimal, fraction_text, odd_times_power, short_decimal
from precisionlab.formats.facts import facts_of
from precisionlab.formats.inspection import Datum, RoundingOutcome, inspect_pattern, outcome
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Number, Special, as_fraction
from precisionlab.tui.microscope import Specimen

COMPARED: Final = (
    "float32",
    "bfloat16",
    "float16",
    "float8_e4m3fn",
    "float8_e5m2",
    "float4_e2m1fn",
    "int8",
    "tfloat32",
    "posit16",
)
"""The formats beside one another where no others were chosen."""
HEADINGS: Final = ("format", "pattern", "value", "ulps", "relative", "")
LONGEST_DIGITS: Final = 96
LAST_DIGITS: Final = 12
"""Of a long expansion that are shown behind its first ones."""
LONGEST_POWER: Final = 24
"""Characters of an odd integer times a power of two that are still easy to read."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same number in a format, or why it has none."""

    format: ElementFormat
    outcome: RoundingOutcome | None
    verdict: str
    """In one word or two: `exact`, `rounded`, `underflow`, …"""


def facts(specimen: Specimen) -> Iterator[tuple[str, str]]:
    """Labels and texts about a specimen."""
    seen = inspect_pattern(specimen.pattern, specimen.format)
    value = seen.datum.value
    if specimen.asked is not None:
        yield "asked for", asked_text(specimen)
    if isinstance(value, Special):
        kind = "" if seen.pattern_class is PatternClass.INFINITY else f", {seen.pattern_class.value}"
        yield "value", value.value + kind
    else:
        short, exact = number_text(value, 17), folded(exact_decimal(value) or fraction_text(value))
        yield "value", f"{short}, {seen.pattern_class.value}"
        if exact != short:
            yield "exactly", exact
        yield "binary", folded(binary_text(value))
    if seen.ulp is not None:
        yield "ulp", both_ways(seen.ulp)
    yield "above", datum_text(seen.above, specimen.format)
    yield "below", datum_text(seen.below, specimen.format)


def field_text(specimen: Specimen) -> str:
    """What the fields of a float say: `exponent 123 - 127 = -4, mantissa 5033165 / 2^23`; empty for all else."""
    format_, value = specimen.format, specimen.value
    if not isinstance(format_, FloatFormat) or (isinstance(value, Special) and value is not Special.NEGATIVE_ZERO):
        return ""
    exponent, _, fraction = fields_of(specimen.pattern, format_)
    low = format_.min_exponent + format_.bias
    power = f"exponent {max(exponent, low)} - {format_.bias} = {max(exponent, low) - format_.bias}"
    hidden = "0" if exponent < low else "1"
    if not format_.mantissa_bits:
        return power
    return f"{power}, significand {hidden} + {fraction:,} / 2^{format_.mantissa_bits}"


def asked_text(specimen: Specimen) -> str:
    """The number that was rounded, and what that cost."""
    number = specimen.number
    text = number_text(number, 17)
    if isinstance(number, Special):
        return text
    exact = fraction_text(number)
    shown = exact if len(exact) <= LONGEST_POWER else text
    found = outcome(number, specimen.format, Rounding.NEAREST_EVEN, Overflow.IEEE)
    if found.error is None or found.error_in_ulps is None:
        return f"{shown}, which is beyond the largest number"
    relative = "" if found.relative_error is None else f", relative {signed(found.relative_error, 3)}"
    return f"{shown}, error {signed(found.error_in_ulps, 4)} ulp{relative}"


def number_text(number: Number, digits: int) -> str:
    """A number in at most so many digits."""
    return number.value if isinstance(number, Special) else short_decimal(number, digits)


def signed(number: Number, digits: int) -> str:
    """The same with a plus before what is above zero."""
    text = number_text(number, digits)
    return f"+{text}" if not isinstance(number, Special) and number > 0 else text


def binary_text(value: Number) -> str:
    """`1.1001 * 2^-4`, and as an odd integer times a power of two where that is short."""
    exact = as_fraction(value)
    if exact is None:
        return ""
    binary, power = exact_binary(exact) or fraction_text(exact), odd_times_power(exact)
    is_short = power is not None and len(power) <= LONGEST_POWER and power != binary
    return f"{binary} = {power}" if is_short else binary


def both_ways(value: Number) -> str:
    """A step as a power of two and in decimal: `2^-10 = 0.000976562`."""
    exact = as_fraction(value)
    power = None if exact is None else odd_times_power(exact)
    decimal = number_text(value, 6)
    return decimal if power is None or len(power) > LONGEST_POWER or power == decimal else f"{power} = {decimal}"


def datum_text(datum: Datum | None, format_: ElementFormat) -> str:
    """A neighbour: its pattern and its value."""
    return "none" if datum is None else f"{hex_pattern(datum.pattern, format_.bits)}  {number_text(datum.value, 17)}"


def folded(text: str) -> str:
    """The first and the last digits of a long expansion, and how many there are; an exponent stays."""
    digits, mark, exponent = text.partition(" * ") if " * " in text else text.partition("e")
    if len(digits) <= LONGEST_DIGITS:
        return text
    count = sum(character.isdigit() for character in digits)
    first = digits[: LONGEST_DIGITS - LAST_DIGITS]
    return f"{first}…{digits[-LAST_DIGITS:]}{mark}{exponent} ({count:,} digits)"


def compared(number: Number, formats: Sequence[ElementFormat]) -> tuple[Comparison, ...]:
    """The number in each of these formats."""
    return tuple(comparison(number, format_) for format_ in formats)


def comparison(number: Number, format_: ElementFormat) -> Comparison:
    """The number in a format, rounded to nearest."""
    try:
        found = outcome(number, format_, Rounding.NEAREST_EVEN, Overflow.IEEE)
    except FormatError as error:
        return Comparison(format_, None, error.problem.removeprefix("the format "))
    return Comparison(format_, found, verdict_of(number, found, format_))


def verdict_of(number: Number, found: RoundingOutcome, format_: ElementFormat) -> str:
    """What became of a number, in a word or two."""
    got, exact = found.result.value, as_fraction(number)
    if got == number:
        return "exact"
    if exact is None:
        return "no inf"
    if found.error == 0:
        return "no sign"
    landmarks = facts_of(format_)
    if found.error is None or not landmarks.lowest_finite <= exact <= landmarks.largest_finite:
        return "overflow" if isinstance(got, Special) else "saturated"
    if not as_fraction(got):
        return "underflow"
    return "subnormal" if classify(found.result.pattern, format_) is PatternClass.SUBNORMAL else "rounded"


def cells(one: Comparison) -> tuple[str, ...]:
    """A line of the table of formats, under `HEADINGS`."""
    if one.outcome is None:
        return (one.format.name, "-", "-", "-", "-", one.verdict)
    result = one.outcome.result
    errors = (one.outcome.error_in_ulps, one.outcome.relative_error)
    texts = ("-" if error is None else "0" if error == 0 else signed(error, 2) for error in errors)
    return (
        one.format.name,
        hex_pattern(result.pattern, one.format.bits),
        number_text(result.value, 9),
        *texts,
        one.verdict,
    )
