"""What any analyzer says of what is chosen: options, findings, figures, measurements."""

from asyncio import to_thread
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Collapsible, LoadingIndicator, Static

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.figures import Column, Figure, Heatmap, Table
from precisionlab.analysis.results import Finding, Result, Status
from precisionlab.escaping import printable
from precisionlab.reports.figure_tables import measurements_of, tab_separated
from precisionlab.reports.quantities import counted, duration, measured
from precisionlab.tui.copying import Copied
from precisionlab.tui.exporting import Exhibit
from precisionlab.tui.severities import LETTERS, STYLES
from precisionlab.tui.widgets.figure_view import Drawing, FigureView, drawn
from precisionlab.tui.widgets.heatmap_view import HeatmapView
from precisionlab.tui.widgets.options_form import OptionsForm

BORDER = 1
"""Columns at the left of a figure, which show whether it has the focus."""
LEAST_WIDTH = 30


class AnalyzerPanel(VerticalScroll):
    """One analyzer. Asks with `Wanted` where its options change."""

    BINDINGS = [
        Binding("o", "options", "Options", id="panel.options"),
        Binding("j", "scroll_down", "Down", show=False, id="panel.down"),
        Binding("k", "scroll_up", "Up", show=False, id="panel.up"),
    ]
    DEFAULT_CSS = """
    AnalyzerPanel { padding: 0 1; scrollbar-gutter: stable; }
    AnalyzerPanel Collapsible { border: none; padding: 0; margin: 0 0 1 0; background: transparent; }
    AnalyzerPanel .answer { height: auto; }
    AnalyzerPanel .said { height: auto; margin: 0 0 1 0; padding: 0 0 0 1; }
    AnalyzerPanel .-followed { background: $accent 20%; border-left: outer $accent; padding: 0; }
    AnalyzerPanel LoadingIndicator { height: 3; }
    """

    class Wanted(Message):
        """Other options are wanted."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self.analyzer = analyzer
        self.options: Any = analyzer.options()
        self.result: Result | None = None
        self.followed: Finding | None = None
        """The finding that led here, which is shown as such."""

    def compose(self) -> ComposeResult:
        """The question over the folded options, and room for the answer."""
        yield Collapsible(title=self.analyzer.question, collapsed=True)
        with Vertical(classes="answer"):
            yield Static("Choose a tensor at the left.", classes="said", markup=False)

    @on(OptionsForm.Changed)
    def change(self, event: OptionsForm.Changed) -> None:
        """Ask anew with other options."""
        event.stop()
        self.options = event.options
        self.post_message(self.Wanted())

    @on(Collapsible.Expanded)
    async def unfold(self) -> None:
        """Make the form when it is wanted first: those of all analyzers together are hundreds of widgets."""
        if not self.query(OptionsForm):
            form = OptionsForm(self.analyzer)
            await self.query_one(Collapsible.Contents).mount(form)
            form.show(self.options)

    async def action_options(self) -> None:
        """Unfold the options, or fold them."""
        folded = self.query_one(Collapsible)
        folded.collapsed = not folded.collapsed
        if not folded.collapsed:
            await self.unfold()
            self.query_one(OptionsForm).focus_first()

    async def say(self, text: str, *, is_busy: bool = False) -> None:
        """Say why there is no answer (yet)."""
        self.result = None
        await self._replace(
            [Waiting(text), LoadingIndicator()] if is_busy else [Static(text, classes="said", markup=False)]
        )

    def expect(self, seconds: float) -> None:
        """Say how long an answer may take, where one is waited for that takes longer than a moment."""
        for waiting in self.query(Waiting):
            waiting.expected = seconds

    def take(self, options: Any) -> None:  # noqa: ANN401 - each analyzer has its own class
        """Go on with other options, which the form then shows."""
        self.options = options
        for form in self.query(OptionsForm):
            form.show(options)

    async def show(self, result: Result) -> None:
        """Show an answer, drawn beforehand in a thread: keys are answered meanwhile."""
        if result is not self.result:
            width = max(self.scrollable_content_region.width - BORDER, LEAST_WIDTH)
            colour = not self.app.no_color
            pictures = await to_thread(lambda: tuple(pictures_of(result, width, colour=colour)))
            self.result = result
            await self._replace(list(answer_widgets(result, pictures)))
            self.scroll_home(animate=False)
        self.emphasize()

    def emphasize(self) -> None:
        """Mark the finding that led here, and bring it into sight."""
        for view in self.query(FindingView):
            is_followed = view.finding == self.followed
            view.set_class(is_followed, "-followed")
            if is_followed:
                view.scroll_visible(animate=False)

    def exhibit(self) -> Exhibit | None:
        """All measurements."""
        if self.result is None or not self.result.measurements:
            return None
        table = measurements_of(self.result)
        return Exhibit(table, table)

    def copied(self) -> Copied | None:
        """All measurements, with tabs between."""
        exhibit = self.exhibit()
        if exhibit is None:
            return None
        return Copied(counted(len(exhibit.table.rows), "measurement"), tab_separated(exhibit.table))

    async def _replace(self, widgets: list[Widget]) -> None:
        for answer in self.query(".answer"):  # none where the screen is being left
            with self.app.batch_update():
                await answer.remove_children()
                await answer.mount_all(widgets)


class Waiting(Static):
    """What is being done, for how long already, and how long it may take."""

    def __init__(self, text: str) -> None:
        super().__init__(text, classes="said", markup=False)
        self.expected = 0.0
        """Seconds; 0 where nobody knows."""
        self._text = text
        self._started = monotonic()

    def on_mount(self) -> None:
        """Count."""
        self.set_interval(0.5, self.tell)

    def tell(self) -> None:
        """Write the seconds."""
        about = f" of about {duration(self.expected)}" if self.expected >= 1 else ""
        self.update(f"{self._text} {monotonic() - self._started:.0f} s{about}")


class FindingView(Static):
    """A finding with all that there is to say about it."""

    def __init__(self, finding: Finding, *, about: bool) -> None:
        super().__init__(finding_text(finding, about=about), classes="said")
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of an answer as it is drawn; maps draw themselves."""

    figure: Figure
    drawing: Drawing | None
    table: Table | None = None
    """With all digits, where the figure has not."""


def pictures_of(result: Result, width: int, *, colour: bool) -> Iterator[Picture]:
    """All figures of an answer, and its measurements as a table."""
    for figure in result.figures:
        yield Picture(figure, None if isinstance(figure, Heatmap) else drawn(figure, width, colour=colour))
    if result.measurements:
        measurements = measurement_table(result)
        yield Picture(measurements, drawn(measurements, width, colour=colour), measurements_of(result))


def answer_widgets(result: Result, pictures: Iterable[Picture]) -> Iterator[Widget]:
    """Findings first, then figures, then every measurement."""
    if result.status is not Status.DONE:
        word = "Does not apply here" if result.status is Status.SKIPPED else "The analyzer failed"
        yield Static(f"{word}: {printable(result.reason, 400)}", classes="said", markup=False)
        return
    for found in result.findings:
        yield FindingView(found, about=result.subject is None)
    for one in pictures:
        if isinstance(one.figure, Heatmap):
            yield HeatmapView(one.figure)
        elif one.drawing is not None:
            yield FigureView(one.figure, one.drawing, one.table)


def finding_text(found: Finding, *, about: bool) -> Text:
    """A finding, its remedy and its evidence; with `about`, what it is about."""
    text = Text(f"{LETTERS[found.severity]} {found.code} ", STYLES[found.severity])
    if about and found.subject is not None:
        text = Text.assemble(text, (f"{printable(found.subject, 100)}  ", "bold"))
    evidence = ", ".join(f"{key} {value}" for key, value in found.evidence.items())
    return Text.assemble(
        text,
        found.message,
        (f"\n  → {found.remedy}", "bold"),
        (f"\n  {printable(evidence, 400)}" if evidence else "", "dim"),
    )


def measurement_table(result: Result) -> Table:
    """All measurements with their units."""
    rows = tuple((one.metric.key, measured(one.metric, one.value)) for one in result.measurements)
    return Table("Measurements", (Column("measurement"), Column("value")), rows)
