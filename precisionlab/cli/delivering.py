"""Where a report goes: to files, and to standard output."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.cli import messages
from precisionlab.cli.output import put
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.errors import ReportError
from precisionlab.reports import text_report, writers

PIPE_COLUMNS = 100
"""Width of the report where standard output is no terminal; its charts and tables want some room."""


def deliver(report: Report, targets: Iterable[Path], arguments: argparse.Namespace) -> bool:
    """Write and print the report; whether all of it arrived. What one place refuses the others still get."""
    is_delivered = True
    for target in targets:
        try:
            writers.write(report, target)
        except ReportError as error:
            messages.error(str(error))
            is_delivered = False
    try:
        print_report(report, arguments)
    except ReportError as error:
        messages.error(str(error))
        is_delivered = False
    return is_delivered


def print_report(report: Report, arguments: argparse.Namespace) -> None:
    """The report on standard output, in the chosen format; as text, unless that is to be left out.

    Raises:
        ReportError: standard output cannot be written, or the format is no text.
    """
    if arguments.format not in {None, "text"}:
        content = writers.render(report, arguments.format)
        if isinstance(content, bytes):
            raise ReportError(arguments.format, "is no text, and goes to files alone", "name one by --output")
        put(content)
    elif arguments.format == "text" or not arguments.quiet:
        put(text_report.render(report, text_style(arguments.color)))


def text_style(colour: str) -> text_report.TextStyle:
    """Width and colour for standard output, by the flag, the terminal and NO_COLOR."""
    return text_report.TextStyle(columns(PIPE_COLUMNS), wants_colour(colour))
