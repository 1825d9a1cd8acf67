"""One tensor as analyzers see it: its header, its values, its census; nothing is read before it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.beside import Role
from precisionlab.analysis.census.channels import ChannelExtremes
from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey, Surveyor, blocks_of
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.errors import PrecisionlabError
from precisionlab.formats.patterns import decode

if TYPE_CHECKING:
    import torch


class TensorTooLargeError(PrecisionlabError):
    """A tensor whose values were asked for at once, and that exceeds the memory allowed for it."""


class Reader(Protocol):
    """Reads ranges of files."""

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes of the range from its `start`-th on."""


@dataclass(frozen=True, slots=True)
class MadeAhead:
    """What a scan knows of a tensor already when it hands it to the analyzers."""

    survey: Survey
    content: NDArray[np.uint8] | None
    """All its stored bytes, where an analyzer asks for values and they fit into memory."""


class Tensor:
    """One named array of a checkpoint. Used by one thread at a time, but for `part`."""

    def __init__(  # noqa: PLR0913 - one keyword for each of the means that a scan gives
        self,
        info: TensorInfo,
        reader: Reader,
        *,
        device: str = "cpu",
        memory_bytes: int = 1 << 30,
        threads: int = 1,
        made_ahead: MadeAhead | None = None,
        beside: "Beside | None" = None,
        others: "Sequence[Tensor]" = (),
        as_numbers: "tuple[Tensor, Tensor] | None" = None,
    ) -> None:
        self.info = info
        self.device = device
        self.memory_bytes = memory_bytes
        self.threads = threads
        """How many an analyzer may use at a time."""
        self.beside: Beside = beside or MappingProxyType({})
        """What other files say of the tensor, by what they are."""
        self.others = tuple(others)
        """What further checkpoints have under its name, in their order; nothing of those that have none."""
        self.as_numbers = as_numbers
        """Where it, or its counterpart in another checkpoint, holds codes: both with scales applied. It has no reference then."""
        self._reader = reader
        self._survey = made_ahead.survey if made_ahead else None
        self._content = made_ahead.content if made_ahead else None

    def census(self) -> Census:
        """The count of every number, made once.

        Raises:
            CheckpointError: the bytes cannot be read.
        """
        return self.survey().census

    def channels(self) -> tuple[ChannelExtremes, ...]:
        """Extremes along the first and second axis, from the same pass; empty where channels mean nothing."""
        return self.survey().channels

    def survey(self) -> Survey:
        """Census and channels together."""
        if self._survey is None:
            self._survey = self._survey_here()
        return self._survey

    def values(self) -> "torch.Tensor":
        """All values on the device, in the stored dtype and shape; packed 4-bit and 6-bit floats as float32.

        Raises:
            CheckpointError: the bytes cannot be read.
            TensorTooLargeError: it exceeds `memory_bytes`; go through `blocks()`.
        """
        return self._torch(self.content(), self.info.n_elements).reshape(self.info.shape)

    def blocks(self) -> "Iterator[torch.Tensor]":
        """The values in order, in flat pieces of at most 4 MiB stored bytes, converted as by `values`."""
        bits = DTYPE_BITS[self.info.dtype]
        for block, content in zip(blocks_of(self.info), self.byte_blocks(), strict=True):
            n_elements = min(content.size * 8 // bits, self.info.n_elements - block.start * 8 // bits)
            yield self._torch(content.copy(), n_elements)

    def part(self, start: int, stop: int) -> "torch.Tensor":
        """The elements from `start` up to `stop` in row-major order, flat, converted as by `values`.

        They are read from the file, unless all are held. Of packed types a part begins between two bytes.
        """
        bits = DTYPE_BITS[self.info.dtype]
        first, last = start * bits // 8, -(-stop * bits // 8)
        if self._content is not None:
            return self._torch(self._content[first:last], stop - start)
        content = np.empty(last - first, np.uint8)
        self._reader.read_into(self.info.location, first, content.data)
        return self._torch(content, stop - start)

    def hold(self) -> bool:
        """Read all bytes now, if they fit into `memory_bytes`: parts are then taken from them. Whether they did."""
        if self._content is None and self.info.n_bytes <= self.memory_bytes:
            self.content()
        return self._content is not None

    def byte_blocks(self) -> Iterator[NDArray[np.uint8]]:
        """The stored bytes in order, in pieces that are overwritten by the next."""
        blocks = blocks_of(self.info)
        if self._content is not None:
            yield from (self._content[block.start : block.start + block.length] for block in blocks)
            return
        buffer = np.empty(max((block.length for block in blocks), default=0), np.uint8)
        for block in blocks:
            part = buffer[: block.length]
            self._reader.read_into(self.info.location, block.start, part.data)
            yield part

    def content(self) -> NDArray[np.uint8]:
        """All stored bytes at once, read at most once.

        Raises:
            TensorTooLargeError: they exceed `memory_bytes`.
        """
        if self._content is None:
            if self.info.n_bytes > self.memory_bytes:
                raise TensorTooLargeError(
                    self.info.name,
                    f"its {self.info.n_bytes:,} bytes exceed the {self.memory_bytes:,} allowed at once",
                    "raise --memory",
                )
            content = np.empty(self.info.n_bytes, np.uint8)
            self._reader.read_into(self.info.location, 0, content.data)
            self._content = content
        return self._content

    def forget(self) -> None:
        """Drop census and values, its own and those of what lies beside it; all can be had again."""
        self._survey, self._content = None, None
        for tensor in self.as_numbers or ():
            tensor.forget()
        for other in (*self.beside.values(), *self.others):
            other.forget()

    def _survey_here(self) -> Survey:
        surveyor = Surveyor(self.info, backend_of(self.device))
        for block, content in zip(blocks_of(self.info), self.byte_blocks(), strict=True):
            surveyor.add(block, content)
        return surveyor.finish()

    def _torch(self, content: NDArray[np.uint8], n_elements: int) -> "torch.Tensor":
        import torch  # noqa: PLC0415 - takes a second; a scan that needs the census alone never pays it

        layout = LAYOUTS[self.info.dtype]
        if layout.is_packed:
            values = decode(codes_of(content, layout)[:n_elements], layout.format)
            return torch.from_numpy(values.astype(np.float32)).to(self.device)
        # Torch does not view empty bytes as a wider type: view one element and take none of it.
        stored = content if content.size else np.zeros(16, np.uint8)
        return torch.from_numpy(stored).view(getattr(torch, self.info.dtype))[:n_elements].to(self.device)


Beside = Mapping[Role, Tensor]


def same_bytes(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of equal dtype and shape hold the same bytes; stops at the first difference."""
    pairs = zip(one.byte_blocks(), other.byte_blocks(), strict=True)
    return all(np.array_equal(left, right) for left, right in pairs)
