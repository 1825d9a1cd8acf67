"""`precisionlab inspect`: a number, or a pattern, in number formats."""

import argparse
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction

from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.inspect_text import inspection_text, number_heading, pattern_hints
from precisionlab.cli.number_text import json_number, json_pattern
from precisionlab.cli.output import put
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.errors import FormatError, UsageError
from precisionlab.formats.expressions import parse_number, parse_pattern
from precisionlab.formats.inspection import Datum, Inspection, RoundingOutcome, inspect_pattern, try_inspect
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.naming import CATALOGUE
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number

COMMON = ("float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float4_e2m1fn")
"""The formats that are shown where none are named."""

Answer = Inspection | FormatError


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what the number is in the formats.

    Raises:
        UsageError: neither a number nor a pattern, or both.
        FormatError: there is no such format.
    """
    number, answers = asked(arguments)
    if arguments.format == "json":
        document = {
            "expression": arguments.value,
            "value": json_number(number),
            "formats": [json_answer(answer) for answer in answers],
        }
        put(json.dumps(document, indent=2, ensure_ascii=False))
        return ExitCode.OK
    width, is_coloured = columns(), wants_colour(arguments.color)
    formats = [answer.format for answer in answers if isinstance(answer, Inspection)]
    text = arguments.value
    heading = "" if text is None else number_heading(text, number, width) + pattern_hints(text, formats, width)
    blocks = (inspection_text(answer, width, is_coloured=is_coloured) for answer in answers)
    put(heading + "\n".join(blocks))
    return ExitCode.OK


def asked(arguments: argparse.Namespace) -> tuple[Number, Sequence[Answer]]:
    """The number, and what it is in each format asked for; in that of a pattern first.

    Raises:
        UsageError: neither a number nor a pattern, or both.
        FormatError: there is no such format, or the pattern is not one of it.
    """
    is_pattern = arguments.source is not None or arguments.bits is not None
    if is_pattern and (arguments.source is None or arguments.bits is None or arguments.value is not None):
        raise UsageError("inspect", "--from FORMAT and --bits PATTERN go together, without a VALUE")
    if not is_pattern and arguments.value is None:
        raise UsageError("inspect", "takes a VALUE, or --from FORMAT with --bits PATTERN")
    rounding, overflow = Rounding(arguments.rounding), Overflow(arguments.overflow)
    if not is_pattern:
        number = parse_number(arguments.value)
        formats = formats_named(arguments.formats or ",".join(COMMON))
        return number, [try_inspect(number, format_, rounding, overflow) for format_ in formats]
    source = inspect_pattern(parse_pattern(arguments.bits), CATALOGUE.find(arguments.source))
    targets = formats_named(arguments.formats) if arguments.formats else ()
    number = source.datum.value
    return number, [source, *(try_inspect(number, target, rounding, overflow) for target in targets)]


def formats_named(names: str) -> Sequence[ElementFormat]:
    """The formats of a list separated by commas, each once.

    Raises:
        UsageError: the list is empty.
        FormatError: there is no such format.
    """
    if names.strip().lower() == "all":
        return tuple(CATALOGUE.values())
    wanted = [name for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError("--formats", "takes names of formats, separated by commas, or all")
    return tuple(dict.fromkeys(CATALOGUE.find(name) for name in wanted))


def json_answer(answer: Answer) -> Mapping[str, object]:
    """One format's answer, exactly."""
    if isinstance(answer, FormatError):
        return {"format": answer.subject, "error": answer.problem}
    return {
        "format": answer.format.name,
        **json_datum(answer.datum, answer.format),
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
    return {"pattern": json_pattern(datum.pattern, format_), "value": json_number(datum.value)}


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
