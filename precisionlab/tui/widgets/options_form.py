"""The options of an analyzer as a form, made from their declarations."""

from collections.abc import Iterator
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.message import Message
from textual.widgets import Input, Label, Select, Static, Switch

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import OptionField, OptionValue, build_options, option_fields, option_values
from precisionlab.errors import PrecisionlabError


class OptionsForm(VerticalGroup):
    """An input for every option. Says with `Changed` what the options are, each time they are right."""

    DEFAULT_CSS = """
    OptionsForm { height: auto; padding: 0 1; }
    OptionsForm .option { height: auto; margin: 0 0 1 0; }
    OptionsForm Label { width: 22; text-align: right; padding: 0 1 0 0; }
    OptionsForm Input, OptionsForm Select { width: 30; }
    OptionsForm Input { background: $boost; padding: 0 1; }
    OptionsForm Switch { border: none; padding: 0; height: 1; width: 30; background: transparent; }
    OptionsForm Switch:focus { border: none; background: $accent 20%; }
    OptionsForm .hint { width: 1fr; padding: 0 0 0 2; color: $text-muted; height: auto; }
    OptionsForm .problem { color: $text-error; padding: 0 0 0 22; display: none; }
    OptionsForm .problem.-shown { display: block; }
    LabScreen.-narrow OptionsForm .hint { display: none; }
    """

    class Changed(Message):
        """The options are these now."""

        def __init__(self, options: Any) -> None:  # noqa: ANN401 - each analyzer has its own class
            super().__init__()
            self.options = options

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self.analyzer = analyzer
        self.options = analyzer.options()
        self._fields = {field.name: field for field in option_fields(analyzer.options)}
        self._texts = {name: text_of(field.default) for name, field in self._fields.items()}

    def compose(self) -> ComposeResult:
        """A line for each option."""
        for field in self._fields.values():
            with Horizontal(classes="option"):
                yield Label(field.name.replace("_", " "), markup=False)
                for widget in widget_of(field):
                    widget.tooltip = field.help_text
                    yield widget
                yield Static(field.help_text, classes="hint", markup=False)
        yield Static("", classes="problem", markup=False)

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Switch.Changed)
    def take(self, event: Input.Changed | Select.Changed | Switch.Changed) -> None:
        """Check what was typed, and tell it where it is right and new."""
        event.stop()
        name = event.control.name or ""
        if name not in self._fields or event.value is Select.NULL:
            return
        self._texts[name] = str(event.value).lower() if isinstance(event.value, bool) else str(event.value)
        problem = self.query_one(".problem", Static)
        try:
            options = build_options(self.analyzer.name, self.analyzer.options, self._texts)
        except PrecisionlabError as error:
            problem.update(str(error))
            problem.add_class("-shown")
            return
        problem.remove_class("-shown")
        if options != self.options:
            self.options = options
            self.post_message(self.Changed(options))

    def focus_first(self) -> None:
        """Go to the first option, where there is one."""
        for control in self.query("Input, Select, Switch"):
            control.focus()
            break

    def show(self, options: Any) -> None:  # noqa: ANN401 - each analyzer has its own class
        """Show these options, which are known to those who are told of changes."""
        self.options = options
        self._texts = {name: text_of(value) for name, value in option_values(options).items()}
        with self.prevent(Input.Changed, Select.Changed, Switch.Changed):
            for control in self.query(Input):
                control.value = self._texts[control.name or ""]
            for choice in self.query(Select):
                choice.value = self._texts[choice.name or ""]
            for switch in self.query(Switch):
                switch.value = self._texts[switch.name or ""] == "true"


def widget_of(field: OptionField) -> Iterator[Input | Select[str] | Switch]:
    """What an option is set with: a switch, a choice, or a text that is checked."""
    if field.kind is bool:
        yield Switch(bool(field.default), name=field.name)
    elif field.choices and field.kind is str:
        choices = [(choice, choice) for choice in field.choices]
        yield Select(choices, value=str(field.default), allow_blank=False, compact=True, name=field.name)
    else:
        yield Input(text_of(field.default), placeholder=field.accepts, name=field.name, compact=True)


def text_of(value: OptionValue) -> str:
    """An option's value as it would be typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
