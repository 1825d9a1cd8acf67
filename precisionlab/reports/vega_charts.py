"""Figures as Vega-Lite charts, with which a reader can zoom, move, hover and turn series off."""

import math
from collections.abc import Iterator

from precisionlab.analysis.figures import Barcode, Bars, Lines, PointGroup, Scatter, Series
from precisionlab.reports.barcode_bars import barcode_scale, longest, told
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.quantities import axis_header
from precisionlab.reports.scales import (
    Point,
    Scale,
    bars_x,
    bars_y,
    bin_tops,
    lines_scales,
    on_axis,
    runs,
    scatter_scales,
    thinned,
)
from precisionlab.reports.svg import MOST_BARS, Chart
from precisionlab.reports.svg_scatter import names_beside
from precisionlab.reports.vega_heatmap import heatmap
from precisionlab.reports.vega_parts import (
    COLOUR,
    VISIBLE,
    Columns,
    Hover,
    VegaChart,
    axis,
    ends,
    numbers,
    place,
    scale,
    shown,
    specification,
    zooming,
)

MOST_POINTS = 1_000
"""Of one series; of more, the lowest and the highest of neighbours are drawn."""
MOST_INTERVALS = 400
WINDOW = 18
"""Height of a window's row under a histogram."""
DEEP = 50
"""How far under a chart the windows begin: below its axis."""


def vega_chart(figure: Chart) -> VegaChart | None:
    """The figure as a chart; None where no value can be drawn."""
    match figure:
        case Bars():
            return bars(figure)
        case Lines():
            return lines(figure)
        case Scatter():
            return scatter(figure)
        case Barcode():
            return barcode(figure)
        case _:
            return heatmap(figure)


def bars(figure: Bars) -> VegaChart | None:
    """A histogram over its windows."""
    x, y = bars_x(figure), bars_y(figure)
    if x is None or y is None:
        return None
    base = {"value": {"expr": "height"}} if figure.y.logarithmic else {"datum": 0}
    encoding = {"x": place(figure.x, "x", "a"), "x2": {"field": "b"}, "y": place(figure.y, "y", "h"), "y2": base}
    mark = {"type": "rect", "clip": True, "color": {"expr": "accent"}, "tooltip": {"content": "data"}}
    layers: list[Json] = [{"data": {"name": "bars"}, "params": zooming(), "mark": mark, "encoding": encoding}]
    tables: dict[str, Columns] = {"bars": bins(figure, x, y)}
    if figure.windows:
        layers.extend(window_layers(figure))
        tables["windows"] = {
            "n": [shown(window.label) for window in figure.windows],
            "f": numbers(clamped(window.fade_from, x) for window in figure.windows),
            "a": numbers(clamped(window.start, x) for window in figure.windows),
            "b": numbers(clamped(window.stop, x) for window in figure.windows),
            "w": list(range(len(figure.windows))),
        }
    hover = (Hover(axis_header(figure.x), "a"), Hover("to", "b"), Hover(axis_header(figure.y), "h"), Hover("", "n"))
    spec = specification(*layers, params=("x0", "x1", "y0", "y1"), resolve={"scale": {"y": "independent"}})
    return VegaChart(spec, {**ends(x, "x"), **ends(y, "y")}, tables, hover)


def bins(figure: Bars, x: Scale, y: Scale) -> dict[str, list[float]]:
    """Start, stop and height of the bars that are drawn."""
    if len(figure.heights) > MOST_BARS:
        parts = [(x.value(a), x.value(b), y.value(top)) for a, b, top in bin_tops(figure, x, y, MOST_BARS)]
    else:
        edges = [figure.first + i * figure.width for i in range(len(figure.heights) + 1)]
        shown_bars = (i for i, height in enumerate(figure.heights) if height and on_axis(height, figure.y))
        parts = [(edges[i], edges[i + 1], figure.heights[i]) for i in shown_bars]
        parts = [part for part in parts if on_axis(part[0], figure.x)]
    return {name: numbers(part[at] for part in parts) for at, name in enumerate("abh")}


def window_layers(figure: Bars) -> Iterator[Json]:
    """Bars under the chart, faint where a window fades, each with its name at its left."""
    within = {**scale(figure.x, "x"), "clamp": True}
    rows = {
        "field": "w",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, 1], "range": [{"expr": f"height + {DEEP}"}, {"expr": f"height + {DEEP + WINDOW}"}]},
    }
    for start, stop, opacity in (("f", "a", 0.25), ("a", "b", 0.7)):
        across = {"field": start, "type": "quantitative", "scale": within, "axis": axis(figure.x)}
        mark = {"type": "rule", "strokeWidth": 10, "color": {"expr": "accent"}, "opacity": opacity, "clip": False}
        yield {
            "data": {"name": "windows"},
            "mark": {**mark, "tooltip": {"content": "data"}},
            "encoding": {"x": across, "x2": {"field": stop}, "y": rows},
        }
    text = {"type": "text", "align": "right", "baseline": "middle", "color": {"expr": "ink"}, "x": -8, "clip": False}
    yield {
        "data": {"name": "windows"},
        "mark": text,
        "encoding": {"y": rows, "text": {"field": "n", "type": "nominal"}},
    }


def clamped(value: float, of: Scale) -> float:
    """The value, or the end of the scale that it lies beyond."""
    return of.value(of.clamped(value)) if of.place(value) is None else value


def lines(figure: Lines) -> VegaChart | None:
    """Lines, interrupted where a value has no place."""
    scales = lines_scales(figure)
    if scales is None:
        return None
    encoding = {"x": place(figure.x, "x", "x"), "y": place(figure.y, "y", "y"), "detail": detail("s", "r")}
    common = {"data": {"name": "points"}, "encoding": encoding, "transform": [{"filter": VISIBLE}]}
    line = {"type": "line", "clip": True, "color": COLOUR, "strokeDash": {"expr": "dashes[datum.s % 6]"}}
    dot = {"type": "point", "clip": True, "color": COLOUR, "filled": True, "size": {"expr": "datum.alone ? 20 : 60"}}
    spec = specification(
        {**common, "params": zooming(), "mark": {**line, "strokeWidth": 1.8}},
        {**common, "mark": {**dot, "opacity": {"expr": "datum.alone ? 1 : 0"}, "tooltip": {"content": "data"}}},
        params=("x0", "x1", "y0", "y1", "labels"),
    )
    labels = [shown(series.label) for series in figure.series]
    values = {**ends(scales[0], "x"), **ends(scales[1], "y"), "labels": labels}
    hover = (Hover("", "s", "", "labels"), Hover(axis_header(figure.x), "x"), Hover(axis_header(figure.y), "y"))
    tables = {"points": traced(figure, dict(enumerate(figure.series)))}
    return VegaChart(spec, values, tables, hover, tuple(labels) if len(labels) > 1 else (), "line")


def traced(figure: Lines | Scatter, groups: dict[int, Series | PointGroup]) -> dict[str, list[float]]:
    """The points of lines: where they are, of which series, of which uninterrupted run, and whether alone in it."""
    parts: list[tuple[int, int, list[Point]]] = []
    for at, group in groups.items():
        for run in runs(group, figure.x, figure.y):
            parts.append((at, len(parts), [*thinned(run, MOST_POINTS)]))
    points = [(x, y, at, number, len(run) == 1) for at, number, run in parts for x, y in run]
    return {
        "x": numbers(point[0] for point in points),
        "y": numbers(point[1] for point in points),
        "s": [point[2] for point in points],
        "r": [point[3] for point in points],
        "alone": [int(point[4]) for point in points],
    }


def detail(*names: str) -> list[Json]:
    """What parts the rows of a table into lines."""
    return [{"field": name, "type": "nominal"} for name in names]


def scatter(figure: Scatter) -> VegaChart | None:
    """Points with the names that have room beside them; a line through joined groups."""
    scales = scatter_scales(figure)
    if scales is None:
        return None
    across, up = place(figure.x, "x", "x"), place(figure.y, "y", "y")
    shape = {"expr": "['circle', 'cross', 'square', 'triangle-up', 'diamond', 'stroke'][datum.s % 6]"}
    look = {"type": "point", "clip": True, "color": COLOUR, "shape": shape, "size": 45, "filled": True, "opacity": 0.9}
    beside = {"dx": {"expr": "datum.dx"}, "dy": {"expr": "datum.dy"}, "align": {"expr": "datum.align"}}
    letters = {"type": "text", "clip": True, "baseline": "middle", "color": {"expr": "ink"}, **beside}
    both: Json = {"x": across, "y": up}
    spec = specification(
        layer("points", {**look, "tooltip": {"content": "data"}}, both, params=zooming()),
        layer("joined", {"type": "line", "clip": True, "color": COLOUR}, {**both, "detail": detail("s", "r")}),
        layer("names", letters, {**both, "text": {"field": "n", "type": "nominal"}}),
        height=320,
        params=("x0", "x1", "y0", "y1", "labels"),
    )
    labels = [shown(group.label) for group in figure.groups]
    values = {**ends(scales[0], "x"), **ends(scales[1], "y"), "labels": labels}
    hover = (
        Hover("", "n"),
        Hover(axis_header(figure.x), "x"),
        Hover(axis_header(figure.y), "y"),
        Hover("", "s", "", "labels"),
    )
    joined = {at: group for at, group in enumerate(figure.groups) if group.is_joined}
    tables: dict[str, Columns] = {**dotted(figure), "joined": traced(figure, {**joined})}
    return VegaChart(spec, values, tables, hover, tuple(labels) if len(labels) > 1 else (), "point")


def layer(data: str, mark: Json, encoding: Json, **more: object) -> Json:
    """A layer whose series the legend turns on and off."""
    return {"data": {"name": data}, "mark": mark, "encoding": encoding, "transform": [{"filter": VISIBLE}], **more}


def dotted(figure: Scatter) -> dict[str, Columns]:
    """The points, and the names that stand beside them."""
    spots, names = names_beside(figure)
    return {
        "points": {
            "x": numbers(dot.x for dot in spots),
            "y": numbers(dot.y for dot in spots),
            "s": [dot.style for dot in spots],
            "n": [dot.name for dot in spots],
        },
        "names": {
            "x": numbers(name.dot.x for name in names),
            "y": numbers(name.dot.y for name in names),
            "s": [name.dot.style for name in names],
            "n": [name.text for name in names],
            "dx": numbers(name.across for name in names),
            "dy": numbers(name.down for name in names),
            "align": [name.align for name in names],
        },
    }


def barcode(figure: Barcode) -> VegaChart | None:
    """A bar for each interval, the first one at the bottom; those that last end in an arrow head."""
    x, intervals = barcode_scale(figure), longest(figure, MOST_INTERVALS)
    if x is None or not intervals:
        return None
    rows = {"domainMin": -1, "domainMax": {"expr": "n"}, "nice": False, "zero": False}
    up = {"field": "i", "type": "quantitative", "axis": None, "scale": rows}
    rule = {"type": "rule", "clip": True, "strokeWidth": {"expr": "n > 150 ? 1 : 2.5"}, "color": COLOUR}
    head = {"type": "point", "shape": "triangle-right", "filled": True, "size": 40, "color": COLOUR}
    across = place(figure.x, "x", "a")
    spec = specification(
        layer(
            "bars",
            {**rule, "tooltip": {"content": "data"}},
            {"x": across, "x2": {"field": "b"}, "y": up},
            params=zooming(),
        ),
        {
            "data": {"name": "bars"},
            "mark": head,
            "encoding": {"x": place(figure.x, "x", "b"), "y": up},
            "transform": [{"filter": VISIBLE}, {"filter": "datum.lasts"}],
        },
        height=260,
        params=("x0", "x1", "n", "labels"),
    )
    end = x.value(1.0)
    table: Columns = {
        "a": numbers(bar.start for bar in intervals),
        "b": numbers(end if bar.end == math.inf else bar.end for bar in intervals),
        "lasts": [int(bar.end == math.inf) for bar in intervals],
        "s": [bar.group for bar in intervals],
        "i": list(range(len(intervals))),
    }
    labels = [told(figure, intervals, index) for index in range(len(figure.groups))]
    hover = (Hover("", "s", "", "labels"), Hover("from", "a"), Hover("to", "b"))
    values = {**ends(x, "x"), "n": len(intervals), "labels": labels}
    return VegaChart(spec, values, {"bars": table}, hover, tuple(labels) if len(labels) > 1 else (), "bar")
