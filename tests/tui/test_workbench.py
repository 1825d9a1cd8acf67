"""Questions to an open checkpoint: who waits for whom, and what nobody wants any more. Events, not times, tell the order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import option
from precisionlab.analysis.results import Result
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import open_checkpoint
from precisionlab.scanning.settings import Selected, Settings
from precisionlab.tui import workbench
from precisionlab.tui.workbench import MOST_AT_ONCE, Answered, Delivery, Workbench

SAMPLE = Path(__file__).parents[2] / "samples" / "healthy.safetensors"
LONG_SECONDS = 20
"""Longer than anything here takes; only what is wrong lasts so long."""


@dataclass(frozen=True)
class Options:
    """Which of several questions it is."""

    number: int = option(0, "Which.")


@dataclass
class Slow:
    """An analyzer that answers when it is told to, and knows when it was asked."""

    began: list[threading.Event] = field(default_factory=lambda: [threading.Event() for _ in range(9)])
    released: list[threading.Event] = field(default_factory=lambda: [threading.Event() for _ in range(9)])
    asked: list[tuple[int, str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def analyze(self, tensor: Tensor, options: Options) -> Result:
        """Wait, then read the tensor."""
        with self.lock:
            self.asked.append((options.number, tensor.info.name))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.began[options.number].set()
        try:
            assert self.released[options.number].wait(LONG_SECONDS)
            tensor.values()
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            with self.lock:
                self.at_once -= 1
        return Result("slow", tensor.info.name)

    @property
    def analyzer(self) -> Analyzer:
        """As the workbench asks it."""
        return Analyzer("slow", "When?", self.analyze, options=Options)


def quick(tensor: Tensor, options: object) -> Result:
    """Answer at once."""
    del options
    return Result("quick", tensor.info.name)


QUICK = Analyzer("quick", "What?", quick)


@contextmanager
def opened() -> Iterator[Workbench]:
    """A workbench, closed in the end."""
    bench = Workbench(open_checkpoint(str(SAMPLE)), Settings())
    try:
        yield bench
    finally:
        bench.close()


class Heard:
    """What was told, in order."""

    def __init__(self) -> None:
        self.answers: list[Answered] = []
        self.deliveries: list[Delivery] = []
        self._is_told = threading.Condition()

    def hear(self, answered: Answered) -> None:
        """From the workbench."""
        with self._is_told:
            self.answers.append(answered)
            self._is_told.notify_all()

    def take(self, delivery: Delivery) -> None:
        """As above."""
        with self._is_told:
            self.deliveries.append(delivery)
            self._is_told.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether it comes to hold."""
        with self._is_told:
            return self._is_told.wait_for(condition, LONG_SECONDS)


def end_threads(name: str) -> None:
    """Wait until no thread of the workbench's is left that answers or scans."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(LONG_SECONDS)
            assert not thread.is_alive()


def test_a_superseded_question_is_never_answered_and_nobody_waits_for_it() -> None:
    """The new one is answered while the old one still computes, which then fails to read and is told to nobody."""
    slow, heard = Slow(), Heard()
    with opened() as bench:
        tensor = bench.checkpoint.tensors[0]
        bench.ask(slow.analyzer, Options(), tensor, heard.hear)
        assert slow.began[0].wait(LONG_SECONDS)
        bench.ask(QUICK, QUICK.options(), tensor, heard.hear)
        assert heard.wait_for(lambda: len(heard.answers) == 1)
        assert slow.at_once == 1  # at it still
        slow.released[0].set()
        end_threads("question")
        assert [one.question.analyzer for one in heard.answers] == ["quick"]


def test_an_analyzer_cannot_read_once_nobody_waits() -> None:
    """Its next read fails, so that it ends."""
    slow, heard = Slow(), Heard()
    with opened() as bench:
        bench.ask(slow.analyzer, Options(), bench.checkpoint.tensors[0], heard.hear)
        assert slow.began[0].wait(LONG_SECONDS)
        bench.drop_question()
        slow.released[0].set()
        end_threads("question")
    (error,) = slow.errors
    assert "closed" in str(error)
    assert not heard.answers


def test_no_more_than_a_few_questions_compute_at_a_time() -> None:
    """One more waits for a place, and has it as soon as one of those that nobody wants comes to an end."""
    slow, heard = Slow(), Heard()
    with opened() as bench:
        tensor = bench.checkpoint.tensors[0]
        for number in range(MOST_AT_ONCE):
            bench.ask(slow.analyzer, Options(number), tensor, heard.hear)
            assert slow.began[number].wait(LONG_SECONDS)
        bench.ask(slow.analyzer, Options(MOST_AT_ONCE), tensor, heard.hear)
        assert not slow.began[MOST_AT_ONCE].wait(10 * workbench.SETTLE_SECONDS)
        slow.released[1].set()
        assert slow.began[MOST_AT_ONCE].wait(LONG_SECONDS)
        assert slow.most_at_once == MOST_AT_ONCE
        for event in slow.released:
            event.set()
        assert heard.wait_for(lambda: bool(heard.answers))
        end_threads("question")
        assert [one.question.options for one in heard.answers] == [Options(MOST_AT_ONCE)]


def test_the_same_question_is_asked_once() -> None:
    """As long as it is not answered; then again."""
    slow, heard = Slow(), Heard()
    with opened() as bench:
        tensor = bench.checkpoint.tensors[0]
        for _ in range(3):
            bench.ask(slow.analyzer, Options(), tensor, heard.hear)
        assert slow.began[0].wait(LONG_SECONDS)
        bench.ask(slow.analyzer, Options(), tensor, heard.hear)
        slow.released[0].set()
        assert heard.wait_for(lambda: len(heard.answers) == 1)
        end_threads("question")
        assert slow.asked == [(0, tensor.name)]
        bench.ask(slow.analyzer, Options(), tensor, heard.hear)
        assert heard.wait_for(lambda: len(heard.answers) == 2)


def test_what_a_cursor_passes_by_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many questions in a moment only the last one reaches its analyzer."""
    monkeypatch.setattr(workbench, "SETTLE_SECONDS", 1.0)
    slow, heard = Slow(), Heard()
    for event in slow.released:
        event.set()
    with opened() as bench:
        for tensor in bench.checkpoint.tensors:
            bench.ask(slow.analyzer, Options(), tensor, heard.hear)
        assert heard.wait_for(lambda: bool(heard.answers))
        end_threads("question")
        assert slow.asked == [(0, bench.checkpoint.tensors[-1].name)]


def test_another_scan_ends_the_first() -> None:
    """Which looks at no further tensor and tells nothing; the other tells all."""
    slow, first, second = Slow(), Heard(), Heard()
    with opened() as bench:
        tensors = bench.checkpoint.tensors
        bench.scan(tensors, [Selected(slow.analyzer, Options())], first.take)
        assert slow.began[0].wait(LONG_SECONDS)
        bench.scan(tensors, [Selected(QUICK, QUICK.options())], second.take)
        assert second.wait_for(lambda: any(one.is_last for one in second.deliveries))
        answers = [one.question.subject for delivery in second.deliveries for one in delivery.answers]
        assert answers == [info.name for info in tensors]
        slow.released[0].set()
        end_threads("scan")
        assert not first.deliveries
        assert slow.asked == [(0, tensors[0].name)]


def test_closing_ends_all() -> None:
    """The scan and the question: neither reads, tells or goes on."""
    slow, heard = Slow(), Heard()
    with opened() as bench:
        tensors = bench.checkpoint.tensors
        bench.scan(tensors, [Selected(slow.analyzer, Options(1))], heard.take)
        bench.ask(slow.analyzer, Options(2), tensors[0], heard.hear)
        assert slow.began[1].wait(LONG_SECONDS)
        assert slow.began[2].wait(LONG_SECONDS)
    slow.released[1].set()
    slow.released[2].set()
    end_threads("scan")
    end_threads("question")
    assert not heard.answers
    assert not heard.deliveries
    assert len(slow.asked) == len(slow.errors) == 2
