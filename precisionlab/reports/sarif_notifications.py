"""What kept a report from being whole, as notifications of a SARIF run."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.reports import digest
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.quantities import count, counted, shown_name
from precisionlab.reports.sarif_messages import message
from precisionlab.reports.sarif_results import MOST_RESULTS, main_file
from precisionlab.reports.uris import uri_of

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": "a path could not be read",
        "failed": "an analysis failed",
        "interrupted": "the scan was interrupted",
        "nothing-analysed": "nothing was analysed",
        "left-out": "results were left out",
    }
)
"""What each is about."""
MOST_FAILURES = 100
"""Causes that are told of one checkpoint; the others are counted."""


def notifications(report: Report, n_left_out: int) -> Iterator[Json]:
    """Unreadable paths, failed analyses, an interruption; and how many results are not in the run."""
    for entry in report.unreadable:
        yield notification("unreadable", f"{shown_name(entry.path)}: {entry.message}", entry.path)
    for checkpoint in report.checkpoints:
        yield from of_checkpoint(checkpoint)
    if digest.nothing_analysed(report):
        yield notification("nothing-analysed", "nothing was analysed: that there are no findings means nothing")
    if n_left_out > 0:
        text = f"{counted(n_left_out, 'result')} left out: a run holds {count(MOST_RESULTS)}, here the severest"
        yield notification("left-out", text, level="warning")


def of_checkpoint(checkpoint: CheckpointReport) -> Iterator[Json]:
    """What went wrong with one checkpoint."""
    path = main_file(checkpoint)
    causes = digest.failures(checkpoint)
    for cause in causes[:MOST_FAILURES]:
        first = "the checkpoint" if cause.names[0] is None else shown_name(cause.names[0])
        others = f" and {count(len(cause.names) - 1)} more" if len(cause.names) > 1 else ""
        yield notification("failed", f"{shown_name(cause.analyzer)} failed on {first}{others}: {cause.reason}", path)
    if len(causes) > MOST_FAILURES:
        yield notification("failed", f"and for {counted(len(causes) - MOST_FAILURES, 'more cause')}", path)
    if not checkpoint.complete:
        yield notification("interrupted", f"{shown_name(checkpoint.path)}: {digest.interruption(checkpoint)}", path)


def notification(kind: str, text: str, path: str | None = None, level: str = "error") -> Json:
    """One of them, with the file that it is about."""
    place = [] if path is None else [{"physicalLocation": {"artifactLocation": {"uri": uri_of(path)}}}]
    return {
        "descriptor": {"id": kind, "index": list(KINDS).index(kind)},
        "level": level,
        "message": message(text),
        **({"locations": place} if place else {}),
    }
