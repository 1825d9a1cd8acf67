"""All measurements as CSV, quoted as RFC 4180 says, in UTF-8 and with a line feed after each row: see `tidy_rows`.

A row is a line: what does not print in a name is escaped. A text that a spreadsheet would
compute starts with an apostrophe. Parquet and JSON have names as they are.
"""

import csv
import io
import math
from collections.abc import Iterable

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Metric, Scalar
from precisionlab.reports.figure_tables import guarded, separated
from precisionlab.reports.tidy_rows import COLUMNS, Stretch, full_text, kind, labels, number, stretches


def render(report: Report) -> str:
    """The table, the header first. NaN and infinities are `NaN`, `inf` and `-inf`; what is missing is empty."""
    metrics: dict[int, str] = {}  # by identity: metrics are made once and shared by their measurements
    lines = io.StringIO()
    lines.write(separated([COLUMNS], ","))
    for stretch in stretches(report):
        about = cells(stretch_cells(stretch))
        for measurement in stretch.measurements:
            metric = metrics.get(id(measurement.metric))
            if metric is None:
                metric = metrics[id(measurement.metric)] = cells(metric_cells(measurement.metric))
            lines.write(f"{about},{metric},{value_cells(measurement.value)}\n")
    return lines.getvalue()


def stretch_cells(stretch: Stretch) -> Iterable[int | str | None]:
    """What all rows of a stretch begin with."""
    return (
        *(stretch.checkpoint, stretch.tensor, stretch.dtype),
        *(stretch.shape, stretch.n_elements, stretch.analyzer),
    )


def metric_cells(metric: Metric) -> Iterable[str | None]:
    """What follows: what was measured."""
    return metric.name, metric.unit, labels(metric)


def value_cells(value: Scalar) -> str:
    """The end of a row: what was found. A number always has a point or an exponent, so that readers take it for a float."""
    whole = full_text(value)
    text = "" if whole is None else cells((whole, ""))[:-1]
    return f"{kind(value)},{spelled(number(value))},{text}"


def spelled(value: float | None) -> str:
    """A number with all its digits; NaN so that all readers know it, nothing where there is none."""
    if value is None:
        return ""
    return "NaN" if math.isnan(value) else float.__repr__(value)


def cells(values: Iterable[int | str | None]) -> str:
    """Several cells as a part of a row."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["" if value is None else guarded(value) for value in values])
    return line.getvalue()
