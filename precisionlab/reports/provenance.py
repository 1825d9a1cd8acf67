"""Where a report comes from: which files, what was asked, with what, and how to make it anew."""

import shlex
from collections.abc import Iterator, Mapping

from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.report import FileIdentity, Report
from precisionlab.analysis.results import Scalar
from precisionlab.escaping import printable
from precisionlab.reports.quantities import byte_size, counted, duration, scalar, shown_name

UNKNOWN = "\N{EN DASH}"
COMMAND_LIMIT = 4_000
"""Characters of a command line."""


def circumstances(report: Report) -> tuple[tuple[str, str], ...]:
    """When, how long, on what and with which versions, as labels with their values."""
    run = report.run
    versions = ", ".join(f"{printable(name)} {printable(version)}" for name, version in run.versions.items())
    baseline = report.baseline
    pairs = (
        ("made", printable(run.started)),
        ("took", duration(run.seconds)),
        ("device", f"{printable(run.device)}, {counted(run.threads, 'thread')}"),
        ("platform", printable(run.platform)),
        ("versions", versions),
        ("baseline", f"{shown_name(baseline.path)}, made {printable(baseline.started)}" if baseline else ""),
    )
    return tuple((label, value) for label, value in pairs if value)


def command_line(report: Report) -> str:
    """The command that makes the report anew, quoted for a POSIX shell; empty where it is not known."""
    return printable(shlex.join(report.command), COMMAND_LIMIT)


def file_table(report: Report) -> Table:
    """Every file that was looked at, and what it was looked at as."""
    columns = tuple(map(Column, ("file", "of", "size", "modified", "SHA-256")))
    return Table("Files", columns, tuple(file_rows(report)))


def file_rows(report: Report) -> Iterator[tuple[Cell, ...]]:
    """The checkpoints' files, then those beside them."""
    for checkpoint in report.checkpoints:
        yield from (file_row(file, shown_name(checkpoint.path)) for file in checkpoint.files)
    for role, files in report.beside.items():
        yield from (file_row(file, f"--{role}") for file in files)


def file_row(file: FileIdentity, of: str) -> tuple[Cell, ...]:
    """A file as cells; a dash where something is not known."""
    size = UNKNOWN if file.n_bytes is None else byte_size(file.n_bytes)
    return shown_name(file.path), of, size, file.modified or UNKNOWN, file.sha256 or UNKNOWN


def option_table(report: Report) -> Table:
    """What was asked: the scan's settings, then every analyzer's options, each in a row."""
    asked = (("scan", report.settings), *((name, summary.options) for name, summary in report.analyzers.items()))
    rows = tuple((shown_name(name), option_list(options)) for name, options in asked if options)
    return Table("Options", (Column("of"), Column("options")), rows)


def option_list(options: Mapping[str, Scalar | tuple[Scalar, ...]]) -> str:
    """`max_share = 0.001; formats = float16, bfloat16`."""
    return "; ".join(f"{printable(name)} = {told(value)}" for name, value in options.items())


def told(value: Scalar | tuple[Scalar, ...]) -> str:
    """An option's value; `none` of no text and of an empty list."""
    return (", ".join(map(scalar, value)) if isinstance(value, tuple) else scalar(value)) or "none"
