"""`precisionlab inspect`: a number, a pattern, or what a checkpoint holds, in number formats."""

import argparse
import json
import os
from collections.abc import Sequence

from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.inspect_json import Answer, json_answer
from precisionlab.cli.inspect_text import inspection_text, number_heading, pattern_hints
from precisionlab.cli.inspected_formats import formats_named, formats_wanted
from precisionlab.cli.number_text import json_number
from precisionlab.cli.output import put
from precisionlab.cli.rounding_flags import rounding_given
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.errors import UsageError
from precisionlab.formats.expressions import ACCEPTED_PATTERN, parse_number, parse_pattern
from precisionlab.formats.finding import formats
from precisionlab.formats.inspection import Inspection, inspect_pattern, try_inspect
from precisionlab.formats.specials import Number


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what the number is in the formats, or look into the checkpoint.

    Raises:
        UsageError: neither a number nor a pattern nor a tensor, or flags that do not go together.
        FormatError: there is no such format.
        CheckpointError: the checkpoint cannot be read.
    """
    check_flags(arguments)
    if not is_reference(arguments.value):
        return run_number(arguments)
    return run_element(arguments) if arguments.worst is None else run_worst(arguments)


def run_element(arguments: argparse.Namespace) -> ExitCode:
    """Print an element of a checkpoint."""
    from precisionlab.cli import inspect_element  # noqa: PLC0415 - a number alone needs no container

    return inspect_element.run(arguments)


def run_worst(arguments: argparse.Namespace) -> ExitCode:
    """Print the elements that lose most."""
    from precisionlab.cli import inspect_worst  # noqa: PLC0415 - it needs numpy, and numbers do not

    return inspect_worst.run(arguments)


def is_reference(value: str | None) -> bool:
    """Whether the value names a tensor: PATH::TENSOR."""
    return value is not None and "::" in value


def check_flags(arguments: argparse.Namespace) -> None:
    """See that all that was given goes together.

    Raises:
        UsageError: it does not.
    """
    check_pattern_flags(arguments)
    check_worst_flags(arguments)
    if arguments.value is None and arguments.bits is None:
        raise UsageError("inspect", "takes a VALUE, PATH::TENSOR[INDEX], or --from FORMAT with --bits PATTERN")


def check_pattern_flags(arguments: argparse.Namespace) -> None:
    """See that what goes with a pattern is there, and nothing that would not be obeyed.

    Raises:
        UsageError: it is not so.
    """
    if arguments.source is None and arguments.bits is None:
        return
    if arguments.source is None or arguments.bits is None or arguments.value is not None:
        raise UsageError("inspect", "--from FORMAT and --bits PATTERN go together, without a VALUE")
    if not arguments.bits.strip():
        raise UsageError("--bits", "is empty", ACCEPTED_PATTERN)
    for flag in ("rounding", "overflow"):
        if arguments.formats is None and getattr(arguments, flag) is not None:
            raise UsageError(
                f"--{flag}", "has no effect on a pattern alone", "name what to convert it to: --formats NAMES"
            )


def check_worst_flags(arguments: argparse.Namespace) -> None:
    """See that what goes with a ranking is there, and nothing else.

    Raises:
        UsageError: it is not so.
    """
    if (arguments.worst is None) != (arguments.to is None):
        raise UsageError("inspect", "--worst N and --to FORMAT go together, with PATH::TENSOR")
    if arguments.worst is None and arguments.by is not None:
        raise UsageError("--by", "goes with --worst N and --to FORMAT")
    if arguments.worst is not None and not is_reference(arguments.value):
        raise UsageError("--worst", "looks at a tensor of a checkpoint", "name it: PATH::TENSOR")
    if arguments.worst is not None and arguments.formats is not None:
        raise UsageError("--formats", "does not go with --worst, which casts to the one format of --to")


def run_number(arguments: argparse.Namespace) -> ExitCode:
    """Print what the number is in the formats.

    Raises:
        UsageError: it is none.
        FormatError: there is no such format.
    """
    number, answers = asked(arguments)
    if arguments.format == "json":
        document = {
            "expression": arguments.value,
            "value": json_number(number),
            "formats": [json_answer(answer, number) for answer in answers],
        }
        put(json.dumps(document, indent=2, ensure_ascii=False))
        return ExitCode.OK
    width, is_coloured = columns(), wants_colour(arguments.color)
    known = [answer.format for answer in answers if isinstance(answer, Inspection)]
    text = arguments.value
    heading = "" if text is None else number_heading(text, number, width) + pattern_hints(text, known, width)
    blocks = (inspection_text(answer, number, width, is_coloured=is_coloured) for answer in answers)
    put(heading + "\n".join(blocks))
    return ExitCode.OK


def asked(arguments: argparse.Namespace) -> tuple[Number, Sequence[Answer]]:
    """The number, and what it is in each format asked for; in that of a pattern first.

    Raises:
        UsageError: it is neither a number nor a pattern.
        FormatError: there is no such format, or the pattern is not one of it.
    """
    rounding, overflow = rounding_given(arguments)
    if arguments.value is not None:
        number = number_given(arguments.value)
        wanted = formats_wanted(arguments.formats)
        return number, [try_inspect(number, format_, rounding, overflow) for format_ in wanted]
    stored = formats.element(arguments.source)
    source = inspect_pattern(parse_pattern(arguments.bits, stored.bits), stored)
    targets = () if arguments.formats is None else formats_named(arguments.formats)
    number = source.datum.value
    return number, [source, *(try_inspect(number, target, rounding, overflow) for target in targets)]


def number_given(text: str) -> Number:
    """The number that a text is.

    Raises:
        UsageError: it is none; a path is told how to go on.
    """
    try:
        return parse_number(text)
    except UsageError:
        if not os.path.lexists(text):
            raise
        raise UsageError(text, "is a path, not a number", "name a tensor in it: PATH::TENSOR[INDEX]") from None
