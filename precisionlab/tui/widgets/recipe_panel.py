"""What is wanted of a recipe, and what comes of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Select, Static

from precisionlab.escaping import printable
from precisionlab.tui.widgets.row_list import Row, RowList
from precisionlab.tui.widgets.slider import Slider

if TYPE_CHECKING:
    from precisionlab.tui.quantization import Answer

FIRST_BITS = Decimal("4.5")
ANYTHING = "anything"
"""Stands for no runtime in particular."""
OBJECTIVES = {"total": "by the sensitivity", "uniform": "one format for all", "worst": "for the worst tensor"}
"""What is made small, as it stands in the choice."""


class RecipePanel(Vertical):
    """Says with `Wanted` what is wanted now, and with `Retargeted` what is to run it."""

    HELP = """
    The slider is the budget: bits a weight of the tensors that are quantized, their scales counted. The recipe follows.
    *Runs in* offers only what that program runs; the tensors are measured anew the first time. x writes the recipe.
    """
    BINDING_GROUP_TITLE = "Recipe"
    DEFAULT_CSS = """
    RecipePanel {
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
        &:focus-within { border: round $accent; border-title-color: $text; }
        & Horizontal { height: 1; padding: 0 1; }
        & Horizontal Static { width: auto; color: $text-muted; padding: 0 1 0 0; }
        & Select { width: 1fr; }
        & Slider { margin: 1 0; }
        & RowList { min-height: 3; }
        & #facts { height: auto; padding: 0 1; }
        & #facts.-problem { color: $text-warning; }
        & #formats { height: auto; max-height: 9; padding: 0 1; margin: 1 0; }
    }
    """

    class Wanted(Message):
        """Another budget, or another objective, is wanted."""

    class Retargeted(Message):
        """Something else is to run it."""

        def __init__(self, runtime: str | None) -> None:
            super().__init__()
            self.runtime = runtime

    def __init__(self, runtimes: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._runtimes = tuple(runtimes)

    def compose(self) -> ComposeResult:
        """Choices and slider over the recipe."""
        with Horizontal():
            yield Static("choose ", markup=False)
            yield Select[str]((), compact=True, allow_blank=True, id="objective")
        with Horizontal():
            yield Static("runs in", markup=False)
            choices = [(name, name) for name in (ANYTHING, *self._runtimes)]
            yield Select(choices, value=ANYTHING, allow_blank=False, compact=True, id="runtime")
        yield Slider("bits a weight", FIRST_BITS, id="budget")
        yield Static(id="facts")
        yield Static(id="formats")
        yield RowList(id="tensors")

    def on_mount(self) -> None:
        """Say what it is."""
        self.border_title = "recipe"

    @property
    def bits(self) -> Decimal:
        """The budget, a weight."""
        return self.query_one(Slider).value

    @property
    def objective(self) -> str:
        """What is to be made small."""
        return str(self._select("objective").value)

    def offer(self, objectives: Sequence[str], ends: tuple[Decimal, Decimal], notches: tuple[float, ...]) -> None:
        """These can be chosen now."""
        select = self._select("objective")
        known = select.value if select.value in objectives else objectives[0]
        with select.prevent(Select.Changed):
            select.set_options([(OBJECTIVES[name], name) for name in objectives])
            select.value = known
        slider = self.query_one(Slider)
        with slider.prevent(Slider.Changed):
            slider.span(*ends, notches)

    def choose_runtime(self, runtime: str | None) -> None:
        """Show what it is to run in."""
        select = self._select("runtime")
        with select.prevent(Select.Changed):
            select.value = runtime or ANYTHING

    def show(self, answer: "Answer", rows: Sequence[Row]) -> None:
        """Show a recipe, or why there is none; then the tensors of the last one stay."""
        facts = self.query_one("#facts", Static)
        facts.set_class(bool(answer.problem), "-problem")
        if answer.problem:
            facts.update(Text(f"{answer.budget.text} bits a weight {answer.problem}. Move to the right."))
            self.query_one("#formats", Static).update("")
            self.query_one(RowList).show(())
            return
        facts.update(fact_table([pair for pair in answer.facts if pair[0] != "objective"]))
        self.query_one("#formats", Static).update(format_table(answer.formats))
        self.query_one(RowList).show(rows)

    @on(Slider.Changed)
    @on(Select.Changed, "#objective")
    def want(self, event: Message) -> None:
        """Ask for another recipe."""
        event.stop()
        self.post_message(self.Wanted())

    @on(Select.Changed, "#runtime")
    def retarget(self, event: Select.Changed) -> None:
        """Ask for what another runtime offers, unless an older choice arrives late."""
        event.stop()
        if event.value == event.select.value:
            self.post_message(self.Retargeted(None if event.value == ANYTHING else str(event.value)))

    def _select(self, id_: str) -> Select[Any]:
        return self.query_one(f"#{id_}", Select)


def fact_table(facts: Sequence[tuple[str, str]]) -> Table:
    """A label before each line."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, text in facts:
        table.add_row(label, Text(text))
    return table


def format_table(rows: Sequence[tuple[str, str, str, str]]) -> Table:
    """How much gets which format, under a heading."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    for i, row in enumerate(rows):
        table.add_row(*map(Text, map(printable, row)), style="dim" if i == 0 else "")
    return table
