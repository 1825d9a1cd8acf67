"""Waiting for the app, which never waits."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen

Flow = Callable[[PrecisionlabApp, Pilot[None]], Coroutine[None, None, None]]
TIMEOUT_SECONDS = 60
PAUSE_SECONDS = 2


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the app go on until the condition holds."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():
            # The pilot waits for every widget that is there: for ever for one that is taken away meanwhile.
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await pilot.pause(0.02)


async def scanned(app: PrecisionlabApp, pilot: Pilot[None]) -> LabScreen:
    """The lab on top, once its scan has told what follows for the whole checkpoint."""
    await until(pilot, lambda: isinstance(app.screen, LabScreen))
    lab = app.screen
    assert isinstance(lab, LabScreen)
    await until(pilot, lambda: any(question.subject is None for question in lab._answers))
    return lab


def use(app: PrecisionlabApp, flow: Flow) -> None:
    """Let somebody use the app."""

    async def main() -> None:
        async with app.run_test(size=(100, 30)) as pilot:
            await flow(app, pilot)

    asyncio.run(main())


def rendered(app: App[None]) -> str:
    """What the terminal shows, a line each, without colours."""
    width, height = app.size
    screen = app.screen
    return "\n".join(strip.text for strip in screen._compositor.render_strips(Size(width, height)))
