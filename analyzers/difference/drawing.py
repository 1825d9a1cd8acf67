"""The figures of the `difference` analyzer."""

from collections.abc import Iterator

import numpy as np

from analyzers.difference.distances import Histogram
from analyzers.difference.extremes import Extreme
from analyzers.difference.measuring import Figures
from analyzers.difference.pairs import Pair
from analyzers.difference.wording import element_of, words_of
from precisionlab.analysis.figures import Axis, Bars, Column, Figure, Table

KINDS = {
    "changed": "changed",
    "sign_flips": "of another sign",
    "zero_sign_flips": "zeros of another sign",
    "became_nan": "NaN only here",
    "were_nan": "NaN only there",
    "became_infinite": "infinite here, finite there",
    "were_infinite": "infinite there, finite here",
}


DISTANCES = "How far changed numbers moved"


def draw(figures: Figures) -> Iterator[Figure]:
    """How many numbers changed and in which way, what a cast explains, how far they moved, and which ones most."""
    if not figures.changes.n_changed:
        return
    yield counts_table(figures)
    if figures.casts:
        rows = tuple((words_of(cast),) for cast in figures.casts)
        yield Table("What a cast explains", (Column("all differences"),), rows)
    if figures.distances is not None and figures.distances.largest:
        yield distance_bars(figures.distances)
    if figures.extremes.worst:
        yield extremes_table("Numbers that differ most", figures.pair, figures.extremes.worst)
    if figures.extremes.broken:
        yield extremes_table("First changed numbers that are not finite", figures.pair, figures.extremes.broken)


def counts_table(figures: Figures) -> Table:
    """How many numbers changed in each way that occurs."""
    counts = figures.changes.counts()
    rows = [(words, counts[key], counts[key] / figures.n_numbers) for key, words in KINDS.items() if counts[key]]
    columns = (Column("numbers"), Column("how many"), Column("of all", "share"))
    return Table(f"What changed of {figures.n_numbers:,} numbers", columns, tuple(rows))


def distance_bars(distances: Histogram) -> Bars:
    """Changed numbers by the power of two of their distance."""
    last = int(np.flatnonzero(distances.counts)[-1])
    heights = tuple(map(float, distances.counts[: last + 1].tolist()))
    return Bars(DISTANCES, distance_axis(), Axis("numbers"), 0.0, 1.0, heights)


def distance_axis() -> Axis:
    """Of distances between numbers."""
    return Axis("distance in units in the last place", "log2")


def extremes_table(title: str, pair: Pair, extremes: list[Extreme]) -> Table:
    """Numbers and their counterparts."""
    columns = (Column("element"), Column("here"), Column("there"), Column("difference"))
    rows = tuple(
        (element_of(pair, one.place), one.here, one.there, one.here - one.there if one.size == one.size else "")
        for one in extremes
    )
    return Table(title, columns, rows)
