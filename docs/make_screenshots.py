"""Take the pictures of the app that the documentation shows, from the real app on the samples.

python docs/make_screenshots.py     # writes docs/screenshots/*.svg
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot

from precisionlab.scanning.settings import Settings
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.png import with_fonts
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.screens.quantization import QuantizationScreen
from precisionlab.tui.widgets.figure_view import FigureView
from precisionlab.tui.widgets.findings import FindingsList, FindingsPart
from precisionlab.tui.widgets.status_bar import StatusBar

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screenshots"
COLUMNS = 120
TIMEOUT_SECONDS = 60
MEMORY = 300_000_000
"""What the program takes differs from run to run; this is about it."""
FOLLOWED = "PL022"
"""The rule of the finding that is followed."""
BEFORE = ("findings", "no findings yet")
"""What stands over the findings before a scan is over."""

Scene = Callable[[Pilot[None], LabScreen], Awaitable[None]]


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the app go on until the condition holds."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():
            await pilot.pause(0.05)


def is_scanned(lab: LabScreen) -> bool:
    """Whether all findings are there, and listed."""
    if not lab.query(StatusBar):
        return False
    bar, findings = lab.query_one(StatusBar), lab.query_one(FindingsList)
    bar.tell()
    is_over = lab.query_one(FindingsPart).border_title not in BEFORE and "scanning" not in str(bar.content)
    return is_over and len(findings.findings) == findings.option_count


async def finding(pilot: Pilot[None], lab: LabScreen) -> None:
    """A finding followed to its tensor."""
    findings = lab.query_one(FindingsList)
    await pilot.press("3", "home")
    while findings.marked is None or findings.marked.code != FOLLOWED:
        await pilot.press("down")
    await pilot.press("enter")
    await until(pilot, lambda: (panel := lab.active_panel()) and panel.followed and panel.query(FigureView))


async def bits(pilot: Pilot[None], lab: LabScreen) -> None:
    """A tensor's first element under the microscope."""
    await pilot.press("slash", *"subnormal.half", "enter")
    await until(pilot, lambda: lab.names()[1:2] == ("subnormal.half.weight",))
    await pilot.press("b")
    await until(pilot, lambda: is_read(pilot))


def is_read(pilot: Pilot[None]) -> bool:
    """Whether the microscope shows an element."""
    screen = pilot.app.screen
    return isinstance(screen, MicroscopeScreen) and screen.history.present.place is not None


async def quantization(pilot: Pilot[None], lab: LabScreen) -> None:
    """What each tensor loses, and a recipe."""
    del lab
    await pilot.press("r")
    await until(pilot, lambda: is_solved(pilot))


def is_solved(pilot: Pilot[None]) -> bool:
    """Whether the quantization screen shows a recipe."""
    screen = pilot.app.screen
    return isinstance(screen, QuantizationScreen) and screen.answer is not None


async def picture(sample: str, rows: int, scene: Scene) -> str:
    """The app on a sample, after the scene, as SVG."""
    app = PrecisionlabApp(f"samples/{sample}", Settings(device="cpu"))
    app.animation_level = "none"
    async with app.run_test(size=(COLUMNS, rows)) as pilot:
        await until(pilot, lambda: any(isinstance(screen, LabScreen) for screen in app.screen_stack))
        (lab,) = (screen for screen in app.screen_stack if isinstance(screen, LabScreen))
        await until(pilot, lambda: is_scanned(lab))
        await scene(pilot, lab)
        await app.workers.wait_for_complete()
        await pilot.pause()
        return self_contained(app.export_screenshot(simplify=True))


def self_contained(svg: str) -> str:
    """The picture in the reader's own fonts, none from the web."""
    lines = with_fonts(svg).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


SCENES: dict[str, tuple[str, int, Scene]] = {
    "finding": ("sick.safetensors", 36, finding),
    "bits": ("sick.safetensors", 44, bits),
    "quantization": ("tiny-transformer", 36, quantization),
}


def main() -> None:
    """Take them all."""
    os.chdir(ROOT)  # so that paths on the screen are those of the repository
    FOLDER.mkdir(exist_ok=True)
    with patch("precisionlab.tui.widgets.status_bar.peak_bytes", lambda: MEMORY):
        for name, (sample, rows, scene) in SCENES.items():
            (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(sample, rows, scene)), encoding="utf-8")


if __name__ == "__main__":
    main()
