"""What was measured of tensors, column by column: one measurement of all tensors each."""

from dataclasses import dataclass

from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Metric, Scalar
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.json_encoding import MetricKeys

PREFERRED = (
    "smallest_magnitude",
    "largest_magnitude",
    "narrowest_format",
    "zeros_share",
    "subnormals_share",
    "dynamic_range",
    "lossless_share",
    "distinct_values",
    "infinities",
    "nans",
)
"""Names of measurements that are shown first, where the report has them."""


@dataclass(slots=True)
class TensorColumn:
    """One measurement of all tensors."""

    key: str
    metric: Metric
    analyzer: str
    values: list[Scalar | None]
    """By the tensor's place; None where it was not measured."""
    rank: int
    """How early its analyzer tells it: the earliest of its places in the results."""


def tensor_columns(checkpoint: CheckpointReport) -> list[TensorColumn]:
    """All that was measured of tensors: first what most of them have, of that the preferred, then as analyzers tell it."""
    places = {tensor.name: place for place, tensor in enumerate(checkpoint.tensors)}
    keys = MetricKeys()
    found: dict[tuple[str, str], TensorColumn] = {}
    for result in digest.tensor_results(checkpoint):
        place = places.get(result.subject or "")
        for rank, measurement in enumerate(result.measurements if place is not None else ()):
            key = keys.key(measurement.metric)
            column = found.get((result.analyzer, key))
            if column is None:
                empty: list[Scalar | None] = [None] * len(checkpoint.tensors)
                column = found[result.analyzer, key] = TensorColumn(
                    key, measurement.metric, result.analyzer, empty, rank
                )
            column.values[place or 0] = measurement.value
            column.rank = min(column.rank, rank)
    analyzers = list(dict.fromkeys(analyzer for analyzer, _ in found))
    return sorted(found.values(), key=lambda one: (*standing(one), analyzers.index(one.analyzer), one.rank))


def standing(column: TensorColumn) -> tuple[bool, int]:
    """What columns are ordered by first: whether few tensors have it, and how far it is preferred."""
    return is_rare(column), preference(column.metric)


def is_rare(column: TensorColumn) -> bool:
    """Whether fewer than half of the tensors have it, as of types that few tensors are of."""
    return 2 * (len(column.values) - column.values.count(None)) < len(column.values)


def preference(metric: Metric) -> int:
    """How early a measurement is shown."""
    return PREFERRED.index(metric.name) if metric.name in PREFERRED else len(PREFERRED)


def metric_label(metric: Metric) -> str:
    """A metric in words: `overflows (float16)`, `dead channels (axis 0)`."""
    labels = ", ".join(f"{key} {value}" if value.isdecimal() else value for key, value in metric.labels.items())
    return printable(metric.name.replace("_", " ") + (f" ({labels})" if labels else ""))
