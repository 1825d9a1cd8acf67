"""How a scan ended, as an exit code, and as a line for each reason why it could not do its job."""

from precisionlab.analysis.report import Report
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode, exit_code_of, was_anything_analysed
from precisionlab.cli.plan import Plan
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.quantities import shown_name

FAILURES_SHOWN = 10
"""Reasons of failures told for one checkpoint; the report has all."""


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
