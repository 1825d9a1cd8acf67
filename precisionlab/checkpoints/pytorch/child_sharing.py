"""Which tensors are views of the same bytes, and which of them owns those. Imports torch."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from precisionlab.checkpoints.pytorch.child_pieces import Piece

MAX_COMPARISONS = 200_000
"""Pairs of interleaved views that are compared byte for byte: about a second's worth."""

MAX_WORK = 10_000
"""Steps after which such a pair counts as sharing (numpy.shares_memory)."""


def find_owners(pieces: Sequence[Piece]) -> dict[int, int]:
    """The index of the owner, by the index of each piece that has bytes in common with one.

    Among pieces that share bytes the largest is the owner; of equal ones the earliest.
    Two views that interleave without a common byte (halves of the columns of one matrix)
    own their bytes both. Beyond `MAX_COMPARISONS`, interleaved views count as such.
    """
    owners: dict[int, int] = {}
    comparisons = _Comparisons(pieces)
    for cluster in _clusters(pieces):
        owning: list[int] = []
        for index in sorted(cluster, key=lambda index: (-pieces[index].n_bytes, index)):
            owner = next((other for other in owning if comparisons.share(index, other)), None)
            if owner is None:
                owning.append(index)
            else:
                owners[index] = owner
    return owners


def _clusters(pieces: Sequence[Piece]) -> Iterator[list[int]]:
    """Groups of indices of pieces whose ranges of memory overlap, one after the other."""
    cluster: list[int] = []
    end = 0
    filled = (index for index, piece in enumerate(pieces) if piece.n_bytes)
    for index in sorted(filled, key=lambda index: pieces[index].address):
        if pieces[index].address >= end:
            yield cluster
            cluster = []
        cluster.append(index)
        end = max(end, pieces[index].end)
    yield cluster


class _Comparisons:
    """Answers whether two pieces have a byte in common, within a bounded number of steps."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._arrays: dict[int, npt.NDArray[np.void]] = {}
        self._left = MAX_COMPARISONS

    def share(self, one: int, other: int) -> bool:
        """Whether the pieces of these indices do."""
        first, second = self._pieces[one], self._pieces[other]
        if first.address >= second.end or second.address >= first.end:
            return False
        if _is_gapless(first) and _is_gapless(second):
            return True
        self._left -= 1
        return self._left >= 0 and _have_common_byte(self._array(one), self._array(other))

    def _array(self, index: int) -> npt.NDArray[np.void]:
        if index not in self._arrays:
            self._arrays[index] = _elements(self._pieces[index].tensor)
        return self._arrays[index]


def _is_gapless(piece: Piece) -> bool:
    """Whether no byte between the first and the last is another's: transposed views too are gapless."""
    return piece.end - piece.address == piece.n_bytes


def _have_common_byte(one: npt.NDArray[np.void], other: npt.NDArray[np.void]) -> bool:
    try:
        return np.shares_memory(one, other, MAX_WORK)  # type: ignore[arg-type]  # the stubs lack any other limit
    except np.exceptions.TooHardError:
        return True


def _elements(tensor: torch.Tensor) -> npt.NDArray[np.void]:
    """The same elements to NumPy, which need not know their dtype."""
    storage = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
    n_bytes = tensor.element_size()
    strides = [stride * n_bytes for stride in tensor.stride()]
    return np.ndarray(
        tuple(tensor.shape),
        np.dtype((np.void, n_bytes)),
        storage.numpy().data,
        tensor.storage_offset() * n_bytes,
        strides,
    )
