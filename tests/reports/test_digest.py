"""What all renderers for people show of a report."""

import dataclasses
from types import MappingProxyType

from precisionlab.analysis.report import AnalyzerSummary, Report
from precisionlab.analysis.results import Finding, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.reports import digest, html_report, markdown_report, pdf_report, text_report


def test_the_verdict_counts_everything(sample_report: Report) -> None:
    """Findings by severity, what they were looked for in, and what is missing, in one line."""
    assert digest.verdict(sample_report) == (
        "3 errors, 10 warnings, 16 notes in 32 of 35 tensors of 2 checkpoints; "
        "1 analysis failed; 2 paths unreadable; interrupted"
    )


def test_nothing_analysed_is_not_no_findings(sample_report: Report) -> None:
    """A report without any answer says so, and never that nothing was found."""
    empty = dataclasses.replace(sample_report, checkpoints=(), unreadable=())
    assert digest.verdict(empty) == "nothing was analysed"
    small = sample_report.checkpoints[1]
    skipped = tuple(dataclasses.replace(result, status=Status.SKIPPED) for result in small.results)
    only = dataclasses.replace(small, results=skipped, complete=True)
    assert digest.verdict(dataclasses.replace(empty, checkpoints=(only,))) == "nothing was analysed"


def test_a_clean_report_says_no_findings(sample_report: Report) -> None:
    """Where all tensors were looked at and nothing fired, that is the verdict."""
    small = sample_report.checkpoints[1]
    whole = dataclasses.replace(small, tensors=small.tensors[:1], complete=True)
    clean = dataclasses.replace(sample_report, checkpoints=(whole,), unreadable=())
    assert digest.verdict(clean) == "no findings in 1 tensor of 1 checkpoint"


def without_rules(report: Report, *analyzers: str, **settings: tuple[str, ...]) -> Report:
    """A report of one tensor without findings, by analyzers that no rule was asked of."""
    small = report.checkpoints[1]
    whole = dataclasses.replace(small, tensors=small.tensors[:1], complete=True)
    named = {name: AnalyzerSummary({}) for name in analyzers}
    return dataclasses.replace(
        report, checkpoints=(whole,), unreadable=(), rules=(), analyzers=named, settings=settings
    )


def test_without_rules_there_is_no_verdict_of_no_findings(sample_report: Report) -> None:
    """Where nothing could have fired the report says so, and why, in text, Markdown and HTML."""
    report = without_rules(sample_report, "bits")
    verdict = "no rules were asked of 1 tensor of 1 checkpoint: bits has none"
    assert digest.verdict(report) == verdict
    assert text_report.render(report).splitlines()[-1] == verdict
    assert markdown_report.render(report).splitlines()[2] == f"**{verdict}**"
    page = html_report.render(report)
    assert (
        '<h1 class="clean">No rules were asked</h1><p class="within">of 1 tensor of 1 checkpoint: bits has none' in page
    )
    assert '<p class="empty">No rules were asked: bits has none.</p>' in page
    assert "No findings" not in page


def test_why_no_rule_was_asked(sample_report: Report) -> None:
    """Because of the analyzers, or because all their rules were left out."""
    assert digest.why_unjudged(without_rules(sample_report, "bits", "sizes")) == "bits and sizes have none"
    ignoring = without_rules(sample_report, "range", ignore=("PL",))
    assert digest.why_unjudged(ignoring) == "--select and --ignore leave none"


def test_rules_are_grouped_by_severity_then_code(sample_report: Report) -> None:
    """One group for each rule, the severest first, its tensors counted once."""
    groups = digest.rule_groups(sample_report.checkpoints[0], sample_report.rules)
    assert [(group.code, group.severity.label) for group in groups] == [
        ("PL001", "error"),
        ("PL020", "warning"),
        ("PL030", "note"),
    ]
    assert [group.n_tensors for group in groups] == [3, 10, 15]
    assert groups[2].remedies == ("store as bfloat16",)


def test_a_rule_that_the_report_does_not_list_keeps_its_code(sample_report: Report) -> None:
    """A finding is shown even where its rule is unknown."""
    group = digest.rule_groups(sample_report.checkpoints[0], ())[0]
    assert (group.code, group.name, group.summary) == ("PL001", "", "")


def test_the_worst_tensors_come_first(sample_report: Report) -> None:
    """By severity, then by the number of findings, then by size."""
    worst = digest.worst_tensors(sample_report.checkpoints[0], 5)
    keys = [(entry.severity, len(entry.findings), entry.tensor.n_bytes) for entry in worst]
    assert keys == sorted(keys, reverse=True)
    assert worst[0].severity is Severity.ERROR


def test_one_reason_is_told_once(sample_report: Report) -> None:
    """Names that were skipped for one reason stand together."""
    groups = digest.skips(sample_report.checkpoints[0])
    assert [(group.analyzer, len(group.names)) for group in groups] == [("", 1), ("", 5), ("range", 1)]


def test_a_tensor_without_a_name_is_not_the_checkpoint(sample_report: Report) -> None:
    """The empty name is a tensor's; the checkpoint has none."""
    small = sample_report.checkpoints[1]
    tensor = dataclasses.replace(small.tensors[0], name="")
    broken = fired_about("", "1 of 8 elements is NaN")
    first = Result("range", "", findings=(broken,))
    own = Result("range", None, findings=(fired_about(None, "the files disagree"),))
    checkpoint = dataclasses.replace(small, tensors=(tensor,), results=(first, own))
    assert digest.own_results(checkpoint) == (own,)
    assert list(digest.tensor_results(checkpoint)) == [first]
    assert digest.standings(checkpoint)[0].findings == (broken,)


def fired_about(subject: str | None, message: str) -> Finding:
    """An error about a tensor, or about the checkpoint."""
    return Finding("PL001", Severity.ERROR, subject, message, "", MappingProxyType({}))


def test_a_comparison_names_what_was_compared_with(sample_report: Report) -> None:
    """In the heading of every checkpoint, as code; where nothing was, no heading says so."""
    against = dataclasses.replace(sample_report, settings=MappingProxyType({"against": "a<b>.npy"}))
    for render, heading in (
        (text_report.render, "\nsmall.pth against a<b>.npy\n"),
        (markdown_report.render, "\n## `small.pth` against <code>a&#60;b&#62;.npy</code>\n"),
        (html_report.render, "<h2><code>small.pth</code> against <code>a&lt;b&gt;.npy</code></h2>"),
        (pdf_report.source, '#checkpoint(words(code("small.pth"), " against ", code("a<b>.npy")))'),
    ):
        assert heading in render(against)
        assert heading.replace(" against ", "") not in render(sample_report)
        assert " against " not in render(sample_report).partition("small.pth")[2][:40]
