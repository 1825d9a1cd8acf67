"""What the HTML page carries for its script: one table of all tensors, and details of the worst."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.escaping import printable
from precisionlab.reports import digest
from precisionlab.reports.digest import Standing
from precisionlab.reports.html_figures import Charts, figure_record
from precisionlab.reports.json_encoding import Json, scalar
from precisionlab.reports.markup import Markup
from precisionlab.reports.quantities import shape, shown_name, shown_unit
from precisionlab.reports.tensor_columns import TensorColumn, metric_label

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
EXACT_INTEGERS = 2**53
"""Larger integers are no numbers for a browser; they travel as text."""


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


def table_data(entries: Sequence[Standing], measured: Sequence[TensorColumn], most: int) -> Json:
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


def column_data(column: TensorColumn, *, embed: bool) -> Json:
    """What a measurement is called; its values where there is room."""
    return {
        "key": printable(column.key),
        "label": metric_label(column.metric),
        "unit": printable(shown_unit(column.metric)),
        "values": [None if value is None else brief(value) for value in column.values] if embed else None,
    }


@dataclass(frozen=True, slots=True)
class Details:
    """What the details of a checkpoint's tensors are made from."""

    entries: Sequence[Standing]
    measured: Sequence[TensorColumn]
    full: frozenset[int]
    """Places of the tensors with all details."""
    all_texts: bool
    """Whether the others have their findings in full."""
    charts: Charts


def details_data(checkpoint: CheckpointReport, wanted: Details) -> Json:
    """Details by the tensor's place, for those that have any in the page."""
    results: dict[str, list[Result]] = {}
    for result in digest.tensor_results(checkpoint):
        results.setdefault(result.subject or "", []).append(result)
    details: dict[str, Json] = {}
    for place, entry in enumerate(wanted.entries):
        if place in wanted.full:
            details[str(place)] = full_details(entry, place, wanted, results.get(entry.tensor.name, []))
        elif wanted.all_texts and entry.findings:
            details[str(place)] = {"findings": [finding_data(finding) for finding in entry.findings]}
    return details


def full_details(entry: Standing, place: int, wanted: Details, results: Iterable[Result]) -> Json:
    """All that the report has of a tensor."""
    answers = list(results)
    values = ((at, column.values[place]) for at, column in enumerate(wanted.measured))
    return {
        "measurements": [(at, brief(value)) for at, value in values if value is not None],
        "findings": [finding_data(finding) for finding in entry.findings],
        "figures": [figure_record(figure, wanted.charts) for answer in answers for figure in answer.figures],
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
        "novelty": finding.novelty.value if finding.novelty else "",
        "evidence": [(printable(name), brief(value)) for name, value in finding.evidence.items()],
    }
