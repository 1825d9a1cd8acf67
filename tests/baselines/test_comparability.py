"""What of a report a baseline says nothing of."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report
from precisionlab.baselines.comparability import incomparable

Maker = Callable[..., CheckpointReport]
Reporter = Callable[..., Report]


def test_each_difference_has_a_clause(checkpoint_with: Maker, report_with: Reporter) -> None:
    """Analyzers, rules, options, checkpoints and tensors, by name."""
    old = report_with(checkpoint_with("m.pt"), checkpoint_with("o.pt"))
    new = report_with(checkpoint_with("m.pt", tensors=["a.weight", "b.weight", "c\n.weight"]), checkpoint_with("n.pt"))
    analyzers = {
        "range": replace(new.analyzers["range"], options={"max_share": 0.1, "seed": 0}),
        "bits": AnalyzerSummary({}, rules=("PL900",)),
    }
    asked = replace(new, analyzers=analyzers, rules=(*new.rules, replace(new.rules[0], code="PL900")))
    assert incomparable(asked, replace(old, rules=old.rules[1:])) == (
        "o.pt is in it alone; it has nothing of n.pt; the tensor c\\n.weight is not in it; bits did not run for it; "
        "PL001 could not fire in it; range ran with other max_share and seed"
    )


def test_of_many_names_the_first_are_told(checkpoint_with: Maker, report_with: Reporter) -> None:
    """And the rest counted."""
    old, new = checkpoint_with(tensors=[]), checkpoint_with(tensors=[f"t{i}" for i in range(2000)])
    assert incomparable(report_with(new), report_with(old)) == (
        "the tensors t0, t1, t2, t3 and 1,996 more are not in it"
    )


def test_an_interrupted_baseline_is_told(checkpoint_with: Maker, report_with: Reporter) -> None:
    """What it did not come to is new."""
    whole = checkpoint_with("m.pt")
    told = incomparable(report_with(whole), report_with(replace(whole, complete=False)))
    assert told == "it was interrupted in m.pt"


@given(st.data())
@settings(max_examples=30)
def test_a_report_is_comparable_with_itself(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """One that asked more is told: what was forgotten passes nothing by silence."""
    report = data.draw(any_report)
    assert not incomparable(report, report)
    more = {**report.analyzers, "bits": AnalyzerSummary({})}
    asked_more = replace(report, analyzers=more)
    assert incomparable(report, asked_more) == ("" if "bits" in report.analyzers else "bits ran for it alone")
