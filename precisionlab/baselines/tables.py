"""Changes as figures: tables with the worst first, and how many metrics moved how far."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.figures import Axis, Bars, Cell, Column, Figure, Table
from precisionlab.analysis.report import CheckpointReport, TensorSummary
from precisionlab.analysis.results import Metric
from precisionlab.baselines.changes import DECIBEL, Turn, as_float, relative_change
from precisionlab.baselines.metrics import ORDER, Change, worst_first
from precisionlab.escaping import printable

MOST_ROWS = 200
"""Of a table about tensors; the others are counted in its title."""

VALUE_COLUMNS = (
    *map(Column, ("old", "new")),
    Column("change", "share"),
    *map(Column, ("verdict", "better", "unit")),
)
CHANGE_COLUMNS = (Column("metric"), Column("of"), *VALUE_COLUMNS)
TENSOR_COLUMNS = (Column("tensor"), Column("metric"), *VALUE_COLUMNS)

BIN_PERCENT = 5.0
BINS_BESIDE = 10
"""Bins on either side of that of no change; what moved further stands in the outermost."""


def labels_text(metric: Metric) -> str:
    """What tells metrics of one name apart: `format=int4_g128`."""
    return ", ".join(f"{name}={value}" for name, value in metric.labels.items())


def change_row(change: Change) -> tuple[Cell, ...]:
    """One metric of the checkpoint: before, after, by how much of what it was, and whether that is better."""
    return change.metric.name, labels_text(change.metric), *value_cells(change)


def tensor_row(change: Change) -> tuple[Cell, ...]:
    """One metric of a tensor, likewise."""
    return change.subject or "", change.key, *value_cells(change)


def value_cells(change: Change) -> tuple[Cell, ...]:
    """What the two rows have in common."""
    return (
        change.old,
        change.new,
        amount(change),
        change.turn.value,
        change.better.value,
        change.metric.unit,
    )


def amount(change: Change) -> Cell:
    """By how much a figure changed: as a part of what it was, of decibels as their difference; empty of texts."""
    old, new, unit = change.old, change.new, change.metric.unit
    if unit == DECIBEL and not isinstance(old, str) and not isinstance(new, str):
        difference = as_float(new) - as_float(old)
        if math.isfinite(difference):
            return f"{difference:+.2f} {unit}"
    part = relative_change(old, new, unit)
    return "" if math.isnan(part) else part


def own_table(analyzer: str, every: Sequence[Change]) -> Table:
    """What became of an analyzer's figures of the checkpoint itself, but for those that have no better way and are the same."""
    told = [one for one in every if one.turn is not Turn.SAME or one.better is not Better.NEITHER]
    return Table(
        f"{printable(analyzer)}: figures of the checkpoint, old and new", CHANGE_COLUMNS, rows(worst_first(told))
    )


def tensor_table(analyzer: str, every: Sequence[Change]) -> Table:
    """Which figures of tensors are not the same, the worst first."""
    moved = worst_first(one for one in every if one.turn is not Turn.SAME)
    shown = moved[:MOST_ROWS]
    extent = f"{len(moved):,}" if len(shown) == len(moved) else f"the first {len(shown):,} of {len(moved):,}"
    return Table(
        f"{printable(analyzer)}: figures of tensors, {extent} that moved, the worst first",
        TENSOR_COLUMNS,
        tuple(map(tensor_row, shown)),
    )


def rows(every: Iterable[Change]) -> tuple[tuple[Cell, ...], ...]:
    """One row a change."""
    return tuple(map(change_row, every))


def overview(every: Sequence[Change]) -> Table:
    """How many figures became worse, better, other ones, or stayed, by analyzer; those of tensors and of the checkpoint."""
    counts: defaultdict[tuple[str, str], Counter[Turn]] = defaultdict(Counter)
    for one in every:
        of = "checkpoint" if one.subject is None else "tensors"
        counts[one.analyzer, of][one.turn] += 1
    cells: list[tuple[Cell, ...]] = [
        (analyzer, of, *(count[turn] for turn in ORDER)) for (analyzer, of), count in counts.items()
    ]
    return Table("Figures that moved", tuple(Column(label) for label in ("analyzer", "of", *ORDER)), tuple(cells))


def tensor_changes(checkpoint: CheckpointReport, earlier: CheckpointReport) -> Table:
    """Tensors that only one of the two has, or that are stored otherwise."""
    old, new = ({tensor.name: tensor for tensor in one.tensors} for one in (earlier, checkpoint))
    removed = [(name, "removed", header(tensor), "") for name, tensor in old.items() if name not in new]
    added = [(name, "added", "", header(tensor)) for name, tensor in new.items() if name not in old]
    stored = [
        (name, word, header(old[name]), header(tensor))
        for name, tensor in new.items()
        if name in old and (word := difference(old[name], tensor))
    ]
    every: list[tuple[Cell, ...]] = [*removed, *added, *stored]
    kinds = Counter(str(row[1]) for row in every)
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    columns = tuple(map(Column, ("tensor", "what", "old", "new")))
    return Table(f"Tensors: {told}", columns, tuple(every[:MOST_ROWS]))


def difference(old: TensorSummary, new: TensorSummary) -> str:
    """In what way a tensor is stored otherwise; empty where it is not."""
    if old.dtype != new.dtype:
        return "retyped"
    return "reshaped" if old.shape != new.shape else ""


def header(tensor: TensorSummary) -> str:
    """`bfloat16 [64, 32]`."""
    return f"{tensor.dtype} {list(tensor.shape)}"


def spread(every: Iterable[Change]) -> Bars | None:
    """How many figures with a better way moved how far; None where there are none."""
    gains = [one.gain for one in every if one.better is not Better.NEITHER]
    places = Counter(bin_of(gain) for gain in gains if not math.isnan(gain))
    if not places:
        return None
    return Bars(
        "How far figures moved: to the left for the worse, to the right for the better",
        Axis("change for the better", "%"),
        Axis("figures", logarithmic=True),
        -(BINS_BESIDE + 0.5) * BIN_PERCENT,
        BIN_PERCENT,
        tuple(float(places[place]) for place in range(-BINS_BESIDE, BINS_BESIDE + 1)),
    )


def bin_of(gain: float) -> int:
    """The bin of a relative change, 0 being that of none."""
    limit = BINS_BESIDE * BIN_PERCENT
    return round(max(-limit, min(limit, 100 * gain)) / BIN_PERCENT)


def comparison_figures(
    checkpoint: CheckpointReport, earlier: CheckpointReport, every: Sequence[Change]
) -> Iterator[Figure]:
    """What two checkpoints' reports show as a whole; tables without rows are left out."""
    chart = spread(every)
    for figure in (overview(every), tensor_changes(checkpoint, earlier)):
        if figure.rows:
            yield figure
    if chart is not None:
        yield chart
