"""Write a safetensors file in one pass and bounded memory: header first, then the tensors' bytes as they are made."""

import contextlib
import errno
import json
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from precisionlab.checkpoints.dtypes import DTYPE_BITS, stored_bytes
from precisionlab.checkpoints.safetensors import DTYPES, MAX_HEADER_BYTES
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable
from precisionlab.replacement import cause, place_of, replace_file, require_room

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Chunk: TypeAlias = "bytes | bytearray | memoryview | NDArray[np.uint8]"
"""Some of a tensor's bytes; contiguous, and used up before the next one is asked for."""

CODES: Mapping[str, str] = MappingProxyType({dtype: code for code, dtype in DTYPES.items()})
"""What the format calls each dtype that it can hold."""

METADATA_KEY = "__metadata__"
ALIGNMENT = 8
"""Where the data begin: at a multiple of so many bytes."""

_LENGTH = struct.Struct("<Q")
_MAX_UINT64 = 2**64 - 1
_NO_METADATA: Mapping[str, str] = MappingProxyType({})
_REMEDIES = {
    errno.ENOSPC: "free some space, or write to a larger disk",
    errno.EDQUOT: "free some space, or write to another disk",
    errno.ENOENT: "make its folder first",
    errno.EACCES: "write where you have the permission to",
    errno.EPERM: "write where you have the permission to",
    errno.EROFS: "write to another disk",
    errno.EISDIR: "name a file",
    errno.EEXIST: "name a new folder",
    errno.ENOTEMPTY: "name a new folder",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor to be written: its header, and how to get at its bytes."""

    name: str
    dtype: str
    """A key of `DTYPE_BITS`."""
    shape: tuple[int, ...]
    chunks: Callable[[], Iterable[Chunk]]
    """Its bytes in order, little-endian and row-major, in pieces of any length; called once, when its turn comes."""

    @property
    def n_elements(self) -> int:
        """Product of the shape; 1 for a 0-d tensor."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Bytes that dtype and shape ask for."""
        return stored_bytes(self.dtype, self.n_elements)


def write_safetensors(path: Path, entries: Sequence[Entry], metadata: Mapping[str, str] = _NO_METADATA) -> None:
    """Write the tensors in the order given: the whole file, or nothing.

    It is written beside the target and renamed once the disk has it all. On any error, and
    on Ctrl-C, nothing new is left and what stood there is untouched. Readers that map files
    like each tensor aligned: give those of the widest elements first.

    Raises:
        CheckpointError: the format cannot hold an entry or the metadata, a name comes
            twice, chunks have not the number of bytes that dtype and shape ask for, or the
            place cannot be written. What chunks raise themselves passes through.
    """
    chunks = file_chunks(str(path), entries, metadata)
    with as_checkpoint_errors(path):
        require_room(place_of(path), sum(entry.n_bytes for entry in entries))
        replace_file(path, chunks)


def file_chunks(
    subject: str, entries: Sequence[Entry], metadata: Mapping[str, str] = _NO_METADATA
) -> Iterator[bytes | bytearray | memoryview]:
    """The content of the file, of which errors name the `subject`; the header is made and checked at once.

    Raises:
        CheckpointError: as by `write_safetensors`; what concerns the bytes comes as they are made.
    """
    header = _header(subject, entries, metadata)
    return _content(subject, header, entries)


@contextlib.contextmanager
def as_checkpoint_errors(target: Path) -> Iterator[None]:
    """Turns what the operating system says in the block into one line on the target.

    Raises:
        CheckpointError: the block raised an `OSError`.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "")
        raise CheckpointError(str(target), f"cannot be written: {cause(error)}", remedy) from error


def _header(subject: str, entries: Sequence[Entry], metadata: Mapping[str, str]) -> bytes:
    """The length of the JSON, and the JSON, filled up with spaces."""
    _refuse_repetition(subject, entries)
    for entry in entries:
        _refuse_unstorable(subject, entry)
    described = {METADATA_KEY: dict(metadata)} if metadata else {}
    text = _encoded(subject, {**described, **_placed(entries)})
    text += b" " * (-len(text) % ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        problem = f"its header would take {len(text):,} bytes, {MAX_HEADER_BYTES:,} are allowed"
        raise CheckpointError(subject, problem, "write fewer tensors to a file")
    return _LENGTH.pack(len(text)) + text


def _refuse_repetition(subject: str, entries: Iterable[Entry]) -> None:
    seen = {METADATA_KEY}
    for entry in entries:
        if entry.name == METADATA_KEY:
            raise CheckpointError(subject, f"no tensor of a safetensors file can be called {METADATA_KEY}", "rename it")
        if entry.name in seen:
            raise CheckpointError(subject, f"the tensor {printable(entry.name)} was to be written twice")
        seen.add(entry.name)


def _refuse_unstorable(subject: str, entry: Entry) -> None:
    problem = _why_unstorable(entry)
    if problem:
        raise CheckpointError(subject, f"tensor {printable(entry.name)} {problem}", "convert it, or leave it out")


def _why_unstorable(entry: Entry) -> str:
    if entry.dtype not in CODES:
        return f"is {printable(entry.dtype)}, which safetensors cannot hold"
    if any(length < 0 for length in entry.shape):
        return f"has the negative length {min(entry.shape)} in its shape"
    if _overflows(entry):
        return "has a shape that overflows 64 bits"
    if entry.n_elements * DTYPE_BITS[entry.dtype] % 8:
        return f"has {entry.n_elements:,} elements of {entry.dtype}, which do not fill whole bytes"
    return ""


def _overflows(entry: Entry) -> bool:
    """Whether a partial product of the shape, or the size in bits, does: the reference asks for both."""
    sizes: list[int] = [*accumulate(entry.shape, mul), entry.n_elements * DTYPE_BITS[entry.dtype]]
    return max(sizes) > _MAX_UINT64


def _placed(entries: Iterable[Entry]) -> dict[str, object]:
    described: dict[str, object] = {}
    begin = 0
    for entry in entries:
        end = begin + entry.n_bytes
        described[entry.name] = {"dtype": CODES[entry.dtype], "shape": entry.shape, "data_offsets": [begin, end]}
        begin = end
    return described


def _encoded(subject: str, header: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        problem = f"a name or the metadata holds half a surrogate pair, {printable(error.object[error.start])}"
        raise CheckpointError(subject, f"{problem}, which is no character", "rename it") from error


def _content(subject: str, header: bytes, entries: Iterable[Entry]) -> Iterator[bytes | bytearray | memoryview]:
    yield header
    for entry in entries:
        yield from _data(subject, entry)


def _data(subject: str, entry: Entry) -> Iterator[memoryview]:
    """The bytes of one tensor, as many as its header promises."""
    n_bytes = 0
    for chunk in _made(subject, entry):
        view = memoryview(chunk if isinstance(chunk, bytes | bytearray | memoryview) else chunk.data)
        n_bytes += view.nbytes
        if n_bytes > entry.n_bytes:
            break
        yield view
    if n_bytes != entry.n_bytes:
        count = f"{n_bytes:,} bytes" + (" or more" if n_bytes > entry.n_bytes else "")
        problem = f"tensor {printable(entry.name)} came as {count}, its dtype and shape ask for {entry.n_bytes:,}"
        raise CheckpointError(subject, problem)


def _made(subject: str, entry: Entry) -> Iterator[Chunk]:
    """The chunks; a failure to make them is not taken for one to write them."""
    try:
        yield from entry.chunks()
    except OSError as error:
        problem = f"tensor {printable(entry.name)} cannot be made ({cause(error)})"
        raise CheckpointError(subject, problem) from error
