"""The app itself: what it opens, its themes and keys, what it remembers."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Static

from precisionlab.escaping import printable
from precisionlab.tui.collecting import short_passes
from precisionlab.tui.commands import commands
from precisionlab.tui.copying import copied_from
from precisionlab.tui.messages import Remember
from precisionlab.tui.priorities import short_turns
from precisionlab.tui.screens.help import HelpScreen
from precisionlab.tui.screens.jump import JumpScreen, go
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.settings import Remembered, SettingsFile

if TYPE_CHECKING:
    from precisionlab.scanning.settings import Settings

SLOWEST_WRITE_SECONDS = 0.5
"""For what is still to be written when the app ends."""


class PrecisionlabApp(App[None]):
    """The microscope."""

    TITLE = "precisionlab"
    BINDING_GROUP_TITLE = "Everywhere"
    CSS_PATH = Path(__file__).parent / "app.tcss"
    BINDINGS = [
        Binding("question_mark,f1", "help", "Help", key_display="?", id="app.help"),
        Binding("ctrl+o", "open", "Open another checkpoint", show=False, id="app.open"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, id="app.commands"),
        Binding("ctrl+g", "jump", "Jump", tooltip="Jump to any part", show=False, priority=True, id="app.jump"),
        Binding(
            "ctrl+s", "export", "Export", tooltip="Save what is seen, a figure or a report", show=False, id="app.export"
        ),
        Binding("y", "copy", "Copy", tooltip="Copy what the focused part has", show=False, id="app.copy"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(
        self,
        path: str | None = None,
        settings: "Settings | None" = None,
        *,
        theme: str | None = None,
        file: Path | None = None,
    ) -> None:
        """`theme` is for this time alone; without a `file` nothing is remembered."""
        super().__init__()
        self._manners = ExitStack()
        self._path = path
        self._settings = settings
        self._clashes: set[str] = set()
        self._complaints: list[str] = []
        self._file = SettingsFile(file, self._complain) if file else None
        self.remembered = self._file.read() if self._file else Remembered()
        """What is known from earlier times, and of this one."""
        wanted = theme or self.remembered.theme
        if wanted in self.available_themes:
            self.theme = wanted
        self._theme_known = self.theme
        self.set_keymap(dict(self.remembered.keys))

    def compose(self) -> ComposeResult:
        """What is seen until there is a screen with more on it."""
        yield Static(id="opening", markup=False)

    def on_mount(self) -> None:
        """Go where the user wants to."""
        self._manners.enter_context(short_passes())
        self._manners.enter_context(short_turns())
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        if self._path is None or Path(self._path).is_dir():
            self.push_screen(StartScreen(self.remembered.recent, self._path), self.open)
        else:
            self.open(self._path)
        for complaint in self._complaints:
            self.notify(complaint, severity="warning", markup=False, timeout=20)

    def on_unmount(self) -> None:
        """Leave the interpreter as it was."""
        self._manners.close()

    def open(self, path: str | None) -> None:
        """Look at a checkpoint, instead of the one before; at None go on with that."""
        if path is not None:
            self.query_one("#opening", Static).update(f"opening {printable(path)} …")
            self.call_after_refresh(self._load_lab, path)

    @work(thread=True, exit_on_error=False, group="opening")
    def _load_lab(self, path: str) -> None:
        """Import what shows a checkpoint, which takes as long as all before it, while there is something to see."""
        import precisionlab.tui.screens.lab  # noqa: F401, PLC0415

        self.call_from_thread(self._show_lab, path)

    def _show_lab(self, path: str) -> None:
        from precisionlab.scanning.settings import Settings  # noqa: PLC0415 - imported by now
        from precisionlab.tui.screens.lab import LabScreen  # noqa: PLC0415

        settings = self._settings or Settings(device="auto")
        lab = LabScreen(path, settings, folds_layers=self.remembered.folds_layers)
        self._settings = replace(settings, against=None)  # which is about this checkpoint, not about the next one
        if isinstance(self.screen, LabScreen):
            self.switch_screen(lab)
        else:
            self.push_screen(lab)

    @on(Remember)
    def remember(self, event: Remember) -> None:
        """Know it the next time too."""
        self.remembered = event.change(self.remembered)
        if self._file is not None:
            self._file.change(event.change)

    def finish(self) -> None:
        """Wait, but not for long, until all is written that is to be remembered."""
        if self._file is not None:
            self._file.finish(SLOWEST_WRITE_SECONDS)

    def action_open(self) -> None:
        """Choose another checkpoint."""
        if not isinstance(self.screen, StartScreen):
            self.push_screen(StartScreen(self.remembered.recent, can_go_back=True), self.open)

    def action_compare(self) -> None:
        """Choose another checkpoint, which that of the lab is compared with."""
        from precisionlab.tui.screens.lab import LabScreen  # noqa: PLC0415 - imported by now

        lab = self.screen
        if isinstance(lab, LabScreen):
            purpose = f"choose what {lab.names()[0]} is compared with"
            self.push_screen(StartScreen(self.remembered.recent, can_go_back=True, purpose=purpose), lab.go_beside)

    def action_help(self) -> None:
        """Tell the keys of the focused part and of the screen."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen, str(self._file.path) if self._file else ""))

    def action_jump(self) -> None:
        """Put a letter over every part, and go to the one whose letter is typed; asked again, stay."""
        screen = self.screen
        if isinstance(screen, JumpScreen):
            screen.dismiss(None)
        else:
            self.push_screen(JumpScreen(screen), lambda widget: go(screen, widget))

    def action_copy(self) -> None:
        """Put what the focused part has into the clipboard."""
        copied = copied_from(self.focused)
        if copied is None:
            self.notify("The focused part has nothing to copy.", severity="warning")
            return
        self.copy_to_clipboard(copied.text)
        self.notify(f"copied {copied.label}", markup=False)

    def action_export(self) -> None:
        """Choose what to save and where; what is seen is drawn before anything covers it."""
        from precisionlab.tui.exporting import offered  # noqa: PLC0415 - when it is wanted
        from precisionlab.tui.screens.export import ExportScreen  # noqa: PLC0415

        self.push_screen(ExportScreen(offered(self.screen_stack, self.export_screenshot())))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything for which there is a key on the screen, then Textual's own."""
        titles = {"Keys"}  # the name of Textual's own help, which ours stands for
        for one in commands(screen):
            if one.title not in titles:
                titles.add(one.title)
                run = partial(self.run_action, one.binding.action, one.node)
                yield SystemCommand(one.title, f"key {self.get_key_display(one.binding)}", run)
        yield from (one for one in super().get_system_commands(screen) if one.title not in titles)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say once which key of the user's means two things."""
        del node
        for key in {binding.key for binding in clashed_bindings} - self._clashes:
            self._clashes.add(key)
            self.notify(f"the key {key} is given to two actions; see {self._file and self._file.path}", markup=False)

    def _remember_theme(self, theme: Theme) -> None:
        if theme.name != self._theme_known:
            self._theme_known = theme.name
            self.post_message(Remember(lambda known: replace(known, theme=theme.name)))

    def _complain(self, text: str) -> None:
        """From any thread, and before there is a screen."""
        if self.is_running:
            self.call_later(self.notify, text, severity="warning", markup=False)
        else:
            self._complaints.append(text)
