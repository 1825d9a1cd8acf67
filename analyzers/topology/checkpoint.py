"""The topology of a whole checkpoint: which tensors have dead, equal or near points, and whose loops stand out."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.topology.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable

MOST_ROWS = 200
"""Tensors in a table: those with the most dead and equal points, then those whose loops stand out most."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor that was looked at, and what was measured of it, by key."""

    name: str
    values: Mapping[str, Scalar]
    distance: str

    def number(self, name: str, **labels: str) -> float:
        """A measurement; NaN where it has none."""
        return float(self.values.get(metric(name, **labels).key, math.nan))

    @property
    def n_idle(self) -> int:
        """Dead, equal and near points."""
        counts = (
            self.number("dead"),
            self.number("duplicates"),
            self.number("near_duplicates", distance=self.distance),
        )
        return sum(int(count) for count in counts)

    def z(self, null: str) -> float:
        """How far the longest loop is from those of random matrices; NaN where that is not known."""
        return self.number("sampled_h1_longest_bar_z", null=null, distance=self.distance)


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """Totals, and a table of tensors."""
    measured = [Measured(one.tensor.info.name, one.result.values, options.distance) for one in answers if one.counts]
    figures = (table(measured, options),) if measured else ()
    return Result("topology", None, measurements=tuple(totals(measured, options)), figures=figures)


def totals(measured: Sequence[Measured], options: Options) -> Iterator[Measurement]:
    """Over all tensors that own their bytes."""
    if not measured:
        return
    for name in ("points", "dead", "duplicates"):
        yield Measurement(metric(name, options.points), sum(int(one.number(name)) for one in measured))
    near = sum(int(one.number("near_duplicates", distance=options.distance)) for one in measured)
    yield Measurement(metric("near_duplicates", "points", distance=options.distance), near)
    for null in options.nulls:
        known = [one.z(null) for one in measured if not math.isnan(one.z(null))]
        if known:
            outstanding = sum(z > 3 for z in known) / len(known)
            yield Measurement(
                metric("outstanding_loops_share", "share", null=null, distance=options.distance), outstanding
            )


def table(measured: Sequence[Measured], options: Options) -> Table:
    """A row a tensor."""
    severest = options.nulls[-1] if options.nulls else ""
    ordered = sorted(measured, key=lambda one: (-one.n_idle, -standing(one.z(severest))))[:MOST_ROWS]
    columns = [
        Column("tensor"),
        Column(options.points),
        Column("dead"),
        Column("equal"),
        Column("near"),
        Column("clusters"),
    ]
    columns += [Column("longest loop"), *(Column(f"z, {null}") for null in options.nulls)]
    beyond = f", the first {MOST_ROWS} of {len(measured):,}" if len(measured) > MOST_ROWS else ""
    title = f"Topology, {options.distance} distance of {options.points}{beyond}"
    return Table(title, tuple(columns), tuple(row(one, options) for one in ordered))


def row(one: Measured, options: Options) -> tuple[Cell, ...]:
    """A tensor under the columns of the table."""
    counts = [one.number(name) for name in ("points", "dead", "duplicates")]
    counts += [one.number(name, distance=options.distance) for name in ("near_duplicates", "clusters")]
    loop = one.number("h1_longest_bar", distance=options.distance)
    cells = [loop, *(one.z(null) for null in options.nulls)]
    return printable(one.name), *map(int, counts), *("" if math.isnan(cell) else cell for cell in cells)


def standing(z: float) -> float:
    """For sorting: unknown ones last."""
    return -math.inf if math.isnan(z) else z
