"""Waiting for the app, which never waits."""

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

TIMEOUT_SECONDS = 20


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the app go on until the condition holds."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():
            await pilot.pause(0.02)
