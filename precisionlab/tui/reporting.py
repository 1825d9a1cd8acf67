"""All that the lab was told, as the report that a scan would write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Result, Status
from precisionlab.checkpoints import Checkpoint
from precisionlab.scanning.assembling import Asked, checkpoint_report, whole_report
from precisionlab.scanning.settings import Selected
from precisionlab.tui.workbench import Question

Answers = Mapping[Question, Result]


def reported(analyzers: Iterable[Analyzer], answers: Answers, scanned: Mapping[str, Any]) -> tuple[Selected, ...]:
    """The analyzers that answered, by name, each with the options that its part of a report is about.

    These are the options that it was last asked of all tensors with; where it never was, those that it was
    last asked of one tensor with. A report tells of one answer for each tensor.
    """
    latest = {question.analyzer: question.options for question in answers}
    return tuple(
        Selected(one, scanned.get(one.name, latest.get(one.name)))
        for one in sorted(analyzers, key=lambda analyzer: analyzer.name)
        if one.name in latest
    )


def report_of(checkpoint: Checkpoint, answers: Answers, asked: Asked) -> Report:
    """The report of these answers; marked as incomplete where some of what was asked for are missing."""
    results = tuple(in_order(checkpoint, asked.analyzers, answers))
    complete = bool(asked.analyzers) and all(has_all(checkpoint, one, answers) for one in asked.analyzers)
    part = checkpoint_report(checkpoint, checkpoint.tensors, results, complete=complete)
    return whole_report((part,), (), asked)


def in_order(checkpoint: Checkpoint, selected: Sequence[Selected], answers: Answers) -> Iterator[Result]:
    """Tensors outside, analyzers inside, then what is said of the whole checkpoint."""
    for subject in (*(info.name for info in checkpoint.tensors), None):
        for one in selected:
            result = answers.get(Question(one.analyzer.name, one.options, subject))
            if result is not None:
                yield result


def has_all(checkpoint: Checkpoint, selected: Selected, answers: Answers) -> bool:
    """Whether the analyzer answered for every tensor, and for the checkpoint where it has something to say of that."""
    analyzer, options = selected.analyzer, selected.options
    given = [answers.get(Question(analyzer.name, options, info.name)) for info in checkpoint.tensors]
    if None in given:
        return False
    telling = {Status.DONE, Status.SKIPPED} if analyzer.summarizes_skipped else {Status.DONE}
    has_more = analyzer.summarize is not None and any(one is not None and one.status in telling for one in given)
    return not has_more or Question(analyzer.name, options, None) in answers
