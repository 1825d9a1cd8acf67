"""The figures of two checkpoints beside each other: which metric of what went from what to what."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Metric, Result, Scalar, Status
from precisionlab.baselines.changes import Turn, gain, relative_change, turn
from precisionlab.baselines.directions import Directions

ORDER = (Turn.WORSE, Turn.BETTER, Turn.CHANGED, Turn.SAME)


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one subject, before and after."""

    analyzer: str
    subject: str | None
    metric: Metric
    key: str
    """Of the metric."""
    better: Better
    old: Scalar
    new: Scalar
    turn: Turn

    @property
    def gain(self) -> float:
        """The relative change, positive for the better; NaN where there is no better way."""
        return gain(self.old, self.new, self.better, self.metric.unit)


def changes(
    checkpoint: CheckpointReport, earlier: CheckpointReport, ways: Directions, globs: Sequence[str] = ()
) -> Iterator[Change]:
    """Every metric that was measured of the same subject by the same analyzer in both, in the checkpoint's order.

    Globs choose some of them (see `is_wanted`).
    """
    keys = Keys()
    before = answers(earlier, keys)
    for result in done(checkpoint):
        known = before.get((result.analyzer, result.subject))
        if known is None:
            continue
        better = ways.get(result.analyzer, {})
        for measurement in result.measurements:
            metric, new = measurement.metric, measurement.value
            key = keys.of(metric)
            if key in known and (not globs or is_wanted(result.analyzer, metric, globs)):
                old, way = known[key], better.get(metric.name, Better.NEITHER)
                how = turn(old, new, way, metric.unit)
                yield Change(result.analyzer, result.subject, metric, key, way, old, new, how)


def is_wanted(analyzer: str, metric: Metric, globs: Sequence[str]) -> bool:
    """Whether a glob fits the metric's name, its key, or either after the analyzer and a dot; all are without globs."""
    names = (metric.name, metric.key, f"{analyzer}.{metric.name}", f"{analyzer}.{metric.key}")
    return not globs or any(fnmatchcase(name, glob) for name in names for glob in globs)


class Keys:
    """The keys of metrics, each made once: measurements share metrics."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Metric, str]] = {}

    def of(self, metric: Metric) -> str:
        """The metric's key."""
        known = self._known.get(id(metric))
        if known is None:
            known = self._known[id(metric)] = (metric, metric.key)
        return known[1]


def answers(checkpoint: CheckpointReport, keys: Keys) -> Mapping[tuple[str, str | None], Mapping[str, Scalar]]:
    """What was measured, by analyzer and subject, then by the key of the metric."""
    return {
        (result.analyzer, result.subject): {keys.of(one.metric): one.value for one in result.measurements}
        for result in done(checkpoint)
    }


def done(checkpoint: CheckpointReport) -> Iterator[Result]:
    """The results that hold an answer."""
    return (result for result in checkpoint.results if result.status is Status.DONE)


def worst_first(every: Iterable[Change]) -> list[Change]:
    """What got worse, by how much of what it was; then what got better; then what changed; then the rest."""
    return sorted(every, key=lambda change: (ORDER.index(change.turn), -size(change)))


def size(change: Change) -> float:
    """How much of what it was a metric gained or lost; infinite where it was or is NaN, below 0 for texts."""
    if isinstance(change.old, str) or isinstance(change.new, str):
        return -1.0
    amount = abs(relative_change(change.old, change.new, change.metric.unit))
    return math.inf if math.isnan(amount) else amount
