"""What a report on paper tells of each analyzer: its question, the checkpoint's figures, and the worst tensors."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Result, Status
from precisionlab.reports import digest
from precisionlab.reports.model_map import Feature, is_number, telling
from precisionlab.reports.quantities import measured, shown_name, shown_unit
from precisionlab.reports.shading import EMPTY
from precisionlab.reports.tensor_columns import TensorColumn, metric_label, tensor_columns

MOST_COLUMNS = 5
"""Key figures of a tensor."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one analyzer has to say of one checkpoint."""

    name: str
    summary: AnalyzerSummary
    own: tuple[Result, ...]
    """About the checkpoint itself."""
    table: Table
    """The worst tensors with their key figures, the largest where nothing is better or worse; perhaps without rows."""
    results: tuple[Result, ...]
    """Of the tensors in the table, in its order."""


def chapters(checkpoint: CheckpointReport, report: Report, most: int) -> Iterator[Chapter]:
    """One for every analyzer that answered, with at most so many tensors each."""
    columns = tensor_columns(checkpoint)
    places = {tensor.name: place for place, tensor in enumerate(checkpoint.tensors)}
    for name, results in answered(checkpoint, report).items():
        features = key_features([column for column in columns if column.analyzer == name], report)
        answers = {places[one.subject]: one for one in results if one.subject is not None and one.subject in places}
        order = worst_first(answers, features, checkpoint.tensors)[:most]
        is_judged = any(one.findings for one in answers.values()) or any(map(is_better, features))
        rows = tuple(row(checkpoint.tensors[place].name, features, place) for place in order)
        heads = (Column("tensor"), *map(head, features))
        yield Chapter(
            name,
            report.analyzers.get(name, AnalyzerSummary({})),
            tuple(one for one in results if one.subject is None),
            Table("Worst tensors" if is_judged else "Largest tensors", heads, rows),
            tuple(answers[place] for place in order),
        )


def answered(checkpoint: CheckpointReport, report: Report) -> dict[str, list[Result]]:
    """The results that hold an answer, by analyzer, in the order of the report's analyzers."""
    found: dict[str, list[Result]] = {name: [] for name in report.analyzers}
    for result in checkpoint.results:
        if result.status is Status.DONE:
            found.setdefault(result.analyzer, []).append(result)
    return {name: results for name, results in found.items() if results}


def worst_first(
    answers: Mapping[int, Result], features: Sequence[Feature], tensors: Sequence[TensorSummary]
) -> list[int]:
    """The places of answered tensors: by their findings, by the first figure that is better or worse, by size."""
    judged = next(filter(is_better, features), None)
    return sorted(answers, key=lambda place: (badness(answers[place]), rank(judged, place), -tensors[place].n_bytes))


def is_better(feature: Feature) -> bool:
    """Whether one value of it is better than another."""
    return feature.better is not Better.NEITHER


def key_features(columns: Sequence[TensorColumn], report: Report) -> list[Feature]:
    """The figures that tell most of one analyzer's, else the first of them."""
    told = telling(columns, report.analyzers)[:MOST_COLUMNS]
    return told or [Feature(column.metric, Better.NEITHER, column.values) for column in columns[:MOST_COLUMNS]]


def badness(result: Result) -> tuple[int, int]:
    """What tensors are ordered by first: severity and number of the findings, the worst being the least."""
    return -max((finding.severity for finding in result.findings), default=0), -len(result.findings)


def rank(feature: Feature | None, place: int) -> float:
    """What tensors are ordered by next: the least is the worst; what was not measured comes last."""
    value = feature.values[place] if feature else None
    if feature is None or not is_number(value):
        return math.inf
    return value if feature.better is Better.HIGHER else -value


def head(feature: Feature) -> Column:
    """A key figure as a column."""
    return Column(metric_label(feature.metric), shown_unit(feature.metric))


def row(name: str, features: Sequence[Feature], place: int) -> tuple[Cell, ...]:
    """A tensor with its key figures, a dash where one was not measured."""
    values = (feature.values[place] for feature in features)
    return shown_name(name), *(EMPTY if value is None else value for value in values)


def own_table(result: Result) -> Table:
    """What was measured of the checkpoint itself, but for what a table of the same result has a row for."""
    rows = ((metric_label(one.metric), measured(one.metric, one.value)) for one in digest.untabulated(result))
    return Table("The checkpoint as a whole", (Column("measurement"), Column("value")), tuple(rows))
