"""The figures of the `delta` analyzer."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzers.delta.directions import ENERGIES, RANKS, Directions
from analyzers.delta.measuring import Figures
from analyzers.delta.quantizing import Noise
from analyzers.delta.survival import BINS_AN_OCTAVE, Steps, Survival
from analyzers.delta.ways import Way
from precisionlab.analysis.figures import MOST_LINES, Axis, Cell, Column, Figure, Heatmap, Lines, Series, Table

EXPONENT_BIAS: Final = 1023
FEWEST_STEPS, MOST_STEPS = 2.0**-20, 2.0**20
"""Between which sizes are drawn."""
MOST_POINTS: Final = 160
"""Of a line."""


def draw(figures: Figures) -> Iterator[Figure]:
    """What is lost in which format, how large the update is in their steps, what quantizing does, and the directions."""
    if figures.survivals:
        yield survival_table(figures.survivals, figures.size.n_changed)
        yield survival_map(figures.survivals, figures.size.n_changed)
        yield steps_chart(figures.survivals)
    if figures.noises:
        yield noise_table(figures.noises, figures.no_noise)
    if figures.directions is not None:
        yield values_chart(figures.directions, figures.dtype)
        yield rank_table(figures.directions)


def survival_table(survivals: Sequence[Survival], n_changed: int) -> Table:
    """What is left of the update, a row for each format and way."""
    columns = (
        Column("format"),
        Column("way"),
        Column("lost", "share"),
        Column("relative error"),
        Column("cosine"),
        Column("gain"),
        Column("median step", "ulp"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in survivals:
        for way, left in one.left.items():
            angle = math.nan if left.cosine is None else left.cosine
            figures = (left.n_lost / n_changed, left.error, angle, left.gain, one.steps.median)
            rows.append((one.target.name, way.words, *figures))
    return Table("What is left of the update", columns, tuple(rows))


def survival_map(survivals: Sequence[Survival], n_changed: int) -> Heatmap:
    """Changed elements whose update is lost, formats by ways."""
    return Heatmap(
        "Changed elements whose update is lost",
        Axis("way"),
        Axis("format"),
        tuple(way.words for way in Way),
        tuple(one.target.name for one in survivals),
        tuple(tuple(one.left[way].n_lost / n_changed for way in Way) for one in survivals),
        "share",
        low_is_bad=False,
    )


def steps_chart(survivals: Sequence[Survival]) -> Lines:
    """How many of the changed elements move by at most so many steps of a format."""
    series = tuple(steps_line(one.target.name, one.steps) for one in survivals[:MOST_LINES])
    return Lines(
        "Size of the update in steps of each format",
        Axis("units in the last place of the base", logarithmic=True),
        Axis("share of the changed elements"),
        series,
    )


def steps_line(label: str, steps: Steps) -> Series:
    """The cumulated share at each power of two from where updates begin to where they end."""
    octaves = steps.counts.reshape(-1, BINS_AN_OCTAVE).sum(axis=1)
    low, high = (int(math.log2(one)) + EXPONENT_BIAS for one in (FEWEST_STEPS, MOST_STEPS))
    inside = np.flatnonzero(octaves[low:high]) + low
    first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (low, high)
    edges = np.arange(first, last + 1)
    below = np.concatenate([[0], np.cumsum(octaves)])[edges]
    return Series(label, tuple(np.exp2(edges - float(EXPONENT_BIAS)).tolist()), tuple((below / steps.n).tolist()))


def noise_table(noises: Sequence[Noise], left_out: str) -> Table:
    """What quantizing does beside the update, a row for each format."""
    columns = (
        Column("format"),
        Column("noise over update"),
        Column("error of Q(B) - Q(A)"),
        Column("cosine"),
        Column("weight error, Q(B)"),
        Column("Q(A) + D"),
        Column("Q(A) + Q(D)"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in noises:
        angle = math.nan if one.cosine is None else one.cosine
        errors = (error / one.whole if one.whole else math.nan for error in (one.together, one.base, one.apart))
        rows.append((one.target.name, one.ratio, one.survivor_error / one.update, angle, *errors))
    title = "Quantizing beside the update" + (f"; {left_out}" if left_out else "")
    return Table(title, columns, tuple(rows))


def values_chart(found: Directions, dtype: str) -> Lines:
    """Singular values over their number, and the level of rounding."""
    chosen = places(len(found.values))
    numbers = tuple(chosen.astype(float).tolist())
    edge = found.threshold * found.unit
    return Lines(
        f"Singular values of the update{'' if found.is_whole else ', the leading ones'}",
        Axis("number", logarithmic=True),
        Axis("singular value", logarithmic=True),
        (
            Series("update", numbers, tuple((found.values[chosen - 1] * found.unit).tolist())),
            Series(f"rounding to {dtype}, at most", (numbers[0], numbers[-1]), (edge, edge)),
        ),
    )


def places(count: int) -> NDArray[np.int64]:
    """Numbers from 1 on that are even on a logarithmic axis."""
    return np.unique(np.geomspace(1, count, MOST_POINTS).round().astype(np.int64))


def rank_table(found: Directions) -> Table:
    """Ranks, the energy that they hold, and what factors of them take."""
    wanted = [(f"{energy:.0%} of the energy", found.rank_at(energy)) for energy in ENERGIES]
    ranks = [("beyond rounding", found.numerical_rank), *wanted, *((f"rank {rank}", rank) for rank in RANKS)]
    rows = tuple(
        (words, rank, share, found.numbers_at(rank) / math.prod(found.shape))
        for words, rank in ranks
        if rank is not None and (share := found.share_at(rank)) is not None and rank <= min(found.shape)
    )
    columns = (Column("for"), Column("rank"), Column("energy", "share"), Column("numbers of factors", "share"))
    return Table("Rank of the update, and what factors take", columns, rows)
