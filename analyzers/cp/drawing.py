"""The figures of the `cp` analyzer."""

import math
from collections.abc import Iterator

from analyzers.cp.judging import is_degenerate
from analyzers.cp.measuring import Figures, Rung
from analyzers.cp.options import Options
from analyzers.cp.shapes import multiply_adds, parameters
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table

COLUMNS = (
    Column("rank"),
    Column("relative error"),
    Column("numbers", "share"),
    Column("multiply-adds", "share"),
    Column("weights over norm"),
    Column("least cosine"),
    Column("sweeps"),
    Column("ended"),
    Column("components"),
)


def draw(figures: Figures, options: Options, subject: str = "") -> Iterator[Figure]:
    """Error over rank beside random tensors, error over what is kept, and the table of ranks."""
    yield rank_chart(figures, options, subject)
    yield kept_chart(figures, subject)
    yield Table(
        f"CP of {described(figures, subject)}: {verdict(figures, options)}",
        COLUMNS,
        tuple(row_of(figures, one, options) for one in rows_of(figures)),
    )


def rank_chart(figures: Figures, options: Options, subject: str) -> Lines:
    """Errors of the tensor, of its part where random ones are that small, and the mean of random tensors."""
    series = [Series("weight", *points((float(one.rank), one.error) for one in figures.rungs))]
    size = ""
    if figures.is_part and figures.compared:
        size = f" of {shaped(figures.sampled)}"
        values = ((rank, next(iter(those.values())).value) for rank, those in figures.compared.items())
        series.append(Series(f"a part{size}", *points((float(rank), value) for rank, value in values)))
    for null in next(iter(figures.compared.values()), {}):
        means = ((float(rank), those[null].mean) for rank, those in figures.compared.items())
        series.append(Series(f"{null.value}{size}, mean of {options.draws}", *points(means)))
    return Lines(
        f"Error of CP of {described(figures, subject)} over rank",
        Axis("rank", logarithmic=True),
        Axis("relative error"),
        tuple(series),
    )


def kept_chart(figures: Figures, subject: str) -> Lines:
    """Errors over the numbers and the multiply-adds that the factors take."""
    numbers = ((parameters(figures.folding.shape, one.rank), one.error) for one in figures.rungs)
    series = [Series("numbers", *points(numbers))]
    adds = [(multiply_adds(figures.folding, one.rank), one.error) for one in figures.rungs]
    if adds and not math.isnan(adds[0][0]):
        series.append(Series("multiply-adds", *points(adds)))
    return Lines(
        f"Error of CP of {described(figures, subject)} over what it takes",
        Axis("factors over tensor", logarithmic=True),
        Axis("relative error"),
        tuple(series),
    )


def points(pairs: "Iterator[tuple[float, float]] | list[tuple[float, float]]") -> tuple[tuple[float, ...], ...]:
    """Pairs as xs and ys."""
    xs, ys = zip(*pairs, strict=True)
    return xs, ys


def rows_of(figures: Figures) -> tuple[Rung, ...]:
    """The rungs and the smallest rank of the chosen error, in order."""
    ranks = {one.rank: one for one in figures.rungs}
    if figures.smallest is not None:
        ranks.setdefault(figures.smallest.rank, figures.smallest)
    return tuple(ranks[rank] for rank in sorted(ranks))


def row_of(figures: Figures, rung: Rung, options: Options) -> tuple[Cell, ...]:
    """One rank's line."""
    ended = "started below" if rung.sweeps == 0 else "converged" if rung.has_converged else "at the limit of sweeps"
    return (
        rung.rank,
        rung.error,
        parameters(figures.folding.shape, rung.rank),
        multiply_adds(figures.folding, rung.rank),
        rung.weight_ratio,
        rung.least_congruence,
        rung.sweeps,
        ended,
        "degenerate: they cancel" if is_degenerate(rung, options) else "",
    )


def described(figures: Figures, subject: str) -> str:
    """`64 x 64 x 3 x 3 (kernel)`."""
    return f"{subject + ', ' if subject else ''}{shaped(figures.folding.shape)} ({figures.folding.reason})"


def shaped(shape: tuple[int, ...]) -> str:
    """`64 x 64 x 3`."""
    return " x ".join(map(str, shape))


def verdict(figures: Figures, options: Options) -> str:
    """What rank the chosen error takes, and what bounds the figures."""
    last = figures.rungs[-1].rank
    if figures.smallest is None:
        words = [f"error {options.error:g} is not reached up to rank {last:,}"]
    else:
        words = [f"error {options.error:g} takes rank {figures.smallest.rank:,}, or less if fits missed it"]
    if options.ladder[-1] > figures.largest_rank:
        words.append(f"no rank beyond {figures.largest_rank:,} is needed for this shape")
    if figures.captured_energy < 1:
        words.append(
            f"seen on {options.core:,} directions of each axis, which hold {figures.captured_energy:.1%} of the energy"
        )
    return "; ".join(words)
