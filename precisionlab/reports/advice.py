"""What to do about a report, in at most five lines: what stands first wherever it is read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Novelty
from precisionlab.analysis.rules import Severity
from precisionlab.analysis.wording import listed
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.names import shortened
from precisionlab.reports.quantities import count, counted, shown_name

MOST_LINES = 5
MOST_CODES = 4
"""Rules that a line names; the others are counted."""
NAME_LIMIT = 60
"""Characters of a tensor's name."""
REASON_LIMIT = 160
"""Characters of why a path cannot be read."""

Found = tuple[CheckpointReport, Finding]


@dataclass(frozen=True, slots=True)
class Task:
    """One remedy and all findings that no baseline knows and that it helps against."""

    remedy: str
    found: tuple[Found, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Of the rules, each once."""
        return tuple(dict.fromkeys(finding.code for _, finding in self.found))

    @property
    def severity(self) -> Severity:
        """The severest finding's."""
        return max(finding.severity for _, finding in self.found)

    @property
    def subjects(self) -> tuple[tuple[str, str | None], ...]:
        """Checkpoint and tensor of the findings, each once."""
        return tuple(dict.fromkeys((checkpoint.path, finding.subject) for checkpoint, finding in self.found))


def advice(report: Report) -> tuple[str, ...]:
    """What to do, as one to five lines of plain text, the most pressing first.

    What keeps the report from being whole comes first, then the remedies of the findings: the
    severest first, of these the most widespread. Rules with one remedy share a line. The last
    line counts what has no line of its own, and what a baseline knows already.
    """
    pressing = [*gaps(report)]
    wanted = tasks(report)
    known = [finding for _, finding in report.findings if not finding.counts]
    if not wanted:
        return tuple(pressing) or (all_is_well(report, known),)
    names = {rule.code: rule.name for rule in report.rules}
    room = MOST_LINES - len(pressing)
    shown = wanted if len(wanted) <= room and not known else wanted[: room - 1]
    rest = remainder(wanted[len(shown) :], known)
    return (*pressing, *(line(task, names) for task in shown), *([rest] if rest else []))


def gaps(report: Report) -> Iterator[str]:
    """What to do about what was not looked at: at most three lines."""
    if report.unreadable:
        first = report.unreadable[0]
        paths = counted(len(report.unreadable), "path")
        reason = printable(first.message, REASON_LIMIT)
        yield f"mend or leave out what cannot be read: {paths}, first {name_of(first.path)}: {reason}"
    failed = [result for checkpoint in report.checkpoints for result in checkpoint.failures]
    if failed:
        analyzers = listed([*dict.fromkeys(printable(result.analyzer) for result in failed)])
        what = counted(len(failed), "analysis")
        yield f"see why {what} failed ({analyzers}), and scan again: until then nothing is known of them"
    if not all(checkpoint.complete for checkpoint in report.checkpoints):
        yield f"scan to the end: it was interrupted after {digest.looked_at(report)}"
    elif digest.nothing_analysed(report) and not failed and not report.unreadable:
        yield f"see why nothing was analysed: {why_nothing(report)}"


def why_nothing(report: Report) -> str:
    """Why there is no answer of any analyzer."""
    if not any(checkpoint.tensors for checkpoint in report.checkpoints):
        return "no tensor was selected, by --include and --exclude or because there is none"
    return "no analyzer that ran has anything to say of these tensors; their reasons are under what was skipped"


def tasks(report: Report) -> list[Task]:
    """The remedies that are called for, the most pressing first."""
    remedies = {rule.code: rule.remedy or rule.summary for rule in report.rules}
    found: dict[str, list[Found]] = {}
    for checkpoint, finding in report.findings:
        if finding.counts:
            remedy = finding.remedy or remedies.get(finding.code) or f"see the rule {finding.code}"
            found.setdefault(remedy, []).append((checkpoint, finding))
    every = (Task(remedy, tuple(sorted(those, key=severest))) for remedy, those in found.items())
    return sorted(every, key=lambda task: (-task.severity, -len(task.subjects), task.codes))


def severest(found: Found) -> int:
    """What findings are ordered by."""
    return -found[1].severity


def line(task: Task, names: Mapping[str, str]) -> str:
    """`PL001 nan (error, 3 tensors, first layer.0.weight): find the step that produced it`."""
    codes = [f"{printable(code)} {printable(names.get(code, ''))}".rstrip() for code in task.codes[:MOST_CODES]]
    rest = len(task.codes) - MOST_CODES
    rules = ", ".join((*codes, *([f"{count(rest)} more"] if rest > 0 else [])))
    return f"{rules} ({', '.join((task.severity.label, *extent(task)))}): {printable(task.remedy, 600)}"


def extent(task: Task) -> Iterator[str]:
    """How many are concerned, how many of these got worse, and which is the first."""
    tensors = [subject for _, subject in task.subjects if subject is not None]
    yield counted(len(tensors), "tensor") if tensors else whole(task.subjects)
    n_worse = sum(finding.novelty is Novelty.WORSE for _, finding in task.found)
    if n_worse:
        yield f"{count(n_worse)} worse than before"
    if len(tensors) > 1:
        yield f"first {name_of(tensors[0])}"
    elif tensors:
        yield name_of(tensors[0])


def whole(subjects: Sequence[tuple[str, str | None]]) -> str:
    """That checkpoints themselves are concerned."""
    return "the checkpoint" if len(subjects) == 1 else counted(len(subjects), "checkpoint")


def remainder(unlisted: Sequence[Task], known: Sequence[Finding]) -> str:
    """What has no line of its own; empty where nothing has none."""
    left = [finding for task in unlisted for _, finding in task.found]
    n_rules = len({finding.code for finding in left})
    return "; ".join(
        clause
        for clause, applies in (
            (f"then {severities(left)} of {counted(n_rules, 'more rule')}", left),
            (f"known from the baseline: {severities(known)}", known),
        )
        if applies
    )


def all_is_well(report: Report, known: Sequence[Finding]) -> str:
    """What to do where no finding asks for anything."""
    if known:
        return f"nothing new to do: known from the baseline are {severities(known)}"
    if not digest.was_judged(report):
        return f"read the figures: no rules were asked, {digest.why_unjudged(report)}"
    return f"nothing to do: {counted(len(report.rules), 'rule')} found nothing in {digest.looked_at(report)}"


def severities(findings: Iterable[Finding]) -> str:
    """`3 errors, 12 warnings`."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(counted(counts[severity], severity.label) for severity in sorted(counts, reverse=True))


def name_of(name: str) -> str:
    """A name from a file, printable and not too long."""
    return shortened(shown_name(name), NAME_LIMIT)
