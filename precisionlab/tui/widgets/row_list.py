"""A list of names with a few words behind each, as long as it may be: only what is seen is drawn."""

from collections.abc import Sequence

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from precisionlab.reports.names import shortened
from precisionlab.reports.quantities import shown_name

LEAST_NAME = 26
"""Columns of names that words leave."""

Row = tuple[str, str]
"""A name from a file, and words about it."""


class RowList(ScrollView, can_focus=True):
    """Scrolls by the keys of all that scrolls."""

    BINDING_GROUP_TITLE = "List"
    BINDINGS = [
        Binding("j", "scroll_down", "Down", show=False, id="list.down"),
        Binding("k", "scroll_up", "Up", show=False, id="list.up"),
    ]
    DEFAULT_CSS = """
    RowList { height: 1fr; padding: 0 1; overflow-x: hidden; scrollbar-size: 1 1; background: $background; }
    RowList:focus { background-tint: $foreground 5%; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Show these; where there are as many as before, at the same place."""
        if len(rows) != len(self.rows):
            self.virtual_size = Size(0, len(rows))
            self.scroll_to(0, 0, animate=False)
        self.rows = rows
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A row of the part that is seen."""
        width, place = self.scrollable_content_region.width, self.scroll_offset.y + y
        if place >= len(self.rows) or width <= 0:
            return Strip.blank(width, self.rich_style)
        name, words = self.rows[place]
        shown = shortened(shown_name(words), max(8, width - min(len(name), LEAST_NAME) - 2))
        room = max(0, width - len(shown) - 2)
        text = set_cell_size(shortened(shown_name(name), room), room) + "  " + shown
        return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)
