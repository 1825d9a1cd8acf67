"""The quantization screen: what each tensor loses in each format, loss against bits, and a recipe under a budget."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, ProgressBar, Static, Tab, Tabs

from precisionlab.analysis.figures import Axis, Figure, Heatmap
from precisionlab.checkpoints import Checkpoint
from precisionlab.reports.quantities import byte_size
from precisionlab.scanning.settings import Settings
from precisionlab.tui.newest import Newest
from precisionlab.tui.widgets.chart_view import ChartView
from precisionlab.tui.widgets.heatmap_view import HeatmapView, Place
from precisionlab.tui.widgets.recipe_panel import RecipePanel
from precisionlab.tui.widgets.row_list import Row

if TYPE_CHECKING:
    from precisionlab.tui.quantization import Answer, Budget, Losses

RUNTIMES = ("compressed-tensors", "torchao", "llama.cpp", "bitsandbytes")
"""That a recipe may be for: what they are is imported in a thread."""
NOTHING = Heatmap("", Axis("format"), Axis("tensor"), (), (), (), "dB", low_is_bad=True)
PARTS = {"layers": "#layers", "loss": "#loss", "recipe": "#budget"}
"""What takes the focus in each part."""
STATES = ("-measuring", "-found", "-refused")
PROGRESS_SECONDS = 0.1
"""Between two tellings of how far measuring is: each wakes the interface."""
MOST_NOTES = 6
"""Of a written file, that are shown at once."""

Known = dict[str | None, "Losses"]
"""What was measured, by the runtime that it was measured for."""


class QuantizationScreen(Screen[str | None]):
    """Answers with the name of the tensor whose layer was entered; None where one goes back."""

    AUTO_FOCUS = "#layers"
    BINDING_GROUP_TITLE = "Quantization"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]
    BINDINGS = [
        Binding("x", "export", "Export recipe", id="quantization.export"),
        Binding("m", "measure", "Measure anew", show=False, id="quantization.measure"),
        Binding("1", "go_to('layers')", "Go to the layers", show=False, id="quantization.layers"),
        Binding("2", "go_to('loss')", "Go to loss against bits", show=False, id="quantization.loss"),
        Binding("3", "go_to('recipe')", "Go to the budget", show=False, id="quantization.recipe"),
        Binding("left_square_bracket", "turn(-1)", "Previous part", show=False, id="quantization.previous"),
        Binding("right_square_bracket", "turn(1)", "Next part", show=False, id="quantization.next"),
        Binding("escape", "back", "Back", key_display="esc", id="quantization.back"),
    ]
    DEFAULT_CSS = """
    QuantizationScreen {
        & #parts, & #found, & #waiting { display: none; }
        &.-found #found, &.-measuring #waiting, &.-refused #waiting { display: block; }
        & #waiting { height: 1fr; align: center middle; }
        & #waiting Static { width: auto; max-width: 80%; text-align: center; }
        & #hint { color: $text-muted; margin: 1 0 0 0; }
        & ProgressBar { margin: 1 0 0 0; }
        & ETAStatus { margin: 0 0 0 2; }
        &.-refused ProgressBar { display: none; }
        & #found { height: 1fr; }
        & #layers { height: 1fr; max-height: 100%; width: 1fr; margin: 0; }
        & #right { width: 48; height: 1fr; }
        & #loss { height: 16; }
        & #recipe { height: 1fr; }
        &.-short #loss { height: 1fr; }
        &.-short Slider, &.-short #facts { margin: 0; }
        &.-short #formats { margin: 0; max-height: 4; }
    }
    QuantizationScreen.-narrow.-found {
        & #parts { display: block; }
        & #right { width: 1fr; }
        & #loss { height: 1fr; }
        & #layers, & #loss, & #recipe, & #right { display: none; }
        &.-layers #layers, &.-loss #right, &.-loss #loss, &.-recipe #right, &.-recipe #recipe { display: block; }
    }
    """

    def __init__(self, checkpoint: Checkpoint, settings: Settings, known: Known | None = None) -> None:
        """`known` keeps what is measured beyond the life of the screen."""
        super().__init__()
        self._checkpoint = checkpoint
        self._settings = settings
        self._known: Known = {} if known is None else known
        self._runtime: str | None = None
        self._losses: Losses | None = None
        self._stop = threading.Event()
        self._solver: Newest[tuple[Losses, Budget]] = Newest("recipe", self._solve)
        self.answer: Answer | None = None
        """The recipe that is seen."""

    def compose(self) -> ComposeResult:
        """What is said while there is nothing, and the three parts."""
        yield Tabs(*(Tab(f"{i} {name.capitalize()}", id=f"tab-{name}") for i, name in enumerate(PARTS, 1)), id="parts")
        with Vertical(id="waiting"):
            yield Static(id="said", markup=False)
            yield ProgressBar(show_eta=True)
            yield Static(id="hint", markup=False)
        with Horizontal(id="found"):
            yield HeatmapView(NOTHING, id="layers")
            with Vertical(id="right"):
                yield ChartView(id="loss")
                yield RecipePanel(RUNTIMES, id="recipe")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Measure, unless that was done before."""
        self.aim(self._runtime)

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self._stop.set()
        self._solver.close()

    def aim(self, runtime: str | None) -> None:
        """Choose from what something else runs: measured now, where it was not before."""
        self._stop.set()
        self._runtime = runtime
        known = self._known.get(runtime)
        if known is not None:
            self._stop = threading.Event()
            self._start(self._draw, known, self._stop)
            return
        self.action_measure()

    def action_measure(self) -> None:
        """Measure, whatever is known already."""
        self._stop.set()
        self._stop = threading.Event()
        self._say("-measuring", f"measuring what tensors lose{in_words(self._runtime)} …", "Esc leaves, and stops it")
        self.query_one(ProgressBar).update(total=None, progress=0)
        self._start(self._measure, self._runtime, self._stop)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, name="losses", daemon=True).start()

    def _measure(self, runtime: str | None, stop: threading.Event) -> None:
        from precisionlab.scanning.asking import described  # noqa: PLC0415 - takes a tenth of a second
        from precisionlab.tui.quantization import NotWantedError, measure  # noqa: PLC0415

        told = 0.0

        def hear(n_bytes: int, total: int) -> bool:
            nonlocal told
            if time.monotonic() - told > PROGRESS_SECONDS:
                self._tell(self._advance, stop, n_bytes, total)
                told = time.monotonic()
            return not stop.is_set()

        try:
            losses = measure(self._checkpoint, self._settings, runtime, hear)
        except NotWantedError:
            return
        except Exception as error:  # noqa: BLE001 - whatever measuring does, the app stands and says so
            self._tell(self._refuse, stop, described(error))
        else:
            self._draw(losses, stop)

    def _draw(self, losses: "Losses", stop: threading.Event) -> None:
        import plotext  # noqa: F401, PLC0415 - which the first chart would wait for

        from precisionlab.tui.quantization_figures import heatmap_of  # noqa: PLC0415

        self._tell(self._take, stop, losses, heatmap_of(losses))

    def _tell(self, callback: Callable[..., object], stop: threading.Event, *arguments: object) -> None:
        """Call back on the interface's thread; nothing where nobody waits any more."""
        with suppress(RuntimeError):  # the app has ended
            self.app.call_from_thread(self._told, callback, stop, arguments)

    def _told(self, callback: Callable[..., object], stop: threading.Event, arguments: tuple[object, ...]) -> None:
        if not stop.is_set() and self.is_running:
            callback(*arguments)

    def _advance(self, n_bytes: int, total: int) -> None:
        self.query_one(ProgressBar).update(total=max(1, total), progress=n_bytes)
        self.query_one("#hint", Static).update(f"{byte_size(n_bytes)} of {byte_size(total)}   Esc leaves, and stops it")

    def _refuse(self, reason: str) -> None:
        back = "Esc goes back to what was measured before" if self._losses is not None else "Esc leaves"
        self._say("-refused", reason, f"m measures anew   {back}")

    def _say(self, state: str, text: str, hint: str) -> None:
        self._turn_state(state)
        self.query_one("#said", Static).update(text)
        self.query_one("#hint", Static).update(hint)

    def _turn_state(self, state: str) -> None:
        self.remove_class(*STATES)
        self.add_class(state)
        self.refresh_bindings()

    def _take(self, losses: "Losses", figure: Heatmap) -> None:
        """Show what was measured, and choose from it."""
        was_seen = self._losses is not None
        self._known[self._runtime] = self._losses = losses
        self._turn_state("-found")
        self.query_one(HeatmapView).show(figure)
        panel = self.query_one(RecipePanel)
        panel.choose_runtime(self._runtime)
        panel.offer([one.value for one in losses.objectives], losses.range, tuple(losses.widths.values()))
        if losses.unranked:
            self.notify(f"The sensitivity {losses.unranked}.", severity="warning", markup=False, timeout=15)
        if not was_seen:
            self.query_one(HeatmapView).focus()
        self.solve()

    @on(RecipePanel.Wanted)
    def solve(self) -> None:
        """Choose formats for what the panel wants, in a thread."""
        budget = self._budget()
        if self._losses is not None and budget is not None:
            self.query_one(RecipePanel).border_subtitle = "choosing …"
            self._solver.give((self._losses, budget))

    def _budget(self) -> "Budget | None":
        if self._losses is None:
            return None
        from precisionlab.recipes.planning import Objective  # noqa: PLC0415 - imported by the measuring thread
        from precisionlab.tui.quantization import Budget  # noqa: PLC0415

        panel = self.query_one(RecipePanel)
        return Budget(panel.bits, Objective(panel.objective))

    def _solve(self, wanted: "tuple[Losses, Budget]") -> None:
        from precisionlab.scanning.asking import described  # noqa: PLC0415
        from precisionlab.tui.quantization import Answer, answered, assignment_rows  # noqa: PLC0415
        from precisionlab.tui.quantization_figures import loss_against_bits, places_of  # noqa: PLC0415

        try:
            answer = answered(*wanted)
            rows = assignment_rows(answer.recipe) if answer.recipe is not None else []
            parts = (answer, loss_against_bits(answer), tuple(places_of(answer)), rows)
        except Exception as error:  # noqa: BLE001 - as above
            parts = (Answer(*wanted, problem=f"fails: {described(error)}"), None, (), [])
        self._tell(self._show, self._stop, *parts)

    def _show(self, answer: "Answer", chart: Figure | None, places: Sequence[Place], rows: Sequence[Row]) -> None:
        """Show a recipe, unless another one is wanted by now."""
        if answer.losses is not self._losses or answer.budget != self._budget():
            return
        self.answer = answer
        panel = self.query_one(RecipePanel)
        panel.show(answer, rows)
        panel.border_subtitle = ""
        if chart is not None:
            self.query_one(ChartView).show(chart)
        self.query_one(HeatmapView).mark(places)
        self.query_one(HeatmapView).border_title = "SQNR of each tensor   ◆ the recipe's"

    @on(RecipePanel.Retargeted)
    def retarget(self, event: RecipePanel.Retargeted) -> None:
        """Choose from what something else runs."""
        if event.runtime != self._runtime:
            self.aim(event.runtime)

    @on(HeatmapView.Entered)
    def enter(self, event: HeatmapView.Entered) -> None:
        """Go to the tensor."""
        self.dismiss(event.row_name)

    @on(Tabs.TabActivated)
    def turn_to(self, event: Tabs.TabActivated) -> None:
        """Show another part, where they do not fit beside one another."""
        self.remove_class(*(f"-{name}" for name in PARTS))
        self.add_class(f"-{(event.tab.id or '').removeprefix('tab-')}")

    def action_go_to(self, part: str) -> None:
        """Show a part, and put the focus there."""
        self.query_one(Tabs).active = f"tab-{part}"
        self.call_after_refresh(self.query_one(PARTS[part]).focus)

    def action_turn(self, step: int) -> None:
        """To the next part, or the one before."""
        names = list(PARTS)
        here = (self.query_one(Tabs).active or "").removeprefix("tab-")
        self.action_go_to(names[(names.index(here) + step) % len(names)])

    def action_export(self) -> None:
        """Write the recipe for a program that quantizes."""
        from precisionlab.tui.recipe_files import exportables  # noqa: PLC0415 - when it is wanted
        from precisionlab.tui.screens.export import ExportScreen  # noqa: PLC0415

        recipe = self.answer.recipe if self.answer is not None else None
        if recipe is None:
            self.notify("There is no recipe to export yet.", severity="warning")
            return
        name = Path(self._checkpoint.path).absolute().name
        notes: list[str] = []
        offered = exportables(recipe, self._runtime, name, notes.append)
        self.app.push_screen(ExportScreen(offered), lambda _: self._tell_notes(notes))

    def _tell_notes(self, notes: Sequence[str]) -> None:
        """What the file that was written cannot say."""
        if notes:
            more = f"\nand {len(notes) - MOST_NOTES:,} more: see the file" if len(notes) > MOST_NOTES else ""
            text = "\n".join(notes[:MOST_NOTES]) + more
            self.notify(text, title="to know of this file", severity="warning", markup=False, timeout=30)

    def action_back(self) -> None:
        """From what cannot be measured to what was; else to where one came from."""
        before = next((runtime for runtime, losses in self._known.items() if losses is self._losses), None)
        if not self.has_class("-found") and self._losses is not None:
            self.aim(before)
        else:
            self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to export or to go to before there is anything."""
        del parameters
        return self.has_class("-found") or action not in {"export", "go_to", "turn"}


def in_words(runtime: str | None) -> str:
    """For what is measured."""
    return f" in the formats of {runtime}" if runtime is not None else ""
