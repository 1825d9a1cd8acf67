"""All measurements as a Parquet file: see `tidy_rows`.

Columns are strings, int64 and float64; repeated strings take next to no room, since Parquet
keeps each once. Each column's `description` says what it holds, and the file's metadata under
`precisionlab`, in JSON, what each metric means and in which unit it is.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Measurement
from precisionlab.reports.putting import storable
from precisionlab.reports.tidy_rows import COLUMNS, Stretch, full_text, kind, labels, number, stretches

ROWS_AT_ONCE = 1 << 19
"""Rows of a row group: what is held as strings at any one time."""
MISSING = -1
INT64 = range(-(2**63), 2**63)


def render(report: Report) -> bytes:
    """The table as a file."""
    columns = Columns()
    for stretch in stretches(report):
        columns.add(stretch)
    table = columns.table()
    schema = described(table.schema, {"precisionlab": json.dumps(metadata(report, columns.units))})
    stream = pa.BufferOutputStream()
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for start in range(0, max(table.num_rows, 1), ROWS_AT_ONCE):
            writer.write_table(table.slice(start, ROWS_AT_ONCE).cast(schema))
    content: bytes = stream.getvalue().to_pybytes()
    return content


@dataclass(slots=True)
class Repeated:
    """A column of strings, most of which repeat: each once, and for each row which it is."""

    places: dict[str, int] = field(default_factory=dict)
    rows: "array[int]" = field(default_factory=lambda: array("i"))

    def add(self, value: str | None, n_rows: int = 1) -> None:
        """So many rows with this value; None where it is missing."""
        place = MISSING if value is None else self.places.setdefault(value, len(self.places))
        self.rows.extend([place] * n_rows)

    def column(self) -> pa.Array:
        """The column."""
        rows = pa.Array.from_buffers(pa.int32(), len(self.rows), [None, pa.py_buffer(self.rows)])
        rows = pc.if_else(pc.equal(rows, MISSING), pa.scalar(None, pa.int32()), rows)
        return pa.DictionaryArray.from_arrays(rows, pa.array(map(storable, self.places), pa.string()))


@dataclass(slots=True)
class Columns:
    """The table while it grows."""

    strings: Mapping[str, Repeated] = field(
        default_factory=lambda: {name: Repeated() for name in COLUMNS if name not in {"n_elements", "value"}}
    )
    n_elements: list[int | None] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    """By analyzer and metric."""
    known_labels: dict[int, str | None] = field(default_factory=dict)
    """By the metric's identity: metrics are made once and shared by their measurements."""

    def add(self, stretch: Stretch) -> None:
        """The rows of a stretch."""
        n_rows = len(stretch.measurements)
        shared = ("checkpoint", "tensor", "dtype", "shape", "analyzer")
        for name in shared:
            self.strings[name].add(getattr(stretch, name), n_rows)
        self.n_elements.extend([int64(stretch.n_elements)] * n_rows)
        for measurement in stretch.measurements:
            self.add_measured(measurement, stretch.analyzer)

    def add_measured(self, measurement: Measurement, analyzer: str) -> None:
        """What the row has of its own."""
        metric, value, strings = measurement.metric, measurement.value, self.strings
        if id(metric) not in self.known_labels:
            self.known_labels[id(metric)] = labels(metric)
            self.units[analyzer, metric.name] = metric.unit
        strings["metric"].add(metric.name)
        strings["unit"].add(metric.unit)
        strings["labels"].add(self.known_labels[id(metric)])
        strings["type"].add(kind(value).value)
        strings["value_text"].add(full_text(value))
        self.values.append(number(value))

    def table(self) -> pa.Table:
        """The columns in their order."""
        numbers = {
            "n_elements": pa.array(self.n_elements, pa.int64()),
            "value": pa.array(self.values, pa.float64()),
        }
        return pa.table({name: numbers[name] if name in numbers else self.strings[name].column() for name in COLUMNS})


def int64(value: int | None) -> int | None:
    """The number where an int64 holds it, as it does of all tensors that there can be; else None."""
    return value if value is not None and value in INT64 else None


def described(schema: pa.Schema, about: Mapping[str, str]) -> pa.Schema:
    """The schema of the file: strings for what repeats, with what each column holds."""
    fields = [
        pa.field(
            one.name,
            pa.string() if pa.types.is_dictionary(one.type) else one.type,
            metadata={"description": COLUMNS[one.name]},
        )
        for one in schema
    ]
    return pa.schema(fields, dict(about))


def metadata(report: Report, units: Mapping[tuple[str, str], str]) -> Mapping[str, object]:
    """Where the table comes from, and what each analyzer's metrics mean, in which unit."""
    return {
        "version": report.run.versions.get("precisionlab", ""),
        "schema_version": report.schema_version,
        "command": list(report.command),
        "analyzers": {
            name: {
                "question": summary.question,
                "metrics": dict(
                    meanings(
                        {one.name: (one.meaning, one.better.value, one.source) for one in summary.definitions},
                        {metric: unit for (analyzer, metric), unit in units.items() if analyzer == name},
                    )
                ),
            }
            for name, summary in report.analyzers.items()
        },
    }


def meanings(
    defined: Mapping[str, tuple[str, str, str]], units: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every metric that was measured, with its unit and its definition where it has one."""
    for name, unit in units.items():
        meaning, better, source = defined.get(name, ("", "", ""))
        told: Iterable[tuple[str, str]] = zip(
            ("unit", "meaning", "better", "source"), (unit, meaning, better, source), strict=True
        )
        yield name, dict(told)
