"""How people are told what is new since a baseline: one word a finding, one clause a report."""

from collections import Counter
from collections.abc import Iterable

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Finding, Novelty
from precisionlab.escaping import printable
from precisionlab.reports.quantities import count, counted, shown_name

ORDER = (Novelty.NEW, Novelty.WORSE, Novelty.KNOWN)
DAY = 10
"""Characters of a date at the beginning of a time."""


def word(finding: Finding) -> str:
    """`new`, `worse` or `known`; empty where there is no baseline."""
    return finding.novelty.value if finding.novelty is not None else ""


def newest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """New findings, then worse ones, then known ones, each in their order; unchanged where there is no baseline."""
    return tuple(sorted(findings, key=lambda finding: ORDER.index(finding.novelty) if finding.novelty else -1))


def told(report: Report) -> str:
    """How the findings stand to the baseline: `2 new (1 error, 1 warning), 1 worse (1 note), 14 known, 3 gone`.

    Without a baseline, and where there are no findings, empty.
    """
    if report.baseline is None:
        return ""
    by_novelty = {novelty: [one for _, one in report.findings if one.novelty is novelty] for novelty in ORDER}
    clauses = [
        f"{count(len(found))} {novelty}{severities(found) if novelty is not Novelty.KNOWN else ''}"
        for novelty, found in by_novelty.items()
        if found
    ]
    gone = len(report.baseline.gone)
    return ", ".join((*(clauses or ["no findings"]), *([f"{count(gone)} gone"] if gone else [])))


def severities(findings: Iterable[Finding]) -> str:
    """Their severities in brackets: ` (1 error, 2 warnings)`."""
    counts = Counter(finding.severity for finding in findings)
    return f" ({', '.join(counted(counts[severity], severity.label) for severity in sorted(counts, reverse=True))})"


def within_rule(findings: Iterable[Finding]) -> str:
    """How the findings of one rule stand to the baseline: `2 new, 14 known`; empty where there is no baseline."""
    counts = Counter(finding.novelty for finding in findings)
    return ", ".join(f"{count(counts[novelty])} {novelty}" for novelty in ORDER if counts[novelty])


def baseline_line(report: Report) -> str:
    """Which baseline the findings were held against: `held against results.json of 2026-11-27`; empty without one."""
    if report.baseline is None:
        return ""
    day = report.baseline.started[:DAY]
    return f"held against {shown_name(report.baseline.path)}" + (f" of {printable(day)}" if day else "")
