"""The JSON of `precisionlab inspect`: exact, in several notations."""

from collections.abc import Mapping
from fractions import Fraction

from precisionlab.analysis.notation import hex_pattern
from precisionlab.cli.number_text import json_number
from precisionlab.errors import FormatError
from precisionlab.formats.inspection import Datum, Inspection, RoundingOutcome
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number

Answer = Inspection | FormatError
"""What a number is in a format, or why the format cannot hold it."""


def json_answer(answer: Answer, number: Number) -> Mapping[str, object]:
    """What one format makes of a number, exactly."""
    if isinstance(answer, FormatError):
        return {"format": answer.subject, "error": answer.problem}
    return {
        "format": answer.format.name,
        **json_datum(answer.datum, answer.format),
        "is_exact": answer.datum.value == number,
        "fields": {field.name: field.bits for field in answer.fields},
        "class": answer.pattern_class.value,
        "ulp": json_number(answer.ulp),
        "below": json_datum(answer.below, answer.format),
        "above": json_datum(answer.above, answer.format),
        "roundings": {outcome.rounding.value: json_outcome(outcome, answer.format) for outcome in answer.outcomes},
    }


def json_datum(datum: Datum | None, format_: ElementFormat) -> Mapping[str, object]:
    """A pattern and its value; nulls for none."""
    if datum is None:
        return {"pattern": None, "value": None}
    return {"pattern": hex_pattern(datum.pattern, format_.bits), "value": json_number(datum.value)}


def json_outcome(outcome: RoundingOutcome, format_: ElementFormat) -> Mapping[str, object]:
    """What one rounding mode makes of the number."""
    errors: Mapping[str, Fraction | None] = {
        "error": outcome.error,
        "error_in_ulps": outcome.error_in_ulps,
        "relative_error": outcome.relative_error,
    }
    return {
        **json_datum(outcome.result, format_),
        **{name: json_number(error) for name, error in errors.items()},
    }
