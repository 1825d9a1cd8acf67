"""An analyzer that somebody else installed has its tab, its form and its pictures, and can break nothing but its own answer."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import get_args

from textual.pilot import Pilot
from textual.widgets import Collapsible, Input, Select, Static, Switch

from precisionlab.analysis.figures import Figure
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel, FindingView
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.figure_view import FigureView
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.heatmap_view import HeatmapView
from precisionlab.tui.widgets.options_form import OptionsForm
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.conftest import Install
from tests.tui.conftest import rendered, until

SAMPLE = Path(__file__).parents[2] / "samples" / "healthy.safetensors"
NAME = "mlp.up.weight"
BUILT_IN = {"bits", "difference", "quantization", "range", "rounding", "summation", "spectrum", "topology", "cp"}

GALLERY = '''
"""All that an analyzer can declare, and all that it can draw."""

from dataclasses import dataclass

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.figures import *
from precisionlab.analysis.options import option
from precisionlab.analysis.results import Measurement, Metric, Result, finding
from precisionlab.analysis.rules import Rule, Severity

XY001 = Rule("XY001", "many", Severity.WARNING, "tensor has many", "take some away", "Because.")


@dataclass(frozen=True)
class Options:
    strict: bool = option(True, "Whether to be strict.")
    few: int = option(3, "How few.", minimum=1, maximum=9)
    ratio: float = option(0.5, "Which ratio.", minimum=0, maximum=1)
    word: str = option("abc", "Which word.")
    mood: str = option("calm", "Which mood.", choices=("calm", "wild"))
    parts: tuple[str, ...] = option(("a", "b"), "Which parts.", choices=("a", "b", "c"))


X, Y = Axis("place"), Axis("share", "1")


def figures():
    return (
        Table("table title", (Column("name"), Column("part", "share")), (("first", 0.25), ("second", 0.75))),
        Bars("bars title", X, Y, 0.0, 1.0, (1.0, 3.0, 2.0), (Window("window here", 0.0, 1.0, 2.0),)),
        Lines("lines title", X, Y, (Series("a line", (0.0, 1.0, 2.0), (1.0, 2.0, 4.0)),)),
        Scatter("scatter title", X, Y, (PointGroup("points", (0.0, 1.0), (1.0, 2.0), ("one", "two")),)),
        Heatmap("heatmap title", X, Y, ("c1", "c2"), ("r1", "r2"), ((1.0, 2.0), (3.0, float("nan"))), "dB", True),
        Barcode("barcode title", X, (BarGroup("bars", (0.0, 0.5), (1.0, float("inf"))),)),
    )


def analyze(tensor, options):
    n = tensor.info.n_elements
    measurements = (
        Measurement(Metric("elements", "elements"), n),
        Measurement(Metric("as_asked", ""), repr(options)),
    )
    found = (finding(XY001, tensor.info.name, f"{n} are many"),) if options.strict else ()
    return Result("gallery", tensor.info.name, measurements=measurements, findings=found, figures=figures())


gallery = Analyzer("gallery", "What can be drawn?", analyze, options=Options, rules=(XY001,))
'''
BREAKING = """
from precisionlab.analysis.analyzers import Analyzer

def analyze(tensor, options):
    raise RuntimeError(f"no luck [bold]today[/bold] \\x1b[31m")

def leave(tensor, options):
    raise SystemExit(3)

raising = Analyzer("raising", "Does it raise?", analyze, by_default=False)
leaving = Analyzer("leaving", "Does it leave?", leave)
nonsense = Analyzer("nonsense", "Does it talk nonsense?", lambda tensor, options: 42, by_default=False)
"""
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


def play(flow: Flow) -> None:
    """Open a sample and let somebody use the lab as soon as the analyzers are there."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLE))
        async with app.run_test(size=(140, 60), notifications=True) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen._analyzers)
            lab = app.screen
            assert isinstance(lab, LabScreen)
            await until(pilot, lambda: len(lab.query(AnalyzerPanel)) == len(lab._analyzers) and lab.active_panel())
            lab.go_to(lab.query_one(TensorTree).outline.tensors[0].name)
            await flow(lab, pilot)

    asyncio.run(main())


async def turn_to(lab: LabScreen, pilot: Pilot[None], analyzer: str) -> AnalyzerPanel:
    """The analyzer's panel, once it is seen and has an answer."""
    part = lab.query_one(AnalyzersPart)
    part.turn_to(analyzer)
    panel = part.panel_of(analyzer)
    await until(pilot, lambda: part.active is panel and panel.result is not None)
    return panel


def is_seen(view: FigureView | HeatmapView) -> bool:
    """Whether the figure is on the screen with its title; brings it there, as those before it grow when they are drawn."""
    view.scroll_visible(animate=False, top=True)
    return view.figure.title in rendered(view.app)


async def unfold(panel: AnalyzerPanel, pilot: Pilot[None]) -> None:
    """Show the options."""
    panel.query_one(Collapsible).collapsed = False
    await until(pilot, lambda: panel.query(OptionsForm) and panel.query_one(OptionsForm).query(".problem"))


def said(panel: AnalyzerPanel) -> list[str]:
    """The texts of an answer."""
    return [str(one.content) for one in panel.query_one(".answer").query(Static).filter(".said")]


def test_it_is_a_tab_with_its_form_and_its_pictures(install: Install) -> None:
    """Every kind of option has its control with its help, every kind of figure its picture; its findings are listed."""
    install("gallery_party", {"gallery": "gallery_source:gallery"}, gallery_source=GALLERY)

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        panel = await turn_to(lab, pilot, "gallery")
        await unfold(panel, pilot)
        assert {
            one.name: type(one) for one in panel.query("OptionsForm Input, OptionsForm Select, OptionsForm Switch")
        } == {
            "strict": Switch,
            "few": Input,
            "ratio": Input,
            "word": Input,
            "mood": Select,
            "parts": Input,
        }
        hints = " ".join(str(hint.content) for hint in panel.query(OptionsForm).first().query(".hint").results(Static))
        for text in ("Whether to be strict.", "How few.", "Which ratio.", "Which word.", "Which mood.", "Which parts."):
            assert text in hints
        assert panel.query_one(Collapsible).title == "What can be drawn?"
        result = panel.result
        assert result is not None
        assert {type(figure) for figure in result.figures} == set(get_args(Figure))
        await until(pilot, lambda: len(panel.query(FigureView)) + len(panel.query(HeatmapView)) == 7)
        seen = ""
        for view in (*panel.query(FigureView), *panel.query(HeatmapView)):
            await until(pilot, lambda view=view: is_seen(view))  # type: ignore[misc]
            seen += rendered(lab.app)
        assert re.search(r"75[.0]* ?%", seen)
        for word in ("second", "window here", "place", "one", "c2", "r1"):
            assert word in seen
        findings = lab.query_one(FindingsList)
        await until(pilot, lambda: sum(one.code == "XY001" for one, _ in findings.findings) == 37)

    play(flow)


def test_its_options_are_asked_with(install: Install) -> None:
    """What is typed, chosen and switched reaches it as it declared that; what is out of bounds is told in a sentence."""
    install("gallery_party", {"gallery": "gallery_source:gallery"}, gallery_source=GALLERY)

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        panel = await turn_to(lab, pilot, "gallery")
        await unfold(panel, pilot)
        inputs = {one.name: one for one in panel.query(Input)}
        problem = panel.query_one(".problem", Static)
        inputs["few"].value = "10"
        await until(pilot, lambda: problem.has_class("-shown"))
        assert str(problem.content) == "gallery.few: takes a whole number from 1 to 9, not 10"
        inputs["few"].value = "9"
        inputs["ratio"].value = "0.125"
        inputs["word"].value = "x y"
        inputs["parts"].value = "c, a"
        panel.query_one(Select).value = "wild"
        panel.query_one(Switch).value = False
        wanted = "Options(strict=False, few=9, ratio=0.125, word='x y', mood='wild', parts=('c', 'a'))"
        await until(pilot, lambda: panel.result is not None and panel.result.values["as_asked"] == wanted)
        assert panel.result is not None
        assert not panel.result.findings
        await until(pilot, lambda: not panel.query(FindingView))

    play(flow)


def test_one_that_breaks_costs_its_own_answer(install: Install) -> None:
    """Its panel says how, in the scan or alone; one that leaves the program does not; the others answer."""
    points = {name: f"breaking_source:{name}" for name in ("raising", "leaving", "nonsense")}
    install("breaking_party", points, breaking_source=BREAKING)

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        for name, told in (
            ("raising", r"The analyzer failed: RuntimeError: no luck [bold]today[/bold] \x1b[31m"),
            ("leaving", "The analyzer failed: SystemExit: 3"),
            ("nonsense", "The analyzer failed: the analyzer returned a value of type int, not a Result"),
        ):
            panel = await turn_to(lab, pilot, name)
            await until(pilot, lambda panel=panel, told=told: said(panel) == [told])  # type: ignore[misc]
            await until(pilot, lambda told=told: told in rendered(lab.app))  # type: ignore[misc]
        panel = await turn_to(lab, pilot, "range")
        assert panel.result is not None
        assert panel.result.measurements

    play(flow)


def test_one_that_does_not_import_is_a_warning(install: Install) -> None:
    """Which names it and says why; all others have their tabs."""
    source = "raise RuntimeError('boom [red]x[/red] \\x1b[31m')"
    install("importing_party", {"unloadable": "unloadable_source:x"}, unloadable_source=source)

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        start = r"unloadable: the analyzer cannot be loaded (RuntimeError: boom [red]x[/red] \x1b[31m)"
        await until(pilot, lambda: any(one.message.startswith(start) for one in lab.app._notifications))
        (warning,) = [one for one in lab.app._notifications if one.message.startswith(start)]
        assert warning.severity == "warning"
        assert set(lab._analyzers) >= BUILT_IN
        assert "unloadable" not in lab._analyzers
        assert {panel.analyzer.name for panel in lab.query(AnalyzerPanel)} == set(lab._analyzers)
        await until(pilot, lambda: "unloadable" in rendered(lab.app))

    play(flow)
