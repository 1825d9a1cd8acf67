"""`precisionlab scan`: run the scan, show how far it is, print and write what was found."""

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.cli import messages
from precisionlab.cli.cost_text import cost_note
from precisionlab.cli.exit_codes import ExitCode, exit_code_of, was_anything_analysed
from precisionlab.cli.output import put
from precisionlab.cli.plan import Plan, plan_of
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports import digest, text_report, writers
from precisionlab.reports.quantities import shown_name
from precisionlab.reports.targets import checked_targets
from precisionlab.scanning.companions import opened
from precisionlab.scanning.costing import operations_a_second
from precisionlab.scanning.events import CheckpointOpened, PathFailed
from precisionlab.scanning.scan import Scan

PIPE_COLUMNS = 100
"""Width of the report where standard output is no terminal; its charts and tables want some room."""
FAILURES_SHOWN = 10
"""Reasons of failures told for one checkpoint; the report has all."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Scan, print, write. Nothing is written where no path could be opened.

    Raises:
        PrecisionlabError: bad usage, or an output that cannot be written to.
    """
    targets = checked_targets(arguments.output, arguments.paths)
    with strays_diverted(is_quiet=arguments.quiet):
        plan = plan_of(arguments)
        if not arguments.quiet:
            for warning in plan.warnings:
                messages.warning(warning)
        with opened(plan.settings) as companions:
            scan = Scan(arguments.paths, plan.analyzers, plan.settings, companions)
            was_interrupted = listen(
                scan,
                plan.settings.device,
                shows_progress=messages.is_terminal() and not arguments.quiet,
                tells_cost=not arguments.quiet,
            )
    report = scan.report()
    code = ExitCode.INTERRUPTED if was_interrupted else outcome(report, plan, exits_zero=arguments.exit_zero)
    is_delivered = deliver(report, targets, arguments) if report.checkpoints else True
    if was_interrupted and not arguments.quiet:
        messages.note(interruption(report))
    return code if is_delivered or was_interrupted else ExitCode.FAILURE


@contextmanager
def strays_diverted(*, is_quiet: bool) -> Iterator[None]:
    """Keep what analyzers print out of the result, and Python's warnings to one line each."""

    def show(  # noqa: PLR0913, PLR0917 - the signature of warnings.showwarning
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: str | None = None,
    ) -> None:
        del file, line
        if not is_quiet:
            messages.warning(f"{Path(filename).name}:{lineno}: {category.__name__}: {printable(str(message))}")

    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.showwarning = show
        yield


def listen(scan: Scan, device: str, *, shows_progress: bool, tells_cost: bool) -> bool:
    """Run the scan to its end or to Ctrl-C; whether it was that."""
    with ProgressBar() if shows_progress else NoProgress() as progress:
        try:
            with closing(iter(scan)) as events:
                for event in events:
                    progress.show(event)
                    if isinstance(event, CheckpointOpened) and tells_cost:
                        tell_cost(event, device)
                    if isinstance(event, PathFailed):
                        messages.error(event.message)
        except KeyboardInterrupt:
            return True
    return False


def tell_cost(opened_: CheckpointOpened, device: str) -> None:
    """Say what the dear analyzers are going to take, before they start."""
    note = cost_note(opened_.costs, opened_.n_tensors, lambda: operations_a_second(device))
    if note:
        messages.note(note)


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
        ReportError: standard output cannot be written.
    """
    if arguments.format not in {None, "text"}:
        put(writers.render(report, arguments.format))
    elif arguments.format == "text" or not arguments.quiet:
        put(text_report.render(report, text_style(arguments.color)))


def text_style(colour: str) -> text_report.TextStyle:
    """Width and colour for standard output, by the flag, the terminal and NO_COLOR."""
    return text_report.TextStyle(columns(PIPE_COLUMNS), wants_colour(colour))


def outcome(report: Report, plan: Plan, *, exits_zero: bool) -> ExitCode:
    """The exit code, with a line for each reason of a failure that nobody has told yet."""
    if report.checkpoints and not was_anything_analysed(report):
        messages.error(f"nothing was analysed: {why_nothing(report)}")
    for checkpoint in report.checkpoints:
        for group in digest.failures(checkpoint)[:FAILURES_SHOWN]:
            messages.error(failure_line(checkpoint.path, group))
    code = exit_code_of(report, plan.fail_on)
    return ExitCode.OK if exits_zero and code is ExitCode.FINDINGS else code


def failure_line(path: str, group: digest.Unanswered) -> str:
    """Which analyzer failed, where and why."""
    name, n_others = group.names[0], len(group.names) - 1
    first = "the checkpoint" if name is None else shown_name(name)
    others = f" and {n_others:,} others" if n_others else ""
    return f"{printable(path)}: {printable(group.analyzer)} failed on {first}{others}: {printable(group.reason, 400)}"


def why_nothing(report: Report) -> str:
    """Why a report holds no answer at all."""
    if not report.analyzers:
        return "no analyzer runs by default, or none loads; see precisionlab list analyzers"
    if any(checkpoint.tensors for checkpoint in report.checkpoints):
        return "every analyzer skipped or failed"
    if any(checkpoint.skipped for checkpoint in report.checkpoints):
        return "--include and --exclude leave no tensor, or there is none that can be read"
    return "there is no tensor"


def interruption(report: Report) -> str:
    """What an interrupted scan leaves behind."""
    if report.checkpoints:
        return "interrupted; the report covers what was done until then"
    return "interrupted; nothing was done until then"
