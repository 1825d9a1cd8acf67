"""Any figure, drawn in the columns that there are."""

from rich.text import Text
from textual.widgets import Static

from precisionlab.analysis.figures import Bars, Figure, Heatmap, Scatter, Table
from precisionlab.escaping import printable
from precisionlab.reports.figure_tables import tab_separated, table_of
from precisionlab.reports.terminal_charts import draw
from precisionlab.tui.copying import Copied
from precisionlab.tui.exporting import Exhibit

CHART_ROWS = 16
SCATTER_ROWS = 24
HEATMAP_ROWS = 30
MOST_ROWS = 400
"""Of a table."""


class FigureView(Static, can_focus=True):
    """One figure; drawn anew where its width changes. It takes the focus so that it alone can be copied and exported."""

    DEFAULT_CSS = """
    FigureView { height: auto; margin: 0 0 1 0; border-left: blank; }
    FigureView:focus { border-left: outer $accent; }
    """

    def __init__(self, figure: Figure, table: Table | None = None) -> None:
        """`table` has all digits where the figure has not."""
        super().__init__(markup=False)
        self.figure = figure
        self._table = table
        self._drawn_width = 0

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
        if width > 0 and width != self._drawn_width:
            self._drawn_width = width
            drawn = draw(self.figure, width, rows_of(self.figure), colour=not self.app.no_color)
            self.update(Text.from_ansi(drawn))


def rows_of(figure: Figure) -> int:
    """How many lines a figure may take."""
    match figure:
        case Table():
            return min(len(figure.rows) + 4, MOST_ROWS)
        case Heatmap():
            return HEATMAP_ROWS
        case Scatter():
            return SCATTER_ROWS
        case Bars():
            return CHART_ROWS + len(figure.windows)
        case _:
            return CHART_ROWS
