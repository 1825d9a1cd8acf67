"""Figures in an HTML page: charts as inline SVG, tables as tables."""

from precisionlab.analysis.figures import Column, Figure, Table
from precisionlab.analysis.results import Scalar
from precisionlab.reports import svg
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.quantities import cell, column_header, count

LONG = 30
"""Longer texts, such as names, are broken anywhere rather than hide what stands beside them."""
ROWS_SHOWN = 1_000
"""Rows of a table; the others are counted."""


def figure_markup(figure: Figure) -> Markup:
    """A figure under its title."""
    drawn = table(figure) if isinstance(figure, Table) else element("div", svg.draw(figure), class_="scroll-x")
    return element("figure", element("figcaption", figure.title), drawn, class_=figure.kind)


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
    if isinstance(value, int | float) and not isinstance(value, bool):
        return element("td", text, class_="number")
    return element("td", text, class_="long" if len(text) > LONG else False)
