"""What the main screens look like: every character of them.

After a wanted change: `PRECISIONLAB_REGENERATE=1 pytest tests/tui/test_snapshots.py`, then read the diff.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import DirectoryTree

from precisionlab.scanning.settings import Settings
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.help import HelpScreen
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.screens.quantization import QuantizationScreen
from precisionlab.tui.screens.sort_menu import SortMenu
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.screens.sums import SumsScreen
from precisionlab.tui.widgets.figure_view import FigureView
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.known_paths import KnownPaths
from precisionlab.tui.widgets.rule_pane import RulePane
from tests.tui.conftest import until

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "snapshots"
N_FINDINGS = 43
"""Of the sick sample."""

N_SAME = 30
"""Looks, some 20 ms apart."""

Scene = Callable[[Pilot[None]], Awaitable[None]]


def rows(app: App[None]) -> str:
    """The characters of the screen, a line each."""
    lines = app.screen._compositor.render_strips()
    return "".join(f"{strip.text.rstrip()}\n" for strip in lines)


async def settled(pilot: Pilot[None]) -> str:
    """The rows, once they have stayed the same for longer than the status bar does."""
    seen: list[str] = []

    def stays() -> bool:
        seen.append(rows(pilot.app))
        return len(seen) >= N_SAME and len(set(seen[-N_SAME:])) == 1

    await until(pilot, stays)
    return seen[-1]


def lab_of(pilot: Pilot[None]) -> LabScreen:
    """The lab."""
    (lab,) = (screen for screen in pilot.app.screen_stack if isinstance(screen, LabScreen))
    return lab


async def start(pilot: Pilot[None]) -> None:
    """The first screen; folders of the machine are left out."""
    known = pilot.app.screen.query_one(KnownPaths)
    await until(pilot, lambda: known.option_count > 2)
    for tree in pilot.app.screen.query(DirectoryTree):
        tree.visible = False


async def lab(pilot: Pilot[None]) -> None:
    """After the scan, at the whole checkpoint."""
    findings = lab_of(pilot).query_one(FindingsList)
    await until(pilot, lambda: findings._is_over and findings.option_count == N_FINDINGS)
    await until(pilot, lambda: (panel := lab_of(pilot).active_panel()) and panel.query(FigureView))


async def followed(pilot: Pilot[None]) -> None:
    """The second finding followed, its rule beside it."""
    await lab(pilot)
    await pilot.press("3", "down", "enter", "e")
    await until(pilot, lambda: lab_of(pilot).query_one(RulePane).has_class("-shown"))
    panel = lab_of(pilot).active_panel()
    await until(pilot, lambda: panel and panel.followed and panel.result and panel.result.subject)


async def microscope(pilot: Pilot[None]) -> None:
    """Any number."""
    await pilot.press("b")
    await until(pilot, lambda: isinstance(pilot.app.screen, MicroscopeScreen))


async def sums(pilot: Pilot[None]) -> None:
    """A classic sum."""
    await pilot.press("u")
    await until(pilot, lambda: isinstance(pilot.app.screen, SumsScreen))
    screen = pilot.app.screen
    assert isinstance(screen, SumsScreen)
    await until(pilot, lambda: screen.chart.course is not None and screen.chart.border_subtitle != "adding up …")


async def quantization(pilot: Pilot[None]) -> None:
    """Losses and a recipe."""
    await until(pilot, lambda: lab_of(pilot)._bench is not None)
    await pilot.press("r")
    await until(pilot, lambda: isinstance(pilot.app.screen, QuantizationScreen))
    screen = pilot.app.screen
    assert isinstance(screen, QuantizationScreen)
    await until(pilot, lambda: screen.answer is not None)


async def keys(pilot: Pilot[None]) -> None:
    """The keys of the list of tensors."""
    await lab(pilot)
    await pilot.press("1", "question_mark")
    await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))


async def orders(pilot: Pilot[None]) -> None:
    """By what tensors can be listed."""
    await lab(pilot)
    await pilot.press("1", "s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SortMenu))


SICK = "samples/sick.safetensors"
SCENES: dict[str, tuple[str | None, tuple[int, int], Scene]] = {
    "start": (None, (100, 30), start),
    "lab": (SICK, (140, 45), lab),
    "lab-80x24": (SICK, (80, 24), lab),
    "followed": (SICK, (180, 45), followed),
    "microscope": (None, (140, 45), microscope),
    "sums": (None, (100, 30), sums),
    "quantization": ("samples/tiny-transformer", (140, 45), quantization),
    "help": (SICK, (100, 45), keys),
    "sort": (SICK, (100, 30), orders),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_screen_has_these_characters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every screen is that of its golden file."""
    path, size, scene = SCENES[name]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("precisionlab.tui.widgets.status_bar.peak_bytes", lambda: 300_000_000)

    async def main() -> str:
        app = PrecisionlabApp(path, Settings(device="cpu"))
        app.animation_level = "none"
        async with app.run_test(size=size) as pilot:
            wanted = LabScreen if path else StartScreen
            await until(pilot, lambda: isinstance(app.screen, wanted) and app.screen.focused)
            await scene(pilot)
            return await settled(pilot)

    seen = asyncio.run(main())
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("PRECISIONLAB_REGENERATE"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(seen, encoding="utf-8")
    assert seen.splitlines() == golden.read_text(encoding="utf-8").splitlines()
