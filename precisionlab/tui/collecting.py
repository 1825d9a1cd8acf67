"""The garbage collector, kept from holding up the interface: each of its full passes stops every thread."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FULL: Final = 2
"""The generation in which everything is looked through."""
LONGEST_SECONDS: Final = 0.01
"""Of a full pass, before what it looked through is left alone."""
SOON: Final = 5
"""Passes over what is younger before a full one: half of what is usual, so that less is new to it."""


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made in the block, objects that stay, is looked through neither now, which halves the time, nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def short_passes() -> Iterator[None]:
    """A full pass that took long is the only one that what it found alive takes part in.

    After torch and the like are imported, and after a scan of very many tensors, a pass would take a quarter of a
    second, again and again. Whoever drops something large that is part of a cycle takes it apart himself.
    """
    began = 0.0

    def watch(phase: str, about: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        elif about["generation"] == FULL and time.perf_counter() - began > LONGEST_SECONDS:
            gc.freeze()

    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:FULL], SOON)
    gc.callbacks.append(watch)
    try:
        yield
    finally:
        gc.callbacks.remove(watch)
        gc.set_threshold(*thresholds)
