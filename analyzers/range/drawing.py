"""The figures of the `range` analyzer: where the exponents lie, and what casts would do."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import CastCounts
from precisionlab.analysis.figures import Axis, Bars, Column, Figure, Table, Window
from precisionlab.formats import STORED_FORMATS, FloatFormat

CAST_COLUMNS = (
    Column("format"),
    Column("overflow"),
    Column("to zero"),
    Column("subnormal"),
    Column("exact"),
    Column("exact share", "share"),
)
"""Counts of finite non-zero elements; the last column is a share of them."""


def exponents_and_casts(
    suffix: str, exponents: NDArray[np.int64], counts: NDArray[np.int64], casts: Mapping[str, CastCounts]
) -> Iterator[Figure]:
    """Both figures, their titles with this suffix; none without a finite non-zero element, no table without a cast."""
    if len(exponents):
        yield exponent_bars(f"Binary exponents{suffix}", exponents, counts, casts)
    if len(exponents) and casts:
        yield cast_table(f"Casts{suffix}", casts, int(counts.sum()))


def exponent_bars(title: str, exponents: NDArray[np.int64], counts: NDArray[np.int64], targets: Iterable[str]) -> Bars:
    """How many elements have which binary exponent, over the windows of the target formats."""
    first = int(exponents[0])
    heights = np.zeros(int(exponents[-1]) - first + 1, np.int64)
    heights[exponents - first] = counts
    windows = (window_of(STORED_FORMATS[name]) for name in targets)
    return Bars(
        title,
        Axis("binary exponent"),
        Axis("elements", logarithmic=True),
        first,
        1.0,
        tuple(int(height) for height in heights),
        tuple(window for window in windows if window is not None),
    )


def window_of(format_: object) -> Window | None:
    """The exponents that a float format holds, its subnormals faint; None for others."""
    if not isinstance(format_, FloatFormat):
        return None
    return Window(format_.name, format_.lowest_bit, format_.min_exponent, format_.max_exponent + 1)


def cast_table(title: str, casts: Mapping[str, CastCounts], n_nonzero: int) -> Table:
    """One row a target format."""
    rows = (
        (
            name,
            counts.overflows,
            counts.underflows,
            counts.subnormals,
            counts.exact,
            counts.exact / n_nonzero,
        )
        for name, counts in casts.items()
    )
    return Table(title, CAST_COLUMNS, tuple(rows))
