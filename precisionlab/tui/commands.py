"""Everything that can be done on a screen, for the palette: what there is a key for, in any part that is seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Command:
    """An action with the part of the screen that does it."""

    title: str
    binding: Binding
    node: DOMNode


def commands(screen: Screen[Any]) -> Iterator[Command]:
    """Actions whose keys count now, then those of parts without the focus; each once, moves of a cursor left out."""
    known: set[str] = set()
    active = ((one.binding, one.node) for one in screen.active_bindings.values())
    elsewhere = ((binding, part) for part in screen.query(Widget) if part.display for binding in own_bindings(part))
    for binding, node in (*active, *elsewhere):
        name = binding.id or ""
        if name and name not in known and not is_move(binding.action):
            known.add(name)
            yield Command(binding.tooltip or binding.description, binding, node)


def own_bindings(part: Widget) -> Iterator[Binding]:
    """The bindings that a part's class declares with a name."""
    for one in type(part).__dict__.get("BINDINGS", ()):
        if isinstance(one, Binding) and one.id:
            yield one


def is_move(action: str) -> bool:
    """Whether it moves a cursor or scrolls, which no one looks up."""
    return action.startswith(("cursor_", "scroll_"))
