"""Plain JSON values back into records, each field checked, with the place of what is wrong."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Bars,
    Column,
    Figure,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
    Window,
)
from precisionlab.analysis.report import (
    SCHEMA_VERSION,
    AnalyzerSummary,
    Baseline,
    CheckpointReport,
    FileIdentity,
    Report,
    RuleSummary,
    Run,
    Skipped,
    TensorSummary,
    Unreadable,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Novelty, Result, Scalar, Status
from precisionlab.analysis.rules import Severity
from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports.json_upgrading import upgraded

T = TypeVar("T")

NON_FINITE = MappingProxyType({"nan": math.nan, "inf": math.inf, "-inf": -math.inf})
SEVERITIES = MappingProxyType({severity.label: severity for severity in Severity})
BETTER = MappingProxyType({better.value: better for better in Better})
NOVELTIES = MappingProxyType({novelty.value: novelty for novelty in Novelty})
STATUSES = MappingProxyType({status.value: status for status in Status})
LARGEST = int(sys.float_info.max)


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where in the document it stands."""

    value: object
    place: str

    def wrong(self, wanted: str) -> ReportError:
        """The error that this value is not what is wanted."""
        return ReportError("report", f"is no precisionlab report: {printable(self.place) or 'it'} should be {wanted}")

    def members(self) -> dict[str, object]:
        """The members of this object."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return self.value

    def __getitem__(self, name: str) -> "Node":
        members = self.members()
        place = f"{self.place}.{name}".removeprefix(".")
        if name not in members:
            raise ReportError("report", f"is no precisionlab report: {printable(place)} is missing")
        return Node(members[name], place)

    def named(self) -> Iterator[tuple[str, "Node"]]:
        """The members of this object as nodes."""
        return ((name, Node(value, f"{self.place}.{name}")) for name, value in self.members().items())

    def mapping(self, decode: "Callable[[Node], T]") -> Mapping[str, T]:
        """This object with every member decoded."""
        return MappingProxyType({name: decode(node) for name, node in self.named()})

    def each(self, decode: "Callable[[Node], T]") -> tuple[T, ...]:
        """This array with every element decoded."""
        if not isinstance(self.value, list):
            raise self.wrong("an array")
        return tuple(decode(Node(value, f"{self.place}[{i}]")) for i, value in enumerate(self.value))

    def unless_null(self, decode: "Callable[[Node], T]") -> T | None:
        """This value decoded; None for null."""
        return None if self.value is None else decode(self)

    def text(self) -> str:
        """This string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def flag(self) -> bool:
        """This true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def integer(self) -> int:
        """This whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong("a whole number")
        return self.value

    def scalar(self) -> Scalar:
        """This number, truth value or string; a number that is not finite from its object."""
        if isinstance(self.value, int | float | str):
            return self.value
        members = self.members()
        name = members.get("float")
        if len(members) != 1 or not isinstance(name, str) or name not in NON_FINITE:
            raise self.wrong('a scalar or {"float": "nan" | "inf" | "-inf"}')
        return NON_FINITE[name]

    def number(self) -> float:
        """This number, which has a place on an axis."""
        value = self.scalar()
        if isinstance(value, str | bool) or (isinstance(value, int) and abs(value) > LARGEST):
            raise self.wrong("a number within the range of float64")
        return value

    def one_of(self, choices: Mapping[str, T]) -> T:
        """What this string stands for."""
        name = self.text()
        if name not in choices:
            raise self.wrong(f"one of {', '.join(choices)}")
        return choices[name]


def decoded(document: object) -> Report:
    """The report that a parsed JSON document holds.

    Raises:
        ReportError: it holds none, or one of a newer version.
    """
    version = Node(document, "")["schema_version"]
    check_version(version)
    top = Node(upgraded(document, version.integer()), "")
    metrics = top["metrics"].mapping(metric)
    return Report(
        checkpoints=top["checkpoints"].each(lambda node: checkpoint(node, metrics)),
        unreadable=top["unreadable"].each(lambda node: Unreadable(node["path"].text(), node["message"].text())),
        analyzers=top["analyzers"].mapping(analyzer),
        rules=top["rules"].each(rule),
        settings=top["settings"].mapping(setting),
        run=run(top["run"]),
        command=top["command"].each(Node.text),
        beside=top["beside"].mapping(lambda node: node.each(file)),
        baseline=top["baseline"].unless_null(baseline),
        schema_version=top["schema_version"].integer(),
    )


def check_version(version: Node) -> None:
    """Refuse a report that this release would misread."""
    if version.integer() > SCHEMA_VERSION:
        problem = f"is of report version {version.integer()}; this release reads up to {SCHEMA_VERSION}"
        raise ReportError("report", problem, "upgrade precisionlab to read it")
    if version.integer() < 1:
        raise version.wrong("1 or more")


def setting(node: Node) -> Scalar | tuple[Scalar, ...]:
    """An option's value."""
    return node.each(Node.scalar) if isinstance(node.value, list) else node.scalar()


def rule(node: Node) -> RuleSummary:
    """A rule that could have fired."""
    severity = node["severity"].one_of(SEVERITIES)
    return RuleSummary(
        code=node["code"].text(),
        name=node["name"].text(),
        severity=severity,
        summary=node["summary"].text(),
        remedy=node["remedy"].text(),
        explanation=node["explanation"].text(),
    )


def analyzer(node: Node) -> AnalyzerSummary:
    """An analyzer that ran."""
    return AnalyzerSummary(
        options=node["options"].mapping(setting),
        question=node["question"].text(),
        definitions=node["definitions"].each(definition),
        rules=node["rules"].each(Node.text),
    )


def definition(node: Node) -> Definition:
    """What a measurement means."""
    better = node["better"].one_of(BETTER)
    return Definition(node["name"].text(), node["meaning"].text(), better, node["source"].text())


def file(node: Node) -> FileIdentity:
    """A file that was read."""
    return FileIdentity(
        path=node["path"].text(),
        n_bytes=node["n_bytes"].unless_null(Node.integer),
        modified=node["modified"].text(),
        sha256=node["sha256"].text(),
    )


def baseline(node: Node) -> Baseline:
    """What the findings were held against."""
    return Baseline(node["path"].text(), node["started"].text(), node["gone"].each(finding))


def run(node: Node) -> Run:
    """The circumstances."""
    return Run(
        started=node["started"].text(),
        seconds=node["seconds"].number(),
        device=node["device"].text(),
        threads=node["threads"].integer(),
        versions=node["versions"].mapping(Node.text),
        platform=node["platform"].text(),
    )


def metric(node: Node) -> Metric:
    """What a number means."""
    return Metric(node["name"].text(), node["unit"].text(), node["labels"].mapping(Node.text))


def checkpoint(node: Node, metrics: Mapping[str, Metric]) -> CheckpointReport:
    """Everything about one checkpoint."""
    return CheckpointReport(
        path=node["path"].text(),
        container=node["container"].text(),
        files=node["files"].each(file),
        n_parameters=node["n_parameters"].integer(),
        n_bytes=node["n_bytes"].integer(),
        parameters_by_dtype=node["parameters_by_dtype"].mapping(Node.integer),
        tensors=node["tensors"].each(tensor),
        results=node["results"].each(lambda answer: result(answer, metrics)),
        skipped=node["skipped"].each(lambda entry: Skipped(entry["name"].text(), entry["reason"].text())),
        complete=node["complete"].flag(),
    )


def tensor(node: Node) -> TensorSummary:
    """What the headers said of a tensor."""
    return TensorSummary(
        name=node["name"].text(),
        dtype=node["dtype"].text(),
        shape=node["shape"].each(Node.integer),
        n_elements=node["n_elements"].integer(),
        n_bytes=node["n_bytes"].integer(),
        shares_storage_with=node["shares_storage_with"].unless_null(Node.text),
        note=node["note"].text(),
    )


def result(node: Node, metrics: Mapping[str, Metric]) -> Result:
    """One analyzer's answer."""
    return Result(
        analyzer=node["analyzer"].text(),
        subject=node["subject"].unless_null(Node.text),
        status=node["status"].one_of(STATUSES),
        reason=node["reason"].text(),
        measurements=tuple(measurement(key, value, metrics) for key, value in node["measurements"].named()),
        findings=node["findings"].each(finding),
        figures=node["figures"].each(figure),
    )


def measurement(key: str, node: Node, metrics: Mapping[str, Metric]) -> Measurement:
    """A value under the metric that its key stands for."""
    if key not in metrics:
        raise ReportError("report", f"is no precisionlab report: metrics has no {printable(key)}")
    return Measurement(metrics[key], node.scalar())


def finding(node: Node) -> Finding:
    """A rule that fired."""
    return Finding(
        code=node["code"].text(),
        severity=node["severity"].one_of(SEVERITIES),
        subject=node["subject"].unless_null(Node.text),
        message=node["message"].text(),
        remedy=node["remedy"].text(),
        evidence=node["evidence"].mapping(Node.scalar),
        novelty=node["novelty"].unless_null(lambda inner: inner.one_of(NOVELTIES)),
    )


def figure(node: Node) -> Figure:
    """A figure of any kind."""
    decoders: Mapping[str, Callable[[Node], Figure]] = {
        "table": table,
        "bars": bars,
        "lines": lines,
        "scatter": scatter,
        "barcode": barcode,
        "heatmap": heatmap,
    }
    return node["kind"].one_of(decoders)(node)


def table(node: Node) -> Table:
    """A table."""
    columns = node["columns"].each(lambda column: Column(column["label"].text(), column["unit"].text()))
    return Table(node["title"].text(), columns, node["rows"].each(lambda row: cells(row, len(columns))))


def cells(node: Node, n_columns: int) -> tuple[Scalar, ...]:
    """A row of a table."""
    found = node.each(Node.scalar)
    if len(found) != n_columns:
        raise node.wrong(f"as long as columns: {n_columns}")
    return found


def axis(node: Node) -> Axis:
    """One axis of a chart."""
    return Axis(node["label"].text(), node["unit"].text(), node["logarithmic"].flag())


def bars(node: Node) -> Bars:
    """A bar chart."""
    return Bars(
        title=node["title"].text(),
        x=axis(node["x"]),
        y=axis(node["y"]),
        first=node["first"].number(),
        width=node["width"].number(),
        heights=node["heights"].each(Node.number),
        windows=node["windows"].each(window),
    )


def window(node: Node) -> Window:
    """A span under a bar chart."""
    return Window(node["label"].text(), node["fade_from"].number(), node["start"].number(), node["stop"].number())


def lines(node: Node) -> Lines:
    """A chart of lines."""
    return Lines(node["title"].text(), axis(node["x"]), axis(node["y"]), node["series"].each(series))


def series(node: Node) -> Series:
    """One line."""
    return Series(node["label"].text(), node["xs"].each(Node.number), node["ys"].each(Node.number))


def scatter(node: Node) -> Scatter:
    """A chart of points."""
    return Scatter(node["title"].text(), axis(node["x"]), axis(node["y"]), node["groups"].each(point_group))


def point_group(node: Node) -> PointGroup:
    """Points that share a marker."""
    return PointGroup(
        label=node["label"].text(),
        xs=node["xs"].each(Node.number),
        ys=node["ys"].each(Node.number),
        names=node["names"].each(Node.text),
        is_joined=node["is_joined"].flag(),
    )


def heatmap(node: Node) -> Heatmap:
    """A heat map."""
    return Heatmap(
        title=node["title"].text(),
        x=axis(node["x"]),
        y=axis(node["y"]),
        columns=node["columns"].each(Node.text),
        rows=node["rows"].each(Node.text),
        values=node["values"].each(lambda row: row.each(Node.number)),
        unit=node["unit"].text(),
        low_is_bad=node["low_is_bad"].flag(),
    )


def barcode(node: Node) -> Barcode:
    """A barcode."""
    return Barcode(node["title"].text(), axis(node["x"]), node["groups"].each(bar_group))


def bar_group(node: Node) -> BarGroup:
    """Intervals that share a colour."""
    return BarGroup(node["label"].text(), node["starts"].each(Node.number), node["ends"].each(Node.number))
