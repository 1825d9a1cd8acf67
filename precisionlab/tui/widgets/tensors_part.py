"""The tensors of a checkpoint: a tree, or a list in any order, and what is typed to find one."""

from asyncio import to_thread
from pathlib import Path

from rich.markup import escape
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from precisionlab.escaping import printable
from precisionlab.reports.quantities import count, counted
from precisionlab.tui.matching import best
from precisionlab.tui.modules import Outline
from precisionlab.tui.orders import BY_NAME, Order, Ranking
from precisionlab.tui.widgets.tensor_tree import MOST_SHOWN, TensorTree


class TensorsPart(Vertical):
    """The tree with its finder; who gives it an outline decides what it holds."""

    BINDING_GROUP_TITLE = "Tensors"
    BINDINGS = [Binding("escape", "clear", "Show all again", show=False, id="tensors.clear")]
    DEFAULT_CSS = """
    TensorsPart Input { height: 3; border: tall $surface; display: none; }
    TensorsPart Input.-shown { display: block; }
    TensorsPart TensorTree { height: 1fr; background: $background; overflow-x: hidden; }
    TensorsPart TensorTree:focus { background-tint: $background 0%; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.order = BY_NAME
        """By what they are listed."""
        self.is_reversed = False
        self._is_matching = False
        self._against = ""
        self.border_title = "tensors"

    def compose(self) -> ComposeResult:
        """The finder is seen when it is wanted."""
        yield Input(placeholder="part of a name", id="filter")
        yield TensorTree(id="tree")

    @property
    def tensors(self) -> TensorTree:
        """Where they stand."""
        return self.query_one(TensorTree)

    def show(self, outline: Outline) -> None:
        """Show these tensors by module path."""
        self.order, self.is_reversed = BY_NAME, False
        self.border_title = f"{counted(len(outline.tensors), 'tensor')}{self._against}"
        self.border_subtitle = ""
        self.tensors.show(outline)

    def compare(self, path: str) -> None:
        """Say that this other checkpoint is what they are compared with."""
        self._against = f" against {escape(printable(Path(path).name, 40))}"
        self.border_title = f"{self.border_title}{self._against}"

    def show_ranking(self, order: Order, ranking: Ranking, *, is_reversed: bool) -> None:
        """Show the first of them in this order."""
        self.order, self.is_reversed = order, is_reversed
        self.border_subtitle = f"by {order.label}{', smallest first' if is_reversed else ''}".replace("[", r"\[")
        self.tensors.show_flat(ranking.indices[:MOST_SHOWN], ranking.beside)

    def find(self) -> None:
        """Type part of a name."""
        entry = self.query_one(Input)
        entry.add_class("-shown")
        entry.focus()

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Show what matches; nothing typed is everything."""
        event.stop()
        if event.value.strip():
            self.match(event.value)
        else:
            self.workers.cancel_group(self, "matching")
            self._is_matching = False
            self.show(self.tensors.outline)

    @work(exclusive=True, group="matching")
    async def match(self, text: str) -> None:
        """Look through all names, of which there may be very many."""
        self._is_matching = True
        names = [(i, info.name) for i, info in enumerate(self.tensors.outline.tensors)]
        places = await to_thread(best, text, names, MOST_SHOWN)
        self.border_subtitle = f"{count(len(places))} match"
        self.tensors.show_flat(places)
        self._is_matching = False
        if self.tensors.has_focus:
            self.tensors.go_to_first()

    @on(Input.Submitted)
    def enter(self, event: Input.Submitted) -> None:
        """Go to the best match, which may not be known yet."""
        event.stop()
        self.tensors.focus()
        if event.value.strip() and not self._is_matching:
            self.tensors.go_to_first()

    def action_clear(self) -> None:
        """Show all tensors again."""
        entry = self.query_one(Input)
        is_filtered, entry.value = bool(entry.value), ""
        entry.remove_class("-shown")
        if not is_filtered and self.order is not BY_NAME:
            self.show(self.tensors.outline)
        self.tensors.focus()
