"""A heat map in characters, through rich: a line for each row, each number beside a shade."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table as RichTable
from rich.text import Text

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.names import shortened, shortened_names
from precisionlab.reports.quantities import axis_header, count, shown_name
from precisionlab.reports.shading import extremes, first_rows, n_rows, number, shading
from precisionlab.reports.terminal_tables import Room, fitted, title_text, written

SHADES = "░▒▓█"
SHADE_STYLE = "cyan"
NUMBER_STYLES = ("", "", "", "bold")
"""Of the numbers, from the best to the worst: colour repeats what the shades say."""
GAP = 1
"""Blanks between columns: the shades part them already."""
LEAST_NAME = 20
"""Characters for names, before a column of numbers is left out."""
HEADER_LIMIT = 32
PIECE = re.compile(r"[^ _.:/-]*[ _.:/-]+|[^ _.:/-]+")
"""What of a header stays on one line, where it is no longer than `LONGEST_PIECE`."""
LONGEST_PIECE = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers."""

    header: str
    numbers: Sequence[str]
    badness: Sequence[float | None]

    @property
    def digits(self) -> int:
        """The width of its longest number."""
        return max(map(len, self.numbers))

    @property
    def width(self) -> int:
        """What its numbers beside their shades and the longest piece of its header need."""
        return max(self.digits + 2, piece_width(self.header))


def heatmap_text(figure: Heatmap, width: int, height: int, *, colour: bool) -> str:
    """The first rows, the columns that fit, what the shades stand for, and what is left out."""
    rows = first_rows(figure, max(height - 5, 1))
    if not (rows and figure.columns):
        return "\n".join((title_text(figure.title, width), "nothing to draw: no cells"))
    columns = columns_of(figure, rows)
    longest = max(cell_len(shown_name(name)) for name, _ in rows)
    label = axis_header(figure.y)
    least = min(max(longest, cell_len(label)), LEAST_NAME)
    rooms = [Room(least, max(longest, least)), *(Room(column.width, column.width) for column in columns)]
    widths = fitted(rooms, width, GAP)
    names = shortened_names([name for name, _ in rows], widths[0])
    drawn = grid(shortened(label, widths[0]), names, columns, widths)
    whole = Group(drawn, *notes(figure, len(rows), len(widths) - 1))
    return "\n".join((title_text(figure.title, width), written(whole, width, colour=colour)))


def columns_of(figure: Heatmap, rows: Sequence[tuple[str, Sequence[float]]]) -> list[Column]:
    """The columns of these rows."""
    shades = shading(figure)
    return [
        Column(
            shortened(shown_name(header), HEADER_LIMIT),
            [number(values[at], figure.unit) for _, values in rows],
            [shades.badness(values[at]) for _, values in rows],
        )
        for at, header in enumerate(figure.columns)
    ]


def grid(label: str, names: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> RichTable:
    """The columns that have a width, under their headers, beside the names."""
    drawn = RichTable(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    drawn.add_column(Text(label), width=widths[0], no_wrap=True, overflow="ellipsis", vertical="bottom")
    shown = columns[: len(widths) - 1]
    for column in shown:
        header = Text("\n".join(folded(column.header, column.width)))
        drawn.add_column(header, justify="right", width=column.width, overflow="fold", vertical="bottom")
    for at, name in enumerate(names):
        drawn.add_row(Text(name), *(cell(column, at) for column in shown))
    return drawn


def piece_width(header: str) -> int:
    """The columns that the longest piece of a header needs."""
    return max((min(cell_len(piece.rstrip()), LONGEST_PIECE) for piece in PIECE.findall(header)), default=0)


def folded(header: str, width: int) -> list[str]:
    """The header on as many lines as its pieces need."""
    lines = [""]
    for piece in PIECE.findall(header):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def cell(column: Column, at: int) -> Text:
    """A number beside its shade; neither where nothing is known."""
    badness, text = column.badness[at], column.numbers[at].rjust(column.digits)
    if badness is None:
        return Text(text, "dim")
    level = shade(badness)
    return Text.assemble((SHADES[level], SHADE_STYLE), " ", (text, NUMBER_STYLES[level]))


def shade(badness: float) -> int:
    """Which of the shades this is."""
    return min(int(badness * len(SHADES)), len(SHADES) - 1)


def notes(figure: Heatmap, n_shown: int, n_columns: int) -> Iterator[Text]:
    """What the shades stand for, how many rows and which columns are not shown."""
    said = extremes(figure)
    if said:
        yield Text.assemble((SHADES, SHADE_STYLE), f" {said}")
    n_more = n_rows(figure) - n_shown
    if n_more > 0:
        yield Text(f"and {count(n_more)} more rows")
    if n_columns < len(figure.columns):
        labels = ", ".join(shown_name(column) for column in figure.columns[n_columns:])
        yield Text(f"left out for lack of width: {labels}")
