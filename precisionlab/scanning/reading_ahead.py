"""Reading and counting in threads, some tensors ahead of the analyzers."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.survey import Block, Surveyor, blocks_of
from precisionlab.analysis.tensors import MadeAhead, Reader
from precisionlab.checkpoints import TensorInfo

TENSORS_AHEAD: Final = 32
"""Most tensors being counted before the one whose turn it is."""
BYTES_AHEAD: Final = 256 << 20
"""No further tensor is begun while this much is waiting to be read."""


class PendingTensor:
    """A tensor whose blocks are being read and counted."""

    def __init__(self, info: TensorInfo) -> None:
        self.info = info
        self.content: NDArray[np.uint8] | None = None
        self.jobs: list[Future[None]] = []
        self.surveyor: Surveyor | None = None

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


class ReadAhead:
    """Reads tensors in order, each byte once, with one reused buffer a thread.

    As a context manager: leaving it stops the threads at their next block.
    """

    def __init__(self, reader: Reader, backend: Backend, *, threads: int, hold_below: int) -> None:
        self._reader = reader
        self._backend = backend
        self._hold_below = hold_below
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
        self._pool.shutdown(wait=True, cancel_futures=True)

    def tensors(self, infos: Sequence[TensorInfo]) -> Iterator[PendingTensor]:
        """The tensors in order, each as soon as asked for; some later ones are already being read."""
        pending: deque[PendingTensor] = deque()
        waiting = iter(infos)
        ahead = 0
        while True:
            while len(pending) < TENSORS_AHEAD and (ahead < BYTES_AHEAD or not pending):
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

    def _begin(self, info: TensorInfo) -> PendingTensor:
        """Queue the blocks of a tensor. Its bytes are held where they are few enough for those who ask for values."""
        content = np.empty(info.n_bytes, np.uint8) if info.n_bytes < self._hold_below else None
        tensor = PendingTensor(info, Surveyor(info, self._backend), content)
        tensor.jobs.extend(self._pool.submit(self._count, tensor, block) for block in blocks_of(info))
        return tensor

    def _count(self, tensor: PendingTensor, block: Block) -> None:
        if self._is_stopped:
            return
        if tensor.content is None:
            part = self._buffer()[: block.length]
        else:
            part = tensor.content[block.start : block.start + block.length]
        self._reader.read_into(tensor.info.location, block.start, part.data)
        tensor.surveyor.add(block, part)
        with self._lock:
            self.n_bytes_read += block.length

    def _buffer(self) -> NDArray[np.uint8]:
        if not hasattr(self._buffers, "buffer"):
            self._buffers.buffer = np.empty(4 << 20, np.uint8)
        return self._buffers.buffer  # type: ignore[no-any-return]
