"""Reading a report that the command line names: it may name anything."""

from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.errors import ReportError, UsageError
from precisionlab.reports import json_report
from precisionlab.reports.targets import kind_of_checkpoint

REMEDY = "name what 'scan --output results.json' wrote"


def read(path: str) -> Report:
    """The report in a file.

    Raises:
        UsageError: there is no name, or it is that of a checkpoint, which may be larger than the
            memory, or of a device, which may never end.
        ReportError: it cannot be read, or is no report that this release knows.
    """
    if not path:
        raise UsageError("", "the path of the report is empty", REMEDY)
    kind = kind_of_checkpoint(Path(path))
    if kind:
        raise UsageError(path, f"is a checkpoint ({kind}), not a report", REMEDY)
    if is_device(path):
        raise UsageError(path, "is a device, not a report", REMEDY)
    try:
        return json_report.read(Path(path))
    except ReportError as error:
        raise ReportError(path, error.problem, error.remedy or REMEDY) from None


def is_device(path: str) -> bool:
    """Whether the path is that of a character device."""
    try:
        return Path(path).is_char_device()
    except (OSError, ValueError):
        return False
