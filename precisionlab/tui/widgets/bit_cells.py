"""The bits of a pattern as cells, coloured and named by field; keys and clicks change them."""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from precisionlab.formats import STORED_FORMATS
from precisionlab.formats.inspection import bit_fields
from precisionlab.tui.bit_board import NARROWEST, Board, Cell, Row, board, name_over
from precisionlab.tui.microscope import Specimen, flipped, moved, pointed, specimen_of, stepped, written

FIELDS = {
    "sign": "sign",
    "exponent": "exponent",
    "regime": "regime",
    "integer bit": "regime",
    "mantissa": "fraction",
    "fraction": "fraction",
}
"""The colour of each field; all else is coloured as a fraction."""


class BitCells(Widget, can_focus=True):
    """Says with `Changed` what its keys and clicks make of the pattern."""

    BINDING_GROUP_TITLE = "Bits"
    HELP = """
    One cell a bit, the most significant first, its number below it, its field above it.
    Up and down, or + and -, go to the next number of the format: one ulp further.
    """
    BINDINGS = [
        Binding("space,enter", "flip", "Flip", key_display="space", id="bits.flip"),
        Binding("left,h", "move(-1)", "Left", show=False, id="bits.left"),
        Binding("right,l", "move(1)", "Right", show=False, id="bits.right"),
        Binding("home,circumflex_accent", "point(127)", "First bit", show=False, id="bits.first"),
        Binding("end,dollar_sign", "point(0)", "Last bit", show=False, id="bits.last"),
        Binding("up,k,plus,equals_sign", "step(1)", "Next number up", show=False, id="bits.up"),
        Binding("down,j,minus", "step(-1)", "Next number down", show=False, id="bits.down"),
        Binding("0", "write(False)", "Write 0", show=False, id="bits.zero"),
        Binding("1", "write(True)", "Write 1", show=False, id="bits.one"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bits--sign",
        "bits--exponent",
        "bits--regime",
        "bits--fraction",
        "bits--cursor",
        "bits--number",
    }
    DEFAULT_CSS = """
    BitCells {
        height: auto; padding: 0 1;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
        &:focus { border: round $accent; border-title-color: $text; }
        & > .bits--sign { background: $error-muted; color: $text-error; }
        & > .bits--exponent { background: $success-muted; color: $text-success; }
        & > .bits--regime { background: $warning-muted; color: $text-warning; }
        & > .bits--fraction { background: $primary-muted; color: $text-primary; }
        & > .bits--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        & > .bits--number { color: $text-muted; }
    }
    """

    class Changed(Message):
        """The pattern, or the cursor in it, is this now."""

        def __init__(self, specimen: Specimen) -> None:
            super().__init__()
            self.specimen = specimen

    specimen: reactive[Specimen] = reactive(specimen_of(0, STORED_FORMATS["float32"]), layout=True)
    is_tall: reactive[bool] = reactive(False, layout=True)
    """Whether there is room for cells of three lines."""

    @property
    def board(self) -> Board:
        """Where the cells are now."""
        return self._board(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the rows of cells need."""
        del container, viewport
        return len(self._board(width).rows) * self._row_height(self._board(width))

    def render(self) -> Text:
        """The rows."""
        cells = self.board
        lines = (line for row in cells.rows for line in self._row_lines(row, cells))
        return Text("\n", no_wrap=True).join(lines)

    def action_flip(self) -> None:
        """The other bit under the cursor."""
        self._become(flipped(self.specimen))

    def action_move(self, step: int) -> None:
        """The cursor one bit further."""
        self._become(moved(self.specimen, step))

    def action_point(self, bit: int) -> None:
        """The cursor on an end."""
        self._become(pointed(self.specimen, bit))

    def action_step(self, step: int) -> None:
        """The next number up or down."""
        found = stepped(self.specimen, step)
        if found is self.specimen:
            self.app.bell()
        self._become(found)

    def action_write(self, one: bool) -> None:
        """This bit, and on to the next."""
        self._become(written(self.specimen, one=one))

    def on_click(self, event: Click) -> None:
        """The other bit where the mouse points."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        cells = self.board
        cell = cells.cell_at(offset.y // self._row_height(cells), offset.x)
        if cell is not None:
            self._become(flipped(pointed(self.specimen, cell.bit)))

    def _become(self, specimen: Specimen) -> None:
        self.specimen = specimen
        self.post_message(self.Changed(specimen))

    def _board(self, width: int) -> Board:
        return board(bit_fields(self.specimen.pattern, self.specimen.format), max(width, 20))

    def _row_height(self, cells: Board) -> int:
        return 2 + self._cell_height(cells)

    def _cell_height(self, cells: Board) -> int:
        return 3 if self.is_tall and len(cells.rows) == 1 else 1

    def _row_lines(self, row: Row, cells: Board) -> list[Text]:
        names, blank, digits, numbers = Text(), Text(), Text(), Text()
        for name, x, count in row.spans():
            put(names, x, name_over(name, count * cells.cell_width), self._style("number"))
        for cell in row.cells:
            is_here = cell.bit == self.specimen.cursor
            style = self._style("cursor" if is_here else FIELDS.get(cell.field, "fraction"))
            put(blank, cell.x, " " * cells.cell_width, style)
            put(digits, cell.x, digit_text(cell, cells.cell_width, is_here=is_here), style)
            if is_here or is_numbered(cell.bit, self.specimen.cursor, cells.cell_width):
                label = str(cell.bit).center(cells.cell_width)
                put(numbers, cell.x, label, Style(bold=True, underline=True) if is_here else self._style("number"))
        middle = [blank, digits, blank] if self._cell_height(cells) == 3 else [digits]
        return [names, *middle, numbers]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"bits--{part}")


def put(line: Text, x: int, text: str, style: Style) -> None:
    """Write on a line from a column on; what stands there already stays."""
    line.append(" " * max(0, x - line.cell_len))
    line.append(text, style)


def digit_text(cell: Cell, width: int, *, is_here: bool) -> str:
    """A bit in its cell, between brackets under the cursor where there is room."""
    digit = f"[{cell.digit}]" if is_here and width > NARROWEST else cell.digit
    return digit.center(width)


def is_numbered(bit: int, cursor: int, width: int) -> bool:
    """Whether a bit that is not under the cursor has its number below: each where there is room, else each fourth."""
    return width > NARROWEST or (bit % 4 == 0 and abs(bit - cursor) > 1)
