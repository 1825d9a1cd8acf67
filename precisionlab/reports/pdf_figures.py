"""Figures in the PDF report: charts as vector drawings, tables and heat maps as tables that go on over pages."""

import html
import math
import re
from collections.abc import Callable, Iterable, Sequence

from precisionlab.analysis.figures import Cell, Figure, Heatmap, Table
from precisionlab.reports import shading, svg
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.model_map import ModelMap
from precisionlab.reports.names import shortened, shortened_names
from precisionlab.reports.pdf_tables import Setting, grid
from precisionlab.reports.quantities import axis_header, cell, column_header, count
from precisionlab.reports.svg import Chart
from precisionlab.reports.svg_file import OPENING, SIZE, STYLE
from precisionlab.reports.typst_markup import Code, call, flowing, folded, literal, name

ROWS_SHOWN = 24
"""Rows of a table; the others are counted, as are columns beyond those."""
COLUMNS_SHOWN = 14
NAME_LIMIT = 40
HEADER_LIMIT = 44
"""Characters of a shaded column's header, which stands upright."""
SCALE = 0.72
"""Points that a unit of a drawing takes: its texts are then of 8 points."""
MOST_WIDTH, MOST_HEIGHT = 470.0, 640.0
"""Of a drawing, in points: it fits onto one page with its title."""
FONTS = 'svg { font-family: "Libertinus Serif"; }'
DESCRIPTION = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)


def figure_code(figure: Figure) -> Code:
    """A figure under its title."""
    match figure:
        case Table():
            return table(figure)
        case Heatmap():
            return heatmap(figure)
        case _:
            return chart(figure)


def chart(figure: Chart) -> Code:
    """A drawing, or a sentence where no value can be drawn."""
    drawing = svg.drawn(figure)
    size = SIZE.search(drawing) if drawing is not None else None
    if drawing is None or size is None:
        return call("remark", flowing(f"{figure.title}: nothing to draw, no finite values."))
    width, height = float(size[1]), float(size[2])
    told = DESCRIPTION.search(drawing)
    points = width * min(SCALE, MOST_WIDTH / width, MOST_HEIGHT / height)
    return call(
        "drawing",
        flowing(figure.title),
        literal(styled(drawing)),
        html.unescape(told[1]) if told else figure.title,
        Code(f"{points:.1f}pt"),
    )


def styled(drawing: Markup) -> str:
    """The drawing with the colours and the typeface of paper."""
    style = element("style", Markup(STYLE + FONTS))
    return OPENING.sub(lambda opening: opening[0] + style, drawing, count=1)


def table(figure: Table, first: Callable[[str], Code] = folded, most: int = ROWS_SHOWN) -> Code:
    """A table with its first rows and columns, its first column in a face of its own."""
    columns = figure.columns[:COLUMNS_SHOWN]
    rows = [row[: len(columns)] for row in figure.rows[:most]]
    settings = [
        Setting(column_header(column), folded if at else first, are_numbers(row[at] for row in rows if at < len(row)))
        for at, column in enumerate(columns)
    ]
    told = [[cell(value, column) for value, column in zip(row, columns, strict=False)] for row in rows]
    whole = [[*row, *[""] * (len(columns) - len(row))] for row in told]
    return grid(figure.title, settings, whole, left_out(len(figure.rows), most, len(figure.columns)))


def are_numbers(values: Iterable[Cell]) -> bool:
    """Whether a column stands to the right: of numbers, and dashes where one is missing."""
    told = [value for value in values if value != shading.EMPTY]
    return bool(told) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in told)


def heatmap(figure: Heatmap) -> Code:
    """A heat map's first rows and columns as cells with their numbers, as dark as they are bad."""
    shades = shading.shading(figure)
    rows = shading.first_rows(figure, ROWS_SHOWN)
    said = shading.extremes(figure)
    more = left_out(shading.n_rows(figure), ROWS_SHOWN, len(figure.columns))
    return shaded(
        figure,
        [[(shades.badness(value), shading.number(value, figure.unit)) for value in values] for _, values in rows],
        "; ".join(clause for clause in (said, more) if clause),
    )


def model_map_code(found: ModelMap) -> Code:
    """The layers by measurements; every column has shades of its own."""
    figure = found.heatmap
    cells = [
        [(None if math.isnan(place) else place, told) for place, told in zip(places, texts, strict=True)]
        for places, texts in zip(figure.values, found.numbers, strict=True)
    ]
    note = (
        "The darker, the worse among the layers; an arrow in a column's header says which way is better. "
        "Where there is none, darker is only larger. A layer tells its worst tensor, or the median where none is worse."
    )
    return shaded(figure, cells, note)


def shaded(figure: Heatmap, cells: Sequence[Sequence[tuple[float | None, str]]], note: str) -> Code:
    """A table of shaded cells."""
    columns = figure.columns[:COLUMNS_SHOWN]
    if not (columns and cells):
        return Code("")
    names = shortened_names(figure.rows[: len(cells)], NAME_LIMIT)
    rows = [
        [name(label), [[place, folded(number)] for place, number in row[: len(columns)]]]
        for label, row in zip(names, cells, strict=True)
    ]
    header = [shortened(column, HEADER_LIMIT) for column in columns]
    return call("shaded_table", flowing(figure.title), axis_header(figure.y), header, rows, note)


def left_out(n_rows: int, most_rows: int, n_columns: int) -> str:
    """How many rows and columns are not shown; empty where all are."""
    more = (
        f"{count(total - shown)} more {noun}s"
        for total, shown, noun in ((n_rows, most_rows, "row"), (n_columns, COLUMNS_SHOWN, "column"))
        if total > shown
    )
    clauses = " and ".join(more)
    return f"and {clauses}" if clauses else ""
