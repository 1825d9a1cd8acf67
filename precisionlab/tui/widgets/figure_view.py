"""Any figure, drawn in the columns that there are."""

from rich.text import Text
from textual.events import Resize
from textual.widgets import Static

from precisionlab.analysis.figures import Bars, Figure, Heatmap, Scatter, Table
from precisionlab.reports.terminal_charts import draw

CHART_ROWS = 16
SCATTER_ROWS = 24
HEATMAP_ROWS = 30
MOST_ROWS = 400
"""Of a table."""


class FigureView(Static):
    """One figure; drawn anew where its width changes."""

    DEFAULT_CSS = "FigureView { height: auto; margin: 0 0 1 0; }"

    def __init__(self, figure: Figure) -> None:
        super().__init__(markup=False)
        self.figure = figure
        self._drawn_width = 0

    def on_resize(self, event: Resize) -> None:
        """Draw for the new width."""
        if event.size.width > 0 and event.size.width != self._drawn_width:
            self._drawn_width = event.size.width
            self.update(
                Text.from_ansi(draw(self.figure, event.size.width, rows_of(self.figure), colour=not self.app.no_color))
            )


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
