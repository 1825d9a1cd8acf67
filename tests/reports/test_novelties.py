"""How people are told what is new."""

from dataclasses import replace

import pytest

from precisionlab.analysis.report import Baseline, Report
from precisionlab.analysis.results import Finding, Novelty
from precisionlab.reports import digest, novelties, text_report


@pytest.fixture
def held(sample_report: Report) -> Report:
    """The sample's findings: errors are new, warnings worse, notes known; one error and the checkpoint's note are gone."""
    words = {"error": Novelty.NEW, "warning": Novelty.WORSE, "note": Novelty.KNOWN}

    def marked(finding: Finding) -> Finding:
        return replace(finding, novelty=words[finding.severity.label])

    checkpoints = tuple(
        replace(
            checkpoint,
            results=tuple(replace(one, findings=tuple(map(marked, one.findings))) for one in checkpoint.results),
        )
        for checkpoint in sample_report.checkpoints
    )
    findings = [replace(finding, novelty=None) for _, finding in sample_report.findings]
    missing = (findings[0], next(one for one in findings if one.subject is None))
    baseline = Baseline("base\x1b.json", "2026-11-01T10:00:00+00:00", missing)
    return replace(sample_report, checkpoints=checkpoints, baseline=baseline)


def test_the_verdict_says_what_is_new(held: Report) -> None:
    """With the severities of what counts."""
    assert novelties.told(held) == "3 new (3 errors), 10 worse (10 warnings), 16 known, 2 gone"
    assert digest.verdict(held).startswith(f"{novelties.told(held)} in 32 of 35 tensors")
    assert novelties.baseline_line(held) == "held against base\\x1b.json of 2026-11-01"


def test_without_a_baseline_nothing_is_said(sample_report: Report) -> None:
    """No word stands before a finding."""
    report = replace(sample_report, baseline=None)
    assert not novelties.told(report)
    assert not novelties.baseline_line(report)
    assert not digest.gone(report)
    assert {novelties.word(finding) for _, finding in report.findings} == {""}


def test_a_baseline_that_knows_all_leaves_nothing_new(held: Report) -> None:
    """And one without findings says so."""
    clean = replace(held.checkpoints[1], complete=True)
    report = replace(held, checkpoints=(clean,), unreadable=(), baseline=Baseline("base.json", ""))
    assert digest.found(report) == "no findings"
    assert novelties.baseline_line(report) == "held against base.json"


def test_new_findings_of_a_rule_come_first(held: Report) -> None:
    """Then worse ones, then known ones, else in their order."""
    findings = [finding for _, finding in held.findings][:4]
    words = (Novelty.KNOWN, Novelty.WORSE, Novelty.NEW, Novelty.WORSE)
    marked = [replace(one, novelty=word) for one, word in zip(findings, words, strict=True)]
    assert novelties.newest_first(marked) == (marked[2], marked[1], marked[3], marked[0])
    assert novelties.within_rule(marked) == "1 new, 2 worse, 1 known"


def test_the_text_marks_every_finding_and_lists_what_is_gone(held: Report) -> None:
    """By words, before the verdict."""
    text = text_report.render(held, text_report.TextStyle(width=10_000))
    lines = text.splitlines()
    assert sum(line.startswith("    new: ") for line in lines) == 3
    assert sum(line.startswith("    worse: ") for line in lines) == text_report.NAMES_SHOWN
    at = lines.index("gone: note PL030 half the bytes hold no information (the checkpoint)")
    assert lines[at - 1].startswith("gone: error PL001 ")
    assert lines[-1] == digest.verdict(held)
    assert ", held against base\\x1b.json of 2026-11-01" in lines[-1]
