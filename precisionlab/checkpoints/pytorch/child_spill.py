"""Tensors laid out anew, row by row, in a file of their own. Imports torch."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import torch

CHUNK_BYTES = 16 << 20
"""Bytes that are laid out at a time."""

ALIGNMENT = 64
"""Every tensor starts at a multiple of this many bytes."""


class SpillError(Exception):
    """The file cannot be written; the operating system's word for it."""


class SpillFile:
    """A new file that tensors are appended to, up to a limit.

    Raises:
        SpillError: it cannot be made.
    """

    def __init__(self, path: str, limit: int) -> None:
        self._limit = limit
        try:
            self._file = Path(path).open("xb")  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise SpillError(error.strerror) from error

    def has_room(self, n_bytes: int) -> bool:
        """Whether a tensor of so many bytes stays within the limit."""
        return self._file.tell() + n_bytes + ALIGNMENT <= self._limit

    def write(self, tensor: torch.Tensor) -> int:
        """Append the elements in row-major order, and say where they begin.

        Raises:
            SpillError: the disk is full or failed.
        """
        try:
            self._file.write(b"\0" * (-self._file.tell() % ALIGNMENT))
            start = self._file.tell()
            for block in _blocks(tensor):
                self._file.write(_row_major(block))
        except OSError as error:
            raise SpillError(error.strerror) from error
        return start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as failure:
            raise SpillError(failure.strerror) from failure


def _blocks(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """The tensor cut along its first axes into blocks of at most `CHUNK_BYTES`."""
    n_bytes = tensor.numel() * tensor.element_size()
    if n_bytes <= CHUNK_BYTES:
        yield tensor
        return
    row_bytes = n_bytes // len(tensor)
    for block in torch.split(tensor, max(1, CHUNK_BYTES // row_bytes)):
        if row_bytes <= CHUNK_BYTES:
            yield block
        else:
            yield from _blocks(block[0])


def _row_major(tensor: torch.Tensor) -> memoryview:
    """The bytes of the elements in order, conjugation and negation carried out."""
    dense = tensor.resolve_conj().resolve_neg().contiguous()
    return dense.reshape(-1).view(torch.uint8).numpy().data
