"""Where the bits of a pattern stand on the screen: cells in rows, fields named above them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from precisionlab.formats.inspection import BitField

WIDEST, NARROWEST = 6, 2
"""Columns of a cell."""
GAP: Final = 2
"""Columns between two fields."""
ROW_STEP: Final = 8
"""Rows that are not the last hold a multiple of so many bits."""
LETTERS: Final = {"integer bit": "J"}
"""What stands over a field that is narrower than its name, where the name's first letter does not do."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One bit."""

    bit: int
    digit: str
    field: str
    x: int
    """Of its first column."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells beside one another, the most significant first."""

    cells: tuple[Cell, ...]

    def spans(self) -> Iterator[tuple[str, int, int]]:
        """Name, first column and number of cells of each field's part in the row."""
        first = 0
        for i in range(1, len(self.cells) + 1):
            if i == len(self.cells) or self.cells[i].field != self.cells[first].field:
                yield self.cells[first].field, self.cells[first].x, i - first
                first = i


@dataclass(frozen=True, slots=True)
class Board:
    """All rows."""

    cell_width: int
    rows: tuple[Row, ...]

    def cell_at(self, row: int, x: int) -> Cell | None:
        """The cell of a row that covers a column."""
        if not 0 <= row < len(self.rows):
            return None
        return next((cell for cell in self.rows[row].cells if cell.x <= x < cell.x + self.cell_width), None)


def board(fields: Sequence[BitField], width: int) -> Board:
    """The widest cells with which all bits stand in one row, or else the narrowest in rows that are filled evenly."""
    bits = [(digit, field.name) for field in fields for digit in field.bits]
    gaps = GAP * (sum(bool(field.bits) for field in fields) - 1)
    cell_width = max(NARROWEST, min(WIDEST, (width - gaps) // len(bits)))
    per_row = len(bits) if len(bits) * cell_width + gaps <= width else bits_in_row((width - gaps) // cell_width)
    starts = range(0, len(bits), per_row)
    rows = (row(bits[start : start + per_row], len(bits) - 1 - start, cell_width) for start in starts)
    return Board(cell_width, tuple(rows))


def bits_in_row(most: int) -> int:
    """How many of the bits that there is room for stand in a row: a power of two times eight."""
    count = ROW_STEP
    while count * 2 <= most:
        count *= 2
    return count


def row(bits: Sequence[tuple[str, str]], first_bit: int, cell_width: int) -> Row:
    """Cells for these digits and fields."""
    cells: list[Cell] = []
    x = 0
    for i, (digit, name) in enumerate(bits):
        x += GAP if cells and cells[-1].field != name else 0
        cells.append(Cell(first_bit - i, digit, name, x))
        x += cell_width
    return Row(tuple(cells))


def name_over(name: str, width: int) -> str:
    """A field's name in the middle of a line over its cells, or its letter where it would reach the next name."""
    for text in (f" {name} ", name):
        if len(text) <= width:
            return text.center(width, "─")
    return name if len(name) < width + GAP else letter_of(name).center(width)


def letter_of(name: str) -> str:
    """The letter that stands for a field."""
    return LETTERS.get(name, name[0].upper())
