"""Figures in an HTML page: charts as inline SVG with data for the script, which draws them anew; tables as tables."""

import json
from dataclasses import dataclass, field

from precisionlab.analysis.figures import Column, Figure, Table
from precisionlab.analysis.results import Scalar
from precisionlab.reports import svg, svg_heatmap, vega_heatmap
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.model_map import ModelMap
from precisionlab.reports.quantities import cell, column_header, count, shown_name
from precisionlab.reports.vega_charts import vega_chart
from precisionlab.reports.vega_parts import VegaChart

LONG = 30
"""Longer texts, such as names, are broken anywhere rather than hide what stands beside them."""
ROWS_SHOWN = 1_000
"""Rows of a table; the others are counted."""
NOTHING = "Nothing to draw: no finite values."


@dataclass(slots=True)
class Charts:
    """The charts of a page: figures that are alike share one specification."""

    specs: dict[str, int] = field(default_factory=dict)
    """The number of each specification, by its text."""
    placed: list[Json] = field(default_factory=list)
    """Those that stand in the page itself, in their order."""

    def record(self, chart: VegaChart) -> Json:
        """A chart for the script, by the number of its specification."""
        number = self.specs.setdefault(json.dumps(chart.spec, separators=(",", ":"), allow_nan=False), len(self.specs))
        return {"spec": number, **chart.record}

    def place(self, chart: VegaChart | None) -> str | bool:
        """The number of a chart that is to stand in the page; False where there is none."""
        if chart is None:
            return False
        self.placed.append(self.record(chart))
        return str(len(self.placed) - 1)


def figure_markup(figure: Figure, charts: Charts) -> Markup:
    """A figure under its title."""
    if isinstance(figure, Table):
        return titled(figure.title, table(figure), class_=figure.kind)
    drawn = element("div", svg.draw(figure), class_="static scroll-x")
    return titled(figure.title, drawn, class_=figure.kind, data_chart=charts.place(vega_chart(figure)))


def titled(title: str, *contents: Markup, **attributes: str | bool) -> Markup:
    """A figure element with its caption."""
    return element("figure", element("figcaption", title), *contents, **attributes)


def map_markup(drawn: ModelMap, charts: Charts) -> Markup:
    """The model map, and its numbers as a table for who does not see shades."""
    static = svg_heatmap.heatmap(drawn.heatmap, drawn.numbers) or element("p", NOTHING, class_="empty")
    chart = vega_heatmap.heatmap(drawn.heatmap, drawn.numbers)
    numbers = element("details", element("summary", "The numbers as a table"), table(drawn.table), class_="numbers")
    return titled(
        drawn.heatmap.title,
        element("div", static, class_="static scroll-x"),
        numbers,
        class_="heatmap",
        data_chart=charts.place(chart),
    )


def figure_record(figure: Figure, charts: Charts) -> Json:
    """A figure for the script, which draws it where a tensor is looked at."""
    title = shown_name(figure.title)
    if isinstance(figure, Table):
        return {"title": title, "table": table_record(figure)}
    chart = vega_chart(figure)
    return {"title": title, "kind": figure.kind, "chart": charts.record(chart) if chart else None}


def table_record(figure: Table) -> Json:
    """A table's cells as they are shown, and which of its columns hold numbers."""
    rows = figure.rows[:ROWS_SHOWN]
    return {
        "head": [column_header(column) for column in figure.columns],
        "numeric": [int(any(is_number(row[at]) for row in rows)) for at in range(len(figure.columns))],
        "rows": [[cell(value, column) for value, column in zip(row, figure.columns, strict=False)] for row in rows],
        "more": max(0, len(figure.rows) - ROWS_SHOWN),
    }


def table(figure: Table) -> Markup:
    """A table with its header; numbers to the right."""
    head = [element("th", column_header(column), scope="col") for column in figure.columns]
    rows = [
        element("tr", *(table_cell(value, column) for value, column in zip(row, figure.columns, strict=False)))
        for row in figure.rows[:ROWS_SHOWN]
    ]
    rest = len(figure.rows) - ROWS_SHOWN
    more = element("p", f"and {count(rest)} more rows", class_="more") if rest > 0 else Markup()
    whole = element("table", element("thead", element("tr", *head)), element("tbody", *rows))
    return element("div", whole, more, class_="scroll-x")


def table_cell(value: Scalar, column: Column) -> Markup:
    """One cell."""
    text = cell(value, column)
    if is_number(value):
        return element("td", text, class_="number")
    return element("td", text, class_="long" if len(text) > LONG else False)


def is_number(value: Scalar) -> bool:
    """Whether it stands at the right of its column."""
    return isinstance(value, int | float) and not isinstance(value, bool)
