"""Two reports as one: what was found and measured since the earlier one, for every writer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report, Skipped
from precisionlab.analysis.results import Measurement, Metric, Result, Status
from precisionlab.baselines.changes import RELATIVE_TOLERANCE, Turn
from precisionlab.baselines.directions import Directions, directions
from precisionlab.baselines.matching import counterparts
from precisionlab.baselines.metrics import Change, changes
from precisionlab.baselines.novelty import held_against
from precisionlab.baselines.tables import comparison_figures, own_table, tensor_table

COMPARISON = "comparison"
"""The analyzer that a comparison's own figures are of."""
SUMMARY = AnalyzerSummary(
    options=MappingProxyType({"tolerance": RELATIVE_TOLERANCE}),
    question="What became of the figures since the baseline?",
)
LABEL = "report"
"""The label that tells an old figure from a new one."""


def compared(report: Report, baseline: Report, path: str, globs: Sequence[str] = ()) -> Report:
    """The later report's findings, each with what it is to the baseline, and its figures beside the earlier ones.

    Figures that are not the same are measurements with the label `report`: `old` or `new`; tables hold them
    together. Globs choose metrics (see `is_wanted`).
    """
    held = held_against(report, baseline, path)
    ways = directions(report, baseline)
    pairs = zip(held.checkpoints, counterparts(report.checkpoints, baseline.checkpoints), strict=True)
    return replace(
        held,
        checkpoints=tuple(compared_checkpoint(checkpoint, earlier, ways, globs) for checkpoint, earlier in pairs),
        analyzers={COMPARISON: SUMMARY, **held.analyzers},
        beside={},
    )


class Moves:
    """Figures that are not the same as measurements, old and new; those of one metric share two metrics."""

    def __init__(self) -> None:
        self._labelled: dict[tuple[str, str], tuple[Metric, Metric]] = {}

    def of(self, every: Sequence[Change]) -> tuple[Measurement, ...]:
        """The measurements of one result."""
        return tuple(self._measurements([change for change in every if change.turn is not Turn.SAME]))

    def _measurements(self, moved: Sequence[Change]) -> Iterator[Measurement]:
        for change in moved:
            known = change.key, change.metric.unit
            if known not in self._labelled:
                self._labelled[known] = (labelled(change.metric, "old"), labelled(change.metric, "new"))
            old, new = self._labelled[known]
            yield Measurement(old, change.old)
            yield Measurement(new, change.new)


def labelled(metric: Metric, report: str) -> Metric:
    """The metric with the report that a figure is from among its labels."""
    return Metric(metric.name, metric.unit, MappingProxyType({**metric.labels, LABEL: report}))


def compared_checkpoint(
    checkpoint: CheckpointReport, earlier: CheckpointReport | None, ways: Directions, globs: Sequence[str]
) -> CheckpointReport:
    """The checkpoint with its findings, and figures old and new in place of its own."""
    if earlier is None:
        reason = "the baseline has no such checkpoint"
        results = tuple(replace(result, measurements=(), figures=()) for result in kept(checkpoint))
        return replace(checkpoint, results=results, skipped=(Skipped(checkpoint.path, reason),))
    every = list(changes(checkpoint, earlier, ways, globs))
    by_answer: dict[tuple[str, str | None], list[Change]] = {}
    for change in every:
        by_answer.setdefault((change.analyzer, change.subject), []).append(change)
    moves = Moves()
    tensors = [
        replace(result, measurements=moves.of(by_answer.get((result.analyzer, result.subject), ())), figures=())
        for result in kept(checkpoint)
        if result.subject is not None
    ]
    whole = Result(COMPARISON, None, figures=tuple(comparison_figures(checkpoint, earlier, every)))
    return replace(checkpoint, results=(*tensors, whole, *own_results(checkpoint, every, moves)), skipped=())


def kept(checkpoint: CheckpointReport) -> Iterator[Result]:
    """The results but for those that were skipped."""
    return (result for result in checkpoint.results if result.status is not Status.SKIPPED)


def own_results(checkpoint: CheckpointReport, every: Sequence[Change], moves: Moves) -> Iterator[Result]:
    """What each analyzer has of the checkpoint itself: findings, figures old and new, and a table of those of tensors."""
    own = {result.analyzer: result for result in kept(checkpoint) if result.subject is None}
    of_whole: dict[str, list[Change]] = {}
    of_tensors: dict[str, list[Change]] = {}
    for change in every:
        (of_whole if change.subject is None else of_tensors).setdefault(change.analyzer, []).append(change)
    for analyzer in dict.fromkeys((*own, *of_tensors)):
        whole = of_whole.get(analyzer, [])
        tables = (own_table(analyzer, whole), tensor_table(analyzer, of_tensors.get(analyzer, ())))
        result = own.get(analyzer, Result(analyzer, None))
        yield replace(result, measurements=moves.of(whole), figures=tuple(table for table in tables if table.rows))
