"""Which ways of summing are compared, chosen over the screen that compares them."""

from collections.abc import Sequence
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from precisionlab.summation.methods import Method, parse_method
from precisionlab.tui.sum_figures import MOST_METHODS
from precisionlab.tui.sum_words import method_label

METHODS: Final = tuple(
    map(
        parse_method,
        (
            "recursive",
            "pairwise",
            "blocked:128",
            "kahan",
            "neumaier",
            "klein",
            "sum2",
            "sumk:3",
            "double-double",
            "exact",
        ),
    )
)
"""To choose from, the simple ones first."""


class MethodChoice(ModalScreen[tuple[Method, ...]]):
    """All methods, those that are compared already marked."""

    BINDINGS = [
        Binding("escape,enter,q,m", "done", "Done", priority=True),
        Binding("j", "app.simulate_key('down')", "Down", show=False),
        Binding("k", "app.simulate_key('up')", "Up", show=False),
    ]
    DEFAULT_CSS = """
    MethodChoice { align: center middle; }
    MethodChoice Vertical {
        width: 66; max-width: 95%; height: auto; max-height: 90%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    MethodChoice SelectionList, MethodChoice SelectionList:focus {
        height: auto; border: none; padding: 0; background: transparent;
    }
    """

    def __init__(self, chosen: Sequence[Method]) -> None:
        super().__init__()
        self._chosen = tuple(chosen)

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical() as frame:
            frame.border_title = "ways of summing"
            frame.border_subtitle = f"space marks, at most {MOST_METHODS}, Esc closes"
            yield SelectionList[str](*(Selection(method_label(one), one.name, one in self._chosen) for one in METHODS))

    @on(SelectionList.SelectionToggled)
    def keep_few(self, event: SelectionList.SelectionToggled[str]) -> None:
        """As many as can be told apart."""
        if len(event.selection_list.selected) > MOST_METHODS:
            event.selection_list.deselect(event.selection)
            self.notify(f"{MOST_METHODS} lines can be told apart; unmark another one first", severity="warning")

    def action_done(self) -> None:
        """Compare the marked ones; where none is marked, those of before."""
        marked = set(self.query_one(SelectionList).selected)
        self.dismiss(tuple(one for one in METHODS if one.name in marked) or self._chosen)
