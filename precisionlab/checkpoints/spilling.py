"""Bytes that cannot be read in place, copied to a temporary file that is not left behind."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from precisionlab.checkpoints.model import ByteRange
from precisionlab.errors import CheckpointError

ALIGNMENT = 64
"""Every range starts at a multiple of this many bytes, so that each dtype could be mapped in place."""

_REMEDY = "free some space, or set TMPDIR to a folder on a larger disk"


class Spill:
    """A private temporary folder: made when first asked for, deleted by `release`.

    It goes as well when the last reference to it does and when the interpreter exits, so
    a `Checkpoint` whose `release` is this one's may simply be dropped. A forked child
    never deletes the folder of its parent. Chunks are written by one thread at a time.
    """

    __slots__ = ("__weakref__", "_finalizer", "_folder", "subject")

    def __init__(self, subject: str) -> None:
        self.subject = subject
        """The file that errors are about."""
        self._folder: str | None = None
        self._finalizer: weakref.finalize[[str, int], Spill] | None = None

    @property
    def folder(self) -> str:
        """Absolute path of the folder, where another process may put files of its own too.

        Raises:
            CheckpointError: it cannot be made.
        """
        if self._folder is None:
            try:
                self._folder = os.path.realpath(tempfile.mkdtemp(prefix="precisionlab-"))
            except OSError as error:
                raise self._failure(error) from error
            self._finalizer = weakref.finalize(self, _delete, self._folder, os.getpid())
        return self._folder

    @property
    def path(self) -> str:
        """Absolute path of the file that `write` appends to."""
        return str(Path(self.folder) / "tensors")

    def write(self, chunks: Iterable[bytes | bytearray | memoryview]) -> ByteRange:
        """Append the chunks, one after the other, and say where they lie.

        What the iterable itself raises passes through, and then nothing of it is kept.

        Raises:
            CheckpointError: the disk is full or failed.
        """
        path = self.path
        try:
            with open(path, "ab") as file:  # noqa: PTH123 (a str, as in every ByteRange)
                start = _aligned_end(file)
                try:
                    file.writelines(chunks)
                    return ByteRange(path, start, file.tell() - start)
                except BaseException:
                    file.truncate(start)
                    raise
        except OSError as error:
            raise self._failure(error) from error

    def require(self, n_bytes: int) -> None:
        """Make sure that the disk has room for so many bytes.

        Raises:
            CheckpointError: it has not.
        """
        free = shutil.disk_usage(self.folder).free
        if n_bytes > free:
            problem = f"a temporary copy takes {n_bytes:,} bytes of disk, of which {free:,} are free"
            raise CheckpointError(self.subject, problem, _REMEDY)

    def release(self) -> None:
        """Delete the folder and all that is in it; safe to call twice."""
        if self._finalizer is not None:
            self._finalizer()
        self._folder = None

    def _failure(self, error: OSError) -> CheckpointError:
        problem = f"a temporary copy cannot be written ({error.strerror or 'input/output error'})"
        return CheckpointError(self.subject, problem, _REMEDY)


def _aligned_end(file: BinaryIO) -> int:
    file.write(b"\0" * (-file.tell() % ALIGNMENT))
    return file.tell()


def _delete(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
