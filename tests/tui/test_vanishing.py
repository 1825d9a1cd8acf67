"""A checkpoint that is changed by somebody else while it is open: told in a sentence, and opened anew by a key."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from precisionlab.analysis.results import Status
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
NAME = "healthy.weight"
Flow = Callable[[PrecisionlabApp, Pilot[None]], Coroutine[None, None, None]]


def play(path: Path, flow: Flow) -> None:
    """Open the file, wait until its scan is over, and let somebody use the app."""

    async def main() -> None:
        app = PrecisionlabApp(str(path))
        async with app.run_test(size=(140, 45)) as pilot:
            await scanned(app, pilot)
            await flow(app, pilot)

    asyncio.run(main())


async def ask(lab: LabScreen, pilot: Pilot[None], analyzer: str) -> str:
    """What the panel says of the tensor; the analyzer has not looked at it before."""
    part = lab.query_one(AnalyzersPart)
    part.turn_to(analyzer)
    lab.go_to(NAME)
    panel = part.panel_of(analyzer)

    def said() -> str:
        return str(panel.query(".said").first(Static).content)

    await until(pilot, lambda: part.active is panel and panel.result is not None)
    assert panel.result is not None
    assert panel.result.subject == NAME
    if panel.result.status is Status.DONE:
        return "done"
    await until(pilot, lambda: panel.query(".said") and "…" not in said())
    return said()


async def open_anew(app: PrecisionlabApp, pilot: Pilot[None], path: Path) -> LabScreen:
    """The lab of that path, gone to by keys."""
    before = app.screen
    await pilot.press("ctrl+o")
    await until(pilot, lambda: isinstance(app.screen, StartScreen))
    await pilot.press("slash")
    app.screen.query_one("#path", Input).value = str(path)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen is not before)
    return await scanned(app, pilot)


def vanish(path: Path) -> None:
    """Somebody deletes the file."""
    path.unlink()


def truncate(path: Path) -> None:
    """Somebody begins to write the file anew."""
    os.truncate(path, 1000)


def replace(path: Path) -> None:
    """Somebody puts another file there, in which other tensors lie at the same places."""
    other = path.with_name("other")
    content = bytearray((SAMPLES / "sick.safetensors").read_bytes())
    content[-50_000:] = bytes(50_000)
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (vanish, "does not exist any more; open it again once it is whole"),
        (truncate, "the file was changed since it was opened; open it again"),
        (replace, "the file was changed since it was opened; open it again"),
    ],
)
def test_a_changed_file_is_told_and_opened_anew(tmp_path: Path, change: Callable[[Path], None], problem: str) -> None:
    """Never an answer about other bytes than those whose headers were read; once the file is whole, ctrl+o shows it."""
    path = tmp_path / "model.safetensors"
    shutil.copy(SAMPLES / "sick.safetensors", path)

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = app.screen
        assert isinstance(lab, LabScreen)
        change(path)
        for analyzer in ("bits", "spectrum"):
            told = await ask(lab, pilot, analyzer)
            assert told == f"The analyzer failed: {path}: {problem}"
        shutil.copy(SAMPLES / "sick.safetensors", path)
        anew = await open_anew(app, pilot, path)
        assert await ask(anew, pilot, "bits") == "done"

    play(path, flow)
