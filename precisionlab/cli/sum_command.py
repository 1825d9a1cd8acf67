"""`precisionlab sum`: the same numbers added up in several ways, against their exact sum."""

import argparse
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.output import put
from precisionlab.cli.sum_answer import Answer
from precisionlab.cli.sum_json import json_sum
from precisionlab.cli.sum_source import source_named
from precisionlab.cli.sum_text import sum_text
from precisionlab.cli.sum_timing import best_seconds
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.records import FloatFormat
from precisionlab.summation.anchors import working_format
from precisionlab.summation.comparing import compare
from precisionlab.summation.methods import OF_PRODUCTS, Method, parse_method
from precisionlab.summation.summands import Numbers, Squares, Summands

METHODS: Final = "recursive,pairwise,blocked:128,kahan,neumaier,klein,double-double,exact"
"""Those that are compared where none are named."""
OUTPUTS: Final = ("text", "json")


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what each method makes of the numbers.

    Raises:
        UsageError: a word is no number, there is no such tensor or method, or flags contradict one another.
        FormatError: there is no such format, or sums are not computed in it.
        CheckpointError: the file cannot be read.
    """
    output, working = asked_for(arguments.format, arguments.working)
    methods = methods_named(METHODS if arguments.methods is None else arguments.methods)
    if not arguments.square:
        refuse_of_products(methods)
    source = source_named(arguments.source)
    format_ = working or working_format(source.own_format)
    summands: Summands = Squares(source.values) if arguments.square else Numbers(source.values)
    answer = Answer(
        source,
        "squares" if arguments.square else "numbers",
        compare(summands, methods, format_),
        timed(summands, methods, format_) if arguments.time else {},
    )
    if output == "json":
        put(json.dumps(json_sum(answer), indent=2, ensure_ascii=False))
    else:
        put(sum_text(answer, columns(), is_coloured=wants_colour(arguments.color)))
    return ExitCode.OK


def asked_for(format_: str | None, working: str | None) -> tuple[str, FloatFormat | None]:
    """How to print, and in which format to sum where one is named: `--format` takes both.

    Raises:
        UsageError: two formats are named, or what is neither.
        FormatError: there is no such format, or sums are not computed in it.
    """
    named = None if working is None else working_format(working)
    if format_ is None or format_ in OUTPUTS:
        return format_ or "text", named
    near = difflib.get_close_matches(format_, OUTPUTS, 1)
    if near:
        raise UsageError(
            "--format", f"takes text, json or a number format, not {printable(format_, 40)}", f"did you mean {near[0]}?"
        )
    other = working_format(format_)
    if named not in {None, other}:
        raise UsageError("--format", f"{other.name} is not the format of --in, {named.name}", "leave one of them out")
    return "text", other


def methods_named(names: str) -> Sequence[Method]:
    """The methods of a list separated by commas, each once.

    Raises:
        UsageError: the list is empty, or there is no such method.
    """
    wanted = [name for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError("--methods", "takes ways of summing, separated by commas", f"such as {METHODS}")
    return tuple(dict.fromkeys(map(parse_method, wanted)))


def refuse_of_products(methods: Sequence[Method]) -> None:
    """See that no method needs products.

    Raises:
        UsageError: one does.
    """
    for method in methods:
        if method.way in OF_PRODUCTS:
            raise UsageError(
                "--methods", f"{method.name} is a way of summing products", "add --square, or leave it out"
            )


def timed(summands: Summands, methods: Sequence[Method], format_: FloatFormat) -> Mapping[Method, float]:
    """Nanoseconds a number of each method on this machine."""
    n = max(1, len(summands.values))
    return {method: best_seconds(sum_of(summands, method, format_)) / n * 1e9 for method in methods}


def sum_of(summands: Summands, method: Method, format_: FloatFormat) -> Callable[[], object]:
    """One sum, to be computed when called."""
    return lambda: summands.sum_by(method, format_)
