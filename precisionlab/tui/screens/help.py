"""The keys of the focused part, of the screen and of the app, over the screen that asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Markdown, Static

from precisionlab.escaping import printable

CAPITALS = re.compile(r"(?<=[a-z])[A-Z]")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the screen that takes keys."""

    title: str
    rows: tuple[tuple[str, str, str], ...]
    """Keys, what they do, and the name under which they can be changed."""


class HelpScreen(ModalScreen[None]):
    """What can be done here."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 90%; max-width: 88; height: auto; max-height: 90%;
        border: round $accent; background: $surface; padding: 0 2;
    }
    HelpScreen Markdown { margin: 0; padding: 0; background: $surface; }
    HelpScreen Static { margin: 1 0 0 0; }
    """

    def __init__(self, screen: Screen[Any], settings_file: str) -> None:
        super().__init__()
        self._about = about(screen.focused)
        self._parts = tuple(parts_of(screen))
        self._settings_file = settings_file

    def compose(self) -> ComposeResult:
        """What the part is for, then its keys, then those of what is around it."""
        with VerticalScroll() as scroll:
            scroll.border_title = "keys"
            scroll.border_subtitle = "Esc closes"
            if self._about:
                yield Markdown(self._about)
            for part in self._parts:
                yield Static(table_of(part))
            if self._settings_file:
                yield Static(Text(f"Other keys: by name under keys in {printable(self._settings_file)}", "dim"))


def about(focused: Widget | None) -> str:
    """What the focused part, or the nearest around it, says of itself."""
    nodes = focused.ancestors_with_self if focused is not None else []
    texts = (node.HELP for node in nodes if isinstance(node, Widget) and node.HELP)
    return cleandoc(next(texts, ""))


def parts_of(screen: Screen[Any]) -> Iterator[Part]:
    """The parts whose keys count now, from the focused one outwards; of each the keys that we gave it first."""
    bindings: dict[DOMNode, dict[str, list[Binding]]] = {}
    for active in screen.active_bindings.values():
        if active.binding.description:
            bindings.setdefault(active.node, {}).setdefault(active.binding.action, []).append(active.binding)
    for node, actions in bindings.items():
        rows = [row_of(node, same) for same in actions.values()]
        yield Part(title_of(node), tuple(sorted(rows, key=lambda row: not row[2])))


def row_of(node: DOMNode, bindings: list[Binding]) -> tuple[str, str, str]:
    """One action with all its keys."""
    keys = dict.fromkeys(node.app.get_key_display(binding) for binding in bindings)
    named = next((binding.id for binding in bindings if binding.id), "")
    return " ".join(keys), bindings[0].tooltip or bindings[0].description, named


def title_of(node: DOMNode) -> str:
    """What a part is called."""
    if isinstance(node, Screen):
        return node.BINDING_GROUP_TITLE or "This screen"
    return node.BINDING_GROUP_TITLE or CAPITALS.sub(lambda match: f" {match[0].lower()}", type(node).__name__)


def table_of(part: Part) -> Table:
    """The keys of a part."""
    table = Table(title=Text(part.title, "bold"), title_justify="left", box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", min_width=12, style="bold")
    table.add_column(min_width=26)
    table.add_column(style="dim", no_wrap=True)
    for keys, meaning, name in part.rows:
        table.add_row(Text(keys), Text(meaning), Text(name))
    return table
