"""The lab: tensors at the left, analyzers in the middle, findings below."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.markup import escape
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, TabbedContent, TabPane

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo, open_checkpoint
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.reports.quantities import count
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.discovery import Discovered, load_all
from precisionlab.scanning.settings import Selected, Settings
from precisionlab.tui.collecting import uncollected
from precisionlab.tui.matching import best
from precisionlab.tui.messages import Remember
from precisionlab.tui.modules import Outline
from precisionlab.tui.screens.rule import RuleScreen
from precisionlab.tui.settings import with_opened
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.status_bar import StatusBar, headline
from precisionlab.tui.widgets.tensor_tree import MOST_SHOWN, TensorTree
from precisionlab.tui.workbench import Answered, Delivery, Question, Workbench

ORDERS = ("name", "size", "severity")


class LabScreen(Screen[None]):
    """One checkpoint under the microscope."""

    BINDING_GROUP_TITLE = "Checkpoint"
    AUTO_FOCUS = "#tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
    BINDINGS = [
        Binding("slash", "filter", "Find", id="lab.find"),
        Binding("s", "sort", "Sort", id="lab.sort"),
        Binding("f", "fold", "Fold layers", show=False, id="lab.fold"),
        Binding("a", "all_tensors", "Ask all", id="lab.all"),
        Binding("b", "microscope", "Bits", id="lab.microscope"),
        Binding("t", "drawer", "Put the tensors away", show=False, id="lab.drawer"),
        Binding("1", "focus_part('tree')", "Tensors", show=False),
        Binding("2", "focus_part('tabs')", "Analyzers", show=False),
        Binding("3", "focus_part('findings')", "Findings", show=False),
        Binding("left_square_bracket", "turn_tab(-1)", "Previous analyzer", show=False, id="lab.previous"),
        Binding("right_square_bracket", "turn_tab(1)", "Next analyzer", show=False, id="lab.next"),
        Binding("escape", "clear_filter", "Clear", show=False),
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
        self._order = "name"

    def compose(self) -> ComposeResult:
        """The frame; what fills it comes later."""
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Input(placeholder="part of a name", id="filter")
                yield TensorTree(id="tree")
            with Vertical(id="right"):
                with Vertical(id="middle"):
                    yield TabbedContent(id="tabs")
                yield FindingsList(id="findings")
        yield StatusBar()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Open the checkpoint and load the analyzers, beside the painting."""
        self.query_one("#left").border_title = "tensors"
        self.query_one(StatusBar).say(f"opening {printable(self._path)} …")
        self.open()

    def on_unmount(self) -> None:
        """Leave nothing running."""
        if self._bench is not None:
            self._bench.close()

    @work(thread=True, exit_on_error=False, group="opening")
    def open(self) -> None:
        """Read the headers, then show the tree, then load the analyzers, which takes longer."""
        try:
            with uncollected():
                checkpoint = open_checkpoint(self._path)
                outline = Outline(checkpoint.tensors, folds_layers=self._folds_layers)
        except PrecisionlabError as error:
            self.app.call_from_thread(self.refuse, str(error))
            return
        self.app.call_from_thread(self.show_checkpoint, checkpoint, outline)
        device = resolve_device(self._settings.device)
        self.app.call_from_thread(self.app.call_later, self.show_analyzers, load_all(), device)

    def refuse(self, message: str) -> None:
        """Say why there is nothing to see."""
        self.query_one(StatusBar).say(message)
        self.notify(message, title="cannot be opened", severity="error", markup=False, timeout=30)

    def show_checkpoint(self, checkpoint: Checkpoint, outline: Outline) -> None:
        """Show the tree."""
        self._bench = Workbench(checkpoint, self._settings)
        path, now = str(Path(self._path).absolute()), time.time()
        self.post_message(Remember(lambda known: with_opened(known, path, now)))
        tree = self.query_one(TensorTree)
        tree.show(outline)
        tree.focus()
        n_bytes = sum(info.n_bytes for info in checkpoint.tensors if info.shares_storage_with is None)
        self.query_one("#left").border_title = f"{count(len(checkpoint.tensors))} tensors"
        self.query_one(StatusBar).say(headline(checkpoint.path, checkpoint.container, n_bytes))

    async def show_analyzers(self, discovered: Discovered, device: str) -> None:
        """A tab for each, and a scan with those that run by default, on the device."""
        if self._bench is not None:
            self._bench.settings = replace(self._bench.settings, device=device)
        self.query_one(StatusBar).device = device
        self._analyzers = dict(sorted(discovered.analyzers.items(), key=lambda pair: (not pair[1].by_default, pair[0])))
        tabs = self.query_one(TabbedContent)
        for name, analyzer in self._analyzers.items():
            await tabs.add_pane(TabPane(printable(name), AnalyzerPanel(analyzer), id=f"tab-{name}"))
        for warning in discovered.warnings:
            self.notify(warning, severity="warning", markup=False)
        self.show_answer()
        self.scan([Selected(one, one.options()) for one in self._analyzers.values() if one.by_default])

    def scan(self, selected: list[Selected]) -> None:
        """Ask these analyzers of all tensors, beside all else."""
        if self._bench is not None and selected:
            tensors = self._bench.checkpoint.tensors
            self.query_one(StatusBar).begin(sum(info.n_bytes for info in tensors))
            self._bench.scan(tensors, selected, lambda delivery: self.tell(self.take, delivery))

    def take(self, delivery: Delivery) -> None:
        """Keep what a scan found, and show what follows from it; nothing where the screen is being left."""
        if not self.query(StatusBar):
            return
        self.query_one(StatusBar).advance(delivery.n_bytes_read, is_last=delivery.is_last)
        self.keep(delivery.answers)

    def keep(self, answers: tuple[Answered, ...]) -> None:
        """Keep answers and tell findings."""
        if not self.query(FindingsList):
            return
        new = [one for one in answers if one.question not in self._answers]
        self._answers.update({one.question: one.result for one in answers})
        found = [(finding, one.question.analyzer) for one in new for finding in one.result.findings]
        self.query_one(FindingsList).add(found)
        self.query_one(TensorTree).mark(
            (finding.subject, finding.severity) for finding, _ in found if finding.subject is not None
        )
        subject = self._chosen.name if self._chosen else None
        if any(one.question.subject == subject for one in answers):
            self.show_answer()

    @on(TensorTree.Picked)
    def pick(self, event: TensorTree.Picked) -> None:
        """Look at another tensor."""
        self.choose(event.tensor)

    def choose(self, tensor: TensorInfo | None) -> None:
        """Look at a tensor, or at the whole checkpoint."""
        self._chosen, self._has_chosen = tensor, True
        self.query_one("#middle").border_title = escape(printable(tensor.name, 100)) if tensor else "whole checkpoint"
        self.show_answer()

    @on(TabbedContent.TabActivated)
    @on(AnalyzerPanel.Wanted)
    def look_anew(self) -> None:
        """Look with another analyzer, or with other options."""
        self.show_answer()

    @work(exclusive=True, group="answer")
    async def show_answer(self) -> None:
        """The answer of the active tab's analyzer about what is chosen; asks where there is none yet."""
        panel = self.active_panel()
        if panel is None or self._bench is None or not self._has_chosen:
            return
        tensor = self._chosen
        question = Question(panel.analyzer.name, panel.options, tensor.name if tensor else None)
        known = self._answers.get(question)
        if known is not None:
            await panel.show(known)
        elif tensor is None:
            await panel.say(
                "Press a to ask this of all tensors; what it says of the whole checkpoint then stands here."
            )
        else:
            await panel.say(f"{panel.analyzer.name} looks at {printable(tensor.name)} …", is_busy=True)
            self._bench.ask(panel.analyzer, panel.options, tensor, self.hear)

    def hear(self, answered: Answered) -> None:
        """An answer that was asked for, from a thread."""
        self.tell(self.keep, (answered,))

    def tell(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call back on the interface's thread from another one; nothing where the app has ended."""
        with suppress(RuntimeError):
            self.app.call_from_thread(callback, *arguments)

    def active_panel(self) -> AnalyzerPanel | None:
        """The panel of the chosen tab, where there is one already."""
        pane = self.query_one(TabbedContent).active_pane
        return pane.query_one(AnalyzerPanel) if pane is not None else None

    @on(FindingsList.Followed)
    def follow(self, event: FindingsList.Followed) -> None:
        """Go to what a finding is about, with the analyzer that found it."""
        if self._bench is None:
            return
        self.query_one(TabbedContent).active = f"tab-{event.analyzer}"
        if event.finding.subject is None:
            self.choose(None)
            return
        tree = self.query_one(TensorTree)
        if not tree.lead_to(event.finding.subject):
            self.choose(tree.outline.tensors[tree.outline.places[event.finding.subject]])

    @on(FindingsList.Explained)
    def explain(self, event: FindingsList.Explained) -> None:
        """Show what a rule means."""
        rules = [rule for analyzer in self._analyzers.values() for rule in analyzer.rules if rule.code == event.code]
        if rules:
            self.app.push_screen(RuleScreen(rules[0]))

    def action_microscope(self) -> None:
        """The bits of the chosen tensor's elements, or of any number."""
        from precisionlab.tui.screens.microscope import MicroscopeScreen  # noqa: PLC0415 - when it is wanted

        self.app.push_screen(MicroscopeScreen(self._chosen))

    def action_drawer(self) -> None:
        """Put the tensors away, or back, where there is no room for both."""
        left = self.query_one("#left")
        left.toggle_class("-away")
        if left.has_class("-away"):
            self.action_focus_part("tabs")
        else:
            self.query_one(TensorTree).focus()

    def action_all_tensors(self) -> None:
        """Ask the chosen analyzer of all tensors."""
        panel = self.active_panel()
        if panel is not None:
            self.notify(f"{panel.analyzer.name} looks at all tensors", markup=False)
            self.scan([Selected(panel.analyzer, panel.options)])

    def action_filter(self) -> None:
        """Type part of a name."""
        self.query_one("#filter").add_class("-shown")
        self.query_one("#filter").focus()

    def action_clear_filter(self) -> None:
        """Show all tensors again."""
        entry = self.query_one("#filter", Input)
        if entry.has_class("-shown"):
            entry.value = ""
            entry.remove_class("-shown")
            self.list_tensors()
            self.query_one(TensorTree).focus()

    @on(Input.Changed, "#filter")
    def narrow(self, event: Input.Changed) -> None:
        """Show what matches."""
        tree = self.query_one(TensorTree)
        if event.value.strip():
            names = ((i, info.name) for i, info in enumerate(tree.outline.tensors))
            tree.show_flat(best(event.value, names, MOST_SHOWN))

    @on(Input.Submitted, "#filter")
    def enter(self) -> None:
        """Go to the matches."""
        self.query_one(TensorTree).focus()

    def action_sort(self) -> None:
        """By module path, the largest first, or the worst first."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.list_tensors()

    def action_fold(self) -> None:
        """One row for the same tensor of all layers, or each layer for itself."""
        if self._bench is not None:
            folds = self._folds_layers = not self._folds_layers
            self.post_message(Remember(lambda known: replace(known, folds_layers=folds)))
            self._order = "name"
            tree = self.query_one(TensorTree)
            tree.show(Outline(self._bench.checkpoint.tensors, folds_layers=self._folds_layers))

    def list_tensors(self) -> None:
        """List the tensors in the chosen order."""
        tree = self.query_one(TensorTree)
        self.query_one("#left").border_subtitle = "" if self._order == "name" else f"by {self._order}"
        tensors = tree.outline.tensors
        if self._order == "size":
            tree.show_flat(sorted(range(len(tensors)), key=lambda i: -tensors[i].n_bytes)[:MOST_SHOWN])
        elif self._order == "severity":
            tree.show_flat(sorted(range(len(tensors)), key=lambda i: -tree.worst.get(tensors[i].name, 0))[:MOST_SHOWN])
        else:
            tree.show(tree.outline)

    def action_focus_part(self, part: str) -> None:
        """Go to a part of the screen."""
        panel = self.active_panel()
        target = panel if part == "tabs" and panel is not None else self.query_one(f"#{part}")
        target.focus()

    def action_turn_tab(self, step: int) -> None:
        """To the next or the previous analyzer."""
        names = list(self._analyzers)
        panel = self.active_panel()
        if panel is not None:
            place = (names.index(panel.analyzer.name) + step) % len(names)
            self.query_one(TabbedContent).active = f"tab-{names[place]}"
