"""Waiting for the app, which never waits."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot

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


def rendered(app: App[None]) -> str:
    """What the terminal shows, a line each, without colours."""
    width, height = app.size
    screen = app.screen
    return "\n".join(strip.text for strip in screen._compositor.render_strips(Size(width, height)))
