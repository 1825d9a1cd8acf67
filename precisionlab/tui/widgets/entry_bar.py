"""The format under the microscope, and an input for any number or pattern, which says what it means before it is taken."""

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.message import Message
from textual.widgets import Input, Select, Static

from precisionlab.analysis.notation import hex_pattern
from precisionlab.errors import PrecisionlabError
from precisionlab.formats import ElementFormat, formats
from precisionlab.formats.naming import ELEMENTS
from precisionlab.tui.microscope import Specimen, recast, typed
from precisionlab.tui.microscope_text import comparison, number_text

NAMES = tuple(ELEMENTS)
"""Of the formats to choose from; others are spelled."""
HINT = "0.1   1/3   2^-14   0x3f80 (bits)   float16 0x7bff   nan"


class EntryBar(VerticalGroup):
    """Says with `Asked` what is to be looked at."""

    HELP = """
    A number such as 0.1, 1/3, 2^-14, 0x1.8p3, nan; bits such as 0x3f80, 0b101, 0 01111111 0000000;
    either behind a format, as in `float16 0x7bff`; or a format alone, which may be spelled, as in `e5m7`.
    """
    DEFAULT_CSS = """
    EntryBar Horizontal { height: 1; padding: 0 1; }
    EntryBar #format { width: 26; margin: 0 1 0 0; }
    EntryBar #typed { width: 1fr; }
    EntryBar #preview { height: 1; padding: 0 1; color: $text-muted; display: none; }
    EntryBar #preview.-shown { display: block; }
    EntryBar #preview.-wrong { color: $text-warning; }
    """

    class Asked(Message):
        """This is to be looked at."""

        def __init__(self, specimen: Specimen) -> None:
            super().__init__()
            self.specimen = specimen

    def __init__(self, specimen: Specimen) -> None:
        super().__init__()
        self.specimen = specimen

    def compose(self) -> ComposeResult:
        """Formats and input, the meaning below."""
        with Horizontal():
            choices = [(name, name) for name in NAMES]
            yield Select(choices, value=self.specimen.format.name, allow_blank=False, compact=True, id="format")
            yield Input(placeholder=HINT, compact=True, id="typed")
        yield Static(id="preview", markup=False)

    def show(self, specimen: Specimen) -> None:
        """Show the format of what is under the microscope."""
        self.specimen = specimen
        name, select = specimen.format.name, self._select
        with select.prevent(Select.Changed):
            if name not in NAMES:
                select.set_options([(one, one) for one in (name, *NAMES)])
            select.value = name

    def open_formats(self) -> None:
        """Open the choice of the format."""
        self._select.focus()
        self._select.action_show_overlay()

    def recast(self, format_: ElementFormat) -> None:
        """Ask for the same number in another format."""
        try:
            self.post_message(self.Asked(recast(self.specimen, format_)))
        except PrecisionlabError as error:
            self.notify(str(error), severity="warning", markup=False)
            self.show(self.specimen)

    @on(Select.Changed, "#format")
    def choose(self, event: Select.Changed) -> None:
        """Take the chosen format, unless an older choice arrives late."""
        event.stop()
        if event.value == event.select.value != self.specimen.format.name:
            self.recast(formats.element(event.value))

    @on(Input.Changed, "#typed")
    def preview(self, event: Input.Changed) -> None:
        """Say what the text means."""
        event.stop()
        line = self.query_one("#preview", Static)
        line.set_class(bool(event.value.strip()), "-shown")
        if event.value.strip():
            words, is_wrong = meaning(event.value, self.specimen)
            line.set_class(is_wrong, "-wrong")
            line.update(words)

    @on(Input.Submitted, "#typed")
    def take(self, event: Input.Submitted) -> None:
        """Ask for what was typed; a mistake stays to be mended."""
        event.stop()
        try:
            specimen = typed(event.value, self.specimen) if event.value.strip() else self.specimen
        except PrecisionlabError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        event.input.clear()
        self.post_message(self.Asked(specimen))

    @property
    def _select(self) -> Select[Any]:
        return self.query_one("#format", Select)


def meaning(text: str, specimen: Specimen) -> tuple[str, bool]:
    """What a text would put under the microscope, or (and True) why nothing."""
    try:
        found = typed(text, specimen)
    except PrecisionlabError as error:
        return f"{error.problem}; {error.remedy}" if error.remedy else error.problem, True
    verdict = "" if found.asked is None else f", {comparison(found.number, found.format).verdict}"
    pattern = hex_pattern(found.pattern, found.format.bits)
    return f"enter: {found.format.name} {pattern} = {number_text(found.value, 17)}{verdict}", False
