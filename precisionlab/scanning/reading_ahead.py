"""Reading and counting in threads, some tensors ahead of the analyzers."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.survey import BLOCK_BYTES, Block, Surveyor, blocks_of
from precisionlab.analysis.tensors import MadeAhead, Reader
from precisionlab.checkpoints import TensorInfo

TENSORS_AHEAD: Final = 32
"""Most tensors being counted, the one whose turn it is among them."""
BYTES_AHEAD: Final = 256 << 20
"""No further tensor is begun while this much is waiting; less where less may be held."""


class PendingTensor:
    """A tensor whose blocks are being read and counted."""

    def __init__(self, info: TensorInfo, surveyor: Surveyor, content: NDArray[np.uint8] | None) -> None:
        self.info = info
        self.surveyor = surveyor
        self.content = content
        self.jobs: list[Future[None]] = []
        self.has_failed = False

    def wait(self, timeout: float) -> bool:
        """Whether all blocks are done (or one failed) within `timeout` seconds."""
        done, waiting = wait(self.jobs, timeout, FIRST_EXCEPTION)
        return not waiting or any(job.exception() for job in done)

    def outcome(self) -> MadeAhead:
        """The survey, and the bytes where they are held.

        Raises:
            CheckpointError: a block could not be read.
        """
        for job in self.jobs:
            job.result()
        return MadeAhead(self.surveyor.finish(), self.content)

    def forget(self) -> None:
        """Drop the bytes that were held."""
        self.content = None


class FailedTensor:
    """A tensor that could not even be begun: there is no memory for its counts."""

    def __init__(self, info: TensorInfo, error: Exception) -> None:
        self.info = info
        self.error = error

    def wait(self, timeout: float) -> bool:
        """There is nothing to wait for."""
        del timeout
        return True

    def outcome(self) -> MadeAhead:
        """Raise what went wrong."""
        raise self.error

    def forget(self) -> None:
        """Nothing is held."""


class ReadAhead:
    """Reads tensors in order, each byte once, with one reused buffer a thread.

    Tensors of up to `hold_up_to` bytes are held as a whole for analyzers that ask for values; none where it is 0.
    As a context manager: leaving it stops the threads at their next block.
    """

    def __init__(self, reader: Reader, backend: Backend, *, threads: int, hold_up_to: int) -> None:
        self._reader = reader
        self._backend = backend
        self._hold_up_to = hold_up_to
        self._bytes_ahead = min(BYTES_AHEAD, hold_up_to) if hold_up_to else BYTES_AHEAD
        self._pool = ThreadPoolExecutor(threads, "precisionlab-read")
        self._buffers = threading.local()
        self._lock = threading.Lock()
        self._is_stopped = False
        self.n_bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopped = True
        # Who leaves early does not wait: a thread that compiles a kernel is seconds from its next block.
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def tensors(self, infos: Iterable[TensorInfo]) -> Iterator[PendingTensor | FailedTensor]:
        """The tensors in order, each as soon as asked for; some later ones are already being read."""
        pending: deque[PendingTensor | FailedTensor] = deque()
        waiting = iter(infos)
        ahead = 0
        while True:
            while len(pending) < TENSORS_AHEAD and (ahead < self._bytes_ahead or not pending):
                info = next(waiting, None)
                if info is None:
                    break
                pending.append(self._begin(info))
                ahead += info.n_bytes
            if not pending:
                return
            current = pending.popleft()
            yield current
            ahead -= current.info.n_bytes

    def _begin(self, info: TensorInfo) -> PendingTensor | FailedTensor:
        """Queue the blocks of a tensor."""
        try:
            content = np.empty(info.n_bytes, np.uint8) if 0 < info.n_bytes <= self._hold_up_to else None
            tensor = PendingTensor(info, Surveyor(info, self._backend), content)
        except Exception as error:  # noqa: BLE001 - whatever one tensor does to the counting, the others are counted
            return FailedTensor(info, error)
        tensor.jobs.extend(self._pool.submit(self._count, tensor, block) for block in blocks_of(info))
        return tensor

    def _count(self, tensor: PendingTensor, block: Block) -> None:
        if self._is_stopped or tensor.has_failed:
            return
        try:
            part = self._place_for(tensor, block)
            self._reader.read_into(tensor.info.location, block.start, part.data)
            tensor.surveyor.add(block, part)
        except Exception:
            tensor.has_failed = True  # of what nobody will look at no more is read
            raise
        with self._lock:
            self.n_bytes_read += block.length

    def _place_for(self, tensor: PendingTensor, block: Block) -> NDArray[np.uint8]:
        if tensor.content is None:
            return self._buffer()[: block.length]
        return tensor.content[block.start : block.start + block.length]

    def _buffer(self) -> NDArray[np.uint8]:
        if not hasattr(self._buffers, "buffer"):
            self._buffers.buffer = np.empty(BLOCK_BYTES, np.uint8)
        return self._buffers.buffer  # type: ignore[no-any-return]
