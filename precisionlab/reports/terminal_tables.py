"""Tables as terminal text, through rich."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.escaping import printable
from precisionlab.reports.quantities import cell, column_header, count

GAP = 2
"""Blanks between columns."""
SHORT = 20
"""Texts of at most so many characters stay on one line, as all numbers do."""
LEAST_FOLDED = 15
"""Longer texts are folded, in a column of at least so many characters."""
TITLE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Room:
    """How wide a column must be at least, and what it needs at most."""

    least: int
    """Its numbers and short texts on one line each, its header a word a line."""
    most: int


def console(width: int, *, colour: bool) -> Console:
    """A console into memory that asks neither the terminal nor the environment."""
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )


def written(renderable: RenderableType, width: int, *, colour: bool) -> str:
    """The renderable as text, without blanks at the end of its lines."""
    target = console(width, colour=colour)
    target.print(renderable, crop=False)
    text = target.file.getvalue() if isinstance(target.file, io.StringIO) else ""
    return "\n".join(line.rstrip() for line in text.removesuffix("\n").split("\n"))


def title_text(title: str, width: int) -> str:
    """A figure's title, on as many lines as it takes."""
    return written(Text(printable(title, TITLE_LIMIT)), width, colour=False)


def table_text(table: Table, width: int, height: int, *, colour: bool) -> str:
    """The table in about `height` lines under its title."""
    drawn = written(table_drawing(table, max(height - 4, 1), width), width, colour=colour)
    return "\n".join((title_text(table.title, width), drawn))


def table_drawing(table: Table, n_rows: int, width: int) -> RenderableType:
    """The first rows, the columns that fit, and a line each for the rows and columns that are left out.

    Numbers are never cut. Long texts and headers are folded before a column is left out.
    """
    rows = table.rows[:n_rows]
    rooms = [room(column, column_of(rows, at)) for at, column in enumerate(table.columns)]
    widths = fitted(rooms, width)
    return Group(rich_table(table.columns, rows, widths), *map(Text, left_out(table, n_rows, len(widths))))


def column_of(rows: Sequence[Sequence[Cell]], at: int) -> list[Cell]:
    """A column's cells; rows may be short."""
    return [row[at] for row in rows if at < len(row)]


def room(column: Column, cells: Sequence[Cell]) -> Room:
    """What a column with these cells needs."""
    header = column_header(column)
    widths = [(cell_len(cell(value, column)), isinstance(value, str)) for value in cells]
    least = (LEAST_FOLDED if is_text and width > SHORT else width for width, is_text in widths)
    return Room(
        max((*least, *map(cell_len, header.split())), default=0),
        max((*(width for width, _ in widths), cell_len(header))),
    )


def fitted(rooms: Sequence[Room], width: int, gap: int = GAP) -> list[int]:
    """The widths of as many columns from the left as fit, of the first one in any case; the widest give way."""
    counts = range(1, len(rooms) + 1)
    n_shown = max((n for n in counts if total((room.least for room in rooms[:n]), gap) <= width), default=1)
    shown = rooms[:n_shown]
    levels = ([max(room.least, min(room.most, level)) for room in shown] for level in range(width, 0, -1))
    return next((widths for widths in levels if total(widths, gap) <= width), [width][: len(rooms)])


def total(widths: Iterable[int], gap: int) -> int:
    """The width of columns with the blanks between them."""
    listed = list(widths)
    return sum(listed) + gap * (len(listed) - 1)


def rich_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], widths: Sequence[int]) -> RichTable:
    """The columns that have a width, under their headers; numbers to the right."""
    drawn = RichTable(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for at, (column, width) in enumerate(zip(columns, widths, strict=False)):
        has_text = any(isinstance(value, str) for value in column_of(rows, at))
        justify: JustifyMethod = "left" if has_text else "right"
        drawn.add_column(Text(column_header(column)), justify=justify, overflow="fold", width=width)
    for row in rows:
        shown = zip(row, columns[: len(widths)], strict=False)
        drawn.add_row(*(Text(cell(value, column)) for value, column in shown))
    return drawn


def left_out(table: Table, n_rows: int, n_columns: int) -> Iterator[str]:
    """How many rows and which columns are not shown."""
    n_more = len(table.rows) - n_rows
    if n_more > 0:
        yield f"and {count(n_more)} more rows"
    labels = [printable(column.label) for column in table.columns[n_columns:]]
    if labels:
        yield f"left out for lack of width: {', '.join(labels)}"
