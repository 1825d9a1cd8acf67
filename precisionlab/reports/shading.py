"""How bad the cells of a heat map are among each other, and how their numbers are written."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.quantities import count, share, significant, with_unit
from precisionlab.reports.scales import Scale, spread

DIGITS = 3
"""Significant digits of a number in its cell."""
EMPTY = "\N{EN DASH}"
"""In place of a number that there is none of."""


@dataclass(frozen=True, slots=True)
class Shading:
    """From the best of the finite values to the worst, or from the worst to the best."""

    scale: Scale
    low_is_bad: bool

    def badness(self, value: float) -> float | None:
        """From 0, the best, to 1, the worst; infinities stand at the ends. None for NaN."""
        if math.isnan(value):
            return None
        place = self.scale.clamped(value)
        return 1 - place if self.low_is_bad else place


def shading(heatmap: Heatmap) -> Shading:
    """The shading over all rows, drawn or not."""
    return Shading(spread(numbers(heatmap), logarithmic=False) or Scale(0.0, 1.0), heatmap.low_is_bad)


def numbers(heatmap: Heatmap) -> Iterator[float]:
    """All values, row by row."""
    return (value for row in heatmap.values for value in row)


def first_rows(heatmap: Heatmap, most: int) -> list[tuple[str, Sequence[float]]]:
    """The names of the first rows with their values, one for each column: NaN where a row is short."""
    n_columns = len(heatmap.columns)
    rows = zip(heatmap.rows[:most], heatmap.values, strict=False)
    return [(name, (*row[:n_columns], *[math.nan] * (n_columns - len(row)))) for name, row in rows]


def n_rows(heatmap: Heatmap) -> int:
    """How many rows have both a name and values."""
    return min(len(heatmap.rows), len(heatmap.values))


def number(value: float, unit: str) -> str:
    """A value as it stands in its cell: without its unit, but shares as per cent; a dash for NaN."""
    if math.isnan(value):
        return EMPTY
    if unit == "share" and math.isfinite(value):
        return share(value)
    return count(value) if isinstance(value, int) else padded(value)


def padded(value: float) -> str:
    """The number with its zeros at the end, where it is plain: numbers of a column then align."""
    plain = significant(value, DIGITS)
    if not value or not math.isfinite(value) or "e" in plain:
        return plain
    return f"{value:.{max(0, DIGITS - 1 - math.floor(math.log10(abs(value))))}f}"


def extremes(heatmap: Heatmap) -> str:
    """The ends of the shading in words: `best 44.1 dB, worst 8.31 dB`; empty where no value is finite."""
    finite = [value for value in numbers(heatmap) if math.isfinite(value)]
    if not finite:
        return ""
    best, worst = (max(finite), min(finite)) if heatmap.low_is_bad else (min(finite), max(finite))
    return f"best {with_unit(best, heatmap.unit)}, worst {with_unit(worst, heatmap.unit)}"
