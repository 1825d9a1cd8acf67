"""`precisionlab compare` of reports: what got better or worse, or a table for publishing."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from precisionlab.analysis.report import Report
from precisionlab.baselines.benchmark import benchmark
from precisionlab.baselines.comparison import COMPARISON, compared
from precisionlab.baselines.metrics import done, is_wanted
from precisionlab.cli import messages
from precisionlab.cli.baseline import tell_incomparable
from precisionlab.cli.delivering import deliver
from precisionlab.cli.exit_codes import ExitCode, exit_code_of, severity_of
from precisionlab.cli.plan import Said, entries, split
from precisionlab.cli.report_file import read
from precisionlab.cli.restricted_reports import restricted
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.targets import checked_targets
from precisionlab.scanning.reproducing import portable

SCANNING = ("set", "formats", "sensitivity", "calibration", "checksum", "device", "memory", "threads")
"""Flags of a scan."""
JUDGING = ("include", "exclude", "select", "ignore", "fail_on")
"""Flags about tensors and findings, of which tables for publishing have none."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Read the reports, hold the later ones against the first, print, write.

    Two reports: every finding is new, worse or known, and figures are old or new; the exit code is that of
    findings that are new or worse. With `--report`, or more than two: figures side by side, and no findings.

    Raises:
        PrecisionlabError: a report cannot be read, a flag has no meaning here, or there is nothing of what is asked for.
    """
    paths = (arguments.reference, arguments.path, *arguments.others)
    is_table = arguments.report or len(paths) > 2
    refuse_meaningless(arguments, is_table=is_table)
    targets = checked_targets(arguments.output, paths)
    whole = [read(path) for path in paths]
    refuse_comparisons(whole, paths)
    check_analyzers(whole, arguments)
    check_codes(whole, arguments)
    reports = [restricted(report, arguments) for report in whole]
    check_metrics(reports, arguments.metric, is_table=is_table)
    result, code = (side_by_side if is_table else held)(reports, paths, arguments)
    if not deliver(replace(result, command=command(arguments, paths)), targets, arguments):
        return ExitCode.FAILURE
    return ExitCode.OK if arguments.exit_zero and code is ExitCode.FINDINGS else code


def held(reports: Sequence[Report], paths: Sequence[str], arguments: argparse.Namespace) -> tuple[Report, ExitCode]:
    """The second report held against the first; the exit code is that of a scan with what is new or worse.

    Raises:
        UsageError: no tensor is left to be held against anything.
    """
    first, second = reports
    if (arguments.include or arguments.exclude) and not any(one.tensors for one in second.checkpoints):
        raise UsageError("", f"--include and --exclude leave no tensor of {printable(paths[1])}")
    if not arguments.quiet:
        tell_incomparable(second, first, paths[0])
    result = compared(second, first, paths[0], arguments.metric)
    code = exit_code_of(result, severity_of(arguments.fail_on or "error"))
    if code is ExitCode.FAILURE:
        messages.error(f"{printable(paths[1])}: the scan could not do its job: {digest.verdict(second)}")
    return result, code


def side_by_side(
    reports: Sequence[Report], paths: Sequence[str], arguments: argparse.Namespace
) -> tuple[Report, ExitCode]:
    """The figures of all reports in one table; nothing is judged.

    Raises:
        UsageError: there is no figure.
    """
    result = benchmark(reports, paths, arguments.metric)
    if not any(one.measurements for checkpoint in result.checkpoints for one in checkpoint.results):
        raise UsageError("", "the reports have no figures of whole checkpoints to put side by side")
    return result, ExitCode.OK


def refuse_meaningless(arguments: argparse.Namespace, *, is_table: bool) -> None:
    """See that no flag is given that nothing here heeds; the configuration may have them for comparisons of checkpoints.

    Raises:
        UsageError: one is, or one that names nothing.
    """
    if "baseline" in arguments.given:
        raise UsageError("--baseline", "has no meaning between reports", "the first report is the baseline")
    for name in SCANNING:
        if name in arguments.given:
            raise UsageError(f"--{name}", "has no meaning between reports, which are scanned already")
    for name in JUDGING if is_table else ():
        if name in arguments.given:
            problem = "has no meaning for a table of figures of whole checkpoints, without findings"
            raise UsageError(f"--{name.replace('_', '-')}", problem, "choose figures with --metric and --analyzers")
    for name in ("analyzers", "select", "ignore"):
        entries(Said(getattr(arguments, name), f"--{name}"))


def command(arguments: argparse.Namespace, paths: Sequence[str]) -> tuple[str, ...]:
    """The words that make the comparison anew, wherever the reports are."""
    flags = ["--report"] if arguments.report else []
    asked = {name: getattr(arguments, name) for name in ("select", "ignore")}
    asked["analyzers"] = arguments.analyzers if "analyzers" in arguments.given else None
    return (
        *("precisionlab", "compare", *flags, *map(portable, paths)),
        *(f"--metric={glob}" for glob in arguments.metric),
        *(f"--include={glob}" for glob in arguments.include or ()),
        *(f"--exclude={glob}" for glob in arguments.exclude or ()),
        *(f"--{name}={value}" for name, value in asked.items() if value),
    )


def refuse_comparisons(reports: Sequence[Report], paths: Sequence[str]) -> None:
    """See that no report is a comparison of reports: its figures are old and new ones already, or there are no findings.

    Raises:
        UsageError: one is.
    """
    for report, path in zip(reports, paths, strict=True):
        if COMPARISON in report.analyzers:
            raise UsageError(path, "is a comparison of reports itself", "compare those that it was made of")


def check_analyzers(reports: Sequence[Report], arguments: argparse.Namespace) -> None:
    """See that each analyzer that is asked for ran for some report.

    Raises:
        UsageError: one did not; the nearest name is suggested.
    """
    ran = sorted({name for report in reports for name in report.analyzers})
    for name in split(arguments.analyzers or "") if "analyzers" in arguments.given else ():
        if name not in ran:
            raise UsageError("--analyzers", f"{printable(name, 40)} ran for none of the reports", near(name, ran))


def check_codes(reports: Sequence[Report], arguments: argparse.Namespace) -> None:
    """See that each rule that is asked for could have fired in some report: silence would look like success.

    Raises:
        UsageError: one could not; the nearest is suggested.
    """
    known = sorted({rule.code for report in reports for rule in report.rules})
    for code in split(arguments.select or "") if "select" in arguments.given else ():
        if not any(rule.startswith(code.upper()) for rule in known):
            raise UsageError("--select", f"no rule of the reports begins with {printable(code, 40)}", near(code, known))


def check_metrics(reports: Sequence[Report], globs: Sequence[str], *, is_table: bool) -> None:
    """See that each glob names some metric of some report; for a table, one of a whole checkpoint.

    Raises:
        UsageError: one does not; the nearest name is suggested.
    """
    known = {
        (result.analyzer, measurement.metric.key): measurement.metric
        for report in reports
        for checkpoint in report.checkpoints
        for result in done(checkpoint)
        if result.subject is None or not is_table
        for measurement in result.measurements
    }
    what = "metric of whole checkpoints" if is_table else "metric"
    for glob in globs:
        if not any(is_wanted(analyzer, metric, [glob]) for (analyzer, _), metric in known.items()):
            names = sorted({metric.name for metric in known.values()})
            raise UsageError("--metric", f"no {what} is called {printable(glob, 60) or 'nothing'}", near(glob, names))


def near(name: str, known: Sequence[str]) -> str:
    """A remedy that names the nearest of the names that reports hold, where one is near."""
    match = get_close_matches(name, known, 1)
    return f"did you mean {printable(match[0], 60)}?" if match else "see the reports for their names"
