"""Which formats a number is shown in, chosen over the screen that shows it."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from precisionlab.formats import ElementFormat
from precisionlab.formats.naming import ELEMENTS


class FormatChoice(ModalScreen[tuple[ElementFormat, ...]]):
    """All element formats, those that are shown already marked."""

    BINDINGS = [
        Binding("escape,enter,q,o", "done", "Done", priority=True),
        Binding("j", "app.simulate_key('down')", "Down", show=False),
        Binding("k", "app.simulate_key('up')", "Up", show=False),
    ]
    DEFAULT_CSS = """
    FormatChoice { align: center middle; }
    FormatChoice Vertical {
        width: 76; max-width: 95%; height: 85%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    FormatChoice SelectionList, FormatChoice SelectionList:focus { height: 1fr; border: none; padding: 0; background: transparent; }
    """

    def __init__(self, chosen: Sequence[ElementFormat]) -> None:
        super().__init__()
        self._chosen = tuple(chosen)

    def compose(self) -> ComposeResult:
        """The list, in the order of the catalogue; formats beyond it first."""
        known = tuple(ELEMENTS.values())
        with Vertical() as frame:
            frame.border_title = "formats beside one another"
            frame.border_subtitle = "space marks, Esc closes"
            entries = (*(one for one in self._chosen if one not in known), *known)
            yield SelectionList[str](*(Selection(label(one), one.name, one in self._chosen) for one in entries))

    def action_done(self) -> None:
        """Show the marked ones; those that were there keep their order, and none marked means all stay."""
        marked = set(self.query_one(SelectionList).selected)
        known = {one.name: one for one in (*self._chosen, *ELEMENTS.values())}
        self.dismiss(tuple(one for name, one in known.items() if name in marked) or self._chosen)


def label(format_: ElementFormat) -> str:
    """A format's name, its bits and its title."""
    return f"{format_.name:<20}{format_.bits:>3} bits  {format_.title}"
