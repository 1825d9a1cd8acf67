"""The same number in several formats, one a line."""

from collections.abc import Sequence

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable

from precisionlab.formats import ElementFormat
from precisionlab.formats.specials import Number
from precisionlab.tui.microscope_text import HEADINGS, cells, compared

WORDS = {0, 5}
"""Columns that are no numbers."""


class FormatTable(DataTable[Text]):
    """A line for each format; the one under the microscope is bold."""

    BINDING_GROUP_TITLE = "Other formats"
    HELP = """
    The same number in other formats, rounded to nearest. The error is counted in the ulps of each format,
    then relative to the number. The line is also the format that 'Go to … worst rounded' rounds to.
    """
    BINDINGS = [
        Binding("enter", "select_cursor", "Look at the bits", show=False, id="formats.look"),
        Binding("j", "cursor_down", "Down", show=False, id="formats.down"),
        Binding("k", "cursor_up", "Up", show=False, id="formats.up"),
    ]
    DEFAULT_CSS = """
    FormatTable {
        height: 1fr; background: transparent; scrollbar-size-vertical: 1;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
        &:focus { border: round $accent; border-title-color: $text; }
    }
    """

    def __init__(self, formats: Sequence[ElementFormat], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self.formats = tuple(formats)

    @property
    def target(self) -> ElementFormat:
        """The format under the table's cursor."""
        return self.formats[min(max(self.cursor_row, 0), len(self.formats) - 1)]

    def on_mount(self) -> None:
        """The columns."""
        self.border_subtitle = "enter: its bits  o: choose formats"
        self.choose(self.formats)

    def choose(self, formats: Sequence[ElementFormat]) -> None:
        """Take other formats; their numbers are shown next."""
        self.formats = tuple(formats)
        self.clear(columns=True)
        for i, (heading, width) in enumerate(zip(HEADINGS, widths(self.formats), strict=True)):
            self.add_column(Text(heading, justify="left" if i in WORDS else "right"), width=width)

    def aim_below(self, format_: ElementFormat) -> None:
        """Put the cursor on the first format of fewer bits, for which there is something to lose."""
        rows = (i for i, one in enumerate(self.formats) if one.bits < format_.bits)
        self.move_cursor(row=next(rows, 0))

    def show(self, number: Number, current: ElementFormat) -> None:
        """What the formats make of a number."""
        row, scrolled = self.cursor_row, self.scroll_offset
        self.clear()
        for one in compared(number, self.formats):
            style = "bold" if one.format == current else ""
            texts = (Text(text, style, justify="left" if i in WORDS else "right") for i, text in enumerate(cells(one)))
            self.add_row(*texts, key=one.format.name)
        self.move_cursor(row=row, scroll=False)
        self.scroll_to(scrolled.x, scrolled.y, animate=False)


def widths(formats: Sequence[ElementFormat]) -> tuple[int, ...]:
    """Of the columns: as wide as any number makes them, so that nothing jumps."""
    name = max(14, *(len(one.name) for one in formats))
    pattern = max(10, *(2 + -(-one.bits // 4) for one in formats))
    return (name, pattern, 15 if pattern == 10 else 16, 8, 8, 10)
