"""One streaming pass over a tensor: its census and the extremes of its channels."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.channels import ChannelExtremes, plan_channels
from precisionlab.analysis.census.counting import ChannelCounting, Counting, counting_of
from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.analysis.census.records import Census
from precisionlab.checkpoints.model import TensorInfo

BLOCK_BYTES: Final = 4 << 20
"""Bytes of one block; fixed, since float sums depend on where blocks end, and they must not on threads or memory."""
SEXTET_BLOCK_BYTES: Final = 3 << 20
"""The same for types of 6 bits, of which four share three bytes."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a tensor found."""

    census: Census
    channels: tuple[ChannelExtremes, ...]
    """Along the first and the second axis; empty for fewer than two axes, for integers, and beyond the limits."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a tensor's bytes."""

    index: int
    start: int
    """First byte, counted from the tensor's own."""
    length: int


def blocks_of(info: TensorInfo) -> tuple[Block, ...]:
    """The pieces in which a tensor is read and counted, in order; none for an empty one."""
    size = SEXTET_BLOCK_BYTES if LAYOUTS[info.dtype].format.bits == 6 else BLOCK_BYTES
    starts = range(0, info.n_bytes, size)
    return tuple(Block(i, start, min(size, info.n_bytes - start)) for i, start in enumerate(starts))


class Surveyor:
    """Counts the blocks of one tensor in any order, from any number of threads, and then tells the outcome."""

    def __init__(self, info: TensorInfo, backend: Backend) -> None:
        self._layout = LAYOUTS[info.dtype]
        self._n_codes = info.n_elements * self._layout.components
        self._backend = backend
        self._counting: Counting = counting_of(self._layout.format, self._n_codes, backend)
        plan = plan_channels(self._layout.format, info.shape, self._layout.components)
        self._channels = None if plan is None else ChannelCounting(plan, self._layout.code_type, backend)

    def add(self, block: Block, content: NDArray[np.uint8]) -> None:
        """Count one block, whose bytes may be overwritten afterwards."""
        first = block.start * 8 // self._layout.format.bits
        codes = codes_of(content, self._layout)[: self._n_codes - first]
        placed = self._backend.place(codes)
        self._counting.add(block.index, placed)
        if self._channels is not None:
            self._channels.add(first, placed)

    def finish(self) -> Survey:
        """The survey, once every block was added."""
        channels = () if self._channels is None else self._channels.channels()
        return Survey(self._counting.census(), channels)
