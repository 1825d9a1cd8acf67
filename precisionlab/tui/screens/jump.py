"""A letter over every part that can be gone to, over the screen that asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.errors import NoWidget
from textual.events import Click, Key, Resize
from textual.geometry import Offset, Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Label, Tab, Tabs

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""Those under the fingers first."""


@dataclass(frozen=True, slots=True)
class Target:
    """A part that can be gone to, and where its label stands."""

    label: str
    place: Offset
    widget: Widget


class JumpScreen(ModalScreen[Widget]):
    """Answers with the part whose letters were typed; None where nobody wants to go anywhere."""

    BINDINGS = [
        Binding("escape", "dismiss", "Stay here", id="jump.close"),
        Binding("backspace", "forget", "Take the letter back", id="jump.back"),
    ]
    DEFAULT_CSS = """
    JumpScreen { background: $background 40%; }
    JumpScreen .target { position: absolute; width: auto; background: $accent; color: auto; text-style: bold; }
    JumpScreen .target.-away { display: none; }
    JumpScreen #how { dock: bottom; width: 1fr; background: $panel; color: $text; padding: 0 1; }
    """

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.targets = tuple(targets_of(screen))
        self._size = screen.size
        self._typed = ""

    def compose(self) -> ComposeResult:
        """The letters, and what they are for."""
        for target in self.targets:
            label = Label(target.label, classes="target", markup=False)
            label.offset = target.place
            yield label
        yield Label("Type the letters of a part to go there; Esc stays here.", id="how", markup=False)

    def on_resize(self, event: Resize) -> None:
        """Labels that stand where their parts no longer are go away."""
        if event.size != self._size:
            self.dismiss(None)

    def on_click(self, event: Click) -> None:
        """The mouse needs no letters."""
        event.stop()
        self.dismiss(None)

    def on_key(self, event: Key) -> None:
        """One letter more."""
        if event.character and event.character.lower() in LETTERS:
            event.stop()
            self._type(self._typed + event.character.lower())

    def action_forget(self) -> None:
        """Show all letters again."""
        self._type("")

    def _type(self, typed: str) -> None:
        """Go where the letters lead, or show what they may lead to; letters that lead nowhere do nothing."""
        left = [target for target in self.targets if target.label.startswith(typed)]
        if left:
            self._typed = typed
            for label, target in zip(self.query(".target"), self.targets, strict=True):
                label.set_class(target not in left, "-away")
        if len(left) == 1 and left[0].label == typed:
            self.dismiss(left[0].widget)


def go(screen: Screen[Any], widget: Widget | None) -> None:
    """Focus a part of the screen, or turn to a tab; nothing where it is gone by now."""
    if widget is None or not widget.is_attached:
        return
    if isinstance(widget, Tab):
        tabs = next(node for node in widget.ancestors if isinstance(node, Tabs))
        tabs.active = widget.id or ""
        screen.set_focus(tabs)
    else:
        screen.set_focus(widget)


def targets_of(screen: Screen[Any]) -> Iterator[Target]:
    """What is seen and can be gone to, in the order of reading; no label touches another."""
    parts = [widget for widget in screen.focus_chain if not isinstance(widget, Tabs)]
    tabs = [tab for tab in screen.query(Tab) if not tab.disabled]
    regions = {widget: visible_region(screen, widget) for widget in (*parts, *tabs)}
    seen = [widget for widget in regions if free_place(screen, widget, regions[widget], 1, set())]
    seen.sort(key=lambda widget: (regions[widget].y, regions[widget].x))
    taken: set[tuple[int, int]] = set()
    for label, widget in zip(labels_for(len(seen)), seen, strict=False):
        place = free_place(screen, widget, regions[widget], len(label), taken)
        if place is not None:
            taken.update((place.x + column, place.y) for column in range(-1, len(label) + 1))
            yield Target(label, place, widget)


def visible_region(screen: Screen[Any], widget: Widget) -> Region:
    """The part of the widget that is not scrolled away, which may have no area."""
    try:
        return screen.find_widget(widget).visible_region
    except NoWidget:
        return Region()


def free_place(
    screen: Screen[Any], widget: Widget, region: Region, width: int, taken: set[tuple[int, int]]
) -> Offset | None:
    """The first cells of the region where the widget, or what is in it, is on top and no label stands."""
    for y in range(region.y, region.bottom):
        for x in range(region.x, region.right):
            if taken.isdisjoint((x + column, y) for column in range(width)) and is_on_top(screen, widget, x, y):
                return Offset(x, y)
    return None


def is_on_top(screen: Screen[Any], widget: Widget, x: int, y: int) -> bool:
    """Whether the widget, or what is in it, is what is seen there."""
    try:
        found, _ = screen.get_widget_at(x, y)
    except NoWidget:
        return False
    return widget in found.ancestors_with_self


def labels_for(number: int) -> Sequence[str]:
    """As many labels, none the beginning of another: a letter each where those suffice, else two; at most 676."""
    width = 1 if number <= len(LETTERS) else 2
    return ["".join(letters) for letters in product(LETTERS, repeat=width)][:number]
