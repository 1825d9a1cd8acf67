"""Records as plain JSON values: what the JSON and the JSON Lines writers share.

A float that is not finite becomes the object `{"float": "nan"}`, `{"float": "inf"}` or
`{"float": "-inf"}`; no other object of a report has that key, so reading it back is
unambiguous. Integers stay integers of any size; a float always has a point or an exponent.
Texts are written with ASCII escapes, which keeps lone surrogates; only a high surrogate
directly followed by a low one reads back as the one character that the pair spells.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from precisionlab.analysis.figures import Axis, Barcode, Bars, Figure, Heatmap, Lines, Scatter, Table
from precisionlab.analysis.report import (
    AnalyzerSummary,
    Baseline,
    CheckpointReport,
    FileIdentity,
    RuleSummary,
    Run,
    Skipped,
    TensorSummary,
    Unreadable,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Result, Scalar

Json = Mapping[str, object]
"""A JSON object under construction."""


def dumps(value: object) -> str:
    """The value as one line of JSON, in ASCII, keys in the order given."""
    return json.dumps(value, separators=(", ", ": "), allow_nan=False, check_circular=False)


def scalar(value: Scalar) -> Scalar | Json:
    """A scalar; the floats that JSON lacks as objects."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    return value


def scalars(values: Iterable[Scalar]) -> list[Scalar | Json]:
    """Scalars in their order."""
    return [scalar(value) for value in values]


def setting(value: Scalar | tuple[Scalar, ...]) -> object:
    """An option's value: a scalar or a list of them."""
    return scalars(value) if isinstance(value, tuple) else scalar(value)


def settings(values: Mapping[str, Scalar | tuple[Scalar, ...]]) -> Json:
    """Options by name, sorted."""
    return {name: setting(values[name]) for name in sorted(values)}


def rule(summary: RuleSummary) -> Json:
    """A rule that could have fired."""
    return {
        "code": summary.code,
        "name": summary.name,
        "severity": summary.severity.label,
        "summary": summary.summary,
        "remedy": summary.remedy,
        "explanation": summary.explanation,
    }


def analyzer(summary: AnalyzerSummary) -> Json:
    """An analyzer that ran."""
    return {
        "question": summary.question,
        "options": settings(summary.options),
        "definitions": [
            {"name": one.name, "meaning": one.meaning, "better": one.better.value, "source": one.source}
            for one in summary.definitions
        ],
        "rules": list(summary.rules),
    }


def analyzers(summaries: Mapping[str, AnalyzerSummary]) -> Json:
    """Analyzers that ran by name, sorted."""
    return {name: analyzer(summaries[name]) for name in sorted(summaries)}


def file(identity: FileIdentity) -> Json:
    """A file that was read."""
    return {
        "path": identity.path,
        "n_bytes": identity.n_bytes,
        "modified": identity.modified,
        "sha256": identity.sha256,
    }


def beside(files: Mapping[str, tuple[FileIdentity, ...]]) -> Json:
    """Files beside the checkpoints by role, sorted."""
    return {role: [file(identity) for identity in files[role]] for role in sorted(files)}


def baseline(held: Baseline | None) -> Json | None:
    """What the findings were held against."""
    if held is None:
        return None
    return {"path": held.path, "started": held.started, "gone": [finding(one) for one in held.gone]}


def tensor(summary: TensorSummary) -> Json:
    """What the headers say of a tensor."""
    return {
        "name": summary.name,
        "dtype": summary.dtype,
        "shape": list(summary.shape),
        "n_elements": summary.n_elements,
        "n_bytes": summary.n_bytes,
        "shares_storage_with": summary.shares_storage_with,
        "note": summary.note,
    }


def skipped(entry: Skipped) -> Json:
    """A name that was not looked at."""
    return {"name": entry.name, "reason": entry.reason}


def unreadable(entry: Unreadable) -> Json:
    """A path that could not be read."""
    return {"path": entry.path, "message": entry.message}


def run(circumstances: Run) -> Json:
    """The block that differs between two runs."""
    return {
        "started": circumstances.started,
        "seconds": scalar(circumstances.seconds),
        "device": circumstances.device,
        "threads": circumstances.threads,
        "versions": {name: circumstances.versions[name] for name in sorted(circumstances.versions)},
        "platform": circumstances.platform,
    }


def checkpoint_head(checkpoint: CheckpointReport) -> Json:
    """A checkpoint's own fields; its tensors, results and skipped names are not among them."""
    return {
        "path": checkpoint.path,
        "container": checkpoint.container,
        "files": [file(identity) for identity in checkpoint.files],
        "n_parameters": checkpoint.n_parameters,
        "n_bytes": checkpoint.n_bytes,
        "parameters_by_dtype": dict(checkpoint.parameters_by_dtype),
        "complete": checkpoint.complete,
    }


def metric(meaning: Metric) -> Json:
    """A metric in full."""
    return {"name": meaning.name, "unit": meaning.unit, "labels": dict(meaning.labels)}


def finding(fired: Finding) -> Json:
    """A rule that fired."""
    return {
        "code": fired.code,
        "severity": fired.severity.label,
        "subject": fired.subject,
        "message": fired.message,
        "remedy": fired.remedy,
        "evidence": {name: scalar(value) for name, value in fired.evidence.items()},
        "novelty": None if fired.novelty is None else fired.novelty.value,
    }


def result(answer: Result, measurements: object) -> Json:
    """An analyzer's answer; how its measurements are written is the writer's choice."""
    return {
        "analyzer": answer.analyzer,
        "subject": answer.subject,
        "status": answer.status.value,
        "reason": answer.reason,
        "measurements": measurements,
        "findings": [finding(fired) for fired in answer.findings],
        "figures": [figure(drawn) for drawn in answer.figures],
    }


def figure(drawn: Figure) -> Json:
    """A figure under its kind."""
    match drawn:
        case Table():
            return table(drawn)
        case Bars():
            return bars(drawn)
        case Lines():
            return lines(drawn)
        case Scatter():
            return scatter(drawn)
        case Heatmap():
            return heatmap(drawn)
        case Barcode():
            return barcode(drawn)


def table(drawn: Table) -> Json:
    """A table, row by row."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "columns": [{"label": column.label, "unit": column.unit} for column in drawn.columns],
        "rows": [scalars(row) for row in drawn.rows],
    }


def axis(drawn: Axis) -> Json:
    """One axis of a chart."""
    return {"label": drawn.label, "unit": drawn.unit, "logarithmic": drawn.logarithmic}


def bars(drawn: Bars) -> Json:
    """A bar chart with the windows under it."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "x": axis(drawn.x),
        "y": axis(drawn.y),
        "first": scalar(drawn.first),
        "width": scalar(drawn.width),
        "heights": scalars(drawn.heights),
        "windows": [
            {
                "label": window.label,
                "fade_from": scalar(window.fade_from),
                "start": scalar(window.start),
                "stop": scalar(window.stop),
            }
            for window in drawn.windows
        ],
    }


def lines(drawn: Lines) -> Json:
    """A chart of lines."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "x": axis(drawn.x),
        "y": axis(drawn.y),
        "series": [
            {"label": series.label, "xs": scalars(series.xs), "ys": scalars(series.ys)} for series in drawn.series
        ],
    }


def scatter(drawn: Scatter) -> Json:
    """A chart of points."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "x": axis(drawn.x),
        "y": axis(drawn.y),
        "groups": [
            {
                "label": group.label,
                "xs": scalars(group.xs),
                "ys": scalars(group.ys),
                "names": list(group.names),
                "is_joined": group.is_joined,
            }
            for group in drawn.groups
        ],
    }


def heatmap(drawn: Heatmap) -> Json:
    """A heat map, row by row."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "x": axis(drawn.x),
        "y": axis(drawn.y),
        "columns": list(drawn.columns),
        "rows": list(drawn.rows),
        "values": [scalars(row) for row in drawn.values],
        "unit": drawn.unit,
        "low_is_bad": drawn.low_is_bad,
    }


def barcode(drawn: Barcode) -> Json:
    """A barcode, group by group."""
    return {
        "kind": drawn.kind,
        "title": drawn.title,
        "x": axis(drawn.x),
        "groups": [
            {"label": group.label, "starts": scalars(group.starts), "ends": scalars(group.ends)}
            for group in drawn.groups
        ],
    }


@dataclass(slots=True)
class MetricKeys:
    """A key for every metric met so far: `Metric.key`, and `…#2` where another one has taken that."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    """By key."""
    known: dict[int, str] = field(default_factory=dict)
    """Keys by the metric's identity: metrics are made once and shared by their measurements."""

    def key(self, meaning: Metric) -> str:
        """The key of this metric, given to no other one."""
        key = self.known.get(id(meaning))
        if key is None:
            key = self.known[id(meaning)] = self.free_key(meaning, {})
        return key

    def free_key(self, meaning: Metric, taken: Mapping[str, object]) -> str:
        """The first key that is not taken and that names this metric, or nothing so far."""
        key, attempt = meaning.key, 1
        while key in taken or self.metrics.setdefault(key, meaning) != meaning:
            attempt += 1
            key = f"{meaning.key}#{attempt}"
        return key

    def keyed(self, measurements: Iterable[Measurement]) -> Json:
        """The values by key, in their order; none is lost where a metric comes twice."""
        values: dict[str, object] = {}
        for measurement in measurements:
            key = self.key(measurement.metric)
            if key in values:
                key = self.free_key(measurement.metric, values)
            values[key] = scalar(measurement.value)
        return values
