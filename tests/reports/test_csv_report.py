"""Measurements as CSV, read back by Python's reader and by Arrow's."""

import csv
import io
import json
import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Measurement, Metric, Result, Scalar
from precisionlab.escaping import printable
from precisionlab.reports.csv_report import render

HEADER = [
    *("checkpoint", "tensor", "dtype", "shape", "n_elements", "analyzer"),
    *("metric", "unit", "labels", "type", "value", "value_text"),
]


def rows(text: str) -> list[dict[str, str]]:
    """The rows as Python's strict reader has them."""
    return list(csv.DictReader(io.StringIO(text), strict=True))


def measured(report: Report) -> list[tuple[CheckpointReport, Result, Measurement]]:
    """What there is to be a row for."""
    return [
        (checkpoint, result, measurement)
        for checkpoint in report.checkpoints
        for result in checkpoint.results
        for measurement in result.measurements
    ]


def with_values(report: Report, subject: str | None, *values: Scalar) -> Report:
    """The report with these measurements alone, of one tensor that it lists nowhere."""
    measurements = tuple(Measurement(Metric(f"m{i}", "u"), value) for i, value in enumerate(values))
    checkpoint = replace(report.checkpoints[0], results=(Result("range", subject, measurements=measurements),))
    return replace(report, checkpoints=(checkpoint,))


def test_every_measurement_is_a_row_with_what_it_is_of(sample_report: Report) -> None:
    """Tensors with dtype, shape and size, the checkpoint itself with its parameters."""
    text = render(sample_report)
    assert text.splitlines()[0].split(",") == HEADER
    table = rows(text)
    assert len(table) == len(measured(sample_report))
    assert text.count("\n") == len(table) + 1
    for row, (checkpoint, result, measurement) in zip(table, measured(sample_report), strict=True):
        tensor = next((one for one in checkpoint.tensors if one.name == result.subject), None)
        assert row["checkpoint"] == printable(checkpoint.path)
        assert row["metric"] == measurement.metric.name
        assert json.loads(row["labels"] or "{}") == dict(measurement.metric.labels)
        if tensor is None:
            assert (row["tensor"], row["dtype"], row["shape"]) == ("", "", "")
            assert int(row["n_elements"]) == checkpoint.n_parameters
        else:
            assert row["tensor"].lstrip("'") == printable(tensor.name, len(tensor.name))
            assert (tuple(json.loads(row["shape"])), int(row["n_elements"])) == (tensor.shape, tensor.n_elements)


@given(data=st.data())
@settings(max_examples=40)
def test_any_report_has_a_line_for_each_measurement(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Whatever the names and values; the value that is read is the nearest float, the text is exact."""
    report = data.draw(any_report)
    text = render(report)
    table = rows(text)
    assert text.count("\n") == len(table) + 1
    for row, (_, _, measurement) in zip(table, measured(report), strict=True):
        value = measurement.value
        if isinstance(value, str):
            assert (row["type"], row["value"]) == ("text", "")
            assert row["value_text"].removeprefix("'") == printable(value, len(value)).removeprefix("'")
        elif isinstance(value, float):
            assert (row["type"], row["value_text"]) == ("float", "")
            assert repr(float(row["value"])) == repr(value)
        elif isinstance(value, bool):
            assert (row["type"], row["value"], row["value_text"]) == ("boolean", f"{value:d}.0", "")
        else:
            assert row["type"] == "integer"
            assert int(row["value_text"] or float(row["value"])) == value


def test_arrow_reads_the_numbers_as_numbers(sample_report: Report) -> None:
    """Its inference makes float64 of the values and int64 of the counts; a NaN is missing, and its type tells that."""
    table = pyarrow.csv.read_csv(io.BytesIO(render(sample_report).encode()))
    assert table.schema.field("value").type == pa.float64()
    assert table.schema.field("n_elements").type == pa.int64()
    for got, (_, _, measurement) in zip(table["value"].to_pylist(), measured(sample_report), strict=True):
        if isinstance(measurement.value, str) or measurement.value != measurement.value:
            assert got is None
        else:
            assert got == float(measurement.value)
    kinds = table.filter(pc.is_null(table["value"]))["type"].unique().to_pylist()
    assert set(kinds) == {"float", "text"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_text_of_a_file_is_a_formula(start: str, sample_report: Report) -> None:
    """A name or a text that a spreadsheet would compute begins with an apostrophe, or is escaped; numbers stay numbers."""
    name = f'{start}HYPERLINK("http://example.invalid";"x")'
    (row, number) = rows(render(with_values(sample_report, name, name, "-1.5")))
    for cell in (row["tensor"], row["value_text"]):
        assert cell[0] not in "=+-@\t\r"
        assert cell.lstrip("'") == printable(name)
    assert number["value_text"] == "-1.5"


def test_large_whole_numbers_are_exact(sample_report: Report) -> None:
    """What float64 rounds stands in full beside it; what exceeds it has no float."""
    values = (2**53, 2**53 + 1, -(2**63) - 1, 10**400, math.inf, True)
    table = rows(render(with_values(sample_report, "w", *values)))
    assert [row["value_text"] for row in table] == ["", str(2**53 + 1), str(-(2**63) - 1), str(10**400), "", ""]
    assert [row["value"] for row in table] == [
        "9007199254740992.0", "9007199254740992.0", "-9.223372036854776e+18", "", "inf", "1.0",
    ]  # fmt: skip
