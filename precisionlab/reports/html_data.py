"""What the HTML page carries for its script: one table of all tensors, and details of the worst."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Metric, Result, Scalar, Status
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.digest import Standing
from precisionlab.reports.html_figures import figure_markup
from precisionlab.reports.json_encoding import Json, MetricKeys, scalar
from precisionlab.reports.markup import Markup
from precisionlab.reports.quantities import shape, shown_name, shown_unit

DETAILED = 500
"""Tensors of a report whose figures, findings' texts and measurements are all embedded."""
MOST_VALUES = 1_000_000
"""Measured values in the tables of a report; columns that do not fit are left to the details."""
LEAST_COLUMNS = 8
"""Columns that are embedded however many tensors there are."""
MOST_FINDINGS = 20_000
"""Up to so many findings, their texts are embedded for all tensors."""
FIRST_COLUMNS = 3
"""Measurements that the table shows before the reader chooses."""
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
EXACT_INTEGERS = 2**53
"""Larger integers are no numbers for a browser; they travel as text."""


@dataclass(slots=True)
class Column:
    """One measurement of all tensors."""

    key: str
    metric: Metric
    analyzer: str
    values: list[Scalar | None]
    """By the tensor's place; None where it was not measured."""
    rank: int
    """How early its analyzer tells it: the earliest of its places in the results."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a report fits into its page."""

    detailed: frozenset[tuple[int, int]]
    """Checkpoint and place of the tensors with all details."""
    n_columns: int
    all_texts: bool

    @property
    def partial(self) -> bool:
        """Whether anything was left out."""
        return len(self.detailed) >= DETAILED


def limits(report: Report) -> Limits:
    """The worst tensors get all details; the others what fits."""
    entries = [
        (digest.badness(entry), (at, place))
        for at, checkpoint in enumerate(report.checkpoints)
        for place, entry in enumerate(digest.standings(checkpoint))
    ]
    detailed = frozenset(where for _, where in sorted(entries)[:DETAILED])
    n_findings = sum(len(checkpoint.findings) for checkpoint in report.checkpoints)
    return Limits(detailed, max(LEAST_COLUMNS, MOST_VALUES // max(len(entries), 1)), n_findings <= MOST_FINDINGS)


def embedded(value: object) -> Markup:
    """JSON for a script element: no `<` in it, so that nothing in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def coded(texts: Iterable[str]) -> Json:
    """Texts of which few differ: each once, and by its number for every place."""
    numbers: dict[str, int] = {}
    index = [numbers.setdefault(text, len(numbers)) for text in texts]
    return {"texts": list(numbers), "index": index}


def brief(value: Scalar) -> object:
    """A value for the page: floats to six digits, large integers as text, texts printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return scalar(float(f"{value:.6g}"))
    return {"int": f"{value:,}"} if abs(value) > EXACT_INTEGERS else value


def columns(checkpoint: CheckpointReport) -> list[Column]:
    """All that was measured of tensors: first what most of them have, of that the preferred, then as analyzers tell it."""
    places = {tensor.name: place for place, tensor in enumerate(checkpoint.tensors)}
    keys = MetricKeys()
    found: dict[tuple[str, str], Column] = {}
    for result in digest.tensor_results(checkpoint):
        place = places.get(result.subject or "")
        for rank, measurement in enumerate(result.measurements if place is not None else ()):
            key = keys.key(measurement.metric)
            column = found.get((result.analyzer, key))
            if column is None:
                empty: list[Scalar | None] = [None] * len(checkpoint.tensors)
                column = found[result.analyzer, key] = Column(key, measurement.metric, result.analyzer, empty, rank)
            column.values[place or 0] = measurement.value
            column.rank = min(column.rank, rank)
    analyzers = list(dict.fromkeys(analyzer for analyzer, _ in found))
    return sorted(found.values(), key=lambda one: (*standing(one), analyzers.index(one.analyzer), one.rank))


def standing(column: Column) -> tuple[bool, int]:
    """What columns are ordered by first: whether few tensors have it, and how far it is preferred."""
    return is_rare(column), preference(column.metric)


def is_rare(column: Column) -> bool:
    """Whether fewer than half of the tensors have it, as of types that few tensors are of."""
    return 2 * (len(column.values) - column.values.count(None)) < len(column.values)


def preference(metric: Metric) -> int:
    """How early a measurement is shown."""
    return PREFERRED.index(metric.name) if metric.name in PREFERRED else len(PREFERRED)


def table_data(entries: Sequence[Standing], measured: Sequence[Column], most: int) -> Json:
    """The table of all tensors, column by column."""
    return {
        "names": [shown_name(entry.tensor.name) for entry in entries],
        "dtypes": coded(printable(entry.tensor.dtype) for entry in entries),
        "shapes": coded(shape(entry.tensor.shape) for entry in entries),
        "bytes": [brief(entry.tensor.n_bytes) for entry in entries],
        "severities": [int(entry.severity or 0) for entry in entries],
        "counts": [len(entry.findings) for entry in entries],
        "codes": coded(" ".join(dict.fromkeys(printable(f.code) for f in entry.findings)) for entry in entries),
        "columns": [column_data(column, embed=at < most) for at, column in enumerate(measured)],
        "shown": min(FIRST_COLUMNS, len(measured), most),
    }


def column_data(column: Column, *, embed: bool) -> Json:
    """What a measurement is called; its values where there is room."""
    return {
        "key": printable(column.key),
        "label": metric_label(column.metric),
        "unit": printable(shown_unit(column.metric)),
        "values": [None if value is None else brief(value) for value in column.values] if embed else None,
    }


def metric_label(metric: Metric) -> str:
    """A metric in words: `overflows (float16)`, `dead channels (axis 0)`."""
    labels = ", ".join(f"{key} {value}" if value.isdecimal() else value for key, value in metric.labels.items())
    return printable(metric.name.replace("_", " ") + (f" ({labels})" if labels else ""))


def details_data(
    checkpoint: CheckpointReport, entries: Sequence[Standing], measured: Sequence[Column], where: Limits, at: int
) -> Json:
    """Details by the tensor's place, for those that have any in the page."""
    results: dict[str, list[Result]] = {}
    for result in digest.tensor_results(checkpoint):
        results.setdefault(result.subject or "", []).append(result)
    details: dict[str, Json] = {}
    for place, entry in enumerate(entries):
        if (at, place) in where.detailed:
            details[str(place)] = full_details(entry, place, measured, results.get(entry.tensor.name, []))
        elif where.all_texts and entry.findings:
            details[str(place)] = {"findings": [finding_data(finding) for finding in entry.findings]}
    return details


def full_details(entry: Standing, place: int, measured: Sequence[Column], results: Iterable[Result]) -> Json:
    """All that the report has of a tensor."""
    answers = list(results)
    values = ((at, column.values[place]) for at, column in enumerate(measured))
    return {
        "measurements": [(at, brief(value)) for at, value in values if value is not None],
        "findings": [finding_data(finding) for finding in entry.findings],
        "figures": [figure_markup(figure) for answer in answers for figure in answer.figures],
        "unanswered": [
            f"{printable(answer.analyzer)} {answer.status.value}: {printable(answer.reason, 600)}"
            for answer in answers
            if answer.status is not Status.DONE
        ],
        "remarks": [*remarks(entry)],
    }


def remarks(entry: Standing) -> Iterable[str]:
    """What the headers say beside name, type and shape."""
    if entry.tensor.shares_storage_with is not None:
        yield f"shares its storage with {shown_name(entry.tensor.shares_storage_with)}"
    if entry.tensor.note:
        yield printable(entry.tensor.note)


def finding_data(finding: Finding) -> Json:
    """A finding with its evidence."""
    return {
        "severity": int(finding.severity),
        "code": printable(finding.code),
        "message": printable(finding.message, 600),
        "remedy": printable(finding.remedy, 600),
        "evidence": [(printable(name), brief(value)) for name, value in finding.evidence.items()],
    }
