"""Which intervals of a barcode are drawn, and on which scale: shared by its drawings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from precisionlab.analysis.figures import Barcode, BarGroup
from precisionlab.escaping import printable
from precisionlab.reports.quantities import count
from precisionlab.reports.scales import Scale, on_axis, spread


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval."""

    group: int
    """Which of the figure's groups it is of."""
    start: float
    end: float
    """Infinite where it lasts."""


def barcode_scale(figure: Barcode) -> Scale | None:
    """The horizontal scale; None where no interval has a place."""
    ends = (end for group in figure.groups for pair in zip(group.starts, group.ends, strict=False) for end in pair)
    return spread(ends, logarithmic=figure.x.logarithmic)


def longest(figure: Barcode, most: int) -> Sequence[Bar]:
    """About `most` intervals, the longest of each group, by group and then by their starts."""
    share = max(1, most // max(1, len(figure.groups)))
    return [bar for index, group in enumerate(figure.groups) for bar in kept(figure, index, group, share)]


def kept(figure: Barcode, index: int, group: BarGroup, most: int) -> Sequence[Bar]:
    """The longest intervals of a group that have a place, by their starts."""
    bars = [Bar(index, start, end) for start, end in zip(group.starts, group.ends, strict=False) if start <= end]
    placed = [
        bar for bar in bars if on_axis(bar.start, figure.x) and (bar.end == math.inf or on_axis(bar.end, figure.x))
    ]
    first = sorted(placed, key=lambda bar: (bar.start - bar.end, bar.start))[:most]
    return sorted(first, key=lambda bar: (bar.start, bar.end))


def told(figure: Barcode, bars: Sequence[Bar], index: int) -> str:
    """A group in the legend: `H1: the 60 longest of 212`, or its name alone where all are drawn."""
    group = figure.groups[index]
    n_drawn = sum(bar.group == index for bar in bars)
    label = printable(group.label, 80)
    return (
        f"{label}: the {count(n_drawn)} longest of {count(len(group.starts))}" if n_drawn < len(group.starts) else label
    )
