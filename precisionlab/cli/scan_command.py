"""`precisionlab scan`: run the scan, show how far it is, print and write what was found."""

import argparse
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode, exit_code_of, was_anything_analysed
from precisionlab.cli.plan import Plan, plan_of
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.reports import text_report, writers
from precisionlab.scanning.events import PathFailed
from precisionlab.scanning.scan import Scan

PIPE_COLUMNS = 100
"""Width of the text where standard output is no terminal."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Scan, print, write. Nothing is written where no path could be opened.

    Raises:
        PrecisionlabError: bad usage, or a report that cannot be written.
    """
    targets = [Path(target) for target in arguments.output]
    for target in targets:
        writers.writer_for(target)
    plan = plan_of(arguments)
    if not arguments.quiet:
        for warning in plan.warnings:
            messages.warning(warning)
    scan = Scan(arguments.paths, plan.analyzers, plan.settings)
    was_interrupted = listen(scan, shows_progress=sys.stderr.isatty() and not arguments.quiet)
    report = scan.report()
    if report.checkpoints:
        for target in targets:
            writers.write(report, target)
        print_report(report, arguments)
    if was_interrupted:
        messages.note("interrupted; the report covers what was done until then")
        return ExitCode.INTERRUPTED
    return outcome(report, plan, exits_zero=arguments.exit_zero)


def listen(scan: Scan, *, shows_progress: bool) -> bool:
    """Run the scan to its end or to Ctrl-C; whether it was that."""
    with ProgressBar() if shows_progress else NoProgress() as progress:
        try:
            with closing(iter(scan)) as events:
                for event in events:
                    progress.show(event)
                    if isinstance(event, PathFailed):
                        messages.error(event.message)
        except KeyboardInterrupt:
            return True
    return False


def print_report(report: Report, arguments: argparse.Namespace) -> None:
    """The report on standard output, in the chosen format; as text, unless that is to be left out."""
    if arguments.format not in {None, "text"}:
        put(writers.render(report, arguments.format))
    elif arguments.format == "text" or not arguments.quiet:
        put(text_report.render(report, text_style(arguments.color)))


def text_style(colour: str) -> text_report.TextStyle:
    """Width and colour for standard output, by the flag, the terminal and NO_COLOR."""
    is_terminal = sys.stdout.isatty()
    wanted = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size().columns if is_terminal else PIPE_COLUMNS
    return text_report.TextStyle(width, colour == "always" or (colour == "auto" and wanted))


def put(text: str) -> None:
    """Write to standard output, even where it cannot show every character."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    if not text.endswith("\n"):
        sys.stdout.write("\n")


def outcome(report: Report, plan: Plan, *, exits_zero: bool) -> ExitCode:
    """The exit code, with a word where nothing was analysed."""
    if report.checkpoints and not was_anything_analysed(report):
        messages.error("nothing was analysed: no tensor was selected, or every analyzer skipped or failed")
    code = exit_code_of(report, plan.fail_on)
    return ExitCode.OK if exits_zero and code is ExitCode.FINDINGS else code
