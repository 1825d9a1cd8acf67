"""What is added up, in which format and order, by which methods, and how errors are shown: everything to choose."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from precisionlab.errors import PrecisionlabError
from precisionlab.formats.naming import ELEMENTS
from precisionlab.reports.quantities import significant
from precisionlab.summation.anchors import working_format
from precisionlab.tui.sum_courses import Question
from precisionlab.tui.sum_figures import Measure
from precisionlab.tui.sum_inputs import typed_condition, typed_count, typed_seed
from precisionlab.tui.sum_sources import Order, Source, Terms

FIRST_FORMATS: Final = ("float32", "bfloat16", "float16", "float64", "float8_e4m3fn", "float8_e5m2", "tfloat32")
"""Those that are asked for most."""
AXES: Final = {"log": True, "lin": False}


def working_formats() -> tuple[str, ...]:
    """Every catalogued format in which sums are computed."""
    found = []
    for name in ELEMENTS:
        try:
            found.append(working_format(name).name)
        except PrecisionlabError:
            continue
    return (*FIRST_FORMATS, *(name for name in found if name not in FIRST_FORMATS))


class SumChoices(VerticalGroup):
    """Two lines of choices. Says with `Asked` what is to be added up, with `Looked` how it is to be shown."""

    HELP = """
    Numbers may be typed as 1000, 1,000, 1e6 or 2^20. The condition number says by how much relative errors grow;
    the seed is that of random numbers and of the shuffled order.
    """
    DEFAULT_CSS = """
    SumChoices Horizontal { height: 1; padding: 0 1; }
    SumChoices Horizontal Static { width: auto; margin: 0 1 0 0; color: $text-muted; }
    SumChoices Input, SumChoices Select { margin: 0 1 0 0; }
    SumChoices SelectOverlay { width: auto; min-width: 100%; max-width: 60; }
    SumChoices #data { width: 1fr; min-width: 28; max-width: 44; }
    SumChoices #count { width: 11; }
    SumChoices #format { width: 18; margin: 0; }
    SumChoices #order { width: 16; }
    SumChoices #condition, SumChoices #seed { width: 5; }
    SumChoices #measure { width: 13; }
    SumChoices #axis { width: 8; margin: 0; }
    SumChoices .-away { display: none; }
    SumChoices Input.-wrong { color: $text-warning; }
    SumChoices #problem { display: none; width: 1fr; height: 1; padding: 0 1; color: $text-warning; }
    SumChoices #problem.-shown { display: block; }
    """

    class Asked(Message):
        """This is to be added up."""

        def __init__(self, question: Question) -> None:
            super().__init__()
            self.question = question

    class Looked(Message):
        """Errors are to be shown so."""

        def __init__(self, measure: Measure, *, is_logarithmic: bool) -> None:
            super().__init__()
            self.measure = measure
            self.is_logarithmic = is_logarithmic

    def __init__(self, question: Question, sources: Mapping[str, Source]) -> None:
        super().__init__()
        self.question = question
        self.sources = sources

    def compose(self) -> ComposeResult:
        """What is added, then how, and how errors are told; the key of each choice is underlined."""
        titles = [(one.title, key) for key, one in self.sources.items()]
        with Horizontal():
            yield from self._field("[u]d[/]ata", chooser("data", titles, self._key))
            yield from self._field("[u]n[/]", Input(compact=True, id="count", select_on_focus=True))
            formats = [(name, name) for name in working_formats()]
            yield from self._field("[u]f[/]ormat", chooser("format", formats, self.question.format.name))
        with Horizontal():
            yield from self._field(
                "[u]o[/]rder", chooser("order", [(one.value, one.name) for one in Order], "AS_GIVEN")
            )
            yield from self._field("[u]c[/]ond", Input(compact=True, id="condition", select_on_focus=True))
            yield from self._field("[u]s[/]eed", Input(compact=True, id="seed", select_on_focus=True))
            yield from self._field(
                "[u]e[/]rror", chooser("measure", [(one.value, one.name) for one in Measure], "ULPS")
            )
            yield from self._field("[u]a[/]xis", chooser("axis", [(one, one) for one in AXES], "log"))
        yield Static(id="problem", markup=False)

    def _field(self, label: str, widget: Widget) -> ComposeResult:
        yield Static(label, id=f"label-{widget.id}")
        yield widget

    def on_mount(self) -> None:
        """Fill the inputs."""
        self._fill()

    @property
    def _key(self) -> str:
        """Of the chosen source."""
        return next(key for key, one in self.sources.items() if one is self.question.source)

    def _fill(self) -> None:
        """Show what the question says, and the inputs that it has."""
        terms, source = self.question.terms, self.question.source
        texts = {"count": f"{terms.count:,}", "condition": significant(terms.condition, 3), "seed": str(terms.seed)}
        with self.prevent(Input.Changed):
            for name, text in texts.items():
                self.query_one(f"#{name}", Input).value = text
        self._say("")
        is_random = source.has_seed or self.question.order is Order.SHUFFLED
        for name, is_there in (("condition", source.has_condition), ("seed", is_random)):
            self.query_one(f"#{name}").set_class(not is_there, "-away")
            self.query_one(f"#label-{name}").set_class(not is_there, "-away")

    def ask(self, question: Question) -> None:
        """Take another question, and ask it."""
        self.question = question
        self._fill()
        self.post_message(self.Asked(question))

    def open(self, name: str) -> None:
        """Open one of the choices, or go into one of the inputs."""
        widget = self.query_one(f"#{name}")
        if not widget.has_class("-away"):
            widget.focus()
        if isinstance(widget, Select):
            widget.action_show_overlay()

    def turn(self, name: str) -> None:
        """Take the next of a choice."""
        select: Select[str] = self.query_one(f"#{name}", Select)
        values = list(AXES) if name == "axis" else [one.name for one in Measure]
        select.value = values[(values.index(str(select.value)) + 1) % len(values)]

    def shuffle(self) -> None:
        """Another seed; where nothing is random, a shuffled order."""
        terms = self.question.terms
        is_random = self.question.source.has_seed or self.question.order is Order.SHUFFLED
        if is_random:
            self.ask(replace(self.question, terms=replace(terms, seed=terms.seed + 1)))
        else:
            self.query_one("#order", Select).value = Order.SHUFFLED.name

    @on(Select.Changed, "#data")
    def choose_data(self, event: Select.Changed) -> None:
        """Other numbers, as many of them as show what they are for."""
        event.stop()
        source = self.sources[str(event.value)]
        if source is not self.question.source:
            seed, condition = self.question.terms.seed, self.question.terms.condition
            self.ask(replace(self.question, source=source, terms=Terms(source.count, condition, seed)))

    @on(Select.Changed, "#format")
    def choose_format(self, event: Select.Changed) -> None:
        """Another format."""
        event.stop()
        format_ = working_format(str(event.value))
        if format_ != self.question.format:
            self.ask(replace(self.question, format=format_))

    @on(Select.Changed, "#order")
    def choose_order(self, event: Select.Changed) -> None:
        """Another order."""
        event.stop()
        order = Order[str(event.value)]
        if order is not self.question.order:
            self.ask(replace(self.question, order=order))

    @on(Select.Changed, "#measure")
    @on(Select.Changed, "#axis")
    def choose_look(self, event: Select.Changed) -> None:
        """Another look at the same."""
        event.stop()
        measure = Measure[str(self.query_one("#measure", Select).value)]
        is_logarithmic = AXES[str(self.query_one("#axis", Select).value)]
        self.post_message(self.Looked(measure, is_logarithmic=is_logarithmic))

    @on(Input.Changed)
    def take(self, event: Input.Changed) -> None:
        """Ask for what was typed as soon as it means something."""
        event.stop()
        name = event.input.id or ""
        terms, source = self.question.terms, self.question.source
        read: dict[str, Callable[[str], Any]] = {
            "count": lambda text: typed_count(text, source),
            "condition": typed_condition,
            "seed": typed_seed,
        }
        try:
            wanted = replace(terms, **{name: read[name](event.value)})
        except PrecisionlabError as error:
            self._say(str(error), event.input)
            return
        self._say("", event.input)
        if wanted != terms:
            self.question = replace(self.question, terms=wanted)
            self.post_message(self.Asked(self.question))

    def _say(self, problem: str, entry: Input | None = None) -> None:
        """Say what is wrong with what was typed."""
        line = self.query_one("#problem", Static)
        line.update(problem)
        line.set_class(bool(problem), "-shown")
        for one in self.query(Input):
            one.set_class(bool(problem) and one is entry, "-wrong")


def chooser(name: str, choices: list[tuple[str, str]], value: str) -> Select[str]:
    """A choice of one line."""
    return Select(choices, value=value, allow_blank=False, compact=True, id=name)
