"""What ran on the checkpoint and how long it took, over the lab."""

from asyncio import to_thread
from collections import deque
from collections.abc import Iterable

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Log

from precisionlab.escaping import printable
from precisionlab.reports.quantities import count, counted
from precisionlab.tui.copying import Copied
from precisionlab.tui.logbook import Logbook, Total, line_of

LOOK_SECONDS = 0.5
"""Between two looks for what is new."""
COLUMNS = ("analyzer", "answers", "done", "skipped", "failed", "seconds", "each")
ALL = "all"


class LogScreen(Screen[None]):
    """Totals by analyzer over what ran, the newest last."""

    BINDING_GROUP_TITLE = "Log"
    HELP = "What ran, and the seconds that each analyzer took; reading and counting ahead, done once for all, is not in them."
    AUTO_FOCUS = "Log"
    BINDINGS = [
        Binding("slash", "find", "Find", id="log.find"),
        Binding("escape", "leave", "Back", key_display="esc", id="log.back"),
        Binding("j", "scroll(1)", "Down", show=False, id="log.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="log.up"),
    ]
    DEFAULT_CSS = """
    LogScreen DataTable { height: auto; max-height: 45%; border: round $primary-muted; border-title-color: $text-muted; }
    LogScreen Input { height: 1; border: none; padding: 0 1; display: none; }
    LogScreen Input.-shown { display: block; }
    LogScreen Log { height: 1fr; border: round $primary-muted; border-title-color: $text-muted; background: $background; }
    LogScreen DataTable:focus, LogScreen Log:focus { border: round $accent; border-title-color: $text; }
    """

    def __init__(self, logbook: Logbook) -> None:
        super().__init__()
        self._logbook = logbook
        self._n_seen = 0
        self._lines = deque[str](maxlen=logbook.entries.maxlen)
        self._words: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Totals, what is typed to narrow the list, and the list."""
        yield DataTable[Text](cursor_type="row", zebra_stripes=True)
        yield Input(placeholder="words of an analyzer, a tensor, an outcome, a reason")
        yield Log(max_lines=self._logbook.entries.maxlen)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        """Show what there is, and then what comes."""
        table = self.query_one(DataTable)
        table.border_title = "by analyzer"
        for name in COLUMNS:
            table.add_column(name if name == COLUMNS[0] else Text(name, justify="right"), key=name)
        await self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    async def look(self) -> None:
        """Add what is new; thousands of lines are written in a thread."""
        logbook = self._logbook
        entries, self._n_seen = list(logbook.since(self._n_seen)), logbook.n_added
        new = await to_thread(lambda: [line_of(entry) for entry in entries])
        self._lines.extend(new)
        self._write(new)
        self._put_row(ALL, logbook.total)
        for name, total in logbook.totals.items():
            self._put_row(printable(name), total)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """List only what holds every word."""
        self._words = tuple(event.value.lower().split())
        self.query_one(Log).clear()
        self._write(self._lines)

    @on(Input.Submitted)
    def enter(self) -> None:
        """Go to what is left."""
        self.query_one(Log).focus()

    def copied(self) -> Copied | None:
        """All lines that are listed."""
        lines = self.query_one(Log).lines
        return Copied(f"{counted(len(lines), 'line')} of the log", "".join(f"{line}\n" for line in lines))

    def action_find(self) -> None:
        """Type what lines have to hold."""
        self.query_one(Input).add_class("-shown")
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """List all again, or go back."""
        entry = self.query_one(Input)
        if entry.has_class("-shown"):
            entry.value = ""
            entry.remove_class("-shown")
            self.query_one(Log).focus()
        else:
            self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Move the list."""
        self.query_one(Log).scroll_relative(y=lines, animate=False)

    def _write(self, lines: Iterable[str]) -> None:
        self.query_one(Log).write_lines([line for line in lines if holds(line, self._words)])
        self._tell_title()

    def _tell_title(self) -> None:
        log, n_kept = self.query_one(Log), len(self._lines)
        if not n_kept:
            log.border_title = "nothing has run yet"
        elif self._words:
            log.border_title = f"{count(log.line_count)} of {counted(n_kept, 'answer')}"
        else:
            log.border_title = f"{'the latest ' if self._n_seen > n_kept else ''}{counted(n_kept, 'answer')}"

    def _put_row(self, name: str, total: Total) -> None:
        table = self.query_one(DataTable)
        cells = cells_of(name, total)
        if name not in table.rows:
            table.add_row(*cells, key=name)
        for column, cell in zip(COLUMNS, cells, strict=True):
            table.update_cell(name, column, cell)


def holds(line: str, words: Iterable[str]) -> bool:
    """Whether the line has every word in it; capitals count for nothing."""
    lowered = line.lower()
    return all(word in lowered for word in words)


def cells_of(name: str, total: Total) -> list[Text]:
    """A row of the totals."""
    numbers = (total.n_answers, total.n_done, total.n_skipped, total.n_failed)
    each = total.seconds / total.n_answers if total.n_answers else 0.0
    texts = (*map(count, numbers), f"{total.seconds:,.2f}", f"{each:.4f}")
    return [Text(name), *(Text(text, justify="right") for text in texts)]
