"""The bit microscope: the bits of one number as cells, and everything that follows from them at once."""

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from precisionlab.analysis.notation import hex_pattern
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.formats import STORED_FORMATS, ElementFormat, formats
from precisionlab.formats.expansions import exact_decimal, fraction_text
from precisionlab.formats.specials import Special
from precisionlab.tui.microscope import Specimen, specimen_of, typed
from precisionlab.tui.microscope_text import COMPARED, facts, field_text, number_text
from precisionlab.tui.scenes import History, Scene, advanced, redone, undone
from precisionlab.tui.screens.format_choice import FormatChoice
from precisionlab.tui.screens.seek_menu import SeekMenu
from precisionlab.tui.widgets.bit_cells import BitCells
from precisionlab.tui.widgets.element_bar import ElementBar
from precisionlab.tui.widgets.entry_bar import EntryBar
from precisionlab.tui.widgets.format_table import FormatTable
from precisionlab.tui.widgets.range_view import RangeView

START = typed("0.1", specimen_of(0, STORED_FORMATS["float32"]))
"""What is seen where nothing was asked for."""
TALL = 32
"""Lines of a terminal from which cells are three lines high."""


class MicroscopeScreen(Screen[None]):
    """One number; with a tensor, one of its elements."""

    AUTO_FOCUS = "BitCells"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (42, "-tall")]
    BINDING_GROUP_TITLE = "Bit microscope"
    BINDINGS = [
        Binding(
            "i,slash",
            "focus_part('#typed')",
            "Type",
            key_display="i",
            tooltip="Type a number or bits",
            id="microscope.type",
        ),
        Binding("s", "seek", "Go to", tooltip="Go to a remarkable element", id="microscope.seek"),
        Binding("u,ctrl+z", "undo", "Undo", key_display="u", tooltip="Undo", id="microscope.undo"),
        Binding("y", "copy_value", "Copy the value", show=False, id="microscope.copy"),
        Binding("escape", "back", "Back", key_display="esc"),
        Binding("Y", "copy_pattern", "Copy the pattern", show=False, id="microscope.copy_pattern"),
        Binding("U,ctrl+y", "redo", "Redo", show=False, id="microscope.redo"),
        Binding("f", "choose_format", "Choose the format", show=False, id="microscope.format"),
        Binding("o", "choose_formats", "Choose the formats beside it", show=False, id="microscope.formats"),
        Binding("n", "step_element(1)", "Next element", show=False, id="microscope.next"),
        Binding("p", "step_element(-1)", "Previous element", show=False, id="microscope.previous"),
        Binding(
            "g", "focus_part('ElementBar Input')", "Type the index of an element", show=False, id="microscope.element"
        ),
        Binding("full_stop", "seek_again", "Go to the next of what was looked for", show=False, id="microscope.again"),
    ]
    DEFAULT_CSS = """
    MicroscopeScreen #answers { height: 1fr; overflow-y: auto; }
    MicroscopeScreen #others { min-height: 6; }
    MicroscopeScreen #facts { height: auto; padding: 0 2; }
    MicroscopeScreen RangeView { display: none; }
    MicroscopeScreen.-tall RangeView { display: block; max-height: 16; }
    MicroscopeScreen.-wide #answers { layout: horizontal; }
    MicroscopeScreen.-wide #facts { width: 1fr; padding: 1 2; }
    MicroscopeScreen.-wide #others { width: 84; height: auto; max-height: 100%; }
    MicroscopeScreen.-wide.-tall #answers { height: auto; max-height: 50%; }
    """

    def __init__(self, tensor: TensorInfo | None = None, index: tuple[int, ...] = ()) -> None:
        super().__init__()
        self._tensor = tensor if tensor is not None and tensor.n_elements else None
        self._index = index
        self._refused = "" if self._tensor is tensor else "the tensor has no elements"
        self.history = History(Scene(START))

    def compose(self) -> ComposeResult:
        """Element, format and input over the cells, what they mean below."""
        if self._tensor is not None:
            yield ElementBar(self._tensor, self._index)
        yield EntryBar(START)
        yield BitCells()
        with Container(id="answers"):
            yield Static(id="facts", markup=False)
            yield FormatTable([formats.element(name) for name in COMPARED], id="others")
        yield RangeView()
        yield Footer(show_command_palette=False)

    def on_resize(self) -> None:
        """Taller cells where there is room."""
        self.query_one(BitCells).is_tall = self.app.size.height >= TALL

    def on_mount(self) -> None:
        """Show the first number."""
        if self._refused:
            self.notify(self._refused, severity="warning")
        self.show()

    @property
    def specimen(self) -> Specimen:
        """What is under the microscope."""
        return self.history.present.specimen

    def look_at(self, specimen: Specimen) -> None:
        """Put something else under the microscope, at the same place."""
        present = self.history.present
        self.history = advanced(self.history, Scene(specimen, present.place, present.stored))
        self.show()

    def show(self) -> None:
        """Show what is under the microscope in every part."""
        scene, specimen = self.history.present, self.specimen
        bits = self.query_one(BitCells)
        bits.specimen = specimen
        bits.border_subtitle = field_text(specimen)
        bits.border_title = f"{specimen.format.name}  {hex_pattern(specimen.pattern, specimen.format.bits)}"
        self.query_one("#facts", Static).update(fact_table(specimen))
        self.show_others()
        self.query_one(EntryBar).show(specimen)
        if scene.place is not None:
            self.query_one(ElementBar).show(scene.place, is_edited=scene.is_edited)

    def show_others(self) -> None:
        """Show the number in other formats."""
        table = self.query_one(FormatTable)
        table.border_title = f"{number_text(self.specimen.number, 9)} in other formats"
        table.show(self.specimen.number, self.specimen.format)
        self.query_one(RangeView).show(self.specimen.number, table.formats)

    @on(BitCells.Changed)
    def follow_bits(self, event: BitCells.Changed) -> None:
        """Show what keys or clicks made of the bits."""
        self.look_at(event.specimen)

    @on(ElementBar.Arrived)
    def arrive(self, event: ElementBar.Arrived) -> None:
        """Show the element that was read, unless one is on the way to another."""
        if event.place != self.query_one(ElementBar).place:
            return
        pattern, is_first = event.element.patterns[event.place.component], self.history.present.place is None
        stored = specimen_of(pattern, event.element.format, None if is_first else self.specimen.cursor)
        scene = Scene(stored, event.place, stored)
        self.history = History(scene) if is_first else advanced(self.history, scene)
        self.show()
        if is_first:
            self.query_one(FormatTable).aim_below(stored.format)

    @on(ElementBar.Left)
    def go_to_bits(self) -> None:
        """Back to the cells."""
        self.query_one(BitCells).focus()

    @on(EntryBar.Asked)
    def take(self, event: EntryBar.Asked) -> None:
        """Show what was chosen or typed."""
        self.look_at(event.specimen)
        self.query_one(BitCells).focus()

    @on(DataTable.RowSelected, "#others")
    def enter_format(self) -> None:
        """Show the bits of the format of the table's line."""
        self.query_one(EntryBar).recast(self.query_one(FormatTable).target)

    def action_focus_part(self, selector: str) -> None:
        """Go to a part of the screen."""
        for part in self.query(selector):
            part.focus()

    def action_undo(self) -> None:
        """One step back."""
        self._turn_to(undone(self.history))

    def action_redo(self) -> None:
        """One undone step forth."""
        self._turn_to(redone(self.history))

    def _turn_to(self, history: History) -> None:
        self.history = history
        if history.present.place is not None:
            self.query_one(ElementBar).place = history.present.place
        self.show()

    def action_step_element(self, by: int) -> None:
        """The next or previous number of the tensor."""
        for bar in self.query(ElementBar):
            bar.step(by)

    def action_seek(self) -> None:
        """Choose what to look for in the tensor."""
        target = self.query_one(FormatTable).target
        self.app.push_screen(
            SeekMenu(target), lambda name: self.query_one(ElementBar).seek(name, target) if name else None
        )

    def action_seek_again(self) -> None:
        """The next of what was looked for."""
        for bar in self.query(ElementBar):
            if not bar.again():
                self.action_seek()

    def action_choose_format(self) -> None:
        """Open the choice of the format."""
        self.query_one(EntryBar).open_formats()

    def action_choose_formats(self) -> None:
        """Choose the formats beside one another."""
        self.app.push_screen(FormatChoice(self.query_one(FormatTable).formats), self.take_formats)

    def take_formats(self, chosen: tuple[ElementFormat, ...] | None) -> None:
        """Show the number in these formats."""
        if chosen:
            self.query_one(FormatTable).choose(chosen)
            self.show_others()

    def action_copy_value(self) -> None:
        """Copy all digits of the value."""
        value = self.specimen.value
        text = value.value if isinstance(value, Special) else exact_decimal(value) or fraction_text(value)
        self._copy(text)

    def action_copy_pattern(self) -> None:
        """Copy the pattern in hexadecimal."""
        self._copy(hex_pattern(self.specimen.pattern, self.specimen.format.bits))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        shown = text if len(text) <= 40 else f"{text[:40]}… ({len(text):,} characters)"
        self.notify(f"copied {shown}", markup=False, timeout=3)

    def action_back(self) -> None:
        """From an input to the bits; from the bits to where one came from."""
        bits = self.query_one(BitCells)
        if isinstance(self.focused, BitCells | FormatTable | None):
            self.dismiss()
        else:
            bits.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where one types, letters are no keys; without a tensor there is nothing to look through."""
        del parameters
        if isinstance(self.focused, Input) and action != "back":
            return False
        return self._tensor is not None or action not in {"seek", "seek_again", "step_element"}


def fact_table(specimen: Specimen) -> Table:
    """What there is to say about the number, a label before each line."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, text in facts(specimen):
        table.add_row(label, Text(text))
    return table
