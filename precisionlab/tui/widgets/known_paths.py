"""What was opened before, the newest first, and the samples."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from precisionlab.checkpoints.sharded import is_set
from precisionlab.escaping import printable
from precisionlab.tui.ages import age
from precisionlab.tui.messages import Remember
from precisionlab.tui.settings import Opened, without


class KnownPaths(OptionList):
    """Checkpoints to choose from. Says with `Chosen` which one."""

    BINDING_GROUP_TITLE = "Opened before"
    HELP = "What was opened before, and the samples. **Enter** opens one; **x** takes it off the list."
    BINDINGS = [
        Binding("x,delete", "forget", "Forget", id="recent.forget"),
        Binding("j", "cursor_down", "Down", show=False, id="recent.down"),
        Binding("k", "cursor_up", "Up", show=False, id="recent.up"),
    ]

    DEFAULT_CSS = "KnownPaths { text-wrap: nowrap; text-overflow: ellipsis; }"

    class Chosen(Message):
        """This path is to be opened."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, recent: Sequence[Opened], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._recent = tuple(recent)
        self._gone: frozenset[str] = frozenset()
        self._samples: tuple[str, ...] = ()
        self._paths: list[str | None] = []
        """Of each line; None of a heading."""

    def on_mount(self) -> None:
        """List what is known without looking."""
        self.list_anew()

    def tell(self, gone: frozenset[str], samples: Sequence[str]) -> None:
        """These of the paths lead nowhere by now, and these samples are there."""
        self._gone, self._samples = gone, tuple(samples)
        self.list_anew()

    def list_anew(self) -> None:
        """Make the lines; the cursor stays where it is."""
        place = self.highlighted
        now = time.time()
        lines: list[tuple[str | None, Text]] = []
        if not self._recent:
            lines.append((None, Text("Nothing has been opened yet.\nChoose at the right, or type a path.")))
        lines += [(one.path, recent_line(one, now, is_gone=one.path in self._gone)) for one in self._recent]
        if self._samples:
            lines.append((None, Text("\nsamples", "bold")))
            lines += [(path, Text(f"  {printable(Path(path).name)}")) for path in self._samples]
        self._paths = [path for path, _ in lines]
        self.clear_options()
        self.add_options([Option(text, disabled=path is None) for path, text in lines])
        choosable = [i for i, path in enumerate(self._paths) if path is not None]
        self.highlighted = place if place in choosable else next(iter(choosable), None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it."""
        event.stop()
        path = self._paths[event.option_index]
        if path is not None:
            self.post_message(self.Chosen(path))

    def action_forget(self) -> None:
        """Take a path off the list; the checkpoint stays where it is."""
        path = self._paths[self.highlighted] if self.highlighted is not None else None
        if path in {one.path for one in self._recent} and path is not None:
            self._recent = tuple(one for one in self._recent if one.path != path)
            self.post_message(Remember(lambda known: without(known, path)))
            self.list_anew()


def recent_line(one: Opened, now: float, *, is_gone: bool) -> Text:
    """A checkpoint on two lines: name and age, then its folder."""
    path = Path(one.path)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(printable(path.name, 60), "bold strike" if is_gone else "bold")
    text.append(f"  {'gone, ' * is_gone}{age(one.when, now)}\n", "dim")
    return text.append(f"  {printable(short(path.parent))}", "dim")


def short(folder: Path) -> str:
    """A folder with `~` for the user's own."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # elsewhere, or nobody knows whose home
        return str(folder)


def leads_nowhere(path: str) -> bool:
    """Whether nothing is there any more; the disk is asked."""
    if os.path.lexists(path):
        return False
    return not (is_set(Path(path).name) and Path(path).parent.is_dir())
