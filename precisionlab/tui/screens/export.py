"""What is to be saved and where, over the screen that asked."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.tui.exporting import Exportable, export


@dataclass(frozen=True, slots=True)
class Choice:
    """Something in one of its formats."""

    what: Exportable
    suffix: str

    @property
    def line(self) -> Text:
        """How it is listed."""
        return Text.assemble(
            f" {self.what.title:<34} ", (f"{self.suffix:<9}", "bold"), (self.what.formats[self.suffix], "dim")
        )


class ExportScreen(ModalScreen[None]):
    """Writes in a thread; closes once the file is there, and says what is the matter where it cannot be."""

    BINDINGS = [
        Binding("escape", "dismiss", "Cancel", id="export.close"),
        Binding("enter", "save", "Save", priority=True, id="export.save"),
        Binding("down", "move(1)", "Next format", show=False, priority=True, id="export.next"),
        Binding("up", "move(-1)", "Previous format", show=False, priority=True, id="export.previous"),
    ]
    DEFAULT_CSS = """
    ExportScreen { align: center middle; }
    ExportScreen > Vertical {
        width: 90%; max-width: 100; height: auto; max-height: 95%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    ExportScreen OptionList, ExportScreen OptionList:focus {
        height: auto; max-height: 14; border: none; padding: 0; background: transparent;
    }
    ExportScreen Horizontal { height: 3; margin: 1 0 0 0; }
    ExportScreen Input { width: 1fr; }
    ExportScreen Button { min-width: 8; margin: 0 0 0 1; }
    ExportScreen Static { height: auto; max-height: 4; padding: 0 1; color: $text-muted; }
    ExportScreen Static.-problem { color: $text-error; }
    ExportScreen Static.-question { color: $text-warning; }
    """

    def __init__(self, exportables: Sequence[Exportable]) -> None:
        super().__init__()
        self._choices = tuple(choices_of(exportables))
        self._choice = self._choices[0]
        self._suggested = ""
        self._to_replace: Path | None = None
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """What, where, and a line for what there is to say."""
        with Vertical() as frame:
            frame.border_title = "export"
            frame.border_subtitle = "↑↓ what, Enter saves, Esc cancels"
            yield OptionList(*(Option(choice.line) for choice in self._choices))
            with Horizontal():
                yield Input(placeholder="file", select_on_focus=False)
                yield Button("Save", variant="primary")
            yield Static(markup=False)

    def on_mount(self) -> None:
        """The name is ready to be changed."""
        self.query_one(OptionList).highlighted = 0
        self.query_one(Input).focus()

    @on(OptionList.OptionHighlighted)
    def choose(self, event: OptionList.OptionHighlighted) -> None:
        """Suggest a name; of one that was changed only the suffix follows."""
        self._choice = choice = self._choices[event.option_index]
        entry = self.query_one(Input)
        is_own = entry.value != self._suggested
        self._suggested = f"{choice.what.stem}{choice.suffix}"
        entry.value = with_suffix(entry.value, choice.suffix, self._suffixes) if is_own else self._suggested
        entry.cursor_position = len(entry.value)

    @on(Input.Changed)
    def tell_place(self) -> None:
        """Say where the file would be."""
        self._to_replace = None
        target = self._target()
        self._say(f"in {printable(str(target.absolute().parent))}" if target is not None else "")

    @on(Button.Pressed)
    def action_save(self) -> None:
        """Save; where a file is there already, ask first."""
        target = self._target()
        if target is None:
            self._say("Type the name of a file.", "-problem")
        elif not self._is_busy:
            self._is_busy = True
            self._say("writing …")
            self._write(self._choice.what, target, may_replace=target == self._to_replace)

    def action_move(self, step: int) -> None:
        """To the next or the previous thing, wherever the cursor is."""
        options = self.query_one(OptionList)
        options.highlighted = ((options.highlighted or 0) + step) % len(self._choices)

    @work(thread=True, exit_on_error=False, group="export")
    def _write(self, what: Exportable, target: Path, *, may_replace: bool) -> None:
        if os.path.isfile(target) and not may_replace:  # noqa: PTH113 - which raises for no name
            self.app.call_from_thread(self._ask, target)
            return
        try:
            export(what, target)
        except PrecisionlabError as error:
            self.app.call_from_thread(self._fail, str(error))
        except Exception as error:  # noqa: BLE001 - whatever drawing does, the app stands and says so
            from precisionlab.scanning.asking import described  # noqa: PLC0415 - with it comes numpy

            self.app.call_from_thread(self._fail, f"cannot be saved: {described(error)}")
        else:
            self.app.call_from_thread(self._end, target)

    def _ask(self, target: Path) -> None:
        self._is_busy = False
        self._to_replace = target
        self._say(f"{printable(target.name)} is there already: Enter again replaces it.", "-question")

    def _fail(self, message: str) -> None:
        self._is_busy = False
        if self.is_current:
            self._say(message, "-problem")
        else:
            self.app.notify(message, severity="error", markup=False)

    def _end(self, target: Path) -> None:
        self.app.notify(f"saved {printable(str(target.absolute()))}", markup=False)
        if self.is_current:
            self.dismiss()

    def _target(self) -> Path | None:
        text = self.query_one(Input).value.strip()
        try:
            return Path(text).expanduser() if text else None
        except RuntimeError:  # ~ of somebody whom the system does not know
            return Path(text)

    def _say(self, text: str, kind: str = "") -> None:
        line = self.query_one(Static)
        line.update(text)
        line.set_classes(kind)

    @property
    def _suffixes(self) -> set[str]:
        return {suffix for choice in self._choices for suffix in choice.what.formats}


def choices_of(exportables: Sequence[Exportable]) -> Iterator[Choice]:
    """Each in each of its formats, under the first suffix of that."""
    for what in exportables:
        words = list(what.formats.values())
        yield from (Choice(what, suffix) for i, suffix in enumerate(what.formats) if words.index(words[i]) == i)


def with_suffix(name: str, suffix: str, known: set[str]) -> str:
    """The name with the suffix instead of one that is known, or after all of it."""
    path = Path(name)
    return f"{name.removesuffix(path.suffix) if path.suffix.lower() in known else name}{suffix}"
