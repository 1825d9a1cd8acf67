"""The one loop: every analyzer of every tensor, every byte read once, and nobody's mistake costs another's result."""

import collections
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.analyzers import Analyzer, Answer, NoOptions
from precisionlab.analysis.census.survey import BLOCK_BYTES
from precisionlab.analysis.results import Measurement, Metric, Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import ByteRange, CheckpointError, FileReader, open_checkpoint
from precisionlab.scanning import engine
from precisionlab.scanning.events import BytesRead, ResultReady
from precisionlab.scanning.settings import Selected, Settings

Save = Callable[[Mapping[str, NDArray[np.generic]]], str]


def selected(
    name: str,
    analyze: Callable[[Tensor, Any], Any],
    summarize: Callable[[Sequence[Answer], Any], Any] | None = None,
    *,
    reads_values: bool = False,
) -> Selected:
    """An analyzer without options."""
    analyzer = Analyzer(name, "?", analyze, summarize=summarize, reads_values=reads_values)
    return Selected(analyzer, NoOptions())


def run(path: str, *analyzers: Selected, settings: Settings | None = None) -> list[Result]:
    """The results of a scan's loop over a checkpoint."""
    with open_checkpoint(path) as checkpoint:
        events = engine.run(checkpoint.tensors, analyzers, settings or Settings())
        return [event.result for event in events if isinstance(event, ResultReady)]


def sums(tensor: Tensor, options: object) -> Result:
    """The sum of all values."""
    del options
    total = float(tensor.values().double().sum())
    return Result("sums", tensor.info.name, measurements=(Measurement(Metric("sum", ""), total),))


def sizes(tensor: Tensor, options: object) -> Result:
    """The number of elements, from the census."""
    del options
    count = tensor.census().n_elements
    return Result("sizes", tensor.info.name, measurements=(Measurement(Metric("elements", "elements"), count),))


def total(answers: Sequence[Answer], options: object) -> Result:
    """The number of tensors that were analysed."""
    del options
    done = sum(answer.result.status is Status.DONE for answer in answers)
    return Result("sizes", None, measurements=(Measurement(Metric("tensors", ""), done),))


SIZES = selected("sizes", sizes, total)


def test_tensors_are_outside_and_analyzers_inside(small: str) -> None:
    """Results come in the order of the file, then in that of the analyzers; the checkpoint's own last."""
    results = run(small, selected("sums", sums), SIZES)
    names = [f"layers.{i}.weight" for i in range(3)]
    expected = [(analyzer, name) for name in names for analyzer in ("sums", "sizes")]
    assert [(result.analyzer, result.subject) for result in results] == [*expected, ("sizes", None)]


def fail(*_: object) -> Result:
    """Raise what has a terminal escape and a second line in it."""
    raise ValueError("bad \x1b[31m\nthing")


def leave(*_: object) -> Result:
    """End the process, as careless code does."""
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("analyze", "reason"),
    [
        (fail, r"ValueError: bad \x1b[31m\nthing"),
        (leave, "SystemExit: 3"),
        (lambda tensor, _: tensor.nothing, "AttributeError: 'Tensor' object has no attribute 'nothing'"),
        (lambda _tensor, _: 42, "the analyzer returned a value of type int, not a Result"),
        (lambda _tensor, _: None, "the analyzer returned None, not a Result"),
        (lambda _tensor, _: Result("other", "w"), "the analyzer returned a result of other about w"),
    ],
    ids=["raises", "exits", "has a bug", "number", "nothing", "another's"],
)
def test_a_broken_analyzer_costs_its_own_results_only(
    small: str, analyze: Callable[[Tensor, Any], Any], reason: str
) -> None:
    """All of its results are failed, with the cause on one line; the other analyzer's are what they are without it."""
    results = run(small, selected("broken", analyze), SIZES)
    broken = [result for result in results if result.analyzer == "broken"]
    assert [(result.status, result.reason) for result in broken] == [(Status.FAILED, reason)] * 3
    assert [result for result in results if result.analyzer == "sizes"] == run(small, SIZES)


@pytest.mark.parametrize(
    ("summarize", "reason"),
    [
        (fail, r"ValueError: bad \x1b[31m\nthing"),
        (lambda _answers, _: 42, "the analyzer returned a value of type int, not a Result"),
        (lambda _answers, _: Result("sizes", "w"), "the analyzer returned a result of sizes about w"),
    ],
    ids=["raises", "number", "about a tensor"],
)
def test_a_broken_summary_costs_itself_only(small: str, summarize: Callable[..., Any], reason: str) -> None:
    """The results of the tensors stay."""
    *tensors, own = run(small, selected("sizes", sizes, summarize))
    assert (own.subject, own.status, own.reason) == (None, Status.FAILED, reason)
    assert [result.status for result in tensors] == [Status.DONE] * 3


def test_each_result_comes_with_its_seconds(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that its own analyzer took, and none that the listener took between two events."""
    now = [100.0]
    monkeypatch.setattr(engine, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def taking(name: str, seconds: float) -> Selected:
        def analyze(tensor: Tensor, options: object) -> Result:
            del options
            now[0] += seconds
            return Result(name, tensor.info.name)

        def summarize(answers: Sequence[Answer], options: object) -> Result:
            del answers, options
            now[0] += 64 * seconds
            return Result(name, None)

        return selected(name, analyze, summarize)

    told = []
    with open_checkpoint(small) as checkpoint:
        for event in engine.run(checkpoint.tensors, [taking("quick", 0.25), taking("slow", 8.0)], Settings()):
            if isinstance(event, ResultReady):
                told.append((event.result.analyzer, event.result.subject is None, event.seconds))
                now[0] += 1000.0
    each = [("quick", False, 0.25), ("slow", False, 8.0)]
    assert told == [*each * 3, ("quick", True, 16.0), ("slow", True, 512.0)]


def test_nothing_is_summarized_where_nothing_was_analysed(small: str) -> None:
    """A summary of no answers would read as one of a clean checkpoint."""
    with open_checkpoint(small):
        assert list(engine.run((), [SIZES], Settings())) == []
    assert all(result.subject is not None for result in run(small, selected("sizes", fail, total)))


def test_a_tensor_beyond_the_memory_is_skipped_with_the_reason(save: Save) -> None:
    """Analyzers that ask for all values at once leave it out; those that stream do not notice."""
    path = save({"large": np.ones(2000, np.float32), "small": np.ones(10, np.float32)})
    results = run(path, selected("sums", sums), SIZES, settings=Settings(memory_bytes=4000))
    found = {(result.analyzer, result.subject): result for result in results}
    skipped = found["sums", "large"]
    assert skipped.status is Status.SKIPPED
    assert skipped.reason == "large: its 8,000 bytes exceed the 4,000 allowed at once; raise --memory"
    assert found["sums", "small"].value("sum") == 10
    assert found["sizes", "large"].value("elements") == 2000


class SpyingReader(FileReader):
    """Remembers what was read of the files."""

    reads: list[tuple[int, int]]

    def read_into(self, location: ByteRange, start: int, buffer: bytearray | memoryview) -> None:
        """Read as ever."""
        self.reads.append((location.offset + start, memoryview(buffer).nbytes))
        super().read_into(location, start, buffer)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What is read of the files: offset and length of each piece."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(SpyingReader, "reads", found, raising=False)
    monkeypatch.setattr(engine, "FileReader", SpyingReader)
    return found


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("reads_values", [False, True])
def test_every_byte_is_read_once_for_all_analyzers(
    save: Save, reads: list[tuple[int, int]], threads: int, *, reads_values: bool
) -> None:
    """Census, channels and values together; also where a tensor fills the allowed memory to the last byte."""
    arrays: dict[str, NDArray[np.float32]] = {
        "large": np.arange(3 * BLOCK_BYTES // 4 + 5, dtype=np.float32),
        "empty": np.empty((0, 3), np.float32),
        "scalar": np.array(2, np.float32),
        "matrix": np.ones((300, 7), np.float32),
    }
    path = save(arrays)
    settings = Settings(threads=threads, memory_bytes=arrays["large"].nbytes)
    analyzers = [SIZES, *([selected("sums", sums, reads_values=True)] if reads_values else [])]
    results = run(path, *analyzers, settings=settings)
    with open_checkpoint(path) as checkpoint:
        ends = sorted(
            place for tensor in checkpoint.tensors for place in range_of(tensor.location) if tensor.location.length
        )
    assert pieces_joined(reads) == [(ends[0], ends[-1])]
    if reads_values:
        found = {result.subject: result.value("sum") for result in results if result.analyzer == "sums"}
        assert found == {name: float(array.sum(dtype=np.float64)) for name, array in arrays.items()}


def range_of(location: ByteRange) -> tuple[int, int]:
    """First byte, and the one behind the last."""
    return location.offset, location.offset + location.length


def pieces_joined(reads: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Begin and end of what was read without a hole; a byte that was read twice separates."""
    joined: list[tuple[int, int]] = []
    for begin, length in sorted(reads):
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], begin + length)
        else:
            joined.append((begin, begin + length))
    return joined


def test_a_file_cut_while_it_is_scanned_costs_its_tensors_only(save: Save) -> None:
    """What lies before the cut is analysed; what lies behind is failed, with the cause."""
    path = save({"a": np.ones(1000, np.float32), "b": np.ones(1000, np.float32)})
    with open_checkpoint(path) as checkpoint:
        with open(path, "r+b") as file:  # noqa: PTH123 - the tests' own file
            file.truncate(checkpoint.tensors[1].location.offset + 4)
        events = engine.run(checkpoint.tensors, [SIZES], Settings())
        first, second, own = (event.result for event in events if isinstance(event, ResultReady))
    assert first.status is Status.DONE
    assert second.status is Status.FAILED
    assert "the file shrank while it was read" in second.reason
    assert own.value("tensors") == 1


def test_whatever_a_reader_raises_costs_that_tensor_only(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors that nobody foresaw are results too."""
    failures = collections.deque([OSError("gone"), MemoryError(), CheckpointError("file", "broken")])

    def fail_to_read(*_: object) -> None:
        raise failures.popleft()

    monkeypatch.setattr(FileReader, "read_into", fail_to_read)
    results = run(small, SIZES, settings=Settings(threads=1))
    assert [result.reason for result in results] == ["OSError: gone", "MemoryError", "file: broken"]


def test_progress_is_told_while_a_tensor_is_read(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes grow up to all that there are."""
    monkeypatch.setattr(engine, "TICK_SECONDS", 0.0)
    path = save({"w": np.zeros(10 * BLOCK_BYTES, np.uint8)})
    with open_checkpoint(path) as checkpoint:
        events = list(engine.run(checkpoint.tensors, [SIZES], Settings()))
    told = [event.n_bytes for event in events if isinstance(event, BytesRead)]
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 10 * BLOCK_BYTES


def test_closing_stops_in_the_middle(save: Save) -> None:
    """A listener that has enough closes the generator; nothing is analysed after that."""
    asked: list[str] = []

    def note(tensor: Tensor, options: object) -> Result:
        asked.append(tensor.info.name)
        return sizes(tensor, options)

    path = save({f"w{i}": np.ones(10, np.float32) for i in range(100)})
    with open_checkpoint(path) as checkpoint:
        events: Iterator[object] = engine.run(checkpoint.tensors, [selected("sizes", note)], Settings())
        assert isinstance(next(events), ResultReady)
        events.close()  # type: ignore[attr-defined]
    assert len(asked) == 1


def test_tensors_are_forgotten_when_all_were_asked(small: str) -> None:
    """A summary may read a tensor again, but nothing is kept for it."""
    kept: list[object] = []

    def remember(answers: Sequence[Answer], options: object) -> Result:
        kept.extend((answer.tensor._content, answer.tensor._survey) for answer in answers)
        again = sum(float(answer.tensor.values().sum()) for answer in answers)
        assert np.isfinite(again)
        return total(answers, options)

    run(small, selected("sizes", sizes, remember, reads_values=True))
    assert kept == [(None, None)] * 3
