"""Figures as ANSI text of a given width and height: the one module that knows plotext.

plotext draws on one global figure, so this is for one thread at a time. It raises on
infinities and NaN and prints warnings on empty ranges: before it sees a value, the value
has a place from 0 to 1 on a scale of our own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from precisionlab.analysis.figures import Axis, Bars, Figure, Lines, Series, Table, Window
from precisionlab.escaping import printable
from precisionlab.reports.quantities import unit_beside
from precisionlab.reports.scales import (
    Point,
    Scale,
    Tick,
    bars_x,
    bars_y,
    column_tops,
    lines_scales,
    on_axis,
    thinned,
    ticks,
)
from precisionlab.reports.terminal_tables import table_text, title_text

LABEL_COLUMNS = 16
"""Columns at the left for labels, at most; never more than a quarter of the width."""
LEAST_ROWS = 4
"""A chart is never drawn flatter than this, even where it then exceeds the wanted height."""
COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
MARKERS = ("braille", "x", "o", "+", "*", "#")
"""Lines differ in their marker too, so that they can be told apart without colour."""
NOTHING = "nothing to draw: no finite values"

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Curve:
    """Points to join, or to fill down to the base line, by their places on both axes."""

    points: tuple[Point, ...]
    style: int = 0
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes around `n_columns` times `rows` cells, with a margin for labels at the left."""

    x: Scale
    y: Scale
    margin: int
    n_columns: int
    rows: int

    @property
    def base(self) -> float:
        """The place of the line on which bars stand."""
        return 0.0 if self.y.logarithmic else self.y.clamped(0.0)


def draw(figure: Figure, width: int, height: int, *, colour: bool) -> str:
    """The figure in lines of at most `width` columns, about `height` of them, coloured by ANSI escapes or plain."""
    if isinstance(figure, Table):
        return table_text(figure, width, height, colour=colour)
    lines = bars_lines(figure, width, height) if isinstance(figure, Bars) else lines_lines(figure, width, height)
    text = "\n".join((title_text(figure.title, width), *lines))
    return text if colour else "\n".join(line.rstrip() for line in ESCAPES.sub("", text).split("\n"))


def bars_lines(bars: Bars, width: int, height: int) -> list[str]:
    """A histogram over its windows, on the same columns."""
    x, y = bars_x(bars), bars_y(bars)
    if x is None or y is None:
        return [NOTHING]
    frame = framed(x, y, width, height - len(bars.windows) - 5, [window.label for window in bars.windows])
    curve = Curve(tuple(half_columns(bars, frame)), filled=True)
    windows = [window_line(window, frame) for window in bars.windows]
    return [axis_line(bars.y, frame), *chart(frame, [curve]), axis_line(bars.x, frame), *windows]


def lines_lines(lines: Lines, width: int, height: int) -> list[str]:
    """A line chart, with a legend where there are several lines."""
    scales = lines_scales(lines)
    if scales is None:
        return [NOTHING]
    frame = framed(*scales, width, height - 6, [])
    curves = [
        Curve(run, style % len(MARKERS))
        for style, series in enumerate(lines.series)
        for run in runs(series, lines, frame)
    ]
    legend = [legend_line(lines.series, frame)] if len(lines.series) > 1 else []
    return [axis_line(lines.y, frame), *chart(frame, curves), axis_line(lines.x, frame), *legend]


def framed(x: Scale, y: Scale, width: int, rows: int, labels: Iterable[str]) -> Frame:
    """The frame that the wanted size leaves beside labels and ticks."""
    rows = max(rows, LEAST_ROWS)
    wanted = max(len(text) for text in (*labels, *(tick.label for tick in y_ticks(y, rows)), ""))
    margin = min(wanted, LABEL_COLUMNS, width // 4)
    return Frame(x, y, margin, max(width - margin - 1, 8), rows)


def y_ticks(y: Scale, rows: int) -> tuple[Tick, ...]:
    """As many ticks as rows can tell apart."""
    return ticks(y, max(2, rows // 2))


def half_columns(bars: Bars, frame: Frame) -> Iterable[Point]:
    """The highest bar over each half column, where there is one."""
    n = frame.n_columns * 2
    tops = enumerate(column_tops(bars, frame.x, frame.y, n))
    return (((column + 0.5) / n, top) for column, top in tops if top is not None)


def runs(series: Series, lines: Lines, frame: Frame) -> Iterable[tuple[Point, ...]]:
    """The line's uninterrupted parts, thinned to what the columns can show: plotext takes 7 µs a point."""
    points = zip(series.xs, series.ys, strict=False)
    for visible, run in groupby(points, key=lambda point: on_axis(point[0], lines.x) and on_axis(point[1], lines.y)):
        if visible:
            kept = thinned(list(run), 4 * frame.n_columns)
            yield tuple((frame.x.clamped(x), frame.y.clamped(y)) for x, y in kept)


def chart(frame: Frame, curves: Iterable[Curve]) -> list[str]:
    """The axes with their ticks around the curves."""
    import plotext  # noqa: PLC0415 - takes 0.1 s, and only charts need it

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear.all()
    figure.theme("colorless")
    figure.plot_size(frame.margin + 1 + frame.n_columns, frame.rows + 2)
    for axis in ("x", "y"):
        figure.axes(False, axis=axis, side=1)
    for curve in curves:
        signal = figure.signal(
            [x for x, _ in curve.points],
            [y - frame.base for _, y in curve.points],
            marker=plotext.marker("hd" if curve.filled else MARKERS[curve.style], COLOURS[curve.style]),
        )
        figure.draw(signal.fillx() if curve.filled else signal.lines())
    marks = labelled(ticks(frame.x, max(2, frame.n_columns // 12)), 0.0, 0)
    figure.ruler("x").alignment(lim="edge").lim(0.0, 1.0).ticks(*marks)
    marks = labelled(y_ticks(frame.y, frame.rows), frame.base, frame.margin)
    figure.ruler("y").alignment(lim="edge").lim(-frame.base, 1 - frame.base).ticks(*marks)
    return str(figure.build().string()).removesuffix("\n").split("\n")


def labelled(marks: tuple[Tick, ...], base: float, columns: int) -> tuple[list[float], list[str]]:
    """Places of the ticks above the base line, and their labels in exactly `columns` columns, or as long as they are."""
    places = [mark.place - base for mark in marks]
    return places, [mark.label[: columns or None].rjust(columns) for mark in marks]


def window_line(window: Window, frame: Frame) -> str:
    """A window as a line of shades under the chart: faint, then solid."""
    faint, start, stop = (frame.x.clamped(edge) for edge in (window.fade_from, window.start, window.stop))
    cells = "".join(
        "▓" if start <= at < stop else "░" if faint <= at < start else " "
        for at in ((column + 0.5) / frame.n_columns for column in range(frame.n_columns))
    )
    label = printable(window.label)[: frame.margin].rjust(frame.margin)
    return f"{label} {cells if cells.strip() else 'not on this axis'}"


def legend_line(series: Iterable[Series], frame: Frame) -> str:
    """Which marker is which line."""
    entries = (
        f"{'⠒' if style % len(MARKERS) == 0 else MARKERS[style % len(MARKERS)]} {printable(line.label, 40)}"
        for style, line in enumerate(series)
    )
    return " " * (frame.margin + 1) + "   ".join(entries)


def axis_line(axis: Axis, frame: Frame) -> str:
    """What an axis shows, over the cells."""
    label = printable(axis.label, frame.n_columns)
    unit = unit_beside(axis.label, axis.unit)
    beside = f" ({printable(unit, 20)})" if unit else ""
    return f"{' ' * (frame.margin + 1)}{label}{beside}"
