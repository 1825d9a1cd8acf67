"""The lab: tensors at the left, analyzers in the middle, findings below."""

import time
from asyncio import sleep, to_thread
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, TabbedContent

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo, open_checkpoint
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.scanning.assembling import Asked
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.discovery import Discovered, load_all
from precisionlab.scanning.settings import Selected, Settings
from precisionlab.tui.collecting import uncollected
from precisionlab.tui.differences import Reference, compares, notes_in, opened_reference, urgency
from precisionlab.tui.logbook import Logbook
from precisionlab.tui.messages import Remember
from precisionlab.tui.modules import Outline
from precisionlab.tui.orders import BY_NAME, PLAIN, Order, Ranking, figures_in, ranked
from precisionlab.tui.reporting import report_of, reported
from precisionlab.tui.screens.log import LogScreen
from precisionlab.tui.screens.sort_menu import SortMenu
from precisionlab.tui.settings import with_opened
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.findings import FindingsList, FindingsPart
from precisionlab.tui.widgets.heatmap_view import HeatmapView
from precisionlab.tui.widgets.rule_pane import RulePane
from precisionlab.tui.widgets.status_bar import StatusBar, headline
from precisionlab.tui.widgets.tensor_tree import TensorTree
from precisionlab.tui.widgets.tensors_part import TensorsPart
from precisionlab.tui.workbench import Answered, Delivery, Question, Workbench

if TYPE_CHECKING:
    from precisionlab.tui.screens.quantization import Known

QUANTIZATION = "quantization"
"""The analyzer that tells what one tensor loses, where it is installed."""

SETTLE_SECONDS = 0.02
"""How long a cursor rests on a tensor until it is shown: one that passes by is not."""


class LabScreen(Screen[None]):
    """One checkpoint under the microscope."""

    BINDING_GROUP_TITLE = "Checkpoint"
    AUTO_FOCUS = "#tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (180, "-vast")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (32, "-tall")]
    BINDINGS = [
        Binding("slash", "find", "Find", id="lab.find"),
        Binding("a", "all_tensors", "Ask all", id="lab.all"),
        Binding("b", "microscope", "Bits", id="lab.microscope"),
        Binding("c", "app.compare", "Compare", tooltip="Compare with another checkpoint", show=False, id="lab.compare"),
        Binding("x", "app.export", "Export", show=False, id="lab.export"),
        Binding("L", "log", "What ran, and how long", show=False, id="lab.log"),
        Binding("u", "sums", "Sums", show=False, id="lab.sums"),
        Binding("r", "recipe", "Recipe", show=False, id="lab.recipe"),
        Binding("t", "drawer", "Put the tensors away", show=False, id="lab.drawer"),
        Binding("1", "focus_part('#tree')", "Go to the tensors", show=False, id="lab.tensors"),
        Binding("2", "focus_part('AnalyzerPanel')", "Go to the analyzer", show=False, id="lab.analyzers"),
        Binding("3", "focus_part('FindingsList')", "Go to the findings", show=False, id="lab.findings"),
        Binding("left_square_bracket", "turn_tab(-1)", "Previous analyzer", show=False, id="lab.previous"),
        Binding("right_square_bracket", "turn_tab(1)", "Next analyzer", show=False, id="lab.next"),
    ]

    def __init__(self, path: str, settings: Settings | None = None, *, folds_layers: bool = False) -> None:
        super().__init__()
        self._path = path
        self._settings = settings or Settings()
        self._bench: Workbench | None = None
        self._analyzers: dict[str, Analyzer] = {}
        self._chosen: TensorInfo | None = None
        self._has_chosen = False
        self._answers: dict[Question, Result] = {}
        self._folds_layers = folds_layers
        self._asked_of_all: dict[str, Any] = {}
        """The options with which analyzers last looked at all tensors."""
        self._started = datetime.now(UTC)
        self._logbook = Logbook()
        self._losses: Known = {}
        """What the quantization screen measured."""
        self._scanned: frozenset[str] = frozenset()
        """Analyzers that look at all tensors now."""

    def compose(self) -> ComposeResult:
        """The frame; what fills it comes later."""
        with Horizontal(id="body"):
            yield TensorsPart(id="left")
            with Vertical(id="right"):
                yield AnalyzersPart(self._path, id="middle")
                yield FindingsPart(id="findings")
            yield RulePane()
        yield StatusBar(f"opening {printable(self._path)} …")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Open the checkpoint and load the analyzers, beside the painting."""
        self.open()

    def on_unmount(self) -> None:
        """Leave nothing running, and nothing behind."""
        if self._bench is not None:
            self._bench.close()
        self._answers.clear()

    @work(thread=True, exit_on_error=False, group="opening")
    def open(self) -> None:
        """Read the headers, then show the tree, then load the analyzers, which takes longer."""
        try:
            with uncollected():
                checkpoint = open_checkpoint(self._path)
                outline = Outline(checkpoint.tensors, folds_layers=self._folds_layers)
                n_bytes = sum(info.n_bytes for info in checkpoint.tensors if info.shares_storage_with is None)
        except Exception as error:  # noqa: BLE001 - whatever a path does to those who open it, the app stays
            from precisionlab.scanning.scan import unforeseen  # noqa: PLC0415 - with it comes numpy

            known = error if isinstance(error, PrecisionlabError) else unforeseen(error, self._path)
            self.tell(self.refuse, str(known))
            return
        self.tell(self.show_checkpoint, checkpoint, outline, n_bytes)
        if self._settings.against is not None:
            self.open_reference(checkpoint)
        device = resolve_device(self._settings.device)
        self.tell(self.call_later, self.show_analyzers, load_all(), device)

    def refuse(self, message: str) -> None:
        """Say why there is nothing to see."""
        self.query_one(StatusBar).say(message)
        self.notify(message, title="cannot be opened", severity="error", markup=False, timeout=30)

    def show_checkpoint(self, checkpoint: Checkpoint, outline: Outline, n_bytes: int) -> None:
        """Show the tree."""
        self._bench = Workbench(checkpoint, self._settings)
        path, now = str(Path(self._path).absolute()), time.time()
        self.post_message(Remember(lambda known: with_opened(known, path, now)))
        self.query_one(TensorsPart).show(outline)
        self.query_one(TensorTree).focus()
        self.query_one(StatusBar).say(headline(checkpoint.path, checkpoint.container, n_bytes))

    def open_reference(self, checkpoint: Checkpoint) -> None:
        """Open what the checkpoint is compared with, in the thread that opens, or say why not."""
        try:
            reference = opened_reference(self._settings, checkpoint.tensors)
        except PrecisionlabError as error:
            self.tell(self.go_alone, str(error))
        else:
            self.tell(self.show_reference, reference)

    def show_reference(self, reference: Reference) -> None:
        """Say what the checkpoint is compared with, and what headers tell of that."""
        if self._bench is not None:
            self._bench.reference = reference
            self.query_one(TensorTree).note(reference.notes)
            self.query_one(TensorsPart).compare(reference.path)
            bar = self.query_one(StatusBar)
            bar.say(f"{bar.said}  against {printable(Path(reference.path).name, 60)}")

    def go_alone(self, message: str) -> None:
        """Compare with nothing, and say why."""
        self._settings = replace(self._settings, against=None)
        if self._bench is not None:
            self._bench.settings = self._settings
        self.notify(message, title="cannot be compared", severity="error", markup=False, timeout=30)

    def go_beside(self, path: str | None) -> None:
        """Go on in a lab of this checkpoint beside another one; at None go on here."""
        if path is not None and self._bench is not None:
            self.look_beside(path, self._bench.checkpoint.tensors)

    @work(exclusive=True, group="comparing")
    async def look_beside(self, path: str, tensors: Sequence[TensorInfo]) -> None:
        """Go there, or say why that cannot be compared."""
        settings = replace(self._settings, against=path)
        try:
            reference = await to_thread(opened_reference, settings, tensors)
        except PrecisionlabError as error:
            self.notify(str(error), title="cannot be compared", severity="error", markup=False, timeout=30)
        else:
            reference.close()
            self.app.switch_screen(LabScreen(self._path, settings, folds_layers=self._folds_layers))

    async def show_analyzers(self, discovered: Discovered, device: str) -> None:
        """A tab for each, and a scan with those that run by default, on the device."""
        if self._bench is None or not self.is_there:
            return
        self._bench.settings = replace(self._bench.settings, device=device)
        self.query_one(StatusBar).device = device
        given = self._settings.beside
        known = discovered.analyzers.items()
        self._analyzers = dict(sorted(known, key=lambda pair: (urgency(pair[1], given), pair[0])))
        await self.query_one(AnalyzersPart).fill(list(self._analyzers.values()))
        for warning in discovered.warnings:
            self.notify(warning, severity="warning", markup=False)
        self.show_answer()
        self.scan([Selected(one, one.options()) for one in self._analyzers.values() if one.runs_by_default(given)])

    def scan(self, selected: list[Selected]) -> None:
        """Ask these analyzers of all tensors, beside all else."""
        if self._bench is not None and selected:
            tensors = self._bench.checkpoint.tensors
            self._scanned = frozenset(one.analyzer.name for one in selected)
            self._asked_of_all.update({one.analyzer.name: one.options for one in selected})
            self.query_one(StatusBar).begin(sum(info.n_bytes for info in tensors))
            self._bench.scan(tensors, selected, lambda delivery: self.tell(self.take, delivery))

    def take(self, delivery: Delivery) -> None:
        """Keep what a scan found, and show what follows from it."""
        self.query_one(StatusBar).advance(delivery.n_bytes_read, is_last=delivery.is_last)
        self.keep(delivery.answers)
        if delivery.is_last:
            self._scanned = frozenset()
            self.query_one(FindingsList).end()

    def keep(self, answers: tuple[Answered, ...]) -> None:
        """Keep answers and tell findings."""
        self.note_differences(answers)
        self._answers.update({one.question: one.result for one in answers})
        self._logbook.add(answers)
        self.query_one(FindingsList).keep(answers)
        found = (finding for one in answers for finding in one.result.findings)
        self.query_one(TensorTree).mark((one.subject, one.severity) for one in found if one.subject is not None)
        subject = self._chosen.name if self._chosen else None
        if any(one.question.subject == subject for one in answers):
            self.show_answer()

    def note_differences(self, answers: tuple[Answered, ...]) -> None:
        """Tell in the tree how much tensors differ from the other checkpoint's, where there is one."""
        if self._bench is not None and self._bench.reference is not None:
            comparing = [one.result for one in answers if compares(self._analyzers[one.question.analyzer])]
            self.query_one(TensorTree).note(notes_in(comparing))

    @on(TensorTree.Picked)
    def pick(self, event: TensorTree.Picked) -> None:
        """Look at another tensor."""
        self.choose(event.tensor)

    def choose(self, tensor: TensorInfo | None) -> None:
        """Look at a tensor, or at the whole checkpoint."""
        self._chosen, self._has_chosen = tensor, True
        self.show_answer()

    @on(TabbedContent.TabActivated)
    @on(AnalyzerPanel.Wanted)
    def look_anew(self) -> None:
        """Look with another analyzer, or with other options."""
        self.show_answer()

    @work(exclusive=True, group="answer")
    async def show_answer(self) -> None:
        """The answer of the active tab's analyzer about what is chosen; asks where there is none yet."""
        panel, tensor = self.active_panel(), self._chosen
        if panel is None or self._bench is None or not self._has_chosen:
            return
        subject = tensor.name if tensor else None
        self.query_one(AnalyzersPart).lead(subject)
        if panel.followed is not None and panel.followed.subject != subject:
            panel.followed = None
        question = Question(panel.analyzer.name, panel.options, subject)
        known = self._answers.get(question)
        await sleep(SETTLE_SECONDS)
        if compares(panel.analyzer) and self._settings.against is None:
            await panel.say("There is nothing to compare with: press c to choose another checkpoint.")
        elif known is not None:
            await panel.show(known)
        elif tensor is None:
            await panel.say(self.text_without_answer(panel.analyzer))
        else:
            await panel.say(f"{panel.analyzer.name} looks at {printable(tensor.name)} …", is_busy=True)
            self._bench.ask(panel.analyzer, panel.options, tensor, self.hear)
            panel.expect(await to_thread(self._bench.seconds_for, panel.analyzer, panel.options, tensor))

    def hear(self, answered: Answered) -> None:
        """An answer that was asked for, from a thread."""
        self.tell(self.keep, (answered,))

    @property
    def is_there(self) -> bool:
        """Whether the screen is not being left: threads answer later than that."""
        return self.is_running and any(isinstance(child, StatusBar) for child in self.children)

    def tell(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call back on the interface's thread from another one; nothing where the screen or the app is left."""
        with suppress(RuntimeError):
            self.app.call_from_thread(self._told, callback, arguments)

    def _told(self, callback: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self.is_there:
            callback(*arguments)

    def text_without_answer(self, analyzer: Analyzer) -> str:
        """Why nothing is said of the whole checkpoint."""
        if analyzer.summarize is None:
            return "It has nothing to say of the whole checkpoint: choose a tensor."
        if analyzer.name in self._scanned:
            return "All tensors are being looked at; what follows for the whole checkpoint comes at the end."
        return "Press a to ask this of all tensors; what it says of the whole checkpoint then stands here."

    def active_panel(self) -> AnalyzerPanel | None:
        """The panel of the chosen tab, where there is one already."""
        return self.query_one(AnalyzersPart).active

    @on(FindingsList.Followed)
    def follow(self, event: FindingsList.Followed) -> None:
        """Go to what a finding is about, with the analyzer and the options that found it."""
        question, subject = event.question, event.finding.subject
        analyzers = self.query_one(AnalyzersPart)
        panel = analyzers.panel_of(question.analyzer)
        panel.followed = event.finding
        if panel.options != question.options:
            panel.take(question.options)
        analyzers.turn_to(question.analyzer)
        self.go_to(subject)

    def go_to(self, name: str | None) -> None:
        """Choose the tensor of this name, or (None) the whole checkpoint, and show where it stands."""
        tree = self.query_one(TensorTree)
        if name is None:
            self.choose(None)
        elif not tree.lead_to(name) or (self._chosen is not None and self._chosen.name == name):
            self.choose(tree.outline.tensors[tree.outline.places[name]])

    @on(HeatmapView.Entered)
    def enter_row(self, event: HeatmapView.Entered) -> None:
        """Go to the tensor that a row of a map is about."""
        event.stop()
        if event.row_name in self.query_one(TensorTree).outline.places:
            self.go_to(event.row_name)

    @on(FindingsList.OptionHighlighted)
    def explain_marked(self) -> None:
        """The open page follows the cursor."""
        if self.query_one(RulePane).has_class("-shown"):
            self.show_rule()

    def action_explain(self) -> None:
        """Show what the marked finding's rule means, or put that away."""
        pane = self.query_one(RulePane)
        if pane.has_class("-shown"):
            pane.remove_class("-shown")
            self.remove_class("-explaining")
            if self.focused is None or self.focused is pane:
                self.query_one(FindingsList).focus()
        else:
            self.show_rule()

    def show_rule(self) -> None:
        """Show what the marked finding's rule means."""
        marked = self.query_one(FindingsList).marked
        rules = (rule for analyzer in self._analyzers.values() for rule in analyzer.rules)
        known = next((rule for rule in rules if marked is not None and rule.code == marked.code), None)
        if known is not None:
            self.query_one(RulePane).show(known)
            self.add_class("-explaining")

    def action_microscope(self) -> None:
        """The bits of the chosen tensor's elements, or of any number."""
        from precisionlab.tui.screens.microscope import MicroscopeScreen  # noqa: PLC0415 - when it is wanted

        self.app.push_screen(MicroscopeScreen(self._chosen))

    def action_sums(self) -> None:
        """Sums of the chosen tensor's elements, or of any numbers, as they grow."""
        from precisionlab.tui.screens.sums import SumsScreen  # noqa: PLC0415 - when it is wanted

        self.app.push_screen(SumsScreen(self._chosen))

    def action_recipe(self) -> None:
        """What tensors lose in each format, and a recipe for quantizing them."""
        from precisionlab.tui.screens.quantization import QuantizationScreen  # noqa: PLC0415 - when it is wanted

        if self._bench is not None:
            screen = QuantizationScreen(self._bench.checkpoint, self._bench.settings, self._losses)
            self.app.push_screen(screen, self.look_at_loss)

    def look_at_loss(self, name: str | None) -> None:
        """Show what a tensor loses."""
        if name is not None:
            self.go_to(name)
            if QUANTIZATION in self._analyzers:
                self.query_one(AnalyzersPart).turn_to(QUANTIZATION)

    def action_log(self) -> None:
        """What ran, and how long it took."""
        self.app.push_screen(LogScreen(self._logbook))

    def names(self) -> tuple[str, ...]:
        """What is looked at: the checkpoint, the tensor, the analyzer."""
        panel, tensor = self.active_panel(), self._chosen
        names = (Path(self._path).absolute().name, tensor.name if tensor else "", panel.analyzer.name if panel else "")
        return tuple(name for name in names if name)

    def reporter(self) -> Callable[[], Report] | None:
        """Makes the report of all answers until then, in any thread; None where nothing is open."""
        bench = self._bench
        if bench is None:
            return None

        def make() -> Report:
            answers = self._answers.copy()  # in one step, while the interface goes on adding
            selected = reported(tuple(self._analyzers.values()), answers, self._asked_of_all.copy())
            beside = bench.reference.companions.files if bench.reference is not None else {}
            return report_of(bench.checkpoint, answers, Asked(selected, bench.settings, self._started, beside))

        return make

    def action_drawer(self) -> None:
        """Put the tensors away, or back, where there is no room for both."""
        left = self.query_one("#left")
        left.toggle_class("-away")
        if left.has_class("-away"):
            self.action_focus_part("AnalyzerPanel")
        else:
            self.query_one(TensorTree).focus()

    def action_all_tensors(self) -> None:
        """Ask the chosen analyzer of all tensors."""
        panel = self.active_panel()
        if panel is not None:
            self.notify(f"{panel.analyzer.name} looks at all tensors", markup=False)
            self.scan([Selected(panel.analyzer, panel.options)])

    def action_find(self) -> None:
        """Type part of a tensor's name, or of a finding where one is among those."""
        findings = self.query_one(FindingsPart)
        part = findings if findings.has_focus_within else self.query_one(TensorsPart)
        part.remove_class("-away")
        part.find()

    @work
    async def action_sort(self) -> None:
        """Choose by what the tensors are listed."""
        part = self.query_one(TensorsPart)
        orders = (*PLAIN, *await to_thread(figures_in, tuple(self._answers.values())))
        order = await self.app.push_screen_wait(SortMenu(orders, part.order))
        if order is not None:
            self.list_by(order, is_reversed=False)

    def action_turn_round(self) -> None:
        """The other end of the order first."""
        part = self.query_one(TensorsPart)
        self.list_by(part.order, is_reversed=not part.is_reversed)

    @work(exclusive=True, group="order")
    async def list_by(self, order: Order, *, is_reversed: bool) -> None:
        """List the tensors in an order; by name they stand as a tree."""
        part = self.query_one(TensorsPart)
        if order == BY_NAME and not is_reversed:
            part.show(part.tensors.outline)
            return
        tensors, worst = part.tensors.outline.tensors, dict(part.tensors.worst)
        results = tuple(self._answers.values())
        ranking: Ranking = await to_thread(ranked, tensors, order, results, worst, is_reversed=is_reversed)
        part.show_ranking(order, ranking, is_reversed=is_reversed)

    @work(exclusive=True, group="order")
    async def action_fold(self) -> None:
        """One row for the same tensor of all layers, or each layer for itself."""
        if self._bench is not None:
            folds = self._folds_layers = not self._folds_layers
            self.post_message(Remember(lambda known: replace(known, folds_layers=folds)))
            outline = await to_thread(Outline, self._bench.checkpoint.tensors, folds_layers=folds)
            self.query_one(TensorsPart).show(outline)

    def action_focus_part(self, part: str) -> None:
        """Go to a part of the screen that is seen."""
        if part == "#tree" or self.has_class("-narrow"):  # where the tensors lie over the rest
            self.query_one("#left").set_class(part != "#tree", "-away")
        panel = self.active_panel()
        if part == "AnalyzerPanel":
            if panel is not None:
                panel.focus()
        else:
            self.query_one(part).focus()

    def action_turn_tab(self, step: int) -> None:
        """To the next or the previous analyzer."""
        self.query_one(AnalyzersPart).turn(step)
