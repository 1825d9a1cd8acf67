"""Differences over a whole checkpoint: which tensors changed, by how much, and which most."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from analyzers.difference.compared import Compared, Comparison, Kind, comparison_of
from analyzers.difference.drawing import distance_axis
from analyzers.difference.judging_whole import judge_whole
from analyzers.difference.listing import in_words, patterns_of
from analyzers.difference.options import Options
from analyzers.difference.tied import come_apart
from analyzers.difference.totals import WHOLE, distances, totals
from precisionlab.analysis.analyzers import Answers
from precisionlab.analysis.figures import Axis, Bars, Cell, Column, Figure, Table
from precisionlab.analysis.results import Result
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.escaping import printable

BIN: Final = 0.5
"""Decades of relative difference that are counted together."""
MOST_LISTED: Final = 200
"""Tensors that a table lists which the options do not bound."""


def summarize(answers: Answers, options: Options) -> Result:
    """How many tensors differ and how, the difference of all numbers together, and the tensors that changed most."""
    comparison = comparison_of(answers)
    apart = tuple(come_apart(answers, comparison.only_there))
    return Result(
        "difference",
        None,
        measurements=tuple(totals(comparison)),
        findings=judge_whole(comparison, apart),
        figures=tuple(draw(comparison, options)),
    )


def draw(comparison: Comparison, options: Options) -> Iterator[Figure]:
    """Tensors by how they differ, those that changed most and what explains that, what is on one side only, distributions."""
    changed = comparison.of(Kind.CHANGED, Kind.DEQUANTIZED)
    yield kinds_table(comparison)
    if changed:
        yield explanations_table(changed)
        yield changed_table(changed, options.named)
    yield from (table for table in listings(comparison) if table.rows)
    relative = [one.relative for one in changed if 0 < one.relative < math.inf]
    if len(relative) > 1:
        yield relative_bars(relative)
    counts = distances(comparison.of(*WHOLE))
    if counts.any():
        heights = tuple(counts[: int(np.flatnonzero(counts)[-1]) + 1].tolist())
        yield Bars("How far changed numbers of all tensors moved", distance_axis(), Axis("numbers"), 0.0, 1.0, heights)


def kinds_table(comparison: Comparison) -> Table:
    """How many tensors differ in which way, and which."""
    named = [(kind, comparison.names(kind)) for kind in Kind]
    rows = tuple((kind.value, len(names), in_words(names)) for kind, names in named if names)
    title = "All tensors are the same, byte for byte" if comparison.is_same else "Tensors by how they differ"
    return Table(title, (Column("tensors"), Column("how many"), Column("which")), rows)


def explanations_table(changed: Sequence[Compared]) -> Table:
    """Which casts explain how many of the changed tensors."""
    times = Counter(one.explanation or "nothing that was tried" for one in changed)
    columns = (Column("all differences"), Column("tensors"))
    return Table("What explains the changes", columns, tuple(times.most_common()))


def changed_table(changed: Sequence[Compared], most: int) -> Table:
    """The tensors that changed most, those without any relative difference, as of a single NaN, last."""
    columns = (
        Column("tensor"),
        Column("relative difference"),
        Column("changed", "share"),
        Column("largest difference"),
        Column("what happened"),
    )
    worst = sorted(changed, key=lambda one: -one.relative)[:most]
    return Table("Tensors that changed most", columns, tuple(changed_row(one) for one in worst))


def changed_row(one: Compared) -> tuple[Cell, ...]:
    """A row of that table."""
    here, there = one.here.info.dtype, one.there.info.dtype
    types = "" if here == there else f"{here}, there {there}"
    scaled = "with scales applied" if one.kind is Kind.DEQUANTIZED else ""
    lost = int(one.values["became_nan"]) + int(one.values["became_infinite"])
    happened = (one.explanation, f"{lost:,} not finite any more" if lost else "", types, scaled)
    keys = ("relative_difference", "changed_share", "largest_difference")
    return printable(one.name), *(one.values[key] for key in keys), "; ".join(filter(None, happened))


def listings(comparison: Comparison) -> Iterator[Table]:
    """What was matched by something else than its name, what has another shape, what did not change, what has no counterpart."""
    renamed = [one for one in comparison.pairs if one.is_renamed]
    rows = [(printable(one.name), printable(one.there.info.name), how_near(one)) for one in renamed]
    yield listing("Renamed tensors", (Column("here"), Column("there"), Column("numbers")), rows)
    reshaped = [
        (printable(one.name), str(list(one.here.info.shape)), str(list(one.there.info.shape)), how_near(one))
        for one in comparison.of(Kind.RESHAPED)
    ]
    of_shapes = (Column("tensor"), Column("here"), Column("there"), Column("numbers that both have"))
    yield listing("Tensors of another shape", of_shapes, reshaped)
    unchanged = patterns_of(comparison.names(Kind.SAME)) if comparison.of(Kind.CHANGED) else ()
    yield listing("Tensors that did not change", (Column("tensors"), Column("how many")), unchanged)
    columns = (Column("tensor"), Column("type"), Column("shape"))
    yield listing("Tensors only in this checkpoint", columns, list(map(header_row, comparison.only_here)))
    yield listing("Tensors only in the other checkpoint", columns, list(map(header_row, comparison.only_there)))


def how_near(one: Compared) -> str:
    """How a tensor's numbers stand to those of its counterpart, in a word."""
    if one.kind in {Kind.SAME, Kind.EQUAL}:
        return str(one.kind.value)
    return "not compared" if math.isnan(one.relative) else f"relative difference {one.relative:.2g}"


def header_row(info: TensorInfo) -> tuple[Cell, ...]:
    """Name, type and shape."""
    return printable(info.name), info.dtype, str(list(info.shape))


def listing(title: str, columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]) -> Table:
    """A table of tensors, or of the first of them."""
    cut = f" (the first {MOST_LISTED} of {len(rows):,})" if len(rows) > MOST_LISTED else ""
    return Table(f"{title}{cut}", columns, tuple(rows[:MOST_LISTED]))


def relative_bars(relative: Sequence[float]) -> Bars:
    """Changed tensors by the power of ten of their relative difference."""
    bins = Counter(math.floor(math.log10(one) / BIN) for one in relative)
    first, last = min(bins), max(bins)
    heights = tuple(float(bins[i]) for i in range(first, last + 1))
    x = Axis("relative difference", "log10")
    return Bars("Changed tensors by relative difference", x, Axis("tensors"), first * BIN, BIN, heights)
