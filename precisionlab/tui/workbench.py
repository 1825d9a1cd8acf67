"""An open checkpoint and what is found out about it: threads answer, the interface asks and never waits."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo
from precisionlab.scanning.engine import run
from precisionlab.scanning.events import BytesRead, Event, ResultReady
from precisionlab.scanning.settings import Selected, Settings

DELIVERY_SECONDS = 0.1
"""Between two deliveries of a scan: each wakes the interface once, however many answers it brings."""


@dataclass(frozen=True, slots=True)
class Question:
    """One analyzer with its options, asked of a tensor or (`subject` is None) of the whole checkpoint."""

    analyzer: str
    options: Any
    subject: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer."""

    question: Question
    result: Result


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a scan found since the last one, and how far it is."""

    answers: tuple[Answered, ...]
    n_bytes_read: int
    is_last: bool


class Workbench:
    """Answers questions about one checkpoint on two daemon threads: what somebody waits for, and a scan beside it."""

    def __init__(self, checkpoint: Checkpoint, settings: Settings) -> None:
        self.checkpoint = checkpoint
        self.settings = settings
        self._asked: SimpleQueue[tuple[Analyzer, Any, TensorInfo, Callable[[Answered], None]]] = SimpleQueue()
        self._is_closed = threading.Event()
        self._scan_number = 0
        threading.Thread(target=self._answer, name="questions", daemon=True).start()

    def ask(self, analyzer: Analyzer, options: Any, tensor: TensorInfo, listener: Callable[[Answered], None]) -> None:  # noqa: ANN401 - each analyzer has its own class
        """Answer soon, from a thread: what was asked before and not begun is dropped, since nobody looks at it any more."""
        self._asked.put((analyzer, options, tensor, listener))

    def scan(
        self, tensors: Sequence[TensorInfo], selected: Sequence[Selected], listener: Callable[[Delivery], None]
    ) -> None:
        """Ask all analyzers of all tensors, and of the checkpoint, in a thread; an earlier scan ends."""
        self._scan_number += 1
        work = (self._scan_number, tuple(tensors), tuple(selected), listener)
        threading.Thread(target=self._scan, args=work, name="scan", daemon=True).start()

    def stop_scan(self) -> None:
        """End the scan that runs, where one does."""
        self._scan_number += 1

    def close(self) -> None:
        """Take no more questions; what is being answered is dropped."""
        self._is_closed.set()
        self.checkpoint.close()

    def _scan(
        self,
        number: int,
        tensors: tuple[TensorInfo, ...],
        selected: tuple[Selected, ...],
        listener: Callable[[Delivery], None],
    ) -> None:
        options = {one.analyzer.name: one.options for one in selected}
        answers: list[Answered] = []
        n_bytes_read, delivered = 0, time.monotonic()
        for event in self._events(tensors, selected):
            if self._is_closed.is_set() or number != self._scan_number:
                return
            if isinstance(event, ResultReady):
                result = event.result
                answers.append(Answered(Question(result.analyzer, options[result.analyzer], result.subject), result))
            elif isinstance(event, BytesRead):
                n_bytes_read = event.n_bytes
            if time.monotonic() - delivered > DELIVERY_SECONDS:
                listener(Delivery(tuple(answers), n_bytes_read, is_last=False))
                answers, delivered = [], time.monotonic()
        listener(Delivery(tuple(answers), n_bytes_read, is_last=True))

    def _events(self, tensors: Sequence[TensorInfo], selected: Sequence[Selected]) -> Iterator[Event]:
        with closing(run(tensors, selected, self.settings)) as events:
            yield from events

    def _answer(self) -> None:
        while not self._is_closed.is_set():
            analyzer, options, tensor, listener = self._latest()
            for event in self._events([tensor], [Selected(analyzer, options)]):
                if self._is_closed.is_set():
                    return
                if isinstance(event, ResultReady) and event.result.subject is not None:
                    listener(Answered(Question(analyzer.name, options, tensor.name), event.result))
                    break

    def _latest(self) -> tuple[Analyzer, Any, TensorInfo, Callable[[Answered], None]]:
        """The newest question; waits for one."""
        newest = self._asked.get()
        while True:
            try:
                newest = self._asked.get_nowait()
            except Empty:
                return newest
