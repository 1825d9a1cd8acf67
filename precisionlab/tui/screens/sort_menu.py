"""By what to list tensors, chosen over the lab: letters narrow the list."""

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from precisionlab.tui.matching import best
from precisionlab.tui.orders import Order

MOST_LISTED = 500


class SortMenu(ModalScreen[Order]):
    """Answers with what was chosen."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "move('cursor_down')", "Down", show=False),
        Binding("up", "move('cursor_up')", "Up", show=False),
        Binding("pagedown", "move('page_down')", "Page down", show=False),
        Binding("pageup", "move('page_up')", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    SortMenu { align: center middle; }
    SortMenu Vertical { width: 72; max-width: 95%; height: 80%; max-height: 30; border: round $accent; background: $surface; padding: 0 1; }
    SortMenu Input { margin: 0 0 1 0; }
    SortMenu OptionList, SortMenu OptionList:focus { height: 1fr; border: none; background: transparent; padding: 0; }
    """

    def __init__(self, orders: Sequence[Order], current: Order) -> None:
        super().__init__()
        self._orders = tuple(orders)
        self._current = current
        self._shown = self._orders

    def compose(self) -> ComposeResult:
        """What is typed, over what it leaves."""
        with Vertical() as frame:
            frame.border_title = "list tensors by"
            frame.border_subtitle = "Enter chooses, S turns the list round, Esc closes"
            yield Input(placeholder="part of a figure's name", compact=True)
            yield OptionList()

    def on_mount(self) -> None:
        """Start at what the list is ordered by."""
        self.narrow("")
        if self._current in self._shown:
            self.query_one(OptionList).highlighted = self._shown.index(self._current)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Leave what matches."""
        self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """List what matches, the best first."""
        names = ((i, order.label) for i, order in enumerate(self._orders))
        places = best(text, names, MOST_LISTED) if text.strip() else range(min(len(self._orders), MOST_LISTED))
        self._shown = tuple(self._orders[i] for i in places)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(Text(order.label)) for order in self._shown)
        options.highlighted = 0 if self._shown else None

    @on(Input.Submitted)
    def enter(self) -> None:
        """Choose what is marked."""
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.dismiss(self._shown[place])

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Choose what was clicked or entered."""
        self.dismiss(self._shown[event.option_index])

    def action_move(self, action: str) -> None:
        """Move through the list while one types."""
        getattr(self.query_one(OptionList), f"action_{action}")()
