"""What figures mean: sources once and in order, units in words, figures with their random draws."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from precisionlab.analysis.definitions import Better, Definition, beside_draws
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report
from precisionlab.analysis.results import Measurement, Metric, Result, Scalar
from precisionlab.reports.references import bibliography, code_spans, meanings

NORM = Definition("norm", "largest singular value", Better.NEITHER, "Golub and Van Loan")
RANK = Definition("rank", "norms over `norm`", Better.LOWER, "Rudelson and Vershynin")


@pytest.fixture
def report(sample_report: Report) -> Report:
    """Two analyzers that share a source, one with random draws."""
    measured: tuple[tuple[str, str, Scalar], ...] = (
        ("norm", "", 1.5),
        ("rank", "1", 2.0),
        ("zeros_share", "1", 0.5),
        ("is_exact", "", True),
        ("best_format", "", "int8"),
        ("sqnr", "dB", 31.0),
    )
    values = tuple(Measurement(Metric(name, unit), value) for name, unit, value in measured)
    checkpoint = CheckpointReport("p", "npz", (), 0, 0, {}, (), (Result("first", "w", measurements=values),))
    others = tuple(Definition(name, name) for name, _, _ in measured[2:])
    first = AnalyzerSummary({}, definitions=(NORM, *beside_draws(RANK), *others))
    second = AnalyzerSummary({}, definitions=(replace(NORM, name="trace"),))
    analyzers = MappingProxyType({"first": first, "empty": AnalyzerSummary({}), "second": second})
    return replace(sample_report, checkpoints=(checkpoint,), analyzers=analyzers)


def test_sources_are_numbered_once(report: Report) -> None:
    """In the order in which they are first named; a source that two analyzers name has one number."""
    assert dict(bibliography(report)) == {"Golub and Van Loan": 1, "Rudelson and Vershynin": 2}
    assert [entry.reference for entry in meanings(report)["second"]] == [1]


def test_units_are_words(report: Report) -> None:
    """Ratios and shares are called so; what is no number has no unit; what was not measured has no word."""
    units = {entry.definition.name: entry.unit for entry in meanings(report)["first"]}
    words = ("the tensor's", "ratio", "share", "yes or no", "text", "dB")
    assert units == dict(zip(("norm", "rank", "zeros_share", "is_exact", "best_format", "sqnr"), words, strict=True))
    assert [entry.unit for entry in meanings(report)["second"]] == [""]


def test_random_draws_stand_beside_their_figure(report: Report) -> None:
    """They are no lines of their own."""
    rank = meanings(report)["first"][1]
    assert rank.told == "norms over `norm`; `_mean`, `_sd` and `_z` tell of random draws"
    assert [entry.better for entry in meanings(report)["first"][:2]] == ["\N{EN DASH}", "lower"]


@pytest.mark.parametrize(
    ("markdown", "parts"),
    [
        ("", []),
        ("plain", [("plain", False)]),
        ("`x` over `y`", [("x", True), (" over ", False), ("y", True)]),
        ("it's a ` mark", [("it's a ` mark", False)]),
        ("`x` and ` mark", [("x", True), (" and ` mark", False)]),
    ],
)
def test_code_spans_are_told_apart(markdown: str, parts: list[tuple[str, bool]]) -> None:
    """A mark without its partner is a character like any other."""
    assert list(code_spans(markdown)) == parts
