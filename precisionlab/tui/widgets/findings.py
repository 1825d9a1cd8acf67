"""All findings in one list, the worst first; entering one leads to its tensor."""

from collections.abc import Iterable, Iterator

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from precisionlab.analysis.results import Finding
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports.quantities import count, counted
from precisionlab.tui.copying import Copied
from precisionlab.tui.severities import LETTERS, STYLES
from precisionlab.tui.workbench import Answered, Question

MOST_LISTED = 1_000
"""The list is for reading; a report has all."""
PAUSE_SECONDS = 0.3
"""Between two listings while findings come in."""
LEAST = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
TITLES = {Severity.NOTE: "", Severity.WARNING: "warnings and errors of ", Severity.ERROR: "errors of "}

Found = tuple[Finding, Question]


class FindingsPart(Vertical):
    """The list with what is typed to narrow it."""

    BINDING_GROUP_TITLE = "Findings"
    BINDINGS = [Binding("escape", "clear", "Show all again", show=False, id="findings.clear")]
    DEFAULT_CSS = """
    FindingsPart Input { height: 1; border: none; padding: 0 1; display: none; }
    FindingsPart Input.-shown { display: block; }
    FindingsPart FindingsList, FindingsPart FindingsList:focus {
        height: 1fr; background: $background; background-tint: $background 0%;
        border: none; padding: 0; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes="-empty")
        self.border_title = "findings"

    def compose(self) -> ComposeResult:
        """The finder is seen when it is wanted."""
        yield Input(placeholder="words of a code, a tensor or a message")
        yield FindingsList()

    def find(self) -> None:
        """Type what findings have to hold."""
        self.query_one(Input).add_class("-shown")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Show those that hold every word."""
        event.stop()
        self.query_one(FindingsList).narrow(event.value)

    @on(Input.Submitted)
    def enter(self, event: Input.Submitted) -> None:
        """Go to what is left."""
        event.stop()
        self.query_one(FindingsList).focus()

    def action_clear(self) -> None:
        """Show all again."""
        entry = self.query_one(Input)
        entry.value = ""
        entry.remove_class("-shown")
        self.query_one(FindingsList).focus()


class FindingsList(OptionList):
    """Findings by severity, code and place. Says with `Followed` which one is entered."""

    BINDINGS = [
        Binding("v", "severity", "Severity", id="findings.severity"),
        Binding("e", "screen.explain", "Explain", id="findings.explain"),
        Binding("j", "cursor_down", "Down", show=False, id="findings.down"),
        Binding("k", "cursor_up", "Up", show=False, id="findings.up"),
    ]

    class Followed(Message):
        """Somebody wants to see what a finding is about."""

        def __init__(self, finding: Finding, question: Question) -> None:
            super().__init__()
            self.finding = finding
            self.question = question

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._found: dict[tuple[str, str | None], tuple[Question, tuple[Finding, ...]]] = {}
        """By analyzer and tensor: the latest answer counts."""
        self._listed: list[Found] = []
        self._least = Severity.NOTE
        self._words: tuple[str, ...] = ()
        self._is_over = False
        self._is_due = False

    @property
    def findings(self) -> list[Found]:
        """All of them."""
        return [(one, question) for question, findings in self._found.values() for one in findings]

    @property
    def marked(self) -> Finding | None:
        """The one under the cursor."""
        return self._listed[self.highlighted][0] if self.highlighted is not None and self._listed else None

    def copied(self) -> Copied | None:
        """The marked finding with what it is about and what to do."""
        found = self.marked
        if found is None:
            return None
        subject = printable(found.subject, len(found.subject)) if found.subject is not None else "checkpoint"
        text = f"{found.code} {found.severity.label} {subject}: {found.message}\n→ {found.remedy}\n"
        return Copied(f"the finding {found.code}", text)

    def keep(self, answers: Iterable[Answered]) -> None:
        """What these answers found, instead of what earlier ones by the same analyzer did; listed a little later, once for many."""
        is_changed = False
        for one in answers:
            place = (one.question.analyzer, one.question.subject)
            if one.result.findings:
                self._found[place] = (one.question, one.result.findings)
                is_changed = True
            else:
                is_changed |= self._found.pop(place, None) is not None
        if is_changed and not self._is_due:
            self._is_due = True
            self.set_timer(PAUSE_SECONDS, self.list_anew)

    def end(self) -> None:
        """A scan is over: where nothing was found, that can be said now."""
        self._is_over = True
        self._tell_title()

    def narrow(self, text: str) -> None:
        """List only those that hold every word."""
        self._words = tuple(text.lower().split())
        self.list_anew()

    def list_anew(self) -> None:
        """List them in order; the chosen one stays chosen."""
        self._is_due = False
        chosen = self._listed[self.highlighted] if self.highlighted is not None and self._listed else None
        wanted = list(self._wanted())
        self._listed = sorted(wanted, key=lambda pair: (-pair[0].severity, pair[0].code))[:MOST_LISTED]
        self.clear_options()
        self.add_options([Option(line_of(found)) for found, _ in self._listed])
        if chosen in self._listed:
            self.highlighted = self._listed.index(chosen)
        self._tell_title(len(wanted))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Lead to it."""
        event.stop()
        self.post_message(self.Followed(*self._listed[event.option_index]))

    def action_severity(self) -> None:
        """Show all, warnings and errors, or errors alone."""
        self._least = LEAST[(LEAST.index(self._least) + 1) % len(LEAST)]
        self.list_anew()

    def _wanted(self) -> Iterator[Found]:
        for found, question in self.findings:
            if found.severity >= self._least and holds(found, question, self._words):
                yield found, question

    def _tell_title(self, n_wanted: int = 0) -> None:
        if not isinstance(self.parent, FindingsPart):
            return
        n_found = sum(len(findings) for _, findings in self._found.values())
        self.parent.set_class(not n_found, "-empty")
        nothing = "nothing found" if self._is_over else "no findings yet"
        shown = TITLES[self._least] or ("some of " if self._words else "")
        self.parent.border_title = f"{shown}{counted(n_found, 'finding')}" if n_found else nothing
        is_cut = n_wanted > len(self._listed)
        self.parent.border_subtitle = f"the first {count(MOST_LISTED)}; a report has all" if is_cut else ""


def holds(found: Finding, question: Question, words: tuple[str, ...]) -> bool:
    """Whether what is shown of a finding, or its analyzer's name, holds every word."""
    if not words:
        return True
    subject = found.subject if found.subject is not None else "checkpoint"
    text = f"{found.severity.label} {found.code} {question.analyzer} {subject} {found.message}".lower()
    return all(word in text for word in words)


def line_of(found: Finding) -> Text:
    """A finding on one line."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{LETTERS[found.severity]} {found.code} ", STYLES[found.severity])
    text.append(printable(found.subject, 60) if found.subject is not None else "checkpoint", "bold")
    text.append(f"  {found.message}")
    return text
