"""Where the cells of a heat map stand in a given width: behind the rows' names, as numbers or as narrow shades."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

from rich.cells import cell_len, chop_cells, set_cell_size

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.names import ending, shortened, shortened_names
from precisionlab.reports.quantities import axis_header, shown_name, with_unit
from precisionlab.reports.shading import EMPTY, Shading, n_rows, number, shading
from precisionlab.reports.terminal_heatmap import SHADES, folded, piece_width, shade

LEAST_NAME = 20
"""Columns for names, before numbers give way to shades."""
LEAST_CUT = 12
"""Columns for names, before shades are scrolled."""
MOST_HEADER = 8
"""Columns of a header's line."""
SHADE_WIDTH = 2
PLAIN = re.compile(r"-?[1-9][0-9]*\.[0-9]+")
SAMPLED = 2_000
"""Numbers that are written out to see how wide they get."""
MARK = "◆"
POINTER = "▸"
"""Before the name of the row under the cursor."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A heat map laid out."""

    figure: Heatmap
    names: Sequence[str]
    """Of the rows, as they are shown."""
    name_width: int
    """With the blank behind them, and room for the pointer."""
    starts: tuple[int, ...]
    """Of the columns, from the end of the names; the last is where all end."""
    headers: tuple[tuple[str, ...], ...]
    """Of the columns, line by line; empty where there is no room for them."""
    has_numbers: bool
    shading: Shading

    @property
    def n_rows(self) -> int:
        """Rows that have both a name and values."""
        return n_rows(self.figure)

    @property
    def n_columns(self) -> int:
        """Columns that have a name."""
        return len(self.figure.columns)

    @property
    def header_height(self) -> int:
        """Lines above the rows."""
        return max(map(len, self.headers), default=1)

    @property
    def width(self) -> int:
        """Of all of it."""
        return self.name_width + self.starts[-1]

    def column_at(self, x: int) -> int | None:
        """The column at a place behind the names."""
        return next((i for i, end in enumerate(self.starts[1:]) if self.starts[i] <= x < end), None)

    def value(self, row: int, column: int) -> float:
        """The number of a cell; NaN where there is none."""
        values = self.figure.values[row]
        return values[column] if column < len(values) else math.nan

    def cell(self, row: int, column: int, *, is_marked: bool) -> str:
        """What stands in a cell, as wide as it is."""
        width = self.starts[column + 1] - self.starts[column]
        mark, value = MARK if is_marked else " ", self.value(row, column)
        if self.has_numbers:
            return f"{mark}{shortened(number_text(value, self.figure.unit), width - 2).rjust(width - 2)} "
        badness = self.shading.badness(value)
        shaded = EMPTY if badness is None else SHADES[shade(badness)]
        return f"{shaded}{mark if is_marked else shaded}"

    def name(self, row: int, *, is_here: bool) -> str:
        """The name of a row, as wide as names are."""
        return set_cell_size(f"{POINTER if is_here else ' '}{self.names[row]}", self.name_width - 1) + " "

    def header_line(self, line: int, column: int) -> Iterator[str]:
        """A line over the rows, column by column; where names find no room, that of the column of the cursor."""
        if not self.headers:
            yield lone_header(self, column)
            return
        for i, header in enumerate(self.headers):
            width, place = self.starts[i + 1] - self.starts[i], line - self.header_height + len(header)
            yield f"{header[place] if place >= 0 else '':>{width - 1}} "

    def label(self, line: int) -> str:
        """What stands over the names in such a line."""
        text = axis_header(self.figure.y) if line == self.header_height - 1 else ""
        return set_cell_size(f" {text}", self.name_width)

    def told(self, row: int, column: int) -> str:
        """A cell in words."""
        value = self.value(row, column)
        number_ = "nothing known" if math.isnan(value) else with_unit(value, self.figure.unit)
        return f"{shown_name(self.figure.columns[column])}: {number_}   {shown_name(self.figure.rows[row])}"


def grid_of(figure: Heatmap, width: int) -> Grid:
    """The heat map in a width: with numbers where these fit beside twenty columns of name, else shades."""
    headers = [shown_name(column) for column in figure.columns]
    digits = number_width(figure)
    widths = [max(digits + 2, min(piece_width(header), MOST_HEADER) + 1) for header in headers]
    longest = max((cell_len(shown_name(name)) for name in figure.rows[: n_rows(figure)]), default=0)
    has_numbers = min(longest, LEAST_NAME) + 2 + sum(widths) <= width
    if not has_numbers:
        widths = [SHADE_WIDTH] * len(headers)
    room = min(longest, max(width - sum(widths) - 2, LEAST_CUT))
    room = max(room, cell_len(axis_header(figure.y)) if has_numbers else 0)
    return Grid(
        figure,
        shortened_names(figure.rows[: n_rows(figure)], room, ending),
        room + 2,
        tuple(accumulate(widths, initial=0)),
        tuple(map(header_lines, headers, widths)) if has_numbers else (),
        has_numbers,
        shading(figure),
    )


def number_width(figure: Heatmap) -> int:
    """The columns that numbers need, those of a sample spread over all rows, and of the ends."""
    values = list(chain.from_iterable(figure.values))
    sample = values[:: max(1, len(values) // SAMPLED)]
    finite = [value for value in values if math.isfinite(value)]
    ends = (min(finite), max(finite)) if finite else ()
    return max((len(number_text(value, figure.unit)) for value in (*sample, *ends)), default=1)


def number_text(value: float, unit: str) -> str:
    """A value as it stands in its cell, with no more than three digits where it is a plain number from 1 on."""
    text = number(value, unit)
    return text if not PLAIN.fullmatch(text) else text[: max(4 + text.startswith("-"), text.index("."))].rstrip(".")


def header_lines(header: str, width: int) -> tuple[str, ...]:
    """A column's name in lines that leave a blank in its width."""
    return tuple(part for line in folded(header, width - 1) for part in chop_cells(line, width - 1))


def lone_header(grid: Grid, column: int) -> str:
    """The name of one column where its cells are, or as far to the left as it needs."""
    name = shown_name(grid.figure.columns[column])
    start = max(0, min(grid.starts[column], grid.starts[-1] - cell_len(name)))
    return " " * start + name
