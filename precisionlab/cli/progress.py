"""A progress bar on standard error: bytes, rate, time left."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from precisionlab.escaping import printable
from precisionlab.scanning.events import BytesRead, CheckpointOpened, Event, OpeningCheckpoint, ResultReady

WIDE, NARROW = 80, 45
"""Columns of a terminal from which there is room for everything, and for name and bar."""
NAME_LENGTH, LONGEST_NAME = 24, 4096
"""Characters of a file's name that are shown, and that a name may have."""


class ProgressBar:
    """Shows the events of a scan while it runs, and leaves nothing behind."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        self._progress = Progress(*columns_for(console.width), console=console, transient=True)
        self._task = self._progress.add_task("", total=None)
        self._counted: Counted | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Move on with an event."""
        if isinstance(event, OpeningCheckpoint):
            self._begin(f"opening {short_name(event.path)}", None)
        elif isinstance(event, CheckpointOpened):
            self._begin(short_name(event.path), event.n_bytes)
            self._counted = Counted(short_name(event.path), event.n_tensors) if event.costs else None
        elif isinstance(event, ResultReady) and self._counted is not None and event.result.subject is not None:
            self._counted.add(event.result.subject)
            self._progress.update(self._task, description=self._counted.text)
        elif isinstance(event, BytesRead):
            self._progress.update(self._task, completed=event.n_bytes)

    def _begin(self, description: str, n_bytes: int | None) -> None:
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(description, total=n_bytes)


class Counted:
    """How many tensors have an answer: where analyzers take longer than reading, bytes alone tell little."""

    def __init__(self, name: str, n_tensors: int) -> None:
        self._name = name
        self._n_tensors = n_tensors
        self._n_answered = 0
        self._latest: str | None = None

    def add(self, subject: str) -> None:
        """An answer about a tensor; those about one follow one another."""
        self._n_answered += subject != self._latest
        self._latest = subject

    @property
    def text(self) -> str:
        """`model.safetensors 3/36`."""
        return f"{self._name} {self._n_answered:,}/{self._n_tensors:,}"


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


class OnceOpened(ProgressColumn):
    """Another column, empty as long as nobody knows how much there is."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        """What the column shows."""
        return Text() if task.total is None else self._column(task)


def columns_for(width: int) -> tuple[ProgressColumn, ...]:
    """What there is room for in a terminal of this width."""
    name, percentage = TextColumn("{task.description}", markup=False), TextColumn("{task.percentage:>3.0f} %")
    if width >= WIDE:
        amount = DownloadColumn(binary_units=False)
        return name, BarColumn(), *map(OnceOpened, (amount, TransferSpeedColumn(), TimeRemainingColumn()))
    if width >= NARROW:
        return name, BarColumn(bar_width=None), OnceOpened(percentage)
    return (OnceOpened(percentage),)


def short_name(path: str) -> str:
    """The last part of a path, cut in the middle where it is long."""
    name = printable(path.rstrip("/").rsplit("/", 1)[-1], LONGEST_NAME)
    half = NAME_LENGTH // 2
    return name if len(name) <= NAME_LENGTH else f"{name[: half - 1]}…{name[-half:]}"
