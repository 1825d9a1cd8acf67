"""What a path opens to: named tensors, each a range of bytes in some file."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Self

from precisionlab.checkpoints.dtypes import stored_bytes


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`length` bytes of the file `path`, from `offset` on."""

    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One named array as stored: little-endian, row-major, at one place in one file."""

    name: str
    dtype: str
    """A key of `DTYPE_BITS`."""
    shape: tuple[int, ...]
    location: ByteRange
    shares_storage_with: str | None = None
    """The tensor that owns the bytes, where this one is another view of them."""
    note: str = ""
    """How the bytes differ from what the file holds, where they do (one short clause)."""

    @property
    def n_elements(self) -> int:
        """Product of the shape; 1 for a 0-d tensor."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Bytes of the elements as stored."""
        return stored_bytes(self.dtype, self.n_elements)


@dataclass(frozen=True, slots=True)
class Omission:
    """Something in a checkpoint that is not analysed, and why."""

    name: str
    reason: str


def nothing() -> None:
    """Release nothing: the checkpoint owns no temporary files."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Named tensors behind one path. Opening reads headers only.

    Use it as a context manager, or call `close()`: some containers keep temporary files.
    """

    path: str
    """As the user gave it."""
    container: str
    """What it was recognised as, e.g. `safetensors`, `sharded safetensors`, `pytorch`."""
    files: tuple[str, ...]
    """Every file that was read, in order."""
    tensors: tuple[TensorInfo, ...]
    """In the order of the file, or of the index and then of each shard."""
    omissions: tuple[Omission, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Text that the container carries about itself."""
    release: Callable[[], None] = nothing
    """Deletes the temporary files, where there are any; safe to call twice."""

    def close(self) -> None:
        """Delete what was spilled to temporary files, if anything."""
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
