"""A report as if less had been asked: the same flags that restrict a scan, for what was scanned already."""

import argparse
from dataclasses import replace

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Result
from precisionlab.cli.plan import split
from precisionlab.scanning.settings import Settings


def restricted(report: Report, arguments: argparse.Namespace) -> Report:
    """The report without what `--analyzers`, `--include`, `--exclude`, `--select` and `--ignore` leave out.

    Analyzers that the configuration names are those of comparisons of checkpoints, and leave out none. Totals, and figures of checkpoints, are still those of all tensors that were scanned.
    """
    given = arguments.analyzers if "analyzers" in arguments.given else None
    names = frozenset(split(given or "")) or frozenset(report.analyzers)
    settings = Settings(
        include=tuple(arguments.include or ()),
        exclude=tuple(arguments.exclude or ()),
        select=tuple(code.upper() for code in split(arguments.select or "")),
        ignore=tuple(code.upper() for code in split(arguments.ignore or "")),
    )
    codes = {code for name in names if name in report.analyzers for code in report.analyzers[name].rules}
    others = {code for summary in report.analyzers.values() for code in summary.rules} - codes
    return replace(
        report,
        checkpoints=tuple(restricted_checkpoint(one, names, settings) for one in report.checkpoints),
        analyzers={name: summary for name, summary in report.analyzers.items() if name in names},
        rules=tuple(rule for rule in report.rules if settings.keeps(rule.code) and rule.code not in others),
    )


def restricted_checkpoint(
    checkpoint: CheckpointReport, analyzers: frozenset[str], settings: Settings
) -> CheckpointReport:
    """The checkpoint without the tensors, results and findings that are left out."""
    return replace(
        checkpoint,
        tensors=tuple(tensor for tensor in checkpoint.tensors if settings.takes(tensor.name)),
        results=tuple(
            without_tensors(settings.kept(result), settings)
            for result in checkpoint.results
            if result.analyzer in analyzers and (result.subject is None or settings.takes(result.subject))
        ),
    )


def without_tensors(result: Result, settings: Settings) -> Result:
    """The result without findings about tensors that are left out: those of a checkpoint's own are about some."""
    findings = tuple(one for one in result.findings if one.subject is None or settings.takes(one.subject))
    return result if len(findings) == len(result.findings) else replace(result, findings=findings)
