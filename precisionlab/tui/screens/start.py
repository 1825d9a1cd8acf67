"""Where one chooses what to open: what was opened before, the samples, a path, the folders."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.markup import escape
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import DirectoryTree, Footer, Input, Static

from precisionlab.checkpoints.finding import find_checkpoints
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable
from precisionlab.tui.settings import Opened
from precisionlab.tui.widgets.folder_tree import FolderTree
from precisionlab.tui.widgets.known_paths import KnownPaths, leads_nowhere

SAMPLES = Path(__file__).parents[3] / "samples"
"""Of the repository."""
SAMPLES_MARK = "make_samples.py"
"""Without it the folder is another's: this package may be installed beside anything."""
WELCOME = "a microscope and a linter for the numbers inside model weights"


class StartScreen(Screen[str | None]):
    """Choose a checkpoint; the result is its path, None where one goes back."""

    BINDING_GROUP_TITLE = "Open"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS = [
        Binding("slash", "focus_path", "Type a path", id="start.path"),
        Binding("b", "microscope", "Bits", id="start.microscope"),
        Binding("u", "sums", "Sums", show=False, id="start.sums"),
        Binding("escape", "back", "Back", id="start.back"),
    ]
    DEFAULT_CSS = """
    StartScreen #welcome { height: 1; margin: 1 2 0 2; color: $text-muted; }
    StartScreen #choices { height: 1fr; margin: 0 1; }
    StartScreen #known, StartScreen #elsewhere { width: 1fr; height: 1fr; border: round $primary-muted; border-title-color: $text-muted; }
    StartScreen.-wide #known { max-width: 64; }
    StartScreen #known:focus, StartScreen #elsewhere:focus-within { border: round $accent; border-title-color: $text; }
    StartScreen #known, StartScreen FolderTree { background: $background; }
    StartScreen FolderTree { height: 1fr; padding: 0 1; overflow-x: hidden; }
    StartScreen #known:focus, StartScreen FolderTree:focus { background-tint: $background 0%; }
    StartScreen Input { margin: 0; }
    StartScreen #news { display: none; height: auto; padding: 0 1; color: $text-muted; }
    StartScreen #news.-shown { display: block; }
    StartScreen #news.-problem { color: $text-error; }
    """

    def __init__(
        self, recent: Sequence[Opened], path: str | None = None, *, can_go_back: bool = False, purpose: str = WELCOME
    ) -> None:
        super().__init__()
        self._purpose = purpose
        self._recent = tuple(recent)
        self._path = path
        self._can_go_back = can_go_back
        self._sought: str | None = None

    def compose(self) -> ComposeResult:
        """What is known at the left, everything else at the right."""
        yield Static(f"[b $text]precisionlab[/]  {escape(printable(self._purpose))}", id="welcome")
        with Horizontal(id="choices"):
            yield KnownPaths(self._recent, id="known")
            with Vertical(id="elsewhere"):
                yield Input(placeholder="a file, a folder, or a pattern", id="path")
                yield Static(id="news", markup=False)
                yield FolderTree(here())
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Look which of the known paths still lead somewhere."""
        self.query_one("#known").border_title = "opened before"
        self.query_one("#known").border_subtitle = "Enter opens, x forgets"
        self.query_one("#elsewhere").border_title = "open"
        self.query_one(KnownPaths if self._recent or has_samples() else FolderTree).focus()
        self.look_around()
        if self._path is not None:
            self.seek(self._path)

    @work(thread=True, exit_on_error=False, group="looking around")
    def look_around(self) -> None:
        """Find the samples, and what is gone."""
        gone = frozenset(one.path for one in self._recent if leads_nowhere(one.path))
        found: tuple[str, ...] = ()
        with suppress(CheckpointError):
            found = find_checkpoints(str(SAMPLES)) if has_samples() else ()
        self.app.call_from_thread(self.tell_known, gone, found)

    def tell_known(self, gone: frozenset[str], samples: Sequence[str]) -> None:
        """Mark what is gone, and list the samples."""
        self.query_one(KnownPaths).tell(gone, samples)

    def seek(self, path: str) -> None:
        """Open a path, or say why not."""
        self._sought = path
        self.say(f"looking for checkpoints in {printable(path, 60)} …" if Path(path).is_dir() else "")
        self.find(path)

    @work(thread=True, exit_on_error=False, group="seeking")
    def find(self, path: str) -> None:
        """See what is there, which takes its time in large folders."""
        try:
            found = find_checkpoints(path)
        except CheckpointError as error:
            self.app.call_from_thread(self.decide, path, (), str(error))
        else:
            self.app.call_from_thread(self.decide, path, found, "")

    def decide(self, path: str, found: Sequence[str], problem: str) -> None:
        """Open the one checkpoint that was found, or tell what there is instead."""
        if path != self._sought or not self.is_current:
            return
        if len(found) == 1:
            self.dismiss(found[0])
            return
        self.say(problem or f"{printable(path, 60)} holds {len(found):,} checkpoints; choose one", is_problem=not found)
        if len(found) > 1:
            tree = self.query_one(FolderTree)
            tree.path = Path(path) if Path(path).is_dir() else Path(found[0]).parent
            tree.focus()

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Say something under the path; nothing at all is no line."""
        news = self.query_one("#news", Static)
        news.update(text)
        news.set_class(bool(text), "-shown")
        news.set_class(is_problem, "-problem")

    @on(Input.Submitted, "#path")
    def take_path(self, event: Input.Submitted) -> None:
        """Open what was typed; `~` is the user's own folder."""
        if event.value.strip():
            self.seek(with_home(event.value.strip()))

    @on(Input.Changed, "#path")
    def typing(self) -> None:
        """What was wrong with the path before does not matter any more."""
        self._sought = None
        self.say("")

    @on(DirectoryTree.FileSelected)
    def take_file(self, event: DirectoryTree.FileSelected) -> None:
        """Open it."""
        self.seek(str(event.path))

    @on(KnownPaths.Chosen)
    def take_known(self, event: KnownPaths.Chosen) -> None:
        """Open it again."""
        self.seek(event.path)

    def action_microscope(self) -> None:
        """The bits of any number."""
        from precisionlab.tui.screens.microscope import MicroscopeScreen  # noqa: PLC0415 - when it is wanted

        self.app.push_screen(MicroscopeScreen())

    def action_sums(self) -> None:
        """Sums of classic series, as they grow."""
        from precisionlab.tui.screens.sums import SumsScreen  # noqa: PLC0415 - when it is wanted

        self.app.push_screen(SumsScreen())

    def action_focus_path(self) -> None:
        """Type a path."""
        self.query_one("#path").focus()

    def action_back(self) -> None:
        """Leave the path, or the screen."""
        if self.query_one("#path").has_focus:
            self.query_one(FolderTree).focus()
        elif self._can_go_back:
            self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to go back to at first."""
        del parameters
        return action != "back" or self._can_go_back or self.query_one("#path").has_focus


def has_samples() -> bool:
    """Whether this is the repository."""
    return (SAMPLES / SAMPLES_MARK).is_file()


def here() -> Path:
    """The current folder, or the user's own where somebody deleted that."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def with_home(path: str) -> str:
    """The path with `~` replaced, where anybody knows by what."""
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        return path
