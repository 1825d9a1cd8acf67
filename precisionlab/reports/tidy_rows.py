"""All measurements of a report as one tidy table: a row for each tensor and metric, and one for each of the checkpoint itself.

What CSV and Parquet share: the columns, and how a measurement's value stands in three of them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from precisionlab.analysis.report import CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Measurement, Metric, Result, Scalar

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "checkpoint": "path of the checkpoint as it was given",
        "tensor": "name of the tensor; missing in rows about the checkpoint itself",
        "dtype": "how the tensor is stored; missing in rows about the checkpoint itself",
        "shape": "dimensions of the tensor as a JSON array; missing in rows about the checkpoint itself",
        "n_elements": "elements of the tensor, or parameters of the checkpoint",
        "analyzer": "name of the analyzer that measured",
        "metric": "name of what was measured",
        "unit": "unit of the value; 1 for ratios and shares, empty for values in the tensor's own unit",
        "labels": 'what tells metrics of one name apart, as a JSON object such as {"format": "float16"}; else missing',
        "type": "what the value is: boolean, integer, float or text",
        "value": "the value as float64, 1 and 0 for true and false; missing for texts and where it exceeds all floats",
        "value_text": "the value in full where a float64 does not hold it: texts, and large whole numbers",
    }
)
"""What the columns hold, in their order."""


class Kind(StrEnum):
    """What a value is."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that follow each other and differ in metric and value alone: what one analyzer measured of one tensor."""

    checkpoint: str
    tensor: str | None
    dtype: str | None
    shape: str | None
    n_elements: int | None
    """None of a tensor that the report lists nowhere."""
    analyzer: str
    measurements: tuple[Measurement, ...]


def stretches(report: Report) -> Iterator[Stretch]:
    """All rows, in the order of the report."""
    for checkpoint in report.checkpoints:
        tensors = {tensor.name: tensor for tensor in checkpoint.tensors}
        for result in checkpoint.results:
            if result.measurements:
                yield stretch(checkpoint, tensors, result)


def stretch(checkpoint: CheckpointReport, tensors: Mapping[str, TensorSummary], result: Result) -> Stretch:
    """The rows of one result."""
    tensor = None if result.subject is None else tensors.get(result.subject)
    whole = checkpoint.n_parameters if result.subject is None else None
    return Stretch(
        checkpoint=checkpoint.path,
        tensor=result.subject,
        dtype=None if tensor is None else tensor.dtype,
        shape=None if tensor is None else json.dumps(tensor.shape),
        n_elements=whole if tensor is None else tensor.n_elements,
        analyzer=result.analyzer,
        measurements=result.measurements,
    )


def labels(metric: Metric) -> str | None:
    """A metric's labels as a JSON object in ASCII; None where it has none."""
    return json.dumps(dict(metric.labels)) if metric.labels else None


def kind(value: Scalar) -> Kind:
    """What a value is."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        return Kind.INTEGER
    return Kind.FLOAT if isinstance(value, float) else Kind.TEXT


def number(value: Scalar) -> float | None:
    """The value as the nearest float64; None where it is a text or exceeds them all."""
    if isinstance(value, str):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def full_text(value: Scalar) -> str | None:
    """The value in full where `number` is not all of it; else None."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and number(value) != value else None
