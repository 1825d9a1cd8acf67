"""Figures as SVG: bars with windows under them, and lines; the other kinds have a module each.

The drawings carry no colour of their own: `currentColor` and opacity, which a page's
style sheet refines by class. Each says in its title and description what it shows.
"""

from collections.abc import Iterator

from precisionlab.analysis.figures import Barcode, Bars, Heatmap, Lines, Scatter, Series, Window
from precisionlab.escaping import printable
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.quantities import counted, scalar, significant
from precisionlab.reports.scales import bars_x, bars_y, bin_tops, lines_scales, on_axis, runs
from precisionlab.reports.svg_barcode import barcode
from precisionlab.reports.svg_frame import (
    LABEL_LIMIT,
    RIGHT,
    ROW,
    WIDTH,
    Area,
    axes,
    chart,
    dashes,
    label,
    left_margin,
    trace,
)
from precisionlab.reports.svg_heatmap import heatmap
from precisionlab.reports.svg_scatter import scatter

MOST_BARS = 1_200
"""More bins than that share columns of half a unit."""

Chart = Bars | Lines | Scatter | Heatmap | Barcode
"""The figures that are drawings: all but tables."""


def draw(figure: Chart) -> Markup:
    """The figure as one SVG element, or a sentence where no value can be drawn."""
    return drawn(figure) or element("p", "Nothing to draw: no finite values.", class_="empty")


def drawn(figure: Chart) -> Markup | None:
    """The figure's drawing, where it has one."""
    match figure:
        case Bars():
            return bars(figure)
        case Lines():
            return lines(figure)
        case Scatter():
            return scatter(figure)
        case Heatmap():
            return heatmap(figure)
        case Barcode():
            return barcode(figure)


def bars(figure: Bars) -> Markup | None:
    """A histogram over its windows."""
    x, y = bars_x(figure), bars_y(figure)
    if x is None or y is None:
        return None
    area = Area(x, y, left_margin(y, [window.label for window in figure.windows]))
    base = 0.0 if y.logarithmic else y.clamped(0.0)
    # Markup, since long texts are cut where they are escaped, and paths are long.
    boxes = Markup("".join(box(area, place, base) for place in bin_tops(figure, x, y, MOST_BARS)))
    below = area.bottom + 3 * ROW
    windows = [span(window, area, below + row * ROW) for row, window in enumerate(figure.windows)]
    return chart(
        figure.title,
        below + len(windows) * ROW,
        described_bars(figure),
        axes(area, figure.x, figure.y),
        element("path", class_="bars", d=boxes, fill="currentColor"),
        *windows,
    )


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
    parts = [trace(run, area) for run in runs(series, figure.x, figure.y)]
    return element(
        "path",
        class_=f"line line-{style % 6}",
        d=Markup("".join(parts)),
        fill="none",
        stroke="currentColor",
        stroke_width=1.6,
        stroke_linecap="round",
        stroke_linejoin="round",
        **dashes(style),
    )


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
