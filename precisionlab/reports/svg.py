"""Charts as SVG: bars with windows under them, and lines.

The drawings carry no colour of their own: `currentColor` and opacity, which a page's
style sheet refines by class. Each says in its title and description what it shows.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from precisionlab.analysis.figures import Axis, Bars, Lines, Series, Window
from precisionlab.escaping import printable
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.quantities import counted, scalar, significant, unit_beside
from precisionlab.reports.scales import (
    Point,
    Scale,
    Tick,
    bars_x,
    bars_y,
    bin_tops,
    lines_scales,
    on_axis,
    thinned,
    ticks,
)

WIDTH = 560.0
PLOT_HEIGHT = 170.0
TOP = 24.0
RIGHT = 12.0
CHARACTER = 6.6
"""Width of a character of the tick labels (11 px), a little more than it takes."""
ROW = 18.0
"""Height of a line of text, of a window and of a legend entry."""
MOST_BARS = 1_200
"""More bins than that share columns of half a unit."""
MOST_POINTS = 1_000
"""Of one line; longer ones are drawn by the extremes of their parts."""
LABEL_LIMIT = 24
MOST_READABLE = 600
"""Bars whose heights the drawing carries, for a page's script to show under the pointer."""


@dataclass(frozen=True, slots=True)
class Area:
    """The rectangle in which data is drawn, and its two scales."""

    x: Scale
    y: Scale
    left: float

    def across(self, place: float) -> float:
        """The horizontal coordinate of a place from 0 to 1."""
        return round(self.left + place * (WIDTH - RIGHT - self.left), 1)

    def up(self, place: float) -> float:
        """The vertical coordinate of a place from 0 to 1."""
        return round(TOP + (1 - place) * PLOT_HEIGHT, 1)

    @property
    def bottom(self) -> float:
        """Where the horizontal axis stands."""
        return self.up(0.0)


def draw(figure: Bars | Lines) -> Markup:
    """The chart as one SVG element, or a sentence where no value can be drawn."""
    drawn = bars(figure) if isinstance(figure, Bars) else lines(figure)
    return drawn or element("p", "Nothing to draw: no finite values.", class_="empty")


def bars(figure: Bars) -> Markup | None:
    """A histogram over its windows."""
    x, y = bars_x(figure), bars_y(figure)
    if x is None or y is None:
        return None
    area = Area(x, y, left_margin(y, [window.label for window in figure.windows]))
    base = 0.0 if y.logarithmic else y.clamped(0.0)
    boxes = "".join(box(area, place, base) for place in bin_tops(figure, x, y, MOST_BARS))
    below = area.bottom + 3 * ROW
    windows = [span(window, area, below + row * ROW) for row, window in enumerate(figure.windows)]
    return chart(
        figure.title,
        below + len(windows) * ROW,
        described_bars(figure),
        axes(area, figure.x, figure.y),
        element("path", class_="bars", d=boxes, fill="currentColor"),
        *windows,
        **readable(figure, area),
    )


def readable(figure: Bars, area: Area) -> dict[str, str]:
    """Where each bar stands and how high it is, for a page's script."""
    if area.x.logarithmic or len(figure.heights) > MOST_READABLE:
        return {}
    start = area.across(area.x.clamped(figure.first))
    stop = area.across(area.x.clamped(figure.first + figure.width * len(figure.heights)))
    bars = {
        "drawing": WIDTH,
        "start": start,
        "step": (stop - start) / len(figure.heights),
        "first": figure.first,
        "width": figure.width,
        "heights": [scalar(height) for height in figure.heights],
        "unit": printable(figure.y.unit),
    }
    return {"data_bars": json.dumps(bars)}


def lines(figure: Lines) -> Markup | None:
    """A line chart with a legend under it."""
    scales = lines_scales(figure)
    if scales is None:
        return None
    area = Area(*scales, left_margin(scales[1], []))
    curves = [curve(series, figure, area, style) for style, series in enumerate(figure.series)]
    below = area.bottom + 3 * ROW
    legend = [entry(series, area, below + style * ROW, style) for style, series in enumerate(figure.series)]
    described = f"Line chart of {figure.y.label} over {figure.x.label}, {counted(len(curves), 'line')}."
    return chart(figure.title, below + len(legend) * ROW, described, axes(area, figure.x, figure.y), *curves, *legend)


def chart(title: str, height: float, description: str, *parts: Markup, **extra: str) -> Markup:
    """The SVG element around the parts of a drawing."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height + 4:g}",
        class_="chart",
        role="img",
        aria_label=title,
        font_size=11,
        **extra,
    )


def left_margin(y: Scale, labels: Iterable[str]) -> float:
    """Room for the longest label at the left."""
    texts = (*(printable(label, LABEL_LIMIT) for label in labels), *(tick.label for tick in ticks(y, 5)), "0")
    return 14 + CHARACTER * min(max(map(len, texts)), LABEL_LIMIT)


def axes(area: Area, x: Axis, y: Axis) -> Markup:
    """Grid lines, ticks and labels of both axes."""
    across = [x_tick(area, tick) for tick in ticks(area.x, 8)]
    up = [y_tick(area, tick) for tick in ticks(area.y, 5)]
    floor = element("path", class_="axis", d=f"M{area.left:g} {area.bottom:g}H{WIDTH - RIGHT:g}", stroke="currentColor")
    below = label(named(x), WIDTH - RIGHT, area.bottom + 2 * ROW - 2, "end", "axis-label")
    above = label(named(y), area.left - 8, TOP - 12, "start", "axis-label")
    return element("g", *up, floor, *across, below, above, class_="axes")


def named(axis: Axis) -> str:
    """An axis' label with its unit, where that is another word."""
    unit = unit_beside(axis.label, axis.unit)
    return f"{axis.label} ({unit})" if unit else axis.label


def x_tick(area: Area, tick: Tick) -> Markup:
    """A tick under the drawing."""
    at = area.across(tick.place)
    mark = element("path", class_="axis", d=f"M{at:g} {area.bottom:g}v4", stroke="currentColor")
    return joined(mark, label(tick.label, at, area.bottom + ROW - 2, "middle", "tick"))


def y_tick(area: Area, tick: Tick) -> Markup:
    """A grid line with its label at the left."""
    at = area.up(tick.place)
    line = element(
        "path", class_="grid", d=f"M{area.left:g} {at:g}H{WIDTH - RIGHT:g}", stroke="currentColor", stroke_opacity=0.12
    )
    return joined(line, label(tick.label, area.left - 8, at + 4, "end", "tick"))


def label(text: str, x: float, y: float, anchor: str, kind: str) -> Markup:
    """A text at a place."""
    return element("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=kind, fill="currentColor")


def box(area: Area, place: tuple[float, float, float], base: float) -> str:
    """A bar as a closed path; bars that are wide enough stand apart."""
    start, stop, top = place
    left, right = area.across(start), area.across(stop)
    gap = 0.5 if right - left > 4 else 0.0
    return f"M{left + gap:g} {area.up(base):g}V{area.up(top):g}H{right - gap:g}V{area.up(base):g}Z"


def span(window: Window, area: Area, top: float) -> Markup:
    """A window: its label, a faint part and a solid part, and a mark where it goes on beyond the axis."""
    faint, start, stop = (area.across(area.x.clamped(edge)) for edge in (window.fade_from, window.start, window.stop))
    gradual = f", gradual from {significant(window.fade_from)}" if window.fade_from < window.start else ""
    reach = f"{window.label}: {significant(window.start)} to {significant(window.stop)}{gradual}"
    return element(
        "g",
        element("title", reach),
        label(printable(window.label, LABEL_LIMIT), area.left - 8, top + 12, "end", "tick"),
        bar(faint, start, top, 0.25),
        bar(start, stop, top, 0.7),
        *beyond(window, area, top),
        class_="window",
    )


def bar(start: float, stop: float, top: float, opacity: float) -> Markup:
    """A horizontal bar; nothing where it has no length."""
    if stop <= start:
        return Markup()
    width = round(stop - start, 1)
    return element("rect", x=start, y=top + 4, width=width, height=10, fill="currentColor", fill_opacity=opacity)


def beyond(window: Window, area: Area, top: float) -> Iterator[Markup]:
    """Arrow heads at the ends of the axis where the window goes on."""
    low, high = area.x.place(min(window.fade_from, window.start)), area.x.place(window.stop)
    if low is None or low < 0:
        yield element("path", d=f"M{area.left:g} {top + 4:g}v10l-5 -5Z", fill="currentColor", fill_opacity=0.7)
    if high is None or high > 1:
        right = WIDTH - RIGHT
        yield element("path", d=f"M{right:g} {top + 4:g}v10l5 -5Z", fill="currentColor", fill_opacity=0.7)


def described_bars(figure: Bars) -> str:
    """What the histogram shows, in a sentence or two."""
    heights = [height for height in figure.heights if on_axis(height, figure.y)]
    top = max(heights, default=0.0)
    at = figure.first + figure.width * (figure.heights.index(top) if heights else 0)
    windows = f" Windows: {', '.join(window.label for window in figure.windows)}." if figure.windows else ""
    return (
        f"Histogram of {figure.y.label} over {figure.x.label}, {counted(len(figure.heights), 'bin')}; "
        f"the highest, {scalar(top)}, starts at {significant(at)}.{windows}"
    )


def curve(series: Series, figure: Lines, area: Area, style: int) -> Markup:
    """One line in its uninterrupted parts; a point alone is a dot."""
    pairs = zip(series.xs, series.ys, strict=False)
    parts = [
        path([(area.across(area.x.clamped(x)), area.up(area.y.clamped(y))) for x, y in thinned(list(run), MOST_POINTS)])
        for visible, run in groupby(
            pairs, key=lambda point: on_axis(point[0], figure.x) and on_axis(point[1], figure.y)
        )
        if visible
    ]
    return element(
        "path",
        class_=f"line line-{style % 6}",
        d="".join(parts),
        fill="none",
        stroke="currentColor",
        stroke_width=1.6,
        stroke_linecap="round",
        stroke_linejoin="round",
        **dashes(style),
    )


def dashes(style: int) -> dict[str, str]:
    """Lines differ in their dashes too, so that they can be told apart without colour."""
    pattern = ("", "6 4", "2 4", "9 3 2 3", "12 4", "1 5")[style % 6]
    return {"stroke_dasharray": pattern} if pattern else {}


def path(points: Sequence[Point]) -> str:
    """Points joined; the round cap makes a dot of a single one."""
    first, *rest = points
    return f"M{first[0]:g} {first[1]:g}" + ("".join(f"L{x:g} {y:g}" for x, y in rest) or "h0")


def entry(series: Series, area: Area, top: float, style: int) -> Markup:
    """A legend's entry: a piece of the line, and its label."""
    sample = element(
        "path",
        class_=f"line line-{style % 6}",
        d=f"M{area.left:g} {top + 8:g}h28",
        fill="none",
        stroke="currentColor",
        stroke_width=1.6,
        **dashes(style),
    )
    return joined(sample, label(printable(series.label, 80), area.left + 36, top + 12, "start", "tick"))
