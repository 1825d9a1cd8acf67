"""The report as JSON Lines: a header, a line for each result, each checkpoint and the run.

Every line is an object with a `kind`. Results are self-contained (each measurement has
its name, labels, unit and value), so that lines can be written while the scan goes on and
read one at a time. A checkpoint's own line follows its results; the last line is the run.
Values are encoded as in the JSON document.
"""

from collections.abc import Iterable, Iterator

from precisionlab.analysis.report import SCHEMA_VERSION, CheckpointReport, Report, Run, Unreadable
from precisionlab.analysis.results import Measurement, Result
from precisionlab.reports import json_encoding as encoding
from precisionlab.reports.json_encoding import dumps


def render(report: Report) -> str:
    """All lines of the report."""
    return "".join(f"{line}\n" for line in lines(report))


def lines(report: Report) -> Iterator[str]:
    """The lines in the order in which a scan learns what they say."""
    yield header_line(report)
    for checkpoint in report.checkpoints:
        yield from (result_line(checkpoint.path, result) for result in checkpoint.results)
        yield checkpoint_line(checkpoint)
    yield run_line(report.unreadable, report.run)


def header_line(report: Report) -> str:
    """What was asked: the analyzers, the settings, the rules that could fire, and what was beside the checkpoints."""
    return dumps(
        {
            "kind": "header",
            "schema_version": SCHEMA_VERSION,
            "analyzers": encoding.analyzers(report.analyzers),
            "settings": encoding.settings(report.settings),
            "rules": [encoding.rule(rule) for rule in report.rules],
            "command": list(report.command),
            "beside": encoding.beside(report.beside),
            "baseline": encoding.baseline(report.baseline),
        }
    )


def result_line(checkpoint_path: str, result: Result) -> str:
    """One analyzer's answer for one tensor of a checkpoint, or for the checkpoint itself."""
    measurements = [measurement(measured) for measured in result.measurements]
    return dumps({"kind": "result", "checkpoint": checkpoint_path, **encoding.result(result, measurements)})


def checkpoint_line(checkpoint: CheckpointReport) -> str:
    """A checkpoint without its results."""
    return dumps(
        {
            "kind": "checkpoint",
            **encoding.checkpoint_head(checkpoint),
            "tensors": [encoding.tensor(tensor) for tensor in checkpoint.tensors],
            "skipped": [encoding.skipped(entry) for entry in checkpoint.skipped],
        }
    )


def run_line(unreadable: Iterable[Unreadable], run: Run) -> str:
    """What is known at the end: unreadable paths and the circumstances."""
    return dumps(
        {"kind": "run", "unreadable": [encoding.unreadable(entry) for entry in unreadable], "run": encoding.run(run)}
    )


def measurement(measured: Measurement) -> encoding.Json:
    """A measurement that needs no table of metrics."""
    return {**encoding.metric(measured.metric), "value": encoding.scalar(measured.value)}
