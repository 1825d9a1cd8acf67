"""Figures as ANSI text of a given width and height: bars with windows under them, and lines.

The other kinds have a module each.
"""

import re
from collections.abc import Iterable

from precisionlab.analysis.figures import Barcode, Bars, Figure, Heatmap, Lines, Scatter, Series, Table, Window
from precisionlab.escaping import printable
from precisionlab.reports.scales import Point, bars_x, bars_y, column_tops, lines_scales, runs, thinned
from precisionlab.reports.terminal_barcode import barcode_lines
from precisionlab.reports.terminal_frame import (
    MARKERS,
    NOTHING,
    Curve,
    Frame,
    axis_line,
    chart,
    framed,
    legend_lines,
)
from precisionlab.reports.terminal_heatmap import heatmap_text
from precisionlab.reports.terminal_scatter import scatter_lines
from precisionlab.reports.terminal_tables import table_text, title_text

CHART_ROWS = 16
SCATTER_ROWS = 24
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def draw(figure: Figure, width: int, height: int, *, colour: bool) -> str:
    """The figure in lines of at most `width` columns, about `height` of them, coloured by ANSI escapes or plain."""
    match figure:
        case Table():
            return table_text(figure, width, height, colour=colour)
        case Heatmap():
            return heatmap_text(figure, width, height, colour=colour)
        case Bars():
            lines = bars_lines(figure, width, height)
        case Lines():
            lines = lines_lines(figure, width, height)
        case Scatter():
            lines = scatter_lines(figure, width, height)
        case Barcode():
            lines = barcode_lines(figure, width, height)
    text = "\n".join((title_text(figure.title, width), *lines))
    return text if colour else "\n".join(line.rstrip() for line in ESCAPES.sub("", text).split("\n"))


def chart_rows(figure: Figure) -> int:
    """How many lines a chart takes where there is room for any number."""
    match figure:
        case Scatter():
            return SCATTER_ROWS
        case Bars():
            return CHART_ROWS + len(figure.windows)
        case _:
            return CHART_ROWS


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
        Curve(run, style, MARKERS[style % len(MARKERS)])
        for style, series in enumerate(lines.series)
        for run in places(series, lines, frame)
    ]
    legend = legend_lines(map(sample, range(len(lines.series)), lines.series), frame) if len(lines.series) > 1 else []
    return [axis_line(lines.y, frame), *chart(frame, curves), axis_line(lines.x, frame), *legend]


def sample(style: int, series: Series) -> tuple[str, str]:
    """A line's marker and label."""
    marker = MARKERS[style % len(MARKERS)]
    return "⠒" if marker == "braille" else marker, series.label


def half_columns(bars: Bars, frame: Frame) -> Iterable[Point]:
    """The highest bar over each half column, where there is one."""
    n = frame.n_columns * 2
    tops = enumerate(column_tops(bars, frame.x, frame.y, n))
    return (((column + 0.5) / n, top) for column, top in tops if top is not None)


def places(series: Series, lines: Lines, frame: Frame) -> Iterable[tuple[Point, ...]]:
    """The line's uninterrupted parts, thinned to what the columns can show: plotext takes 7 µs a point."""
    for run in runs(series, lines.x, lines.y):
        yield tuple((frame.x.clamped(x), frame.y.clamped(y)) for x, y in thinned(run, 4 * frame.n_columns))


def window_line(window: Window, frame: Frame) -> str:
    """A window as a line of shades under the chart: faint, then solid."""
    faint, start, stop = (frame.x.clamped(edge) for edge in (window.fade_from, window.start, window.stop))
    cells = "".join(
        "▓" if start <= at < stop else "░" if faint <= at < start else " "
        for at in ((column + 0.5) / frame.n_columns for column in range(frame.n_columns))
    )
    label = printable(window.label)[: frame.margin].rjust(frame.margin)
    return f"{label} {cells if cells.strip() else 'not on this axis'}"
