"""Ctrl-C: once, however often it arrives in a row."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE_SECONDS = 1.0
"""Within this time after one Ctrl-C another one does not count."""


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Have Ctrl-C raise KeyboardInterrupt, but not again while its report is being written.

    A program that starts ours and passes the signal on delivers it twice: the terminal sends it to all.
    After a pause it counts again, so that a report which takes long can be given up too.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not is_main_thread():
        yield  # somebody else decides, or nobody may
        return
    last = -PAUSE_SECONDS

    def interrupt(number: int, frame: object) -> None:
        nonlocal last
        del number, frame
        now = time.monotonic()
        if now - last >= PAUSE_SECONDS:
            last = now
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def is_main_thread() -> bool:
    """Whether this thread is the one that signals interrupt."""
    return threading.current_thread() is threading.main_thread()
