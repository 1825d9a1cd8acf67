"""Folders, and in them only what can be opened."""

from collections.abc import Iterable
from pathlib import Path

from rich.text import Text, TextType
from textual.binding import Binding
from textual.widgets import DirectoryTree

from precisionlab.checkpoints.finding import checkpoints_among
from precisionlab.escaping import printable


class FolderTree(DirectoryTree):
    """A directory tree of checkpoints; numbered shards are one."""

    BINDING_GROUP_TITLE = "Folders"
    HELP = "Folders, and the checkpoints in them. **Enter** opens either; **u** shows the folder above."
    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "
    BINDINGS = [
        Binding("u", "up", "Folder above", id="folders.up"),
        Binding("j", "cursor_down", "Down", show=False, id="folders.cursor-down"),
        Binding("k", "cursor_up", "Up", show=False, id="folders.cursor-up"),
    ]

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Folders that are not hidden, and checkpoints; asked in a thread."""
        folders: list[Path] = []
        files: list[Path] = []
        for path in paths:
            (folders if self._safe_is_dir(path) else files).append(path)
        shown = [path for path in folders if not path.name.startswith(".")]
        return shown + [files[0].with_name(name) for name in checkpoints_among(path.name for path in files)]

    def process_label(self, label: TextType) -> Text:
        """A name, of which nothing is taken for anything else."""
        return Text(printable(label if isinstance(label, str) else label.plain))

    def action_up(self) -> None:
        """Show the folder above."""
        self.path = Path(self.path).resolve().parent
