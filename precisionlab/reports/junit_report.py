"""The findings as JUnit XML, for the test pages of Jenkins, GitLab, Azure and others.

A suite for each checkpoint. In it a rule is a test: one that passes where the rule did not
fire, else one for each finding, which fails from a warning upwards unless a baseline knows
it. What was skipped is skipped, an analysis that failed is an error. The form is that of the
xUnit plugin's schema `junit-10.xsd`, which the other readers take too.
"""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from precisionlab.analysis.identities import identity
from precisionlab.analysis.report import CheckpointReport, Report, RuleSummary, Unreadable
from precisionlab.analysis.results import Finding, Novelty
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.junit_xml import Case, Outcome, Suite, document
from precisionlab.reports.provenance import command_line
from precisionlab.reports.quantities import count, counted, shown_name

MOST_CASES = 1000
"""Findings of a rule in a checkpoint that are tests of their own; test pages cope with no more."""
TO_THE_SECOND = len("2026-01-02T03:04:05")
"""Of a time: the readers know no zones."""
NAMES_SHOWN = 100
"""Of what one and the same reason skipped."""


def render(report: Report) -> str:
    """The report as an XML document."""
    suites = chain(
        (suite(checkpoint, report) for checkpoint in report.checkpoints), map(unreadable_suite, report.unreadable)
    )
    seconds = report.run.seconds if 0 < report.run.seconds < math.inf else 0.0
    return document(suites, report.run.started[:TO_THE_SECOND], seconds)


def suite(checkpoint: CheckpointReport, report: Report) -> Suite:
    """The tests of one checkpoint, its rules first."""
    facts = (*digest.facts(checkpoint), ("command", command_line(report)))
    cases = chain(
        rule_cases(checkpoint, report),
        unjudged(checkpoint, report),
        (unanswered(checkpoint, group, Outcome.SKIPPED) for group in digest.skips(checkpoint)),
        (unanswered(checkpoint, group, Outcome.ERROR) for group in digest.failures(checkpoint)),
        interruption(checkpoint),
    )
    return Suite(shown_name(checkpoint.path), facts, tuple(cases))


def rule_cases(checkpoint: CheckpointReport, report: Report) -> Iterator[Case]:
    """The tests of every rule, and of those that fired though the report does not list them."""
    askers = {code: name for name, summary in report.analyzers.items() for code in summary.rules}
    found: dict[str, list[Finding]] = {rule.code: [] for rule in report.rules}
    for finding in checkpoint.findings:
        found.setdefault(finding.code, []).append(finding)
    rules = {rule.code: rule for rule in report.rules}
    for code, findings in found.items():
        class_name = class_of(checkpoint, askers.get(code, "rules"))
        yield from cases_of(class_name, title(code, rules.get(code)), findings)


def title(code: str, rule: RuleSummary | None) -> str:
    """What a rule's tests are called: `PL001 nan`."""
    return " ".join(filter(None, (printable(code), printable(rule.name) if rule else "")))


def cases_of(class_name: str, name: str, findings: list[Finding]) -> Iterator[Case]:
    """The tests of one rule in one checkpoint: at most `MOST_CASES`, and one for all others together."""
    if not findings:
        yield Case(class_name, name)
    ordered = sorted(findings, key=lambda finding: not fails(finding))
    seen = Counter[str]()
    for finding in ordered[:MOST_CASES]:
        about = f"{name}{place(finding)}"
        seen[about] += 1  # pages show one test of a name
        number = f" ({seen[about]})" if seen[about] > 1 else ""
        yield Case(class_name, f"{about}{number}", outcome(finding), told(finding), (finding.remedy,))
    rest = ordered[MOST_CASES:]
    if rest:
        n_failing = sum(map(fails, rest))
        yield Case(
            class_name,
            f"{name}: {counted(len(rest), 'more finding')}",
            Outcome.FAILURE if n_failing else Outcome.PASSED,
            f"{count(n_failing)} of them count; the first {count(MOST_CASES)} are tests of their own",
        )


def place(finding: Finding) -> str:
    """Where a rule fired: the tensor, and along which axis."""
    who = identity(finding)
    axis = f", axis {printable(who.axis)}" if who.axis else ""
    return "" if who.subject is None else f": {shown_name(who.subject)}{axis}"


def fails(finding: Finding) -> bool:
    """Whether a finding is a test that fails: a warning or an error that no baseline knows."""
    return finding.counts and finding.severity >= Severity.WARNING


def outcome(finding: Finding) -> Outcome:
    """How a finding's test ended."""
    return Outcome.FAILURE if fails(finding) else Outcome.PASSED


def told(finding: Finding) -> str:
    """A finding in one line, with its severity and how it stands to the baseline."""
    state = f", {finding.novelty.value}" if finding.novelty in {Novelty.KNOWN, Novelty.WORSE} else ""
    return f"{finding.severity.label}{state}: {finding.message}"


def unjudged(checkpoint: CheckpointReport, report: Report) -> Iterator[Case]:
    """A test that says so where no rule was asked."""
    if not digest.was_judged(report):
        yield Case(class_of(checkpoint, "rules"), "rules", Outcome.SKIPPED, digest.absence(report))


def unanswered(checkpoint: CheckpointReport, group: digest.Unanswered, how: Outcome) -> Case:
    """What an analyzer, or the scan, skipped or failed on for one and the same reason."""
    names = ["the checkpoint" if name is None else shown_name(name) for name in group.names[:NAMES_SHOWN]]
    others = [f"and {count(len(group.names) - NAMES_SHOWN)} more"] if len(group.names) > NAMES_SHOWN else []
    analyzer = group.analyzer or "scan"
    what = "skipped" if how is Outcome.SKIPPED else "failed"
    name = f"{printable(analyzer)} {what}: {printable(group.reason)}"
    return Case(class_of(checkpoint, analyzer), name, how, group.reason, (*names, *others))


def interruption(checkpoint: CheckpointReport) -> Iterator[Case]:
    """An error where the scan did not come to its end."""
    if not checkpoint.complete:
        yield Case(
            class_of(checkpoint, "scan"),
            "scan to the end",
            Outcome.ERROR,
            digest.interruption(checkpoint),
        )


def unreadable_suite(entry: Unreadable) -> Suite:
    """A suite whose one test is an error: the path could not be read."""
    class_name = f"{shown_name(entry.path).replace('.', '_')}.scan"
    return Suite(shown_name(entry.path), (), (Case(class_name, "open", Outcome.ERROR, entry.message),))


def class_of(checkpoint: CheckpointReport, analyzer: str) -> str:
    """Checkpoint and analyzer, as readers that part a class name at its last dot show package and class."""
    return f"{shown_name(checkpoint.path).replace('.', '_')}.{printable(analyzer)}"
