"""How values become places on an axis, and which values are worth a tick: shared by all drawn charts."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from precisionlab.analysis.figures import Axis, Bars, Lines, PointGroup, Scatter, Series
from precisionlab.reports.quantities import significant

STEPS = (1.0, 2.0, 5.0, 10.0)
"""Distances of ticks, times a power of ten."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of an axis, low < high. On a logarithmic axis both are decimal exponents."""

    low: float
    high: float
    logarithmic: bool = False

    def place(self, value: float) -> float | None:
        """Where the value stands: 0 at the low end, 1 at the high end, beyond them outside.

        None where it stands nowhere: not finite, or not positive on a logarithmic axis.
        """
        if not math.isfinite(value) or (self.logarithmic and value <= 0):
            return None
        at = math.log10(value) if self.logarithmic else value
        # Halves, because the distance of two large floats may exceed the largest one.
        return (at / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def value(self, place: float) -> float:
        """What stands at a place from 0 to 1."""
        at = self.low * (1 - place) + self.high * place
        if not self.logarithmic:
            return at
        try:
            return math.pow(10.0, at)
        except OverflowError:  # the logarithm of the largest float, rounded up
            return sys.float_info.max

    def clamped(self, value: float) -> float:
        """As `place`, but what stands nowhere or outside stands at the nearest end."""
        place = self.place(value)
        if place is None:
            return 1.0 if value > 0 else 0.0
        return min(max(place, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, from 0 to 1."""

    place: float
    label: str


def spread(values: Iterable[float], *, logarithmic: bool) -> Scale | None:
    """The scale that just holds the values; None where there is no value to hold."""
    ends = extremes(values, logarithmic=logarithmic)
    if ends is None:
        return None
    return decades(*ends) if logarithmic else widened(*ends)


def extremes(values: Iterable[float], *, logarithmic: bool) -> tuple[float, float] | None:
    """The least and the largest of the values with a place on such an axis; None where none has one."""
    usable = [float(value) for value in values if math.isfinite(value) and (value > 0 or not logarithmic)]
    return (min(usable), max(usable)) if usable else None


def widened(low: float, high: float) -> Scale:
    """A linear scale; a range too narrow to divide is widened on both sides."""
    magnitude = max(abs(low), abs(high))
    if high / 2 - low / 2 > max(magnitude * 1e-9, 1e-290):
        return Scale(low, high)
    margin = magnitude / 2 if magnitude > 1e-280 else 1.0
    return Scale(max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max))


def decades(low: float, high: float) -> Scale:
    """A logarithmic scale from one power of ten to another one."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return Scale(first, max(last, first + 1), logarithmic=True)


def bars_x(bars: Bars) -> Scale | None:
    """The horizontal scale of a histogram: its bins, and the window edges that lie near them.

    An edge is near when it is at most half the bins' whole width away. None where the bins
    do not lie on a finite range.
    """
    stop = bars.first + bars.width * len(bars.heights)
    least = 0.0 if bars.x.logarithmic else -math.inf
    if not (math.isfinite(bars.first) and math.isfinite(stop) and stop > max(bars.first, least)):
        return None
    reach = stop / 2 - bars.first / 2
    edges = (edge for window in bars.windows for edge in (window.fade_from, window.start, window.stop))
    near = (edge for edge in edges if bars.first - reach <= edge <= stop + reach)
    return spread((bars.first, stop, *near), logarithmic=bars.x.logarithmic)


def bars_y(bars: Bars) -> Scale | None:
    """The vertical scale of a histogram: from zero, or from a little under the lowest bar over at least a decade."""
    heights = [height for height in bars.heights if math.isfinite(height)]
    if not bars.y.logarithmic:
        return widened(min(0, *heights), max(0, *heights)) if any(heights) else None
    positive = [math.log10(height) for height in heights if height > 0]
    if not positive:
        return None
    decade = math.floor(min(positive))
    low = decade if min(positive) - decade > 0.15 else min(positive) - 0.5
    return Scale(low, max(max(positive) + 0.1, decade + 1), logarithmic=True)


def lines_scales(lines: Lines) -> tuple[Scale, Scale] | None:
    """Both scales of a line chart; None where no point can be drawn."""
    return holding(lines.series, lines.x, lines.y, spread)


def scatter_scales(scatter: Scatter) -> tuple[Scale, Scale] | None:
    """Both scales of a chart of points, with room around them; None where no point can be drawn."""
    return holding(scatter.groups, scatter.x, scatter.y, roomy)


def holding(
    groups: Iterable[Series | PointGroup], x: Axis, y: Axis, spread_over: "Spread"
) -> tuple[Scale, Scale] | None:
    """The scales of all points with a place on both axes; None where there is none."""
    points = [point for group in groups for run in runs(group, x, y) for point in run]
    across = spread_over([x for x, _ in points], logarithmic=x.logarithmic)
    up = spread_over([y for _, y in points], logarithmic=y.logarithmic)
    return (across, up) if across and up else None


class Spread(Protocol):
    """Makes the scale of values; None where there is none."""

    def __call__(self, values: Sequence[float], *, logarithmic: bool) -> Scale | None:
        """The scale that holds the values."""


def roomy(values: Sequence[float], *, logarithmic: bool) -> Scale | None:
    """As `spread`, but the outermost values stand a little inside.

    A logarithmic scale ends near them rather than at powers of ten, where two of these are left on it.
    """
    ends = extremes(values, logarithmic=logarithmic)
    if ends is None:
        return None
    if not logarithmic:
        scale = widened(*ends)
        margin = (scale.high / 2 - scale.low / 2) / 10
        return Scale(max(scale.low - margin, -sys.float_info.max), min(scale.high + margin, sys.float_info.max))
    low, high = map(math.log10, ends)
    margin = max((high - low) / 10, 0.05)
    near = Scale(low - margin, high + margin, logarithmic=True)
    return near if math.floor(near.high) > math.ceil(near.low) else decades(*ends)


def runs(group: Series | PointGroup, x: Axis, y: Axis) -> Iterator[list[Point]]:
    """The points in their uninterrupted parts: one without a place on both axes interrupts them."""
    points = zip(group.xs, group.ys, strict=False)
    for has_place, run in groupby(points, key=lambda point: on_axis(point[0], x) and on_axis(point[1], y)):
        if has_place:
            yield list(run)


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most `most` of the points: of equally many neighbours, the lowest and the highest, in their order."""
    if len(points) <= most:
        return points
    size = -(-len(points) * 2 // most)
    parts = (range(start, min(start + size, len(points))) for start in range(0, len(points), size))
    kept = (sorted({min(part, key=lambda i: points[i][1]), max(part, key=lambda i: points[i][1])}) for part in parts)
    return [points[i] for pair in kept for i in pair]


def on_axis(value: float, axis: Axis) -> bool:
    """Whether the value has a place on the axis."""
    return math.isfinite(value) and (value > 0 or not axis.logarithmic)


def ticks(scale: Scale, wanted: int) -> tuple[Tick, ...]:
    """About `wanted` ticks at round values inside the scale."""
    return decade_ticks(scale, wanted) if scale.logarithmic else linear_ticks(scale, wanted)


def linear_ticks(scale: Scale, wanted: int) -> tuple[Tick, ...]:
    """Ticks at multiples of 1, 2 or 5 times a power of ten."""
    step = round_step((scale.high / 2 - scale.low / 2) / max(wanted, 2) * 2)
    largest = max(abs(scale.low), abs(scale.high))
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return tuple(Tick(scale.clamped(k * step), tick_label(k * step, step, largest)) for k in range(first, last + 1))


def round_step(least: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is at least this; itself where that exceeds the largest float."""
    power = 10.0 ** math.floor(math.log10(least))
    step = next((step * power for step in STEPS if step * power >= least * (1 - 1e-9)), 10 * power)
    return step if math.isfinite(step) else least


def tick_label(value: float, step: float, largest: float) -> str:
    """The value with as many decimals as its step has; all of an axis with an exponent where one would be long."""
    decimals = max(0, -math.floor(math.log10(step)))
    if value and (largest >= 1e7 or decimals > 4):
        return significant(value, max(2, math.ceil(math.log10(abs(value) / step)) + 1))
    return f"{value:,.{decimals}f}"


def decade_ticks(scale: Scale, wanted: int) -> tuple[Tick, ...]:
    """Ticks at powers of ten, every second or third one where there are many."""
    first, last = math.ceil(scale.low), math.floor(scale.high)
    stride = max(1, math.ceil((last - first + 1) / max(wanted, 2)))
    return tuple(
        Tick((exponent - scale.low) / (scale.high - scale.low), decade_label(exponent))
        for exponent in range(first, last + 1, stride)
    )


def decade_label(exponent: int) -> str:
    """A power of ten: `0.01`, `1`, `1,000`, `1e-12`."""
    return (
        f"{10**exponent:,}"
        if 0 <= exponent <= 4
        else f"{10.0**exponent:.3g}"
        if -3 <= exponent < 0
        else f"1e{exponent}"
    )


def bin_tops(bars: Bars, x: Scale, y: Scale, most: int) -> Iterator[tuple[float, float, float]]:
    """Start, stop and height of the bars as places, those without height left out.

    More than `most` bins share that many columns, each as high as the highest bar in it.
    """
    if len(bars.heights) > most:
        yield from (
            (i / most, (i + 1) / most, top) for i, top in enumerate(column_tops(bars, x, y, most)) if top is not None
        )
        return
    for i, height in enumerate(bars.heights):
        if height and on_axis(height, bars.y):
            start = bars.first + i * bars.width
            yield x.clamped(start), x.clamped(start + bars.width), y.clamped(height)


def column_tops(bars: Bars, x: Scale, y: Scale, n_columns: int) -> Iterator[float | None]:
    """The place of the highest bar over each of the columns into which the axis is cut; None where there is no bar."""
    for column in range(n_columns):
        heights = bars.heights[bins_between(bars, x.value(column / n_columns), x.value((column + 1) / n_columns))]
        drawn = [height for height in heights if height and on_axis(height, bars.y)]
        yield y.clamped(max(drawn, key=abs)) if drawn else None


def bins_between(bars: Bars, start: float, stop: float) -> slice:
    """The bins that a span of the axis touches."""
    n_bins = len(bars.heights)
    # Limited before they become integers: a span that is wide beside the bins counts infinitely many of them.
    first = math.floor(min(max((start - bars.first) / bars.width + 1e-9, 0), n_bins))
    last = math.ceil(min(max((stop - bars.first) / bars.width - 1e-9, 0), n_bins))
    return slice(first, max(last, first + 1) if start >= bars.first else last)
