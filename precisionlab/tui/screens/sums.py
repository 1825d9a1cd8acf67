"""Sums, live: the error of every way of summing as it grows, term by term, against the exact partial sums."""

from dataclasses import replace

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Select, Static
from textual.worker import Worker, WorkerState, get_current_worker

from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.summation.anchors import working_format
from precisionlab.summation.methods import Method, parse_method
from precisionlab.tui.screens.method_choice import MethodChoice
from precisionlab.tui.sum_courses import Course, NotWantedError, Question, course_of
from precisionlab.tui.sum_inputs import whole
from precisionlab.tui.sum_sources import TENSOR, Order, Terms, sources_with
from precisionlab.tui.sum_words import copied, facts, reading, table_of, verdict
from precisionlab.tui.widgets.sum_chart import SumChart
from precisionlab.tui.widgets.sum_choices import SumChoices, working_formats

START = "tenths"
"""What is added where there is no tensor."""
METHODS = tuple(map(parse_method, ("recursive", "pairwise", "kahan", "neumaier", "klein")))
"""That are compared at first."""


def first_question(tensor: TensorInfo | None) -> tuple[Question, SumChoices]:
    """What is asked at first: of the tensor in its own format, where that is one to sum in, else in float32."""
    sources = sources_with(tensor)
    source = sources[TENSOR if tensor is not None else START]
    own = tensor.dtype if tensor is not None and tensor.dtype in working_formats() else "float32"
    question = Question(source, Terms(source.count), working_format(own), Order.AS_GIVEN, METHODS)
    return question, SumChoices(question, sources)


class SumsScreen(Screen[None]):
    """Everything follows each choice at once: a thread adds up, and what nobody waits for any more is dropped."""

    AUTO_FOCUS = "SumChart"
    BINDING_GROUP_TITLE = "Sums"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS = [
        Binding("d", "open('data')", "Data", id="sums.data", tooltip="Choose what is added"),
        Binding("f", "open('format')", "Format", id="sums.format", tooltip="Choose the format of every operation"),
        Binding("m", "methods", "Methods", id="sums.methods", tooltip="Choose the ways of summing"),
        Binding("escape", "back", "Back", key_display="esc"),
        Binding("o", "open('order')", "Choose the order", show=False, id="sums.order"),
        Binding("n", "open('count')", "Type the number of terms", show=False, id="sums.count"),
        Binding("c", "open('condition')", "Type the condition number", show=False, id="sums.condition"),
        Binding("s", "open('seed')", "Type the seed", show=False, id="sums.seed"),
        Binding("r", "shuffle", "New seed, or a shuffled order", show=False, id="sums.shuffle"),
        Binding("e", "turn('measure')", "Tell errors in another way", show=False, id="sums.measure"),
        Binding("a", "turn('axis')", "Logarithmic or even axis of terms", show=False, id="sums.axis"),
        Binding("g", "go_to", "Go to a number of terms", show=False, id="sums.go_to"),
        Binding("y", "copy", "Copy the table", show=False, id="sums.copy"),
    ]
    DEFAULT_CSS = """
    SumsScreen #facts { height: auto; max-height: 3; padding: 0 1; color: $text-muted; }
    SumsScreen #about { height: auto; padding: 0 1; }
    SumsScreen.-short #about { display: none; }
    SumsScreen #at { height: 1; padding: 0 1; }
    SumsScreen #at Static { width: auto; }
    SumsScreen #at #reading { width: 1fr; }
    SumsScreen #place { width: 10; margin: 0 1; }
    SumsScreen #table { height: auto; padding: 0 1; }
    SumsScreen #verdict { height: 1; padding: 0 1; text-style: bold; }
    SumsScreen .-away { display: none; }
    """

    class Answered(Message):
        """A question has its answer."""

        def __init__(self, course: Course) -> None:
            super().__init__()
            self.course = course

    class Failed(Message):
        """A question has none."""

        def __init__(self, question: Question, words: str) -> None:
            super().__init__()
            self.question = question
            self.words = words

    def __init__(self, tensor: TensorInfo | None = None) -> None:
        super().__init__()
        self.question, self._choices = first_question(tensor)

    def compose(self) -> ComposeResult:
        """Choices and facts, the chart, and the sums at its cursor."""
        yield self._choices
        yield Static(id="about", markup=False)
        yield Static(id="facts", markup=False)
        yield SumChart()
        with Horizontal(id="at"):
            yield Static("term", markup=False)
            yield Input(compact=True, id="place", select_on_focus=True)
            yield Static(id="reading", markup=False)
        yield Static(id="table")
        yield Static(id="verdict", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Add up what is chosen at first."""
        self.ask(self.question)

    @property
    def chart(self) -> SumChart:
        """The chart."""
        return self.query_one(SumChart)

    def ask(self, question: Question) -> None:
        """Add up something else; what is seen stays until that is done."""
        self.question = question
        self.query_one("#about", Static).update(question.source.about)
        self.chart.border_subtitle = "adding up …"
        self._add_up(question)

    @work(thread=True, exclusive=True, exit_on_error=False, group="sums")
    def _add_up(self, question: Question) -> None:
        worker = get_current_worker()
        try:
            answer: Message = self.Answered(course_of(question, lambda: not worker.is_cancelled))
        except NotWantedError:
            return
        except (PrecisionlabError, ValueError) as error:
            answer = self.Failed(question, str(error))
        if not worker.is_cancelled:
            self.post_message(answer)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what nobody foresaw."""
        if event.worker.group == "sums" and event.state is WorkerState.ERROR:
            self.post_message(self.Failed(self.question, f"{type(event.worker.error).__name__}: {event.worker.error}"))

    @on(Answered)
    def show(self, event: Answered) -> None:
        """Show an answer, with the cursor where it is wanted, or after as many terms as before, unless it was after all."""
        course, chart = event.course, self.chart
        if course.question is not self.question:
            return
        wanted, before = course.question.place, chart.course
        if wanted > 1:
            index = course.index_at(wanted)
        elif before is not None and chart.index != before.last_index:
            index = course.index_at(chart.place)
        else:
            index = course.last_index
        self.query_one("#facts", Static).update("; ".join(facts(course)))
        chart.show(course, index)

    @on(Failed)
    def fail(self, event: Failed) -> None:
        """Say in the chart's place why there are no sums."""
        if event.question is self.question:
            self.query_one("#facts", Static).update("")
            self.chart.say(printable(event.words, 400))

    @on(SumChart.Moved)
    @on(Input.Blurred, "#place")
    def tell(self) -> None:
        """Tell the sums at the cursor."""
        chart, course = self.chart, self.chart.course
        self.query_one("#at").set_class(course is None, "-away")
        if course is None:
            self.query_one("#table", Static).update("")
            self.query_one("#verdict", Static).update("")
            return
        place = self.query_one("#place", Input)
        if not place.has_focus:
            place.value = f"{chart.place:,}"
        self.query_one("#reading", Static).update(reading(course, chart.index))
        self.query_one("#table", Static).update(table_of(course, chart.index))
        self.query_one("#verdict", Static).update(verdict(course, chart.index))

    @on(SumChart.Sought)
    def seek(self, event: SumChart.Sought) -> None:
        """Add up anew, with a partial sum there."""
        self.ask(replace(self.question, place=event.place))

    @on(SumChoices.Asked)
    def take_question(self, event: SumChoices.Asked) -> None:
        """Follow a choice."""
        self.ask(event.question)
        self.leave_choice()

    @on(SumChoices.Looked)
    def take_look(self, event: SumChoices.Looked) -> None:
        """Follow a choice of the look."""
        self.chart.look(event.measure, is_logarithmic=event.is_logarithmic)
        self.leave_choice()

    def leave_choice(self) -> None:
        """Back to the chart after a choice; who types stays there."""
        if isinstance(self.focused, Select):
            self.chart.focus()

    @on(Input.Submitted)
    def leave_input(self) -> None:
        """Back to the chart after typing."""
        self.chart.focus()

    @on(Input.Submitted, "#place")
    def take_place(self, event: Input.Submitted) -> None:
        """Go to the number of terms that was typed."""
        course = self.chart.course
        if course is None:
            return
        try:
            place = whole(event.value, "terms", 1, course.n)
        except PrecisionlabError as error:
            self.notify(str(error), severity="warning", markup=False)
            place = self.chart.place
        self.chart.go_to(place)

    def action_open(self, name: str) -> None:
        """Open a choice, or go into an input."""
        self._choices.open(name)

    def action_turn(self, name: str) -> None:
        """Take the next of a choice."""
        self._choices.turn(name)

    def action_shuffle(self) -> None:
        """Other random numbers, or another random order."""
        self._choices.shuffle()

    def action_go_to(self) -> None:
        """Type a number of terms."""
        self.query_one("#place").focus()

    @on(events.Click, "#table")
    def action_methods(self) -> None:
        """Choose the ways of summing."""
        self.app.push_screen(MethodChoice(self.question.methods), self.take_methods)

    def take_methods(self, methods: tuple[Method, ...] | None) -> None:
        """Compare these."""
        if methods and methods != self.question.methods:
            self._choices.ask(replace(self._choices.question, methods=methods))

    def action_copy(self) -> None:
        """Copy the table for a spreadsheet."""
        if self.chart.course is not None:
            self.app.copy_to_clipboard(copied(self.chart.course, self.chart.index))
            self.notify("copied the table", timeout=3)

    def action_back(self) -> None:
        """From a choice to the chart; from the chart to where one came from."""
        if self.focused is self.chart or self.focused is None:
            self.dismiss()
        else:
            self.chart.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where one types, letters are no keys."""
        del parameters
        return not isinstance(self.focused, Input) or action == "back"
