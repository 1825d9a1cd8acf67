"""Tables for publishing: figures of several reports side by side, and how far each is better than the first."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Heatmap, PointGroup, Scatter, Table
from precisionlab.analysis.report import Baseline, CheckpointReport, Report
from precisionlab.analysis.results import Measurement, Metric, Result, Scalar
from precisionlab.baselines.changes import Turn, as_float, gain, turn
from precisionlab.baselines.comparison import COMPARISON, SUMMARY, labelled
from precisionlab.baselines.directions import Directions, directions
from precisionlab.baselines.matching import counterparts
from precisionlab.baselines.metrics import Change, done, is_wanted
from precisionlab.baselines.tables import CHANGE_COLUMNS, change_row, labels_text
from precisionlab.escaping import printable

MOST_HEATED = 60
"""Rows of a heat map."""
FEWEST_POINTS = 3
"""Figures of one name that are worth a chart of their own."""
MOST_CHARTS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One metric of a checkpoint in every report, the baseline's first; None where one has it not."""

    analyzer: str
    metric: Metric
    better: Better
    values: tuple[Scalar | None, ...]

    @property
    def gains(self) -> tuple[float, ...]:
        """How much better each is than the first, as a part of that; NaN where it cannot be told."""
        first, *others = self.values
        return tuple(
            math.nan if first is None or value is None else gain(first, value, self.better, self.metric.unit)
            for value in others
        )

    @property
    def moves(self) -> bool:
        """Whether some report differs from the first by more than the tolerance."""
        first, *others = self.values
        return first is not None and any(
            value is not None and turn(first, value, self.better, self.metric.unit) is not Turn.SAME for value in others
        )


def benchmark(reports: Sequence[Report], paths: Sequence[str], globs: Sequence[str] = ()) -> Report:
    """The checkpoints of the first report with its figures beside those of the others, findings left out.

    Without globs the figures of the checkpoints themselves that have a better way are told, or all where none has.
    Its own checkpoints without a counterpart in any other report are told of alone.
    """
    first, *others = reports
    ways = directions(*reversed(reports))
    columns = [counterparts(first.checkpoints, other.checkpoints) for other in others]
    names = labels(paths)
    checkpoints = tuple(
        replace(
            checkpoint,
            results=tuple(benchmark_results([checkpoint, *(column[at] for column in columns)], names, ways, globs)),
            skipped=(),
        )
        for at, checkpoint in enumerate(first.checkpoints)
    )
    analyzers = {COMPARISON: SUMMARY}
    for report in reports:
        analyzers = {**report.analyzers, **analyzers}
    baseline = Baseline(paths[0], first.run.started)
    return replace(
        first, checkpoints=checkpoints, unreadable=(), analyzers=analyzers, rules=(), beside={}, baseline=baseline
    )


def labels(paths: Sequence[str]) -> tuple[str, ...]:
    """What the reports are called: their file names without suffix; their paths where two have one name."""
    stems = [PurePath(path).stem for path in paths]
    counts = Counter(stems)
    return tuple(stem if counts[stem] == 1 else path for stem, path in zip(stems, paths, strict=True))


def benchmark_results(
    checkpoints: Sequence[CheckpointReport | None], names: Sequence[str], ways: Directions, globs: Sequence[str]
) -> Iterator[Result]:
    """The table, the charts and the measurements of each analyzer."""
    every = entries(checkpoints, ways)
    chosen = [one for one in every if is_wanted(one.analyzer, one.metric, globs)] if globs else judged(every)
    by_analyzer: dict[str, list[Entry]] = {}
    for one in chosen:
        by_analyzer.setdefault(one.analyzer, []).append(one)
    for analyzer, several in by_analyzer.items():
        found = by_name(several)
        measurements = tuple(
            Measurement(labelled(one.metric, name), value)
            for one in found
            for name, value in zip(names, one.values, strict=True)
            if value is not None
        )
        yield Result(
            analyzer, None, measurements=measurements, figures=(table(analyzer, found, names), *charts(found, names))
        )
    yield Result(COMPARISON, None, figures=tuple(heat(chosen, names)))


def by_name(several: Sequence[Entry]) -> Sequence[Entry]:
    """The metrics of one name together, in the order of the first of each."""
    names = list(dict.fromkeys(one.metric.name for one in several))
    return sorted(several, key=lambda one: names.index(one.metric.name))


def judged(every: Sequence[Entry]) -> Sequence[Entry]:
    """Those with a better way; all where none has."""
    return [one for one in every if one.better is not Better.NEITHER] or every


def entries(checkpoints: Sequence[CheckpointReport | None], ways: Directions) -> Sequence[Entry]:
    """What was measured of the checkpoints themselves, by several of them or by the first, in order."""
    columns = [own_values(checkpoint) if checkpoint is not None else {} for checkpoint in checkpoints]
    metrics = {key: metric for column in reversed(columns) for key, (metric, _) in column.items()}
    ordered = dict.fromkeys(key for column in columns for key in column)
    return [
        Entry(
            analyzer,
            metrics[analyzer, key],
            ways.get(analyzer, {}).get(metrics[analyzer, key].name, Better.NEITHER),
            tuple(column[analyzer, key][1] if (analyzer, key) in column else None for column in columns),
        )
        for analyzer, key in ordered
    ]


def own_values(checkpoint: CheckpointReport) -> Mapping[tuple[str, str], tuple[Metric, Scalar]]:
    """The figures of the checkpoint itself, by analyzer and key."""
    return {
        (result.analyzer, one.metric.key): (one.metric, one.value)
        for result in done(checkpoint)
        if result.subject is None
        for one in result.measurements
    }


def table(analyzer: str, found: Sequence[Entry], names: Sequence[str]) -> Table:
    """Two reports: before, after, change; several: a column each, and which is best."""
    title = f"{printable(analyzer)}: {' against '.join((', '.join(map(printable, names[1:])), printable(names[0])))}"
    if len(names) == 2:
        first, second = names
        heads = [Column({"old": first, "new": second}.get(one.label, one.label), one.unit) for one in CHANGE_COLUMNS]
        return Table(title, tuple(heads), tuple(pair_row(one) for one in found))
    columns = tuple(map(Column, ("metric", "of", *names, "best", "better", "unit")))
    return Table(title, columns, tuple(row(one, names) for one in found))


def pair_row(entry: Entry) -> tuple[Cell, ...]:
    """One metric of two reports; what one has not is left empty, and not judged."""
    old, new = entry.values
    metric = entry.metric
    if old is None or new is None:
        cells = ("" if value is None else value for value in (old, new))
        return metric.name, labels_text(metric), *cells, "", "", entry.better.value, metric.unit
    how = turn(old, new, entry.better, metric.unit)
    return change_row(Change(entry.analyzer, None, metric, metric.key, entry.better, old, new, how))


def row(entry: Entry, names: Sequence[str]) -> tuple[Cell, ...]:
    """One metric of several reports, and which of them has the best."""
    metric = entry.metric
    cells = ("" if value is None else value for value in entry.values)
    return metric.name, labels_text(metric), *cells, best(entry, names), entry.better.value, metric.unit


def best(entry: Entry, names: Sequence[str]) -> str:
    """The reports with the best value, within the tolerance; empty where none is better, `all` where none is worse."""
    known = [
        (name, value)
        for name, value in zip(names, entry.values, strict=True)
        if value is not None and not isinstance(value, str) and not math.isnan(as_float(value))
    ]
    if entry.better is Better.NEITHER or not known:
        return ""
    _, most = (max if entry.better is Better.HIGHER else min)(known, key=lambda one: one[1])
    winners = [name for name, value in known if turn(most, value, entry.better, entry.metric.unit) is Turn.SAME]
    return "all" if len(winners) == len(entry.values) else ", ".join(winners)


def heat(chosen: Sequence[Entry], names: Sequence[str]) -> Iterator[Figure]:
    """How much better each report is than the first, where that is a number and some differ by more than the tolerance."""
    told = [one for one in chosen if one.moves and any(map(math.isfinite, one.gains))]
    if told:
        shown = told[:MOST_HEATED]
        extent = "" if len(shown) == len(told) else f", the first {len(shown)} of {len(told):,} that differ"
        yield Heatmap(
            f"Better than {printable(names[0])} by{extent} (below 0: worse)",
            Axis("report"),
            Axis("figure"),
            tuple(names[1:]),
            tuple(f"{one.metric.key}" for one in shown),
            tuple(tuple(100 * amount if math.isfinite(amount) else math.nan for amount in one.gains) for one in shown),
            "%",
            low_is_bad=True,
        )


def charts(found: Sequence[Entry], names: Sequence[str]) -> Iterator[Scatter]:
    """A chart for each name that several figures have, such as the error in every format: the first against the others."""
    together: dict[str, list[Entry]] = {}
    for one in found:
        if one.better is not Better.NEITHER:
            together.setdefault(one.metric.name, []).append(one)
    drawn = [(name, ones[0].metric.unit, ones) for name, ones in together.items() if len(ones) >= FEWEST_POINTS]
    for name, unit, ones in drawn[:MOST_CHARTS]:
        groups = [points(ones, at, label) for at, label in enumerate(names) if at]
        places = [value for group in groups for value in (*group.xs, *group.ys)]
        if places:
            ends = beyond(min(places), max(places))
            title = f"{name}: {ones[0].better} is better"
            axes = (Axis(names[0], unit), Axis("the others" if len(names) > 2 else names[1], unit))
            yield Scatter(title, *axes, (*groups, PointGroup("no change", ends, ends, is_joined=True)))


def beyond(low: float, high: float) -> tuple[float, float]:
    """Ends a little outside of what lies between them."""
    margin = (high - low) / 20
    return low - margin, high + margin


def points(ones: Sequence[Entry], at: int, label: str) -> PointGroup:
    """The figures of one report over those of the first, where both are finite numbers."""
    placed = [(place(one.values[0]), place(one.values[at]), ", ".join(one.metric.labels.values())) for one in ones]
    shown = [one for one in placed if math.isfinite(one[0]) and math.isfinite(one[1])]
    return PointGroup(
        label, tuple(x for x, _, _ in shown), tuple(y for _, y, _ in shown), tuple(n for _, _, n in shown)
    )


def place(value: Scalar | None) -> float:
    """Where a value stands on an axis; NaN where nowhere."""
    return math.nan if value is None or isinstance(value, str) else as_float(value)
