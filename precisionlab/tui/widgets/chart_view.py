"""A figure that fills the room that it is given, and that may become another one."""

from rich.text import Text
from textual.events import Resize
from textual.widgets import Static

from precisionlab.analysis.figures import Figure
from precisionlab.reports.figure_tables import table_of
from precisionlab.reports.terminal_charts import draw
from precisionlab.tui.exporting import Exhibit


class ChartView(Static, can_focus=True):
    """Draws anew where its figure or its size changes. It takes the focus so that the figure can be exported."""

    BINDING_GROUP_TITLE = "Chart"
    DEFAULT_CSS = """
    ChartView {
        height: 1fr; padding: 0 1;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
    }
    ChartView:focus { border: round $accent; border-title-color: $text; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(markup=False, id=id)
        self.figure: Figure | None = None

    def show(self, figure: Figure | None) -> None:
        """Show another figure, or (None) nothing."""
        self.figure = figure
        self._draw()

    def exhibit(self) -> Exhibit | None:
        """The figure and its numbers."""
        return Exhibit(self.figure, table_of(self.figure)) if self.figure is not None else None

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size."""
        del event
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        if self.figure is None or width <= 0:
            self.update("")
            return
        drawn = self._drawn(self.figure, width, height)
        excess = drawn.count("\n") + 1 - height
        if excess > 0:  # what stands below took more lines than usual
            drawn = self._drawn(self.figure, width, height - excess)
        self.update(Text.from_ansi(drawn))

    def _drawn(self, figure: Figure, width: int, height: int) -> str:
        return draw(figure, width, height, colour=not self.app.no_color)
