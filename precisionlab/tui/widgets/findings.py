"""All findings in one list, the worst first; entering one leads to its tensor."""

from collections.abc import Iterable

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from precisionlab.analysis.results import Finding
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports.quantities import count, counted
from precisionlab.tui.severities import LETTERS, STYLES

MOST_LISTED = 2_000
"""The list is for reading; a report has all."""
LEAST = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
TITLES = {Severity.NOTE: "", Severity.WARNING: "warnings and errors of ", Severity.ERROR: "errors of "}


class FindingsList(OptionList):
    """Findings by severity, code and place. Says with `Followed` which one is entered."""

    BINDINGS = [
        Binding("v", "narrow", "Severity", id="findings.severity"),
        Binding("e", "explain", "Explain", id="findings.explain"),
        Binding("j", "cursor_down", "Down", show=False, id="findings.down"),
        Binding("k", "cursor_up", "Up", show=False, id="findings.up"),
    ]

    class Followed(Message):
        """Somebody wants to see what a finding is about."""

        def __init__(self, finding: Finding, analyzer: str) -> None:
            super().__init__()
            self.finding = finding
            self.analyzer = analyzer

    class Explained(Message):
        """Somebody wants to know what the rule of this code means."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self.findings: list[tuple[Finding, str]] = []
        self._listed: list[tuple[Finding, str]] = []
        self._least = Severity.NOTE
        self.border_title = "findings"

    def add(self, found: Iterable[tuple[Finding, str]]) -> None:
        """More findings, each with its analyzer; the list is made anew a little later, once for many."""
        before = len(self.findings)
        self.findings.extend(found)
        if len(self.findings) != before:
            self.set_timer(0.2, self.list_anew)

    def replace(self, found: Iterable[tuple[Finding, str]]) -> None:
        """These findings and no others."""
        self.findings = list(found)
        self.list_anew()

    def list_anew(self) -> None:
        """List them in order; the chosen one stays chosen."""
        chosen = self._listed[self.highlighted] if self.highlighted is not None and self._listed else None
        wanted = [pair for pair in self.findings if pair[0].severity >= self._least]
        self._listed = sorted(wanted, key=lambda pair: (-pair[0].severity, pair[0].code))[:MOST_LISTED]
        self.clear_options()
        self.add_options([Option(line_of(found)) for found, _ in self._listed])
        if chosen in self._listed:
            self.highlighted = self._listed.index(chosen)
        shown = TITLES[self._least]
        self.border_title = f"{shown}{counted(len(self.findings), 'finding')}" if self.findings else "no findings yet"
        hidden = len(wanted) - len(self._listed)
        self.border_subtitle = f"the first {count(MOST_LISTED)}; a report has all" if hidden else ""

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Lead to it."""
        event.stop()
        self.post_message(self.Followed(*self._listed[event.option_index]))

    def action_narrow(self) -> None:
        """Show all, warnings and errors, or errors alone."""
        self._least = LEAST[(LEAST.index(self._least) + 1) % len(LEAST)]
        self.list_anew()

    def action_explain(self) -> None:
        """Tell what the rule means."""
        if self.highlighted is not None:
            self.post_message(self.Explained(self._listed[self.highlighted][0].code))


def line_of(found: Finding) -> Text:
    """A finding on one line."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{LETTERS[found.severity]} {found.code} ", STYLES[found.severity])
    text.append(printable(found.subject, 60) if found.subject is not None else "checkpoint", "bold")
    text.append(f"  {found.message}")
    return text
