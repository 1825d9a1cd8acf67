"""What to do, in at most five lines."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import CheckpointReport, Report, RuleSummary, TensorSummary, Unreadable
from precisionlab.analysis.results import Finding, Novelty, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.reports.advice import MOST_LINES, advice

NAN = RuleSummary("PL001", "nan", Severity.ERROR, "tensor holds NaN", "find the step")
WIDE = RuleSummary("PL030", "wide", Severity.WARNING, "a narrower format holds it", "store it narrower")
TWICE = RuleSummary("PL041", "twice", Severity.WARNING, "stored twice", "store it narrower")
GRID = RuleSummary("PL031", "grid", Severity.NOTE, "integers times a step", "quantize with it")
Change = Callable[[CheckpointReport], CheckpointReport]
RULES = (NAN, WIDE, TWICE, GRID)


def found(rule: RuleSummary, *places: int | None, novelty: Novelty | None = None) -> list[Finding]:
    """Findings of a rule in tensors `t0`, `t1`, ...; None for the checkpoint itself."""
    subjects = (None if place is None else f"t{place}" for place in places)
    return [Finding(rule.code, rule.severity, subject, "so", rule.remedy, {}, novelty) for subject in subjects]


@pytest.fixture
def asked(sample_report: Report) -> Report:
    """A report of nothing yet, for which four rules were asked."""
    return replace(sample_report, checkpoints=(), unreadable=(), rules=RULES, settings=MappingProxyType({}))


def about(report: Report, findings: Sequence[Finding], change: Change = lambda one: one) -> Report:
    """The report of one checkpoint of ten tensors with these findings."""
    names = [f"t{i}" for i in range(10)]
    results = [Result("range", name) for name in names]
    results[0] = replace(results[0], findings=tuple(findings))
    tensors = tuple(TensorSummary(name, "float32", (2,), 2, 8) for name in names)
    checkpoint = CheckpointReport("model", "safetensors", (), 20, 80, MappingProxyType({}), tensors, tuple(results))
    return replace(report, checkpoints=(change(checkpoint),))


def test_the_severest_and_most_widespread_come_first(asked: Report) -> None:
    """Errors before warnings, warnings of many tensors before those of few; rules with one remedy share a line."""
    report = about(asked, [*found(GRID, 1, 2, 3, 4), *found(WIDE, 5), *found(TWICE, 5, 6), *found(NAN, 7, 9)])
    assert advice(report) == (
        "PL001 nan (error, 2 tensors, first t7): find the step",
        "PL030 wide, PL041 twice (warning, 2 tensors, first t5): store it narrower",
        "PL031 grid (note, 4 tensors, first t1): quantize with it",
    )


def test_a_finding_about_the_checkpoint_says_so(asked: Report) -> None:
    """One without a tensor is about the checkpoint itself; one tensor is named without more words."""
    assert advice(about(asked, found(NAN, None)))[0] == "PL001 nan (error, the checkpoint): find the step"
    assert advice(about(asked, found(NAN, 3)))[0] == "PL001 nan (error, 1 tensor, t3): find the step"


def test_the_last_line_counts_what_is_left(asked: Report) -> None:
    """Of seven remedies four have a line, and the others are counted."""
    rules = [replace(WIDE, code=f"PL1{i}", remedy=f"do {i}") for i in range(7)]
    findings = [one for i, rule in enumerate(rules) for one in found(rule, *range(7 - i))]
    lines = advice(about(replace(asked, rules=tuple(rules)), findings))
    assert len(lines) == MOST_LINES
    assert lines[-1] == "then 6 warnings of 3 more rules"


def test_known_findings_are_counted_and_new_ones_told(asked: Report) -> None:
    """Against a baseline, what it knows asks for nothing."""
    known = found(NAN, 1, 2, novelty=Novelty.KNOWN)
    new = [*found(GRID, 4, novelty=Novelty.NEW), *found(GRID, 5, novelty=Novelty.WORSE)]
    assert advice(about(asked, [*known, *new])) == (
        "PL031 grid (note, 2 tensors, 1 worse than before, first t4): quantize with it",
        "known from the baseline: 2 errors",
    )
    assert advice(about(asked, known)) == ("nothing new to do: known from the baseline are 2 errors",)


def test_without_findings_it_says_what_that_means(asked: Report) -> None:
    """Nothing to do where rules were asked; something else where none was, or nothing was looked at."""
    assert advice(about(asked, [])) == ("nothing to do: 4 rules found nothing in 10 tensors of 1 checkpoint",)
    assert advice(about(replace(asked, rules=()), []))[0].startswith("read the figures: no rules were asked")
    skipped = (Result("range", "t0", Status.SKIPPED, "no"),)
    assert advice(about(asked, [], lambda one: replace(one, results=skipped)))[0].startswith(
        "see why nothing was analysed: no analyzer"
    )
    assert advice(about(asked, [], lambda one: replace(one, tensors=(), results=())))[0].startswith(
        "see why nothing was analysed: no tensor"
    )


def test_gaps_come_before_findings(asked: Report) -> None:
    """What cannot be read, what failed and an interruption are told first, and findings still have their lines."""
    report = about(asked, [*found(NAN, 1), *found(WIDE, 2), *found(GRID, 3)], lambda one: replace(one, complete=False))
    (checkpoint,) = report.checkpoints
    failed = Result("rounding", "t1", Status.FAILED, "ZeroDivisionError")
    checkpoint = replace(checkpoint, results=(*checkpoint.results, failed))
    report = replace(report, checkpoints=(checkpoint,), unreadable=(Unreadable("a\nb", "no such file"),))
    assert advice(report) == (
        "mend or leave out what cannot be read: 1 path, first a\\nb: no such file",
        "see why 1 analysis failed (rounding), and scan again: until then nothing is known of them",
        "scan to the end: it was interrupted after 10 tensors of 1 checkpoint",
        "PL001 nan (error, 1 tensor, t1): find the step",
        "then 1 warning, 1 note of 2 more rules",
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_gets_one_to_five_printable_lines(
    data: st.DataObject, any_report: st.SearchStrategy[Report]
) -> None:
    """However senseless the report, there is something to do, and each line of it prints as one line."""
    lines = advice(data.draw(any_report))
    assert 1 <= len(lines) <= MOST_LINES
    assert all(line and line.isprintable() for line in lines)
