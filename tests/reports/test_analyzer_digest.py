"""What is told of each analyzer: the worst tensors of planted figures come first."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Finding, Measurement, Metric, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.reports.analyzer_digest import Chapter, chapters

SQNR = (30.0, 12.0, 45.0, 20.0)
FOUND = (None, None, Severity.NOTE, Severity.ERROR)


def told(sample: Report, better: Better, severities: tuple[Severity | None, ...], most: int = 9) -> Chapter:
    """The chapter about four tensors, `w0` to `w3`, the later the larger; a fifth was skipped."""
    tensors = tuple(TensorSummary(f"w{at}", "float32", (at,), at, 4 * at) for at in range(5))
    results = tuple(
        Result(
            "noise",
            f"w{at}",
            measurements=(Measurement(Metric("sqnr", "dB"), value),),
            findings=() if severity is None else (Finding("X1", severity, f"w{at}", "m", "r"),),
        )
        for at, (value, severity) in enumerate(zip(SQNR, severities, strict=True))
    )
    skipped = Result("noise", "w4", Status.SKIPPED, "empty")
    own = Result("noise", None, measurements=(Measurement(Metric("tensors", "tensors"), 4),))
    checkpoint = CheckpointReport("p", "npz", (), 0, 0, {}, tensors, (*results, skipped, own))
    summary = AnalyzerSummary({}, "How noisy?", (Definition("sqnr", "signal over noise", better),))
    report = replace(sample, checkpoints=(checkpoint,), analyzers=MappingProxyType({"noise": summary, "none": summary}))
    (chapter,) = chapters(checkpoint, report, most)
    assert [result.subject for result in chapter.own] == [None]
    return chapter


@pytest.mark.parametrize(
    ("better", "severities", "title", "order"),
    [
        (Better.HIGHER, FOUND, "Worst tensors", ["w3", "w2", "w1", "w0"]),
        (Better.HIGHER, (None,) * 4, "Worst tensors", ["w1", "w3", "w0", "w2"]),
        (Better.LOWER, (None,) * 4, "Worst tensors", ["w2", "w0", "w3", "w1"]),
        (Better.NEITHER, (None,) * 4, "Largest tensors", ["w3", "w2", "w1", "w0"]),
    ],
    ids=["findings", "higher", "lower", "neither"],
)
def test_the_worst_come_first(
    better: Better, severities: tuple[Severity | None, ...], title: str, order: list[str], sample_report: Report
) -> None:
    """By their findings, then by the figure that gets better or worse, then by size; analyzers without answers are left out."""
    chapter = told(sample_report, better, severities)
    assert chapter.table.title == title
    assert [row[0] for row in chapter.table.rows] == [result.subject for result in chapter.results] == order
    assert [row[1] for row in chapter.table.rows] == [SQNR[int(name[1])] for name in order]


def test_tensors_are_bounded(sample_report: Report) -> None:
    """So many are told of as were asked for."""
    assert [row[0] for row in told(sample_report, Better.LOWER, FOUND, 2).table.rows] == ["w3", "w2"]
