"""The report as one JSON document, and back: `parse(render(report)) == report`.

The layout is described by the JSON Schema that ships beside this module. Two runs of the
same scan give the same bytes but for the block `run`. One tensor, one result, one metric
and one rule take one line each, so that reports can be compared line by line.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from precisionlab.analysis.report import SCHEMA_VERSION, CheckpointReport, Report
from precisionlab.errors import ReportError
from precisionlab.replacement import cause
from precisionlab.reports import json_encoding as encoding
from precisionlab.reports.json_decoding import decoded
from precisionlab.reports.json_encoding import MetricKeys, dumps


def render(report: Report) -> str:
    """The report as JSON, ending with a newline."""
    keys = MetricKeys()
    checkpoints = [checkpoint_text(checkpoint, keys) for checkpoint in report.checkpoints]
    members = {
        "schema_version": dumps(report.schema_version),
        "analyzers": spread_object(
            {name: dumps(encoding.analyzer(report.analyzers[name])) for name in sorted(report.analyzers)}, 2
        ),
        "settings": dumps(encoding.settings(report.settings)),
        "rules": spread_array((dumps(encoding.rule(rule)) for rule in report.rules), 2),
        "command": dumps(list(report.command)),
        "beside": dumps(encoding.beside(report.beside)),
        "baseline": dumps(encoding.baseline(report.baseline)),
        "metrics": spread_object({key: dumps(encoding.metric(keys.metrics[key])) for key in sorted(keys.metrics)}, 2),
        "checkpoints": spread_array(checkpoints, 2),
        "unreadable": spread_array((dumps(encoding.unreadable(entry)) for entry in report.unreadable), 2),
        "run": dumps(encoding.run(report.run)),
    }
    return spread_object(members, 1) + "\n"


def checkpoint_text(checkpoint: CheckpointReport, keys: MetricKeys) -> str:
    """One checkpoint as a spread object."""
    results = (encoding.result(result, keys.keyed(result.measurements)) for result in checkpoint.results)
    members = {name: dumps(value) for name, value in encoding.checkpoint_head(checkpoint).items()} | {
        "tensors": spread_array((dumps(encoding.tensor(tensor)) for tensor in checkpoint.tensors), 4),
        "skipped": spread_array((dumps(encoding.skipped(entry)) for entry in checkpoint.skipped), 4),
        "results": spread_array((dumps(result) for result in results), 4),
    }
    return spread_object(members, 3)


def spread_object(members: Mapping[str, str], indent: int) -> str:
    """A JSON object with a line for each member, whose values are JSON already."""
    return spread("{", [f"{dumps(name)}: {text}" for name, text in members.items()], "}", indent)


def spread_array(elements: Iterable[str], indent: int) -> str:
    """A JSON array with a line for each element, which are JSON already."""
    return spread("[", list(elements), "]", indent)


def spread(opening: str, lines: list[str], closing: str, indent: int) -> str:
    """The lines between brackets, indented; nothing between them where there are no lines."""
    if not lines:
        return opening + closing
    margin = " " * indent
    return f"{opening}\n{margin}" + f",\n{margin}".join(lines) + f"\n{margin[:-1]}{closing}"


def parse(text: str) -> Report:
    """The report that `render` wrote, or that an older release did.

    Raises:
        ReportError: the text is not such a report, is cut off, or is of a newer version.
    """
    try:
        with collector_paused():
            return decoded(json.loads(text, parse_constant=refuse_constant))
    except json.JSONDecodeError as error:
        problem = f"is no JSON, or only the beginning of it (line {error.lineno}, column {error.colno})"
        raise ReportError("report", problem) from None
    except (ValueError, RecursionError):
        raise ReportError("report", "holds a number or a nesting that no report has") from None


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector from walking millions of records that have no cycles; reading takes a third less."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def refuse_constant(name: str) -> float:
    """Refuse the bare NaN and Infinity that Python's JSON would read."""
    raise ValueError(name)


def read(path: Path) -> Report:
    """The report in a file.

    Raises:
        ReportError: the file cannot be read, or `parse` refuses it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors and shells may put a byte order mark in front
    except OSError as error:
        raise ReportError(str(path), f"cannot be read: {cause(error)}") from None
    except UnicodeDecodeError:
        raise ReportError(str(path), "is no report: not UTF-8") from None
    try:
        return parse(text)
    except ReportError as error:
        raise ReportError(str(path), error.problem, error.remedy) from None


def schema(version: int = SCHEMA_VERSION) -> str:
    """The JSON Schema (draft 2020-12) of the document in a version, as JSON."""
    return (
        resources.files("precisionlab.reports").joinpath(f"schemas/report-{version}.json").read_text(encoding="utf-8")
    )
