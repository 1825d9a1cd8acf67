"""Figures in Markdown: tables and heat maps as tables, charts drawn with characters."""

import math
from collections.abc import Iterator

from precisionlab.analysis.figures import Column, Figure, Heatmap, Scatter, Table
from precisionlab.reports import shading
from precisionlab.reports.markdown_markup import code, fenced, pipe_table, text
from precisionlab.reports.quantities import axis_header, cell, column_header, count
from precisionlab.reports.terminal_charts import draw

ROWS_SHOWN = 50
CHART_COLUMNS = 80
CHART_ROWS = 18
SCATTER_ROWS = 24


def figure_parts(figure: Figure) -> Iterator[str]:
    """A figure: a chart in characters, a table or a heat map as a table under its title."""
    match figure:
        case Table():
            yield from (title(figure.title), figure_table(figure)) if figure.rows else ()
        case Heatmap():
            yield from (title(figure.title), heatmap_table(figure)) if figure.rows and figure.columns else ()
        case Scatter():
            yield fenced(draw(figure, CHART_COLUMNS, SCATTER_ROWS, colour=False))
        case _:
            yield fenced(draw(figure, CHART_COLUMNS, CHART_ROWS, colour=False))


def title(told: str) -> str:
    """What stands above a table."""
    return f"#### {text(told)}"


def figure_table(table: Table) -> str:
    """A figure's first rows."""
    rows = [
        [text(cell(value, column)) for value, column in zip(row, table.columns, strict=False)] for row in table.rows
    ]
    drawn = pipe_table([text(column_header(column)) for column in table.columns], rows[:ROWS_SHOWN])
    return "\n\n".join((drawn, *more_rows(len(rows))))


def more_rows(n_rows: int) -> Iterator[str]:
    """How many rows of a table are not shown, where there are any."""
    if n_rows > ROWS_SHOWN:
        yield f"and {count(n_rows - ROWS_SHOWN)} more rows"


def heatmap_table(heatmap: Heatmap) -> str:
    """The numbers of a heat map's first rows, and between which they lie."""
    header = [text(axis_header(heatmap.y)), *map(code, heatmap.columns)]
    rows = [
        [code(name), *(heat(value, heatmap.unit) for value in values)]
        for name, values in shading.first_rows(heatmap, ROWS_SHOWN)
    ]
    said = shading.extremes(heatmap)
    return "\n\n".join((pipe_table(header, rows), *more_rows(shading.n_rows(heatmap)), *([text(said)] if said else [])))


def heat(value: float, unit: str) -> str:
    """A number of a heat map; a dash where there is none."""
    return shading.EMPTY if math.isnan(value) else cell(value, Column("", unit))
