"""Names from files are data: wherever the app shows one, nothing of it acts on the terminal or as markup."""

import asyncio
import re
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Input

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.export import ExportScreen
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.log import LogScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.screens.quantization import QuantizationScreen
from precisionlab.tui.screens.sums import SumsScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.conftest import Install
from tests.tui.conftest import rendered, scanned, until

SAMPLE = Path(__file__).parents[2] / "samples" / "hostile-names.safetensors"
FILE = "[red]a\x1b]0;owned\x07[@click=app.quit]b[-]\u202e.safetensors"
SHOWN_FILE = r"[red]a\x1b]0;owned\x07[@click=app.quit]b[-]\u202e.safetensors"
MARKUP = "console.[bold red]loud[/bold red]"
SOURCE = """
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.figures import *
from precisionlab.analysis.results import Measurement, Metric, Result, finding
from precisionlab.analysis.rules import Rule, Severity

XY001 = Rule("XY001", "named", Severity.ERROR, "tensor has a name", "give it another", "Because.")
X = Axis("x")


def figures(name):
    return (
        Table(f"table of {name}", (Column(name),), ((name,),)),
        Bars(f"bars of {name}", Axis(name), X, 0.0, 1.0, (1.0, 2.0), (Window(name, 0.0, 1.0, 2.0),)),
        Lines(f"lines of {name}", X, X, (Series(name, (0.0, 1.0), (1.0, 2.0)),)),
        Scatter(f"scatter of {name}", X, X, (PointGroup(name, (0.0, 1.0), (1.0, 2.0), (name, name)),)),
        Heatmap(f"heatmap of {name}", X, X, (name, "c2"), (name, "r2"), ((1.0, 2.0), (3.0, 4.0)), "dB", True),
        Barcode(f"barcode of {name}", X, (BarGroup(name, (0.0, 0.5), (1.0, 2.0)),)),
    )


def analyze(tensor, options):
    name = tensor.info.name
    found = (finding(XY001, name, f"the name is {ascii(name)[:60]}", name=name),)
    measurements = (Measurement(Metric("name", ""), name), Measurement(Metric("of", "", {"name": name}), 1))
    return Result("names", name, measurements=measurements, findings=found, figures=figures(name))


names = Analyzer("names", "What is it called?", analyze, rules=(XY001,))
"""
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The sample under a name that is no better than those in it."""
    path = tmp_path / FILE
    shutil.copy(SAMPLE, path)
    return path


def play(path: Path, flow: Flow, size: tuple[int, int] = (150, 36)) -> None:
    """Open the file, wait until its scan is over, and let somebody use the lab."""

    async def main() -> None:
        app = PrecisionlabApp(str(path))
        async with app.run_test(size=size, notifications=True) as pilot:
            lab = await scanned(app, pilot)
            await until(pilot, lambda: not lab._scanned)
            await flow(lab, pilot)

    asyncio.run(main())


def check(app: App[None]) -> str:
    """What the terminal shows, in which every character prints, and nothing is a link or an action of a name's."""
    for strip in app.screen._compositor.render_strips(Size(*app.size)):
        for segment in strip:
            assert segment.text.isprintable(), ascii(segment.text)
            style = segment.style
            assert style is None or style.link is None
            assert style is None or "quit" not in str(style.meta.get("@click", ""))
    return rendered(app)


async def opened(lab: LabScreen, pilot: Pilot[None], key: str, screen: type) -> str:
    """What a screen shows that a key opens; then back."""
    await pilot.press(key)
    await until(pilot, lambda: type(lab.app.screen) is screen)
    await pilot.pause(0.1)
    text = check(lab.app)
    await pilot.press("escape")
    await until(pilot, lambda: lab.app.screen is lab)
    return text


def test_every_part_of_the_lab(install: Install, path: Path) -> None:
    """Tree, title, panel with every kind of figure, findings: of each name what is printable, and markup as it stands."""
    install("names_party", {"names": "names_source:names"}, names_source=SOURCE)

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        part, tree = lab.query_one(AnalyzersPart), lab.query_one(TensorTree)
        part.turn_to("names")
        await until(pilot, lambda: lab.query_one(FindingsList).option_count >= len(tree.outline.tensors))
        for info in tree.outline.tensors:
            lab.choose(info)
            while _subject(part.active) != info.name:  # noqa: ASYNC110 - answers are not told of
                await asyncio.sleep(0.01)  # not `until`: Pilot waits for widgets that are replaced meanwhile
            check(lab.app)
        lab.go_to(MARKUP)
        await until(pilot, lambda: "[bold red]loud[/bold red]" in str(tree.cursor_node and tree.cursor_node.label))
        await until(pilot, lambda: _subject(part.active) == MARKUP)
        panel = part.panel_of("names")
        for row in range(0, 180, 15):
            panel.scroll_to(y=row, animate=False)
            await pilot.pause(0.05)
            text = check(lab.app)
        lines = text.split("\n")
        assert "[bold red]loud[/bold red]" in lines[0]
        assert any(re.search(r"  [ENW ] \[bold red\]loud\[/bold red\]", line) for line in lines)
        await pilot.press("3", "slash", *"bold red")
        await until(pilot, lambda: 0 < lab.query_one(FindingsList).option_count < 5)
        assert f"XY001 {MARKUP}" in check(lab.app)

    play(path, flow)


def _subject(panel: AnalyzerPanel | None) -> str | None:
    return panel.result.subject if panel is not None and panel.result is not None else None


def test_what_is_typed_and_how_it_is_sorted(path: Path) -> None:
    """A filter that looks like markup finds what has it; lists by size and by a figure show names as they are."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree = lab.query_one(TensorTree)
        await pilot.press("1", "slash", *"[/]unb")
        await until(pilot, lambda: any("[/]unbalanced" in str(node.label) for node in tree.root.children))
        assert "console.[/]unbalanced" in check(lab.app)
        await pilot.press("escape", "s")
        await until(pilot, lambda: lab.app.screen is not lab)
        check(lab.app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: lab.app.screen is lab and any(MARKUP in str(n.label) for n in tree.root.children))
        for _ in range(2):
            check(lab.app)
            await pilot.press("pagedown")
        await pilot.press("escape", "f")
        await pilot.pause(0.2)
        check(lab.app)

    play(path, flow)


def test_every_other_screen(path: Path) -> None:
    """Opened on such tensors: bits, sums, recipe, log, keys, the palette, and the file's suggested name."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        for name in ("terminal.title\x1b]0;owned\x07", MARKUP):
            lab.go_to(name)
            await until(pilot, lambda name=name: lab._chosen is not None and lab._chosen.name == name)  # type: ignore[misc]
            for key, screen in (("b", MicroscopeScreen), ("u", SumsScreen)):
                await opened(lab, pilot, key, screen)
        await opened(lab, pilot, "r", QuantizationScreen)
        await opened(lab, pilot, "L", LogScreen)
        for key in ("question_mark", "ctrl+p", "ctrl+g", "ctrl+o"):
            await pilot.press(key)
            await until(pilot, lambda: lab.app.screen is not lab)
            check(lab.app)
            await pilot.press("escape")
            await until(pilot, lambda: lab.app.screen is lab)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(lab.app.screen, ExportScreen))
        await until(pilot, lambda: lab.app.screen.query_one(Input).value)
        assert re.fullmatch(r"[A-Za-z0-9._=+-]+\.svg", lab.app.screen.query_one(Input).value)
        check(lab.app)

    play(path, flow)


def test_notifications(path: Path) -> None:
    """A file that cannot be opened is called by its name as it is."""
    path.write_bytes(b"nothing")

    async def main() -> None:
        app = PrecisionlabApp(str(path))
        async with app.run_test(size=(200, 40), notifications=True) as pilot:
            await until(pilot, lambda: app._notifications)
            (told,) = list(app._notifications)
            assert SHOWN_FILE in told.message
            await until(pilot, lambda: "cannot be opened" in check(app))
            flat = re.sub(r"[^!-~]", "", check(app))
            assert "[@click=app.quit]b[-]" in flat

    asyncio.run(main())
