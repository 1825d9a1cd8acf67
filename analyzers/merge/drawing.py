"""The figures of the `merge` analyzer."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzers.merge.errors import BINS_AN_ULP, MOST_ULPS
from analyzers.merge.measuring import Figures, Outcome
from analyzers.merge.recipes import WORDS
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table

NEARLY_ALL: Final = 0.9999
"""Share of the numbers up to which the chart reaches."""


def draw(figures: Figures) -> Iterator[Figure]:
    """What each way is off by, and how errors are spread in units in the last place."""
    if not any(one.n for one in figures.yardsticks.values()):
        return
    yield error_table(figures)
    yield error_chart(figures)


def error_table(figures: Figures) -> Table:
    """A row for each way."""
    columns = (
        Column("way"),
        Column("relative error"),
        Column("times rounding once"),
        Column("over the update"),
        Column("bias"),
        Column("mean", "ulp"),
        Column("largest", "ulp"),
        Column("not the nearest", "share"),
        Column("overflows"),
    )
    rows = tuple(row_of(one) for one in figures.outcomes)
    return Table(f"Merging {figures.n_checkpoints:,} checkpoints in {figures.precision}", columns, rows)


def row_of(one: Outcome) -> tuple[Cell, ...]:
    """A way's line; NaN where there is no update."""
    return (
        WORDS[one.recipe],
        one.relative_error,
        one.over_rounding,
        math.nan if one.over_update is None else one.over_update,
        one.bias,
        one.mean_ulps,
        one.errors.largest,
        one.wrong_share,
        one.errors.n_overflows,
    )


def error_chart(figures: Figures) -> Lines:
    """How many numbers are off by less than so many units in the last place, as far as nearly all of each way are."""
    edges = np.arange(BINS_AN_ULP * MOST_ULPS + 1) / BINS_AN_ULP
    shares = [
        np.concatenate([[0], np.cumsum(one.errors.counts[:-1])]) / max(1, one.yardstick.n) for one in figures.outcomes
    ]
    is_short = np.any([below < NEARLY_ALL for below in shares], axis=0)
    n_edges = min(int(np.count_nonzero(is_short)) + 1, len(edges))
    series = (
        Series(WORDS[one.recipe], tuple(edges[:n_edges].tolist()), tuple(below[:n_edges].tolist()))
        for one, below in zip(figures.outcomes, shares, strict=True)
    )
    return Lines(
        "Numbers that are off by less than so much",
        Axis("error in units in the last place"),
        Axis("share of the numbers"),
        tuple(series),
    )
