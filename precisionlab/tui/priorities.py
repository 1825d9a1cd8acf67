"""Who goes first where the interface and what computes want the same processor, or the interpreter."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

TURN_SECONDS: Final = 0.001
"""How long a thread that computes in Python keeps the interpreter while the interface waits for it: a fifth of what is usual."""
NICENESS: Final = 10


@contextmanager
def short_turns() -> Iterator[None]:
    """Threads hand the interpreter over sooner: a key takes several turns to be answered."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def give_way() -> None:
    """Let the interface go first where this thread, or one that it starts, wants the same processor.

    On Linux alone, where each thread has a priority of its own.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
