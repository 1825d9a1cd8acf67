"""The analyzers, a tab each, under the way to what they look at."""

from collections.abc import Sequence

from rich.markup import escape
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import TabbedContent, TabPane

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.escaping import printable
from precisionlab.tui.trails import trail
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel

BORDER = 4
"""Columns of the frame that a title leaves free."""


class AnalyzersPart(Vertical):
    """A panel for each analyzer, of which one is seen."""

    def __init__(self, path: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._path = path
        self._analyzers: tuple[Analyzer, ...] = ()
        self._subject: str | None = None
        self._is_anywhere = False

    def compose(self) -> ComposeResult:
        """Tabs, none at first."""
        with TabbedContent(id="tabs"):
            for one in self._analyzers:
                with TabPane(printable(one.name), id=f"tab-{one.name}"):
                    yield AnalyzerPanel(one)

    async def fill(self, analyzers: Sequence[Analyzer]) -> None:
        """A tab for each of these, all at once: of tabs that are added one by one the first is not always underlined."""
        self._analyzers = tuple(analyzers)
        await self.recompose()

    @property
    def active(self) -> AnalyzerPanel | None:
        """The panel that is seen, where there is one already."""
        pane = self.query_one(TabbedContent).active_pane
        return pane.query_one(AnalyzerPanel) if pane is not None else None

    def panel_of(self, analyzer: str) -> AnalyzerPanel:
        """The panel of an analyzer."""
        return self.query_one(f"#tab-{analyzer} AnalyzerPanel", AnalyzerPanel)

    def turn_to(self, analyzer: str) -> None:
        """Show the panel of an analyzer; the focus goes along where the panel before had it, or nothing has."""
        takes_focus = self.has_focus_within or self.screen.focused is None
        self.query_one(TabbedContent).active = f"tab-{analyzer}"
        if takes_focus:
            self.call_after_refresh(self.panel_of(analyzer).focus)

    def turn(self, step: int) -> None:
        """Show the next panel, or the one before."""
        panels = list(self.query(AnalyzerPanel))
        if self.active is not None:
            place = (panels.index(self.active) + step) % len(panels)
            self.turn_to(panels[place].analyzer.name)

    def lead(self, subject: str | None) -> None:
        """Say that this tensor, or (None) the whole checkpoint, is looked at."""
        self._subject, self._is_anywhere = subject, True
        self.on_resize()

    def on_resize(self) -> None:
        """The way has more room, or less."""
        if self._is_anywhere:
            analyzer = self.active.analyzer.name if self.active else None
            self.border_title = escape(trail(self._path, self._subject, analyzer, self.size.width - BORDER))
