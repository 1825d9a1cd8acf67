"""Measurements as Parquet, read back by Arrow."""

import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.report import AnalyzerSummary, Report
from precisionlab.analysis.results import Measurement, Metric, Result
from precisionlab.reports import parquet_report
from precisionlab.reports.parquet_report import render

STRINGS = ("checkpoint", "tensor", "dtype", "shape", "analyzer", "metric", "unit", "labels", "type", "value_text")


def stored(text: str) -> str:
    """A text as UTF-8 holds it."""
    return text.encode("utf-8", "backslashreplace").decode()


@given(data=st.data())
@settings(max_examples=30)
def test_any_report_reads_back(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Each measurement is a row with its names as they are, lone surrogates aside, and its value."""
    report = data.draw(any_report)
    table = pq.read_table(io.BytesIO(render(report))).to_pylist()
    expected = [
        (checkpoint, result, measurement)
        for checkpoint in report.checkpoints
        for result in checkpoint.results
        for measurement in result.measurements
    ]
    for row, (checkpoint, result, measurement) in zip(table, expected, strict=True):
        value = measurement.value
        assert row["checkpoint"] == stored(checkpoint.path)
        assert row["tensor"] == (None if result.subject is None else stored(result.subject))
        assert (row["analyzer"], row["metric"]) == (stored(result.analyzer), stored(measurement.metric.name))
        assert json.loads(row["labels"] or "{}") == dict(measurement.metric.labels)
        if isinstance(value, str):
            assert (row["type"], row["value"], row["value_text"]) == ("text", None, stored(value))
        elif isinstance(value, float):
            assert (row["type"], repr(row["value"]), row["value_text"]) == ("float", repr(value), None)
        elif isinstance(value, bool):
            assert (row["type"], row["value"], row["value_text"]) == ("boolean", float(value), None)
        else:
            assert row["type"] == "integer"
            assert int(row["value_text"] or row["value"]) == value


def test_columns_are_typed_and_what_repeats_is_kept_once(sample_report: Report) -> None:
    """Strings, int64 and float64 for whoever reads; in the file the strings are a dictionary and places in it."""
    content = render(sample_report)
    schema = pq.read_schema(io.BytesIO(content))
    assert {name: schema.field(name).type for name in STRINGS} == dict.fromkeys(STRINGS, pa.string())
    assert (schema.field("n_elements").type, schema.field("value").type) == (pa.int64(), pa.float64())
    group = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    assert all("RLE_DICTIONARY" in one.encodings for one in columns if one.path_in_schema in STRINGS)


def test_metadata_tells_what_columns_and_metrics_mean(sample_report: Report) -> None:
    """Each column has a description; each metric that was measured its unit, and its definition where it has one."""
    definitions = (
        Definition("zeros_share", "share of elements that are zero", Better.LOWER, "somebody (2024)"),
        Definition("unmeasured", "nothing"),
    )
    analyzers = {**sample_report.analyzers, "range": AnalyzerSummary({}, "What?", definitions)}
    schema = pq.read_schema(io.BytesIO(render(replace(sample_report, analyzers=analyzers))))
    assert all(schema.field(name).metadata[b"description"] for name in schema.names)
    about = json.loads(schema.metadata[b"precisionlab"])
    assert about["command"] == list(sample_report.command)
    metrics = about["analyzers"]["range"]["metrics"]
    assert metrics["zeros_share"] == {
        "unit": "1",
        "meaning": "share of elements that are zero",
        "better": "lower",
        "source": "somebody (2024)",
    }
    assert metrics["entropy"]["unit"] == "bits"
    assert "unmeasured" not in metrics


def test_tables_larger_than_a_row_group_are_whole(sample_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost or doubled where one group of rows ends and the next begins."""
    monkeypatch.setattr(parquet_report, "ROWS_AT_ONCE", 100)
    metric, n_rows = Metric("m", "u"), 207
    result = Result("range", "w", measurements=tuple(Measurement(metric, i) for i in range(n_rows)))
    report = replace(sample_report, checkpoints=(replace(sample_report.checkpoints[0], results=(result,)),))
    file = pq.ParquetFile(io.BytesIO(render(report)))
    assert file.num_row_groups == 3
    assert file.read(["value"])["value"].combine_chunks().equals(pa.array(range(n_rows), pa.int64()).cast(pa.float64()))


def test_a_report_without_measurements_is_an_empty_table(sample_report: Report) -> None:
    """With the same columns."""
    report = replace(sample_report, checkpoints=())
    assert pq.read_table(io.BytesIO(render(report))).shape == (0, len(STRINGS) + 2)
