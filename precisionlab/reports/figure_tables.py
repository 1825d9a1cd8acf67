"""Any figure as a table of its numbers with all their digits, and such tables as text that other programs read."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from precisionlab.analysis.figures import Axis, Barcode, Bars, Cell, Column, Figure, Heatmap, Lines, Scatter, Table
from precisionlab.analysis.results import Result
from precisionlab.escaping import printable
from precisionlab.reports.quantities import unit_beside

FORMULA_STARTS = ("=", "+", "-", "@")
"""With which a text becomes a formula where a spreadsheet opens it."""


def table_of(figure: Figure) -> Table:
    """The numbers that the figure draws, a row for each point, bin, interval or row; windows under bars are left out."""
    match figure:
        case Table():
            return figure
        case Bars():
            return table_of_bars(figure)
        case Lines():
            return table_of_lines(figure)
        case Scatter():
            return table_of_points(figure)
        case Heatmap():
            return table_of_cells(figure)
        case Barcode():
            return table_of_intervals(figure)


def table_of_bars(figure: Bars) -> Table:
    """A row for each bin: where it starts, where it ends, how high it stands."""
    columns = (column_of(figure.x, " from"), column_of(figure.x, " to"), column_of(figure.y))
    rows = tuple(
        (figure.first + i * figure.width, figure.first + (i + 1) * figure.width, height)
        for i, height in enumerate(figure.heights)
    )
    return Table(figure.title, columns, rows)


def table_of_lines(figure: Lines) -> Table:
    """A row for each point of each line."""
    rows = ((one.label, x, y) for one in figure.series for x, y in zip(one.xs, one.ys, strict=True))
    return Table(figure.title, (Column("line"), column_of(figure.x), column_of(figure.y)), tuple(rows))


def table_of_points(figure: Scatter) -> Table:
    """A row for each point; with its name where any has one."""
    axes = (column_of(figure.x), column_of(figure.y))
    if not any(group.names for group in figure.groups):
        bare = ((one.label, x, y) for one in figure.groups for x, y in zip(one.xs, one.ys, strict=True))
        return Table(figure.title, (Column("group"), *axes), tuple(bare))
    named = (
        (one.label, name, x, y)
        for one in figure.groups
        for name, x, y in zip(one.names or [""] * len(one.xs), one.xs, one.ys, strict=True)
    )
    return Table(figure.title, (Column("group"), Column("name"), *axes), tuple(named))


def table_of_cells(figure: Heatmap) -> Table:
    """The rows and columns as they are, with the rows' names in front."""
    columns = (column_of(figure.y), *(Column(name, figure.unit) for name in figure.columns))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *values) for name, values in zip(figure.rows, figure.values, strict=True)
    )
    return Table(figure.title, columns, rows)


def table_of_intervals(figure: Barcode) -> Table:
    """A row for each interval; one that lasts ends at infinity."""
    columns = (Column("group"), column_of(figure.x, " from"), column_of(figure.x, " to"))
    rows = (
        (group.label, start, end)
        for group in figure.groups
        for start, end in zip(group.starts, group.ends, strict=True)
    )
    return Table(figure.title, columns, tuple(rows))


def measurements_of(result: Result) -> Table:
    """Every measurement of a result with its value and its unit."""
    columns = (Column("measurement"), Column("value"), Column("unit"))
    rows = tuple((one.metric.key, one.value, one.metric.unit) for one in result.measurements)
    return Table("Measurements", columns, rows)


def comma_separated(table: Table) -> str:
    """The table as CSV with a header line, in UTF-8's characters; a text that would be a formula starts with an apostrophe."""
    return separated([header(table), *([guarded(cell) for cell in row] for row in table.rows)], ",")


def tab_separated(table: Table) -> str:
    """The table with tabs between its cells, as spreadsheets paste it; else as in CSV."""
    return separated([header(table), *([guarded(cell) for cell in row] for row in table.rows)], "\t")


def separated(rows: Iterable[Iterable[str]], delimiter: str) -> str:
    """Lines of cells, those in quotes that hold the delimiter or a quote."""
    stream = io.StringIO()
    writer: Any = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerows(rows)
    return stream.getvalue()


def header(table: Table) -> list[str]:
    """What the columns are, with units: cells show none, and shares stay numbers from 0 to 1."""
    return [guarded(labelled(column)) for column in table.columns]


def labelled(column: Column) -> str:
    """A column's label with its unit."""
    unit = unit_beside(column.label, column.unit)
    return f"{column.label} ({unit})" if unit else column.label


def guarded(cell: Cell) -> str:
    """A cell as text: numbers with all digits, names printable and never a formula."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return float.__repr__(cell)
    if isinstance(cell, int):
        return str(cell)
    text = printable(cell, len(cell))
    is_formula = text.startswith(FORMULA_STARTS) and len(text) > 1 and not is_number(text)
    return f"'{text}" if is_formula else text


def is_number(text: str) -> bool:
    """Whether the text reads as a number, which no spreadsheet computes."""
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def column_of(axis: Axis, suffix: str = "") -> Column:
    """An axis as a column."""
    return Column(f"{axis.label}{suffix}", "" if axis.unit == axis.label else axis.unit)
