"""The findings as GitHub's workflow commands, which become annotations of a run where a step prints them.

A line for each rule and checkpoint, the severest first: `::error file=…,line=1,title=…::…`. Of each
level a step shows ten, so there are no more; the last line, which is no command, counts all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Novelty
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.digest import RuleGroup
from precisionlab.reports.quantities import count, counted, shown_name

MOST_OF_A_LEVEL = 10
TENSORS_SHOWN = 5
"""Of a rule, each in a line."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a step shows beside its log."""

    level: str
    title: str
    path: str
    lines: tuple[str, ...]

    def command(self) -> str:
        """The line that makes it, on which nothing can begin a second one."""
        message = "%0A".join(data(printable(line, 1000)) for line in self.lines)
        place = f"file={value(self.path)},line=1," if self.path else ""
        return f"::{self.level} {place}title={value(self.title)}::{message}"


def render(report: Report) -> str:
    """The commands, then one line for the log."""
    every = [*gaps(report), *(rule_annotation(checkpoint, group) for checkpoint, group in groups(report))]
    by_level = {level: [one for one in every if one.level == level] for level in LEVELS.values()}
    shown = [one.command() for level in by_level.values() for one in level[:MOST_OF_A_LEVEL]]
    left_out = [
        f"{count(len(those) - MOST_OF_A_LEVEL)} more of level {level}"
        for level, those in by_level.items()
        if len(those) > MOST_OF_A_LEVEL
    ]
    return "\n".join((*shown, f"precisionlab: {'; '.join((digest.verdict(report), *left_out))}")) + "\n"


def gaps(report: Report) -> Iterator[Annotation]:
    """What was not looked at: unreadable paths, failed analyses, scans that were interrupted."""
    for entry in report.unreadable:
        yield Annotation("error", "precisionlab: unreadable", entry.path, (entry.message,))
    for checkpoint in report.checkpoints:
        for cause in digest.failures(checkpoint):
            names = " ".join(map(named, cause.names[:1]))
            others = f" and {count(len(cause.names) - 1)} more" if len(cause.names) > 1 else ""
            line = f"{cause.analyzer} failed on {names}{others}: {cause.reason}"
            yield Annotation("error", "precisionlab: failed", checkpoint.path, (line,))
        if not checkpoint.complete:
            yield Annotation("error", "precisionlab: interrupted", checkpoint.path, (digest.interruption(checkpoint),))


def groups(report: Report) -> Iterator[tuple[CheckpointReport, RuleGroup]]:
    """The findings that no baseline knows, by checkpoint and rule."""
    for checkpoint in report.checkpoints:
        counting = [finding for finding in checkpoint.findings if finding.counts]
        yield from ((checkpoint, group) for group in digest.grouped(counting, report.rules))


def rule_annotation(checkpoint: CheckpointReport, group: RuleGroup) -> Annotation:
    """A rule's findings in one checkpoint: the first of them, how many more, what to do."""
    findings = [told(finding) for finding in group.findings[:TENSORS_SHOWN]]
    n_others = len(group.findings) - len(findings)
    others = [f"and {counted(n_others, 'more finding')}"] if n_others else []
    remedies = [f"What to do: {remedy}" for remedy in group.remedies[:1]]
    title = f"{group.code} {group.name} ({counted(len(group.findings), 'finding')})"
    return Annotation(LEVELS[group.severity], title, checkpoint.path, (*findings, *others, *remedies))


def told(finding: Finding) -> str:
    """A finding in one line."""
    state = " (worse than in the baseline)" if finding.novelty is Novelty.WORSE else ""
    return f"{named(finding.subject)}: {finding.message}{state}"


def named(subject: str | None) -> str:
    """A tensor, or the checkpoint."""
    return "the checkpoint" if subject is None else shown_name(subject)


def data(text: str) -> str:
    """The text of a command, which ends where the line does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """A property of a command, which ends at a comma or a colon too."""
    return data(printable(text)).replace(":", "%3A").replace(",", "%2C")
