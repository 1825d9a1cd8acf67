"""Tables for publishing."""

import math
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.figures import Heatmap, Scatter, Table
from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Result
from precisionlab.baselines.benchmark import benchmark
from precisionlab.baselines.comparison import COMPARISON
from precisionlab.reports import digest

Maker = Callable[..., CheckpointReport]
Reporter = Callable[..., Report]
FORMATS = ("int4", "nvfp4", "mxfp4")


def losses(checkpoint_with: Maker, report_with: Reporter, *sqnr: float, **others: int) -> Report:
    """A report of a checkpoint's signal to noise in each format, and other figures."""
    values = {f"sqnr[format={name}]": value for name, value in zip(FORMATS, sqnr, strict=False)}
    return report_with(checkpoint_with(values={None: {**values, **others}, "a.weight": {"nans": 9}}))


def own(report: Report, analyzer: str) -> Result:
    """What an analyzer has of the first checkpoint itself."""
    return next(one for one in report.checkpoints[0].results if one.analyzer == analyzer)


def test_two_reports_stand_beside_each_other(checkpoint_with: Maker, report_with: Reporter) -> None:
    """Figures with a better way alone, those of one name together, the direction and the verdict in words."""
    old = losses(checkpoint_with, report_with, 20.0, 25.0, 16.0, nans=0, elements=12)
    new = losses(checkpoint_with, report_with, 40.0, 5.0, 16.0625, nans=2, elements=24)
    report = benchmark([old, new], ["runs/base.json", "runs/new.json"])
    table, chart = own(report, "range").figures
    assert isinstance(table, Table)
    assert [column.label for column in table.columns] == [
        "metric",
        "of",
        "base",
        "new",
        "change",
        "verdict",
        "better",
        "unit",
    ]
    assert table.title == "range: new against base"
    assert table.rows == (
        ("sqnr", "format=int4", 20.0, 40.0, "+20.00 dB", "better", "higher", "dB"),
        ("sqnr", "format=nvfp4", 25.0, 5.0, "-20.00 dB", "worse", "higher", "dB"),
        ("sqnr", "format=mxfp4", 16.0, 16.0625, "+0.06 dB", "same", "higher", "dB"),
        ("nans", "", 0, 2, math.inf, "worse", "lower", "elements"),
    )
    assert isinstance(chart, Scatter)
    assert chart.title == "sqnr: higher is better"
    assert chart.groups[0].names == FORMATS
    (heat,) = own(report, COMPARISON).figures
    assert isinstance(heat, Heatmap)
    assert (heat.columns, heat.rows) == (("new",), ("sqnr[format=int4]", "sqnr[format=nvfp4]"))
    assert [round(value, 9) for row in heat.values for value in row] == [900.0, -90.0]
    assert digest.verdict(report) == "figures alone of 1 checkpoint, held against runs/base.json of 2026-11-01"
    assert not list(report.findings)


def test_several_reports_have_a_column_each_and_the_best_is_named(
    checkpoint_with: Maker, report_with: Reporter
) -> None:
    """Within the tolerance several are; what one has not is left empty; files of one name are told by their paths."""
    first = losses(checkpoint_with, report_with, 20.0, 25.0, nans=1)
    second = losses(checkpoint_with, report_with, 30.0, nans=1)
    third = losses(checkpoint_with, report_with, 29.95, 26.0, nans=1)
    report = benchmark([first, second, third], ["a/base.json", "b/new.json", "c/new.json"])
    (table,) = own(report, "range").figures
    assert isinstance(table, Table)
    assert table.title == "range: b/new.json, c/new.json against base"
    assert [column.label for column in table.columns] == [
        *("metric", "of", "base", "b/new.json", "c/new.json"),
        *("best", "better", "unit"),
    ]
    assert table.rows == (
        ("sqnr", "format=int4", 20.0, 30.0, 29.95, "b/new.json, c/new.json", "higher", "dB"),
        ("sqnr", "format=nvfp4", 25.0, "", 26.0, "c/new.json", "higher", "dB"),
        ("nans", "", 1, 1, 1, "all", "lower", "elements"),
    )
    told = {one.metric.key: one.value for one in own(report, "range").measurements}
    assert told["sqnr[format=int4,report=c/new.json]"] == 29.95
    assert "sqnr[format=nvfp4,report=b/new.json]" not in told


def test_globs_choose_any_metric_and_without_definitions_all_are_told(
    checkpoint_with: Maker, report_with: Reporter
) -> None:
    """Also those without a better way."""
    one = losses(checkpoint_with, report_with, 20.0, elements=12)
    (table,) = own(benchmark([one, one], ["a.json", "b.json"], ["elements"]), "range").figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["elements"]
    bare = replace(one, analyzers={"range": replace(one.analyzers["range"], definitions=())})
    (table,) = own(benchmark([bare, bare], ["a.json", "b.json"]), "range").figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["sqnr", "elements"]


@given(st.data())
@settings(max_examples=30)
def test_a_report_beside_itself_differs_nowhere(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """No verdict but `same`, and no heat map of differences."""
    one = data.draw(any_report)
    report = benchmark([one, one], ["a.json", "b.json"])
    for checkpoint in report.checkpoints:
        figures = [figure for result in checkpoint.results for figure in result.figures]
        assert not any(isinstance(figure, Heatmap) for figure in figures)
        assert {row[5] for figure in figures if isinstance(figure, Table) for row in figure.rows} <= {"same"}


def test_whole_numbers_beyond_floats_are_numbers(checkpoint_with: Maker, report_with: Reporter) -> None:
    """A file may hold any: of decibels too."""
    old = losses(checkpoint_with, report_with, 20.0, nans=3)
    new = losses(checkpoint_with, report_with, 10**400, nans=10**400)
    rows = [table.rows for table in own(benchmark([old, new], ["a", "b"]), "range").figures if isinstance(table, Table)]
    assert [row[5] for row in rows[0]] == ["better", "worse"]
    (table, *_) = own(benchmark([old, new, old], ["a", "b", "c"]), "range").figures
    assert isinstance(table, Table)
    assert [row[5] for row in table.rows] == ["b", "a, c"]
