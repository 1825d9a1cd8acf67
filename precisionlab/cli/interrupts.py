"""Ctrl-C, and the signals by which a terminal or a system ends a process: once, however often they arrive in a row."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE_SECONDS = 1.0
"""Within this time after one signal another one does not count."""
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C, `kill`, and the window that is closed: temporary copies are to go with each."""


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Have these signals raise KeyboardInterrupt, but not again while its report is being written.

    A program that starts ours and passes Ctrl-C on delivers it twice: the terminal sends it to all.
    After a pause it counts again, so that a report which takes long can be given up too. An error after a signal is
    taken for its consequence: compiled modules that are being imported lose the KeyboardInterrupt and fail otherwise.
    """
    last = never = -PAUSE_SECONDS

    def interrupt(number: int, frame: object) -> None:
        nonlocal last
        del number, frame
        now = time.monotonic()
        if now - last >= PAUSE_SECONDS:
            last = now
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in SIGNALS if is_ours(number)}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    except Exception as error:
        if last == never:
            raise
        raise KeyboardInterrupt from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_ours(number: int) -> bool:
    """Whether nobody else handles the signal, or has it ignored as nohup does; only the main thread may."""
    is_main_thread = threading.current_thread() is threading.main_thread()
    return is_main_thread and signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}
