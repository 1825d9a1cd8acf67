"""Tables as terminal text, through rich."""

import io

from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from precisionlab.analysis.figures import Table
from precisionlab.escaping import printable
from precisionlab.reports.quantities import cell, column_header

SHORT = 15
"""Columns whose cells have at most so many characters are never folded."""


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


def table_text(table: Table, width: int, height: int, *, colour: bool) -> str:
    """The table in about `height` lines; rows that do not fit are counted."""
    n_rows = max(height - 4, 1)
    text = written(rich_table(table, n_rows), width, colour=colour)
    rest = len(table.rows) - n_rows
    return "\n".join((printable(table.title, width), text, *([f"and {rest:,} more rows"] if rest > 0 else [])))


def rich_table(table: Table, n_rows: int) -> RichTable:
    """The first rows under their header: numbers to the right, long texts folded rather than cut."""
    drawn = RichTable(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    rows = table.rows[:n_rows]
    for index, column in enumerate(table.columns):
        cells = [row[index] for row in rows if index < len(row)]
        is_short = all(len(cell(value, column)) <= SHORT for value in cells)
        drawn.add_column(
            Text(column_header(column)),
            justify="left" if any(isinstance(value, str) for value in cells) else "right",
            overflow="ellipsis" if is_short else "fold",  # a number cut in a narrow window must look cut
            no_wrap=is_short,
        )
    for row in rows:
        drawn.add_row(*(Text(cell(value, column)) for value, column in zip(row, table.columns, strict=False)))
    return drawn
