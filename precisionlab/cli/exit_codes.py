"""What the exit code of every command means, and that of a scan from its report."""

from enum import IntEnum

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Status
from precisionlab.analysis.rules import Severity


class ExitCode(IntEnum):
    """Shown in `--help`; where several apply, interruption comes first, then failure."""

    OK = 0
    """Nothing at or above --fail-on."""
    FINDINGS = 1
    """Findings at or above --fail-on."""
    FAILURE = 2
    """The job could not be done: bad usage, unreadable input, a failed analyzer, nothing analysed."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


MEANINGS = {
    ExitCode.OK: "nothing at or above --fail-on",
    ExitCode.FINDINGS: "findings at or above --fail-on",
    ExitCode.FAILURE: "could not do the job: bad usage, unreadable input, a failed analyzer, nothing analysed",
    ExitCode.INTERRUPTED: "interrupted",
}


def severity_of(word: str) -> Severity | None:
    """What a word of --fail-on stands for; None for `never`."""
    return None if word == "never" else Severity[word.upper()]


def exit_code_of(report: Report, fail_on: Severity | None) -> ExitCode:
    """The exit code of a scan that ran to its end; None fails on no finding."""
    if has_failed(report):
        return ExitCode.FAILURE
    if fail_on is not None and report.worst_counting is not None and report.worst_counting >= fail_on:
        return ExitCode.FINDINGS
    return ExitCode.OK


def has_failed(report: Report) -> bool:
    """Whether a path was unreadable, an analyzer failed, the scan was cut short, or nothing at all was analysed."""
    has_failures = any(checkpoint.failures or not checkpoint.complete for checkpoint in report.checkpoints)
    return bool(report.unreadable) or has_failures or not was_anything_analysed(report)


def was_anything_analysed(report: Report) -> bool:
    """Whether some analyzer answered, for a tensor or for a whole checkpoint."""
    return any(result.status is Status.DONE for checkpoint in report.checkpoints for result in checkpoint.results)
