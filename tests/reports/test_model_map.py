"""Layers by measurements: how names fold into layers, and which number and which shade stand in a cell."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Finding, Measurement, Metric, Result, Scalar
from precisionlab.analysis.rules import Severity
from precisionlab.reports.model_map import MOST_ROWS, ModelMap, layer_of, model_map

SIGNAL, LOST, SPREAD, TEXT = "signal", "lost", "spread", "text"
METRICS = {
    SIGNAL: Metric("sqnr_db", "dB", MappingProxyType({"format": "int4"})),
    LOST: Metric("lost", "elements"),
    SPREAD: Metric("dynamic_range", "bits"),
    TEXT: Metric("narrowest_format", ""),
}
DEFINITIONS = (
    Definition("sqnr_db", "signal to noise", Better.HIGHER),
    Definition("lost", "what is lost", Better.LOWER),
    Definition("dynamic_range", "from the least to the largest"),
)
ASKED = MappingProxyType({"range": AnalyzerSummary(MappingProxyType({}), definitions=DEFINITIONS)})


def checkpoint(values: Mapping[str, Mapping[str, Scalar]], findings: tuple[Finding, ...] = ()) -> CheckpointReport:
    """One whose tensors have these measurements."""
    tensors = tuple(TensorSummary(name, "float32", (2,), 2, 8) for name in values)
    results = tuple(
        Result("range", name, measurements=tuple(Measurement(METRICS[key], value) for key, value in measured.items()))
        for name, measured in values.items()
    )
    own = Result("range", None, findings=findings)
    return CheckpointReport("m", "c", (), 2, 8, MappingProxyType({}), tensors, (*results, own))


def mapped(values: Mapping[str, Mapping[str, Scalar]], findings: tuple[Finding, ...] = ()) -> ModelMap:
    """The map of a checkpoint that has one."""
    drawn = model_map(checkpoint(values, findings), ASKED)
    assert drawn is not None
    return drawn


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("model.layers.3.self_attn.q_proj.weight", "model.layers.3"),
        ("model.layers.3.mlp.experts.17.w1.weight", "model.layers.3"),
        ("blk.12.attn_q.weight", "blk.12"),
        ("transformer.h.0.ln_1.bias", "transformer.h.0"),
        ("params/encoder/layers_7/kernel", "params/encoder/layers_7"),
        ("0.weight", "0"),
        ("model.embed_tokens.weight", "model.embed_tokens"),
        ("lm_head.weight", "lm_head"),
        ("bias", "bias"),
        (".weight", ".weight"),
        ("", ""),
    ],
)
def test_names_fold_into_layers(name: str, layer: str) -> None:
    """A layer is the name up to its first number, or without its last part."""
    assert layer_of(name) == layer


def test_a_cell_tells_the_worst_of_its_layer() -> None:
    """By the direction that is better: the least where higher is, the largest where lower is, the median where neither."""
    drawn = mapped(
        {
            "l.0.a": {SIGNAL: 30.0, LOST: 5, SPREAD: 1.0},
            "l.0.b": {SIGNAL: 20.0, LOST: 7, SPREAD: 2.0},
            "l.0.c": {SIGNAL: math.nan, SPREAD: 9.0},
            "l.1.a": {SIGNAL: 40.0, LOST: 1, SPREAD: 4.0},
        }
    )
    up, down = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
    assert drawn.heatmap.columns == (f"sqnr db (int4) (dB) {up}", f"lost {down}", "dynamic range (bits)")
    assert drawn.heatmap.rows == ("l.0", "l.1")
    assert drawn.numbers == (("20", "7", "2"), ("40", "1", "4"))
    assert drawn.heatmap.values == ((1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert drawn.table.rows == (("l.0", "20", "7", "2"), ("l.1", "40", "1", "4"))


def test_shades_are_places_in_their_column() -> None:
    """By logarithms where values span decades; infinities stand at the ends, what is missing nowhere."""
    losses: tuple[Scalar | None, ...] = (1, 100, 10_000, math.inf, None)
    drawn = mapped({f"l.{i}.w": {} if loss is None else {LOST: loss} for i, loss in enumerate(losses)})
    shades = [row[0] for row in drawn.heatmap.values]
    assert shades[:4] == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert math.isnan(shades[4])
    near = mapped({f"l.{i}.w": {SIGNAL: value} for i, value in enumerate((10.0, 20.0, 40.0, math.inf))})
    assert [row[0] for row in near.heatmap.values] == pytest.approx([1.0, 2 / 3, 0.0, 0.0])


def test_findings_are_counted_by_severity() -> None:
    """A column for each severity that occurs, from none, the best, to the most; those of the checkpoint are of no layer."""
    names = {f"l.{i}.w": {SIGNAL: float(i)} for i in range(3)}
    fired = [Finding("X", Severity.NOTE, name, "so", "do") for name in ("l.1.w", "l.2.w", "l.2.w", None)]
    drawn = mapped(names, (*fired, Finding("Y", Severity.ERROR, "l.0.w", "so", "do")))
    assert drawn.heatmap.columns[:2] == ("errors", "notes")
    assert [row[:2] for row in drawn.numbers] == [("1", "0"), ("0", "1"), ("0", "2")]
    assert [row[:2] for row in drawn.heatmap.values] == [(1.0, 0.0), (0.0, 0.5), (0.0, 1.0)]


def test_layers_stand_in_the_order_of_their_numbers_and_share_rows_where_they_are_many() -> None:
    """Layer 2 before layer 10; of 200 layers four share a row, whose cell is the worst of all of them."""
    few = mapped({f"l.{i}.w": {SIGNAL: float(i)} for i in (0, 1, 10, 11, 2)})
    assert few.heatmap.rows == ("l.0", "l.1", "l.2", "l.10", "l.11")
    many = mapped({f"l.{i}.w": {SIGNAL: float(i)} for i in range(200)} | {"head.w": {SIGNAL: 7.5}})
    assert len(many.heatmap.rows) == 51 <= MOST_ROWS
    assert many.heatmap.rows[:2] == ("l.0 to 3", "l.4 to 7")
    assert many.heatmap.rows[-1] == "head"
    assert many.numbers[1] == ("4",)
    assert "4 layers a row" in many.heatmap.title


def test_there_is_no_map_of_one_layer_or_of_nothing() -> None:
    """Nor of numbers that are the same everywhere, or texts."""
    for values in ({"l.0.a": {SIGNAL: 1.0}, "l.0.b": {SIGNAL: 2.0}}, {"l.0.w": {SPREAD: 1.0}, "l.1.w": {SPREAD: 1.0}}):
        assert model_map(checkpoint(values), ASKED) is None
    assert model_map(checkpoint({"l.0.w": {TEXT: "a"}, "l.1.w": {TEXT: "b"}}), ASKED) is None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_has_a_sound_map_or_none(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """Places are from 0 to 1, and there is a number for each."""
    report = data.draw(any_report)
    for one in report.checkpoints:
        drawn = model_map(one, report.analyzers)
        if drawn is not None:
            assert all(math.isnan(place) or 0 <= place <= 1 for row in drawn.heatmap.values for place in row)
            assert [len(row) for row in drawn.numbers] == [len(row) for row in drawn.heatmap.values]
