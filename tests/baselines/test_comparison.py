"""Two reports as one."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.figures import Bars, Table
from precisionlab.analysis.report import CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Result
from precisionlab.baselines.comparison import COMPARISON, compared
from precisionlab.baselines.tables import MOST_ROWS
from precisionlab.reports import digest, html_report, json_report, markdown_report, text_report

Maker = Callable[..., CheckpointReport]
Reporter = Callable[..., Report]
EARLIER = "base.json"


def own(report: Report, analyzer: str) -> Result:
    """What an analyzer has of the first checkpoint itself."""
    return next(one for one in report.checkpoints[0].results if one.subject is None and one.analyzer == analyzer)


def tables(report: Report, analyzer: str) -> dict[str, list[dict[str, object]]]:
    """Its tables, by title, as rows by column."""
    return {
        figure.title: [{c.label: v for c, v in zip(figure.columns, row, strict=True)} for row in figure.rows]
        for figure in own(report, analyzer).figures
        if isinstance(figure, Table)
    }


def test_planted_changes_are_told_with_the_worst_first(checkpoint_with: Maker, report_with: Reporter) -> None:
    """Old, new, by how much, which way is better, and the verdict; of the checkpoint and of tensors."""
    old = checkpoint_with(
        values={
            None: {"sqnr[format=int4]": 20.0, "sqnr[format=nvfp4]": 20.0, "nans": 0, "elements": 12},
            "a.weight": {"nans": 2, "sqnr[format=int4]": 20.0},
            "b.weight": {"nans": 4, "elements": 6},
        }
    )
    new = checkpoint_with(
        values={
            None: {"sqnr[format=int4]": 30.0, "sqnr[format=nvfp4]": 10.0, "nans": 0, "elements": 12},
            "a.weight": {"nans": 3, "sqnr[format=int4]": 20.01},
            "b.weight": {"nans": 1, "elements": 7},
        }
    )
    report = compared(report_with(new), report_with(old), EARLIER)
    found = tables(report, "range")
    assert [
        (row["of"], row["old"], row["new"], row["change"], row["verdict"], row["better"])
        for row in found["range: figures of the checkpoint, old and new"]
    ] == [
        ("format=nvfp4", 20.0, 10.0, "-10.00 dB", "worse", "higher"),
        ("format=int4", 20.0, 30.0, "+10.00 dB", "better", "higher"),
        ("", 0, 0, 0.0, "same", "lower"),
    ]
    assert [
        (row["tensor"], row["metric"], row["verdict"])
        for row in found["range: figures of tensors, 3 that moved, the worst first"]
    ] == [
        ("a.weight", "nans", "worse"),
        ("b.weight", "nans", "better"),
        ("b.weight", "elements", "changed"),
    ]
    assert tables(report, COMPARISON)["Figures that moved"] == [
        {"analyzer": "range", "of": "tensors", "worse": 1, "better": 1, "changed": 1, "same": 1},
        {"analyzer": "range", "of": "checkpoint", "worse": 1, "better": 1, "changed": 0, "same": 2},
    ]
    (bars,) = (figure for figure in own(report, COMPARISON).figures if isinstance(figure, Bars))
    placed = {bars.first + (i + 0.5) * bars.width: height for i, height in enumerate(bars.heights) if height}
    assert placed == {-50.0: 2.0, 0.0: 2.0, 50.0: 2.0}
    assert {one.metric.key: one.value for one in own(report, "range").measurements} == {
        "sqnr[format=int4,report=old]": 20.0,
        "sqnr[format=int4,report=new]": 30.0,
        "sqnr[format=nvfp4,report=old]": 20.0,
        "sqnr[format=nvfp4,report=new]": 10.0,
    }
    assert not digest.own_measurements(report.checkpoints[0]).rows


def test_tensors_that_came_went_or_changed_are_listed(checkpoint_with: Maker, report_with: Reporter) -> None:
    """With how they are stored."""
    old, new = checkpoint_with(tensors=["a", "b", "c"]), checkpoint_with(tensors=["b", "c", "d"])
    stored = (TensorSummary("b", "float32", (2, 3), 6, 24), TensorSummary("c", "bfloat16", (6,), 6, 12))
    new = replace(new, tensors=(*stored, new.tensors[2]))
    report = compared(report_with(new), report_with(old), EARLIER)
    assert tables(report, COMPARISON)["Tensors: 1 removed, 1 added, 1 retyped, 1 reshaped"] == [
        {"tensor": "a", "what": "removed", "old": "bfloat16 [2, 3]", "new": ""},
        {"tensor": "d", "what": "added", "old": "", "new": "bfloat16 [2, 3]"},
        {"tensor": "b", "what": "retyped", "old": "bfloat16 [2, 3]", "new": "float32 [2, 3]"},
        {"tensor": "c", "what": "reshaped", "old": "bfloat16 [2, 3]", "new": "bfloat16 [6]"},
    ]


def test_tables_are_bounded_and_say_so(checkpoint_with: Maker, report_with: Reporter) -> None:
    """The worst stay."""
    names = [f"t{i}" for i in range(3 * MOST_ROWS)]
    old = checkpoint_with(tensors=names, values={name: {"nans": 1} for name in names})
    new = checkpoint_with(tensors=names, values={name: {"nans": 2 + i} for i, name in enumerate(names)})
    report = compared(report_with(new), report_with(old), EARLIER)
    ((title, rows),) = tables(report, "range").items()
    assert title == "range: figures of tensors, the first 200 of 600 that moved, the worst first"
    assert [row["tensor"] for row in rows] == names[: -MOST_ROWS - 1 : -1]


def test_globs_choose_metrics(checkpoint_with: Maker, report_with: Reporter) -> None:
    """By name, by key, or with the analyzer before it."""
    old, new = (
        checkpoint_with(values={None: {"nans": n, "sqnr[format=int4]": float(n), "sqnr[format=nvfp4]": float(n)}})
        for n in (1, 2)
    )

    def told(*globs: str) -> list[str]:
        report = compared(report_with(new), report_with(old), EARLIER, globs)
        return [f"{row['metric']} {row['of']}".strip() for rows in tables(report, "range").values() for row in rows]

    assert told("sqnr") == ["sqnr format=int4", "sqnr format=nvfp4"]
    assert told("*nvfp4*", "range.nans") == ["nans", "sqnr format=nvfp4"]
    assert told("bits.*") == []


def test_without_definitions_figures_only_change(checkpoint_with: Maker, report_with: Reporter) -> None:
    """As in reports of the first version."""
    old, new = (report_with(checkpoint_with(values={None: {"nans": n}})) for n in (1, 9))
    bare = {"range": replace(old.analyzers["range"], definitions=())}
    report = compared(replace(new, analyzers=bare), replace(old, analyzers=bare), EARLIER)
    ((_, (row,)),) = tables(report, "range").items()
    assert (row["verdict"], row["better"]) == ("changed", "")
    assert not any(isinstance(figure, Bars) for figure in own(report, COMPARISON).figures)


def test_a_checkpoint_without_a_counterpart_says_so(checkpoint_with: Maker, report_with: Reporter) -> None:
    """In the place of figures."""
    new = report_with(checkpoint_with("m.pt"), checkpoint_with("n.pt", values={None: {"nans": 1}}))
    report = compared(new, report_with(checkpoint_with("m.pt")), EARLIER)
    assert [one.reason for one in report.checkpoints[1].skipped] == ["the baseline has no such checkpoint"]
    assert not any(one.measurements or one.figures for one in report.checkpoints[1].results)


def test_hostile_names_stay_names(checkpoint_with: Maker, report_with: Reporter) -> None:
    """In every writer for people; none ends a line, a cell or a tag."""
    name = "<script>|\n\x1b[31m\u202e\ud800`*"
    old, new = (
        report_with(checkpoint_with(tensors=[name, other], values={name: {"nans": n}}))
        for n, other in ((1, "gone" + name), (2, "new" + name))
    )
    report = compared(new, old, name + ".json")
    page, told = html_report.render(report), markdown_report.render(report)
    assert "<script>|" not in page
    assert "<script>" not in told
    for text in (page, told, text_report.render(report)):
        assert not {"\x1b", "\u202e", "\ud800"} & set(text)
    assert json_report.parse(json_report.render(report)) == report


@given(st.data())
@settings(max_examples=30)
def test_a_report_against_itself_has_not_moved(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Whatever it holds: nothing is worse, better or changed, and no figure is told twice."""
    report = data.draw(any_report)
    same = compared(report, report, EARLIER)
    for checkpoint in same.checkpoints:
        for result in checkpoint.results:
            assert not result.measurements
            for figure in result.figures:
                if isinstance(figure, Table):
                    verdicts = [i for i, column in enumerate(figure.columns) if column.label == "verdict"]
                    assert {row[i] for row in figure.rows for i in verdicts} <= {"same"}
    assert same.worst_counting is None


@given(st.data())
@settings(max_examples=30)
def test_turning_the_reports_round_turns_the_verdicts(
    any_report: st.SearchStrategy[Report], data: st.DataObject
) -> None:
    """As many figures are worse one way as are better the other."""
    old, new = data.draw(any_report), data.draw(any_report)
    there, back = compared(new, old, EARLIER), compared(old, new, EARLIER)
    assert moves(there, "worse") == moves(back, "better")
    assert moves(there, "better") == moves(back, "worse")
    assert moves(there, "same") == moves(back, "same")


def moves(report: Report, word: str) -> int:
    """How many figures moved so."""
    return sum(
        int(row[[column.label for column in figure.columns].index(word)])
        for checkpoint in report.checkpoints
        for result in checkpoint.results
        for figure in result.figures
        if isinstance(figure, Table) and figure.title == "Figures that moved"
        for row in figure.rows
    )
