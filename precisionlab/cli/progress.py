"""A progress bar on standard error: bytes, rate, time left."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from precisionlab.escaping import printable
from precisionlab.scanning.events import BytesRead, CheckpointOpened, Event


class ProgressBar:
    """Shows the events of a scan while it runs, and leaves nothing behind."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=False),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Move on with an event."""
        if isinstance(event, CheckpointOpened):
            if self._task is not None:
                self._progress.remove_task(self._task)
            name = Text(printable(event.path.rstrip("/").rsplit("/", 1)[-1], 40)).plain
            self._task = self._progress.add_task(name, total=event.n_bytes)
        elif isinstance(event, BytesRead) and self._task is not None:
            self._progress.update(self._task, completed=event.n_bytes)


class NoProgress:
    """Shows nothing: standard error is no terminal, or nobody wants to see."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        """Ignore the event."""
