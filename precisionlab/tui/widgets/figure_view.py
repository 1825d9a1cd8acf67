"""Any figure, drawn in the columns that there are."""

from asyncio import to_thread
from dataclasses import dataclass

from rich.text import Text
from textual import work
from textual.widgets import Static

from precisionlab.analysis.figures import Figure, Table
from precisionlab.escaping import printable
from precisionlab.reports.figure_tables import tab_separated, table_of
from precisionlab.reports.terminal_charts import chart_rows, draw
from precisionlab.tui.copying import Copied
from precisionlab.tui.exporting import Exhibit

MOST_ROWS = 400
"""Of a table."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure in the columns for which it was drawn."""

    text: Text
    width: int


class FigureView(Static, can_focus=True):
    """One figure; a thread draws it anew where its width changes. It takes the focus so that it alone can be copied and exported."""

    DEFAULT_CSS = """
    FigureView { height: auto; margin: 0 0 1 0; border-left: blank; }
    FigureView:focus { border-left: outer $accent; }
    """

    def __init__(self, figure: Figure, drawing: Drawing, table: Table | None = None) -> None:
        """`table` has all digits where the figure has not."""
        super().__init__(drawing.text, markup=False)
        self.figure = figure
        self._table = table
        self._width = drawing.width

    def exhibit(self) -> Exhibit:
        """The figure and its numbers."""
        return Exhibit(self.figure, self._table or table_of(self.figure))

    def copied(self) -> Copied:
        """The numbers, with tabs between."""
        exhibit = self.exhibit()
        return Copied(f"the table of {printable(exhibit.table.title, 60)}", tab_separated(exhibit.table))

    def on_resize(self) -> None:
        """Draw for the new width."""
        width = self.content_size.width
        if width > 0 and width != self._width:
            self._width = width
            self.redraw(width)

    @work(exclusive=True, group="drawing")
    async def redraw(self, width: int) -> None:
        """Draw in so many columns."""
        drawing = await to_thread(drawn, self.figure, width, colour=not self.app.no_color)
        self.update(drawing.text)


def drawn(figure: Figure, width: int, *, colour: bool) -> Drawing:
    """The figure in so many columns; takes some 10 ms."""
    try:
        text = Text.from_ansi(draw(figure, width, rows_of(figure), colour=colour))
    except Exception as error:  # noqa: BLE001 - anybody's analyzer may make a figure that nobody can draw
        from precisionlab.scanning.asking import described  # noqa: PLC0415 - with it comes numpy

        text = Text(f"{printable(figure.title, 100)} cannot be drawn: {described(error)}")
    return Drawing(text, width)


def rows_of(figure: Figure) -> int:
    """How many lines a figure may take."""
    return min(len(figure.rows) + 4, MOST_ROWS) if isinstance(figure, Table) else chart_rows(figure)
