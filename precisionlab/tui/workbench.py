"""An open checkpoint and what is found out about it: threads answer, the interface asks and never waits."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, FileReader, TensorInfo, identities_of
from precisionlab.scanning.events import BytesRead, ResultReady
from precisionlab.scanning.settings import Selected, Settings
from precisionlab.tui.priorities import give_way

if TYPE_CHECKING:
    from precisionlab.scanning.companions import Companions
    from precisionlab.scanning.events import Event
    from precisionlab.tui.differences import Reference

DELIVERY_SECONDS: Final = 0.1
"""Between two deliveries of a scan: each wakes the interface once, however many answers it brings."""
SETTLE_SECONDS: Final = 0.04
"""How long a question waits whether a newer one takes its place: a cursor or a typed number passes many by."""
MOST_AT_ONCE: Final = 3
"""Questions that take processors and memory, with those that nobody wants any more and that are deep in native code."""


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
    seconds: float = 0.0
    """That the analyzer took."""
    at: float = 0.0
    """When it was done, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a scan found since the last one, and how far it is."""

    answers: tuple[Answered, ...]
    n_bytes_read: int
    is_last: bool


class Task:
    """Analyzers asked of tensors, as long as somebody wants to know."""

    def __init__(
        self,
        tensors: Sequence[TensorInfo],
        selected: Sequence[Selected],
        settings: Settings,
        companions: "Companions | None",
        reader: FileReader,
    ) -> None:
        self._tensors = tensors
        self._selected = selected
        self._settings = settings
        self._companions = companions
        self._reader = reader
        self._is_unwanted = threading.Event()

    def cancel(self) -> None:
        """Nobody wants it any more. What an analyzer reads from now on fails, so that most end soon."""
        self._is_unwanted.set()
        self._reader.close()

    def is_unwanted_within(self, seconds: float) -> bool:
        """Whether it is cancelled, now or soon; waits for that."""
        return self._is_unwanted.wait(seconds)

    def events(self) -> "Iterator[Event]":
        """What a scan tells, until the task is cancelled."""
        from precisionlab.scanning.companions import NONE  # noqa: PLC0415 - with it comes numpy: trees are shown before
        from precisionlab.scanning.engine import run  # noqa: PLC0415 - as above

        beside = self._companions or NONE
        with closing(run(self._tensors, self._selected, self._settings, beside, self._reader)) as events:
            for event in events:
                if self._is_unwanted.is_set():
                    return
                yield event


@dataclass(slots=True)
class Asked:
    """A question that somebody waits for."""

    question: Question
    task: Task
    is_answered: bool = False


class Workbench:
    """Answers what somebody waits for, and scans beside, each in a daemon thread of its own."""

    def __init__(self, checkpoint: Checkpoint, settings: Settings) -> None:
        self.checkpoint = checkpoint
        self.settings = settings
        self.reference: Reference | None = None
        """What the checkpoint is compared with."""
        self._identities = identities_of(checkpoint.files)
        self._asked: Asked | None = None
        self._scan: Task | None = None
        self._places = threading.Semaphore(MOST_AT_ONCE)
        self._speed: float | None = None

    def seconds_for(self, analyzer: Analyzer, options: Any, tensor: TensorInfo) -> float:  # noqa: ANN401 - as below
        """How long an answer is going to take by the analyzer's own estimate, 0 where it has none; for a thread: may measure."""
        from precisionlab.scanning.costing import operations_a_second, total  # noqa: PLC0415 - as in `Task.events`

        operations = total(Selected(analyzer, options), (tensor,)).operations
        if operations and self._speed is None:
            self._speed = operations_a_second(self.settings.device)
        return operations / self._speed if self._speed else 0.0

    def ask(self, analyzer: Analyzer, options: Any, tensor: TensorInfo, listener: Callable[[Answered], None]) -> None:  # noqa: ANN401 - each analyzer has its own class
        """Answer soon, from a thread, unless another question is asked before: nobody waits for two."""
        question = Question(analyzer.name, options, tensor.name)
        if self._asked is not None and self._asked.question == question and not self._asked.is_answered:
            return
        self.drop_question()
        self._asked = asked = Asked(question, self._task((tensor,), (Selected(analyzer, options),)))
        threading.Thread(target=self._answer, args=(asked, listener), name="question", daemon=True).start()

    def drop_question(self) -> None:
        """Nobody waits for an answer any more."""
        if self._asked is not None:
            self._asked.task.cancel()
            self._asked = None

    def scan(
        self, tensors: Sequence[TensorInfo], selected: Sequence[Selected], listener: Callable[[Delivery], None]
    ) -> None:
        """Ask all analyzers of all tensors, and of the checkpoint, in a thread; an earlier scan ends."""
        self.stop_scan()
        self._scan = task = self._task(tuple(tensors), tuple(selected))
        options = {one.analyzer.name: one.options for one in selected}
        threading.Thread(target=deliver, args=(task, options, listener), name="scan", daemon=True).start()

    def stop_scan(self) -> None:
        """End the scan that runs, where one does."""
        if self._scan is not None:
            self._scan.cancel()

    def close(self) -> None:
        """Take back all that was asked."""
        self.drop_question()
        self.stop_scan()
        self.checkpoint.close()
        if self.reference is not None:
            self.reference.close()

    def _task(self, tensors: Sequence[TensorInfo], selected: Sequence[Selected]) -> Task:
        companions = self.reference.companions if self.reference is not None else None
        # Of other bytes than those whose headers are known, nothing is said.
        reader = FileReader(identities=self._identities)
        return Task(tensors, selected, self.settings, companions, reader)

    def _answer(self, asked: Asked, listener: Callable[[Answered], None]) -> None:
        if asked.task.is_unwanted_within(SETTLE_SECONDS):
            return
        with self._places:
            give_way()
            for event in asked.task.events():
                if isinstance(event, ResultReady) and event.result.subject is not None:
                    asked.is_answered = True
                    listener(Answered(asked.question, event.result, event.seconds, time.time()))
                    return


def deliver(task: Task, options: dict[str, Any], listener: Callable[[Delivery], None]) -> None:
    """Tell what a scan finds, every now and then; nothing more once it is cancelled."""
    give_way()
    answers: list[Answered] = []
    n_bytes_read, delivered = 0, time.monotonic()
    for event in task.events():
        if isinstance(event, ResultReady):
            result = event.result
            question = Question(result.analyzer, options[result.analyzer], result.subject)
            answers.append(Answered(question, result, event.seconds, time.time()))
        elif isinstance(event, BytesRead):
            n_bytes_read = event.n_bytes
        if time.monotonic() - delivered > DELIVERY_SECONDS:
            listener(Delivery(tuple(answers), n_bytes_read, is_last=False))
            answers, delivered = [], time.monotonic()
    if not task.is_unwanted_within(0):
        listener(Delivery(tuple(answers), n_bytes_read, is_last=True))
