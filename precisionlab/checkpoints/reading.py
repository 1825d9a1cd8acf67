"""Read bytes at given places of regular files, into buffers that the caller reuses."""

import errno
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Self

from precisionlab.checkpoints.model import ByteRange
from precisionlab.errors import CheckpointError

WritableBuffer = bytearray | memoryview
"""What is read into: any contiguous writable memory, an array through `memoryview(array)`."""

Identity = tuple[int, int, int, int]
"""Of a file under a path: another once another file lies there, or once that one was written to."""

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}

_PROBLEMS = {
    errno.ENOENT: "does not exist",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ELOOP: "is a loop of symbolic links",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EMFILE: "cannot be opened: this process has too many files open",
}


class RegularFile:
    """One regular file, open for reading until `close`; any number of threads may read.

    Raises:
        CheckpointError: the path is missing, may not be read, or is no regular file. Pipes
            and devices are refused without being opened, so that none is waited for.
    """

    __slots__ = ("_descriptor", "identity", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            _refuse_all_but_regular(path, os.stat(path))  # noqa: PTH116 (a str, as in every ByteRange)
            self._descriptor = os.open(path, _OPEN_FLAGS)
        except (OSError, ValueError) as error:
            raise unopenable(path, error) from error
        try:
            status = os.fstat(self._descriptor)
            _refuse_all_but_regular(path, status)
        except BaseException:
            self.close()
            raise
        self.size = status.st_size
        self.identity = identity_of(status)

    def read(self, offset: int, length: int) -> bytearray:
        """The `length` bytes from `offset` on.

        Raises:
            CheckpointError: the file ends before, or cannot be read.
        """
        content = bytearray(length)
        self.read_into(offset, content)
        return content

    def read_into(self, offset: int, buffer: WritableBuffer) -> None:
        """Fill the buffer with the bytes from `offset` on.

        Raises:
            CheckpointError: the file ends before, or cannot be read.
        """
        with memoryview(buffer) as view, view.cast("B") as rest:
            done = 0
            while done < len(rest):
                n_read = self._read_some(offset + done, rest[done:])
                if n_read == 0:
                    raise CheckpointError(
                        self.path, "the file shrank while it was read", "scan it again when nobody writes to it"
                    )
                done += n_read

    def fileno(self) -> int:
        """The descriptor, for a library that reads only what it is told to."""
        return self._descriptor

    def close(self) -> None:
        """Give the descriptor back; to be called once, when nobody reads any more."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_some(self, offset: int, view: memoryview) -> int:
        try:
            return read_at(self._descriptor, offset, view)
        except OSError as error:
            problem = f"cannot be read at byte {offset:,} ({error.strerror or 'input/output error'})"
            raise CheckpointError(self.path, problem) from error


def _read_by_preadv(descriptor: int, offset: int, view: memoryview) -> int:
    return os.preadv(descriptor, [view], offset)


def _read_by_pread(descriptor: int, offset: int, view: memoryview) -> int:
    piece = os.pread(descriptor, min(len(view), 1 << 20), offset)
    view[: len(piece)] = piece
    return len(piece)


read_at = _read_by_preadv if hasattr(os, "preadv") else _read_by_pread
"""Read at most a buffer's length at an offset, and say how much; some systems lack `preadv`."""


def identity_of(status: os.stat_result) -> Identity:
    """What tells a file from others."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def identities_of(paths: Iterable[str]) -> Mapping[str, Identity]:
    """What tells the files that are there from those that will be there later."""
    found: dict[str, Identity] = {}
    for path in paths:
        with suppress(OSError, ValueError):
            found[path] = identity_of(os.stat(path))  # noqa: PTH116 (a str, as in every ByteRange)
    return found


def unopenable(path: str, error: OSError | ValueError) -> CheckpointError:
    """Why the operating system does not open the path, in our words."""
    if not isinstance(error, OSError):  # a NUL, or a character that no file name can hold
        return CheckpointError(path, "is not a possible path")
    if error.errno == errno.ENOENT and os.path.islink(path):  # noqa: PTH114 (a str, as in every ByteRange)
        return CheckpointError(path, "is a symbolic link to a path that does not exist")
    problem = _PROBLEMS.get(error.errno or 0, f"cannot be opened ({error.strerror or 'input/output error'})")
    return CheckpointError(path, problem)


def _refuse_all_but_regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "of an unknown kind")
        raise CheckpointError(path, f"is {kind}, not a regular file")


@dataclass(slots=True)
class _Lent:
    file: RegularFile
    readers: int = 0


class FileReader:
    """Reads ranges of files for any number of threads, with few descriptors open at a time.

    A file is opened when first read from and stays open until `limit` others were used
    after it. One that was replaced or written to in between is refused, and so is one that
    is another than it was when these `identities` were taken.
    """

    def __init__(self, limit: int = 32, identities: Mapping[str, Identity] = MappingProxyType({})) -> None:
        self._limit = limit
        self._before = identities
        self._lock = threading.Lock()
        self._files: OrderedDict[str, _Lent] = OrderedDict()
        self._identities: dict[str, Identity] = {}
        self._closed = False

    def read_into(self, location: ByteRange, start: int, buffer: WritableBuffer) -> None:
        """Fill the buffer with the bytes of the range from its `start`-th on.

        Raises:
            CheckpointError: the file ends before, cannot be read, or was replaced.
            ValueError: the range is shorter than that, or the reader is closed.
        """
        if start < 0 or start + memoryview(buffer).nbytes > location.length:
            raise ValueError("the buffer reaches beyond the range")
        with self._borrow(location.path) as file:
            file.read_into(location.offset + start, buffer)

    def close(self) -> None:
        """Close every file; those being read from follow when that read ends. Safe to call twice."""
        with self._lock:
            self._closed = True
            self._evict(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _borrow(self, path: str) -> Iterator[RegularFile]:
        with self._lock:
            lent = self._find(path)
            lent.readers += 1
        try:
            yield lent.file
        finally:
            with self._lock:
                lent.readers -= 1
                if self._closed or len(self._files) > self._limit:
                    self._evict(0 if self._closed else self._limit)

    def _find(self, path: str) -> _Lent:
        if self._closed:
            raise ValueError("the reader is closed")
        if path not in self._files:
            self._files[path] = _Lent(self._open(path))
        self._files.move_to_end(path)
        return self._files[path]

    def _open(self, path: str) -> RegularFile:
        try:
            file = RegularFile(path)
        except CheckpointError as error:
            if path in self._before:
                raise CheckpointError(path, f"{error.problem} any more", "open it again once it is whole") from error
            raise
        if self._before.get(path, file.identity) != file.identity:
            file.close()
            raise CheckpointError(path, "the file was changed since it was opened", "open it again")
        if self._identities.setdefault(path, file.identity) != file.identity:
            file.close()
            raise CheckpointError(path, "the file was replaced while it was read", "scan it again")
        return file

    def _evict(self, limit: int) -> None:
        """Close the files that were used longest ago, but for those being read from."""
        idle = [path for path, lent in self._files.items() if lent.readers == 0]
        for path in idle[: max(0, len(self._files) - limit)]:
            self._files.pop(path).file.close()
