"""Load a PyTorch file without reading the tensors, and know which of its bytes each stands for. Imports torch.

Every load is `torch.load(weights_only=True)`. Loading under `FakeTensorMode` would give
file offsets too, but computes them from the order in which `torch.save` writes (wrong, or an
assertion, where another program wrote the archive), loses which tensors share storage,
and holds no data for the tensors that have to be laid out anew; a mapping has none of this.
"""

import bisect
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import torch

from precisionlab.checkpoints.pytorch.exchange import Access

READ_AT_ONCE = 4096
"""Bytes up to which a legacy file's storages, and what precedes each, are read while loading."""


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes of this process that stand for bytes of the file."""

    address: int
    length: int
    offset: int
    """Where they begin in the file."""

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + self.length

    def is_continued_by(self, other: "Region") -> bool:
        """Whether the other one begins where this one ends, in memory and in the file."""
        return (other.address, other.offset) == (self.end, self.offset + self.length)


@dataclass(frozen=True, slots=True)
class Source:
    """Where tensors in memory lie in the file, and their bytes when they are wanted."""

    regions: tuple[Region, ...] = ()
    """In the order of their addresses."""
    stream: "SkippingReader | None" = None
    """Reads what the load skipped; none where the regions are mapped."""
    fetched: set[tuple[int, int]] = field(default_factory=set)

    def offset_of(self, address: int, length: int) -> int | None:
        """Where in the file the bytes lie; none where they lie in memory only."""
        index = bisect.bisect_right(self.regions, address, key=lambda region: region.address) - 1
        if index < 0 or address + length > self.regions[index].end:
            return None
        return self.regions[index].offset + address - self.regions[index].address

    def fetch(self, tensor: torch.Tensor) -> None:
        """Make the bytes of the tensor's storage be there, if the load skipped them.

        Raises:
            EOFError: the file shrank meanwhile.
        """
        storage = tensor.untyped_storage()
        place = (storage.data_ptr(), storage.nbytes())
        offset = self.offset_of(*place)
        if self.stream is None or offset is None or place in self.fetched:
            return
        self.stream.read_at(offset, _bytes_of(storage).numpy().data)
        self.fetched.add(place)


@contextmanager
def load(path: str, access: Access) -> Iterator[tuple[object, Source]]:
    """What `torch.save` was given, and its source; tensors are read from only inside the block.

    Raises:
        pickle.UnpicklingError: the file needs more than tensors and plain containers.
        Exception: the file is damaged; torch raises nearly anything then.
    """
    if access == "stream":
        with SkippingReader(io.FileIO(path)) as reader:
            loaded = torch.load(reader, map_location="cpu", weights_only=True, mmap=False)
            yield loaded, Source(reader.regions(), reader)
    elif access == "mapped":
        yield _load_mapped(path)
    else:
        yield torch.load(path, map_location="cpu", weights_only=True, mmap=False), Source()


class SkippingReader(io.BufferedReader):
    """A file that `torch.load` takes for a stream, and that skips the storages that it asks for.

    torch reads a legacy file's storages by `readinto` straight into the memory of each:
    this notes the address, and moves on. Without a descriptor to read from, torch also
    leaves its loader for the old tar format alone.
    """

    def __init__(self, raw: io.FileIO) -> None:
        super().__init__(raw)
        self._regions: dict[int, Region] = {}
        self._n_bytes = self.seek(0, io.SEEK_END)
        self.seek(0)

    def fileno(self) -> int:
        """Refuse the descriptor."""
        raise io.UnsupportedOperation("fileno")

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Note what the buffer stands for; fill it only where it is small."""
        length, offset = min(len(buffer), self._n_bytes - self.tell()), self.tell()
        if length <= 0:
            return 0
        address = torch.frombuffer(buffer, dtype=torch.uint8).data_ptr()
        self._regions[address] = Region(address, length, offset)
        if length <= READ_AT_ONCE:
            return super().readinto(buffer)
        self.seek(offset + length)
        return length

    def regions(self) -> tuple[Region, ...]:
        """The regions by address, those joined that torch read in pieces (of 1 GiB)."""
        joined: list[Region] = []
        for region in sorted(self._regions.values(), key=lambda region: region.address):
            if joined and joined[-1].is_continued_by(region):
                first = joined.pop()
                joined.append(Region(first.address, first.length + region.length, first.offset))
            else:
                joined.append(region)
        return tuple(joined)

    def read_at(self, offset: int, buffer: memoryview) -> None:
        """Fill the buffer from `offset` on.

        Raises:
            EOFError: the file ends before.
        """
        self.seek(offset)
        if super().readinto(buffer) != len(buffer):
            raise EOFError


def _bytes_of(storage: torch.UntypedStorage) -> torch.Tensor:
    return torch.empty(0, dtype=torch.uint8).set_(storage)


def _load_mapped(path: str) -> tuple[object, Source]:
    """Load an archive, noting the one mapping of the file that torch cuts all storages from."""
    mappings: list[torch.UntypedStorage] = []
    map_file = torch.UntypedStorage.from_file

    def map_and_note(filename: str, shared: bool = False, nbytes: int = 0) -> torch.UntypedStorage:
        mappings.append(cast(torch.UntypedStorage, map_file(filename, shared, nbytes)))
        return mappings[-1]

    torch.UntypedStorage.from_file = map_and_note  # type: ignore[method-assign]
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    finally:
        torch.UntypedStorage.from_file = map_file  # type: ignore[method-assign]
    return loaded, Source(tuple(Region(mapping.data_ptr(), mapping.nbytes(), 0) for mapping in mappings))
