"""What to look for in a tensor, chosen over the microscope."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from precisionlab.formats import ElementFormat
from precisionlab.tui.seeking import WORST, Aim

CHOICES = {"l": Aim.LARGEST.name, "z": Aim.SMALLEST.name, "s": Aim.SUBNORMAL.name, "n": Aim.NOT_FINITE.name, "w": WORST}
"""The key of each."""


class SeekMenu(ModalScreen[str]):
    """Answers with the name of an `Aim`, or with `WORST`."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        *(Binding(key, f"choose('{name}')", name.lower(), show=False) for key, name in CHOICES.items()),
        Binding("j", "app.simulate_key('down')", "Down", show=False),
        Binding("k", "app.simulate_key('up')", "Up", show=False),
    ]
    DEFAULT_CSS = """
    SeekMenu { align: center middle; }
    SeekMenu OptionList { width: 64; max-width: 95%; height: auto; border: round $accent; background: $surface; }
    """

    def __init__(self, target: ElementFormat) -> None:
        super().__init__()
        self._target = target

    def compose(self) -> ComposeResult:
        """A line for each, its key before it."""
        words = {aim.name: aim.value for aim in Aim}
        words[WORST] = f"the worst rounded to {self._target.name} (the table's line)"
        choices = OptionList(
            *(Option(Text.assemble((f" {key} ", "bold"), f" {words[name]}"), id=name) for key, name in CHOICES.items())
        )
        choices.border_title = "go to"
        choices.border_subtitle = "then . goes to the next"
        yield choices

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Look for what was chosen."""
        self.dismiss(event.option_id)

    def action_choose(self, name: str) -> None:
        """Look for what the key stands for."""
        self.dismiss(name)
