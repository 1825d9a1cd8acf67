"""Reading ahead: every byte once, a bounded number of tensors ahead, an end at once, and no hanging on errors."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import BLOCK_BYTES
from precisionlab.checkpoints import ByteRange, CheckpointError, TensorInfo
from precisionlab.scanning import reading_ahead
from precisionlab.scanning.reading_ahead import TENSORS_AHEAD, FailedTensor, ReadAhead

CPU = backend_of("cpu")


def info(n_bytes: int, offset: int = 0) -> TensorInfo:
    """A tensor of unsigned bytes."""
    return TensorInfo(f"at {offset}", "uint8", (n_bytes,), ByteRange("file", offset, n_bytes))


class MemoryReader:
    """Reads from memory, and remembers what was read."""

    def __init__(self, content: bytes, before: Callable[[], object] = lambda: None) -> None:
        self.content = content
        self.before = before
        self.reads: list[tuple[int, int]] = []

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Copy from the memory; where it ends, nothing."""
        self.before()
        begin = location.offset + start
        self.reads.append((begin, buffer.nbytes))
        piece = self.content[begin : begin + buffer.nbytes]
        buffer[: len(piece)] = piece


class Counted:
    """Tensors that know how many of them were asked for."""

    def __init__(self, infos: Sequence[TensorInfo]) -> None:
        self.infos = infos
        self.n_asked = 0

    def __iter__(self) -> Iterator[TensorInfo]:
        for one in self.infos:
            self.n_asked += 1
            yield one


def adjoining(sizes: Sequence[int]) -> list[TensorInfo]:
    """Tensors one behind the other."""
    ends = np.cumsum([0, *sizes])
    return [info(size, int(end)) for size, end in zip(sizes, ends, strict=False)]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("hold_up_to", [0, 1000, 1 << 30])
def test_every_byte_is_read_once_and_counted(threads: int, hold_up_to: int) -> None:
    """Tensors of no byte, of one, of exactly a block, of one more, of several blocks, against numpy's bincount."""
    sizes = [1, 0, BLOCK_BYTES, BLOCK_BYTES + 1, 3, 2 * BLOCK_BYTES + 12345, 0, 7]
    content = np.random.default_rng(0).bytes(sum(sizes))
    reader = MemoryReader(content)
    infos = adjoining(sizes)
    with ReadAhead(reader, CPU, threads=threads, hold_up_to=hold_up_to) as ahead:
        for pending, expected in zip(ahead.tensors(infos), infos, strict=True):
            assert pending.info is expected
            assert pending.wait(60)
            made = pending.outcome()
            begin = expected.location.offset
            stored = np.frombuffer(content[begin : begin + expected.n_bytes], np.uint8)
            assert counted(made.survey.census) == dict(enumerate(np.bincount(stored, minlength=256)))
            is_held = 0 < expected.n_bytes <= hold_up_to
            assert (made.content is not None) == is_held
            assert made.content is None or np.array_equal(made.content, stored)
        assert ahead.n_bytes_read == sum(sizes)
    position = 0
    for begin, length in sorted(reader.reads):
        assert begin == position
        position = begin + length
    assert position == sum(sizes)


def counted(census: Census) -> dict[int, int]:
    """How often each byte was counted."""
    assert census.patterns is not None
    assert census.pattern_counts is not None
    counts = zip(census.patterns.tolist(), census.pattern_counts.tolist(), strict=True)
    return {**dict.fromkeys(range(256), 0), **dict(counts)}


def test_the_number_of_tensors_ahead_is_bounded() -> None:
    """However many there are, and however small: the rest is not even begun."""
    gate = threading.Event()
    infos = Counted(adjoining([8] * 1000))
    with ReadAhead(MemoryReader(bytes(8000), gate.wait), CPU, threads=1, hold_up_to=0) as ahead:
        tensors = ahead.tensors(infos)
        next(tensors)
        assert infos.n_asked == TENSORS_AHEAD
        gate.set()
        next(tensors)
        assert infos.n_asked == TENSORS_AHEAD + 1


@pytest.mark.parametrize(("hold_up_to", "begun"), [(0, 3), (100 << 20, 1), (120 << 20, 2)])
def test_the_number_of_bytes_ahead_is_bounded(hold_up_to: int, begun: int) -> None:
    """256 MiB, and no more than may be held where tensors are held, but for the one that goes beyond."""
    gate = threading.Event()
    infos = Counted([info(100 << 20)] * 50)
    with ReadAhead(MemoryReader(b"", gate.wait), CPU, threads=1, hold_up_to=hold_up_to) as ahead:
        next(ahead.tensors(infos))
        assert infos.n_asked == begun
        gate.set()


def test_leaving_stops_at_once() -> None:
    """Of 1,000 blocks no further one is begun, and who leaves early does not wait for those under way."""
    gate = threading.Event()
    reader = MemoryReader(b"", gate.wait)
    started = time.monotonic()
    ahead = ReadAhead(reader, CPU, threads=2, hold_up_to=0)
    with pytest.raises(KeyboardInterrupt):
        interrupted(ahead, [info(1000 * BLOCK_BYTES)])
    assert time.monotonic() - started < 1
    gate.set()
    ahead._pool.shutdown(wait=True)
    assert len(reader.reads) <= 2


def interrupted(ahead: ReadAhead, infos: Sequence[TensorInfo]) -> None:
    """Begin to read, and be interrupted."""
    with ahead:
        assert not next(ahead.tensors(infos)).wait(0.05)
        raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_in_one_block_ends_its_tensor_only(threads: int) -> None:
    """It is told at once, the tensor's other blocks are not read, and the next tensor is."""
    failing, sound = info(500 * BLOCK_BYTES), info(3, offset=500 * BLOCK_BYTES)

    class FailingReader(MemoryReader):
        def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
            super().read_into(location, start, buffer)
            if location.offset == 0 and start >= 2 * BLOCK_BYTES:
                raise CheckpointError("file", "cannot be read")

    reader = FailingReader(b"")
    with ReadAhead(reader, CPU, threads=threads, hold_up_to=0) as ahead:
        tensors = ahead.tensors([failing, sound])
        pending = next(tensors)
        assert pending.wait(60)
        with pytest.raises(CheckpointError, match="cannot be read"):
            pending.outcome()
        pending = next(tensors)
        assert pending.wait(60)
        assert pending.outcome().survey.census is not None
    assert sum(begin < 500 * BLOCK_BYTES for begin, _ in reader.reads) < 500


def test_a_tensor_for_which_there_is_no_memory_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be begun is handed out in its turn, as failed."""

    class Greedy:
        def __init__(self, *_: object) -> None:
            raise MemoryError

    with ReadAhead(MemoryReader(b""), CPU, threads=1, hold_up_to=0) as ahead:
        monkeypatch.setattr(reading_ahead, "Surveyor", Greedy)
        tensor = next(ahead.tensors([info(8)]))
        assert isinstance(tensor, FailedTensor)
        assert tensor.wait(0)
        with pytest.raises(MemoryError):
            tensor.outcome()


def test_threads_end_with_the_reading() -> None:
    """None is left behind."""
    before = threading.active_count()
    with ReadAhead(MemoryReader(bytes(100)), CPU, threads=4, hold_up_to=0) as ahead:
        for pending in ahead.tensors(adjoining([10] * 10)):
            assert pending.wait(60)
    assert threading.active_count() == before
