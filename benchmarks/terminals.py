"""Programs on terminals of their own."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from select import select

ROOT = Path(__file__).parent.parent
COLUMNS, ROWS = 140, 45
PATIENCE_SECONDS = 120


@contextmanager
def on_terminal(arguments: Sequence[str], home: str) -> Iterator[int]:
    """A Python interpreter with these arguments, its settings in `home`; killed in the end.

    Yields:
        our end of its terminal.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": home}
    command = [sys.executable, *arguments]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=variables, start_new_session=True)
    os.close(its)
    try:
        yield ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(text: bytes, descriptor: int, seen: bytes = b"", patience: float = PATIENCE_SECONDS) -> bytes:
    """What a terminal is sent until it holds the text, after what it was sent already.

    Raises:
        TimeoutError: nothing more comes.
    """
    while text not in seen:
        if not select([descriptor], [], [], patience)[0]:
            raise TimeoutError(f"{text!r} does not come after {seen[-500:]!r}")
        seen += os.read(descriptor, 1 << 16)
    return seen


def read_for(seconds: float, descriptor: int) -> bytes:
    """What a terminal is sent within a time."""
    seen, end = b"", time.perf_counter() + seconds
    while select([descriptor], [], [], max(0.0, end - time.perf_counter()))[0]:
        seen += os.read(descriptor, 1 << 16)
    return seen
