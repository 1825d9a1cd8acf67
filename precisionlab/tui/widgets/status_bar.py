"""The line at the foot: what is open, how far the scan is, what the program takes."""

import resource
import sys
import time

from textual.widgets import Static

from precisionlab.escaping import printable
from precisionlab.reports.quantities import byte_size

UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts memory."""


class StatusBar(Static):
    """One line of text, made anew twice a second."""

    DEFAULT_CSS = "StatusBar { height: 1; background: $panel; color: $text-muted; padding: 0 1; }"

    def __init__(self, said: str) -> None:
        super().__init__(markup=False)
        self.said = said
        """What is open, or why not."""
        self.device = "cpu"
        self._total = 0
        self._read = 0
        self._started: float | None = None

    def on_mount(self) -> None:
        """Keep it current."""
        self.tell()
        self.set_interval(0.5, self.tell)

    def say(self, text: str) -> None:
        """Say what is open, or what is the matter."""
        self.said = text
        self.tell()

    def begin(self, n_bytes: int) -> None:
        """A scan of so many bytes begins."""
        self._total, self._read, self._started = n_bytes, 0, time.monotonic()

    def advance(self, n_bytes: int, *, is_last: bool) -> None:
        """So many bytes are read."""
        self._read = n_bytes
        if is_last:
            self._started = None

    def tell(self) -> None:
        """Write the line."""
        parts = [self.said, self._progress(), self.device, f"{byte_size(peak_bytes())} memory"]
        self.update("  │  ".join(part for part in parts if part), layout=False)

    def _progress(self) -> str:
        if self._started is None or not self._total:
            return ""
        seconds = max(time.monotonic() - self._started, 1e-3)
        rate = self._read / seconds
        left = f", {(self._total - self._read) / rate:.0f} s left" if rate and seconds > 1 else ""
        return f"scanning {self._read / self._total:.0%}, {byte_size(int(rate))}/s{left}"


def peak_bytes() -> int:
    """The most memory that the program has taken."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def headline(path: str, container: str, n_bytes: int) -> str:
    """What is open."""
    return f"{printable(path, 60)}  {container}  {byte_size(n_bytes)}"
