"""`precisionlab report`: a JSON report in other formats, later, elsewhere, without the checkpoint."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.cli import messages
from precisionlab.cli.delivering import deliver
from precisionlab.cli.exit_codes import ExitCode, exit_code_of, severity_of
from precisionlab.cli.report_file import read
from precisionlab.errors import UsageError
from precisionlab.reports import digest
from precisionlab.reports.targets import checked_targets
from precisionlab.reports.writers import require, writer_named


def run(arguments: argparse.Namespace) -> ExitCode:
    """Read, write, print.

    Raises:
        PrecisionlabError: bad usage, a report that cannot be read, or an output that cannot be written to.
    """
    asked = [*map(str, beside(Path(arguments.path), arguments.to)), *arguments.output]
    targets = checked_targets(asked, [arguments.path])
    report = read(arguments.path)
    printing = argparse.Namespace(format=arguments.format, color=arguments.color, quiet=bool(targets))
    is_delivered = deliver(report, targets, printing)
    return outcome(report, arguments) if is_delivered else ExitCode.FAILURE


def beside(report: Path, formats: str) -> Iterator[Path]:
    """The files that `--to` asks for: in the report's folder, with its name but for the suffix.

    Raises:
        UsageError: nothing is named, or a format that is only printed.
        ReportError: there is no such format, or what it needs is not installed.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()]
    if formats and not names:
        raise UsageError("--to", "names nothing", "name some of html,md,csv,pdf,sarif,junit,parquet")
    stem = report.stem if report.suffix.lower() == ".json" else report.name
    for name in dict.fromkeys(names):
        writer = writer_named(name)
        if not writer.suffixes:
            raise UsageError("--to", f"{name} goes to standard output alone", f"use --format {name}")
        require(writer, f"--to {name}")
        yield report.parent / f"{stem}{writer.suffixes[0]}"


def outcome(report: Report, arguments: argparse.Namespace) -> ExitCode:
    """The exit code: that of the scan where `--fail-on` asks for it, else success."""
    if arguments.fail_on is None:
        return ExitCode.OK
    code = exit_code_of(report, severity_of(arguments.fail_on))
    if code is ExitCode.FAILURE:
        messages.error(f"the scan could not do its job: {digest.verdict(report)}")
    return code
