"""Which tensors are views of the same bytes, and which of them owns those. Imports torch."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from precisionlab.checkpoints.pytorch_child_pieces import Piece

MAX_WORK = 10_000
"""Steps after which two interleaved views count as sharing (numpy.shares_memory)."""


def find_owners(pieces: Sequence[Piece]) -> dict[int, int]:
    """The index of the owner, by the index of each piece that has bytes in common with one.

    Among pieces that share bytes the largest is the owner; of equal ones the earliest.
    Two views that interleave without a common byte (halves of the columns of one matrix)
    own their bytes both.
    """
    owners: dict[int, int] = {}
    for cluster in _clusters(pieces):
        owning: list[int] = []
        for index in sorted(cluster, key=lambda index: (-pieces[index].n_bytes, index)):
            owner = next((other for other in owning if _share(pieces[index], pieces[other])), None)
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


def _share(one: Piece, other: Piece) -> bool:
    if one.address >= other.end or other.address >= one.end:
        return False
    if one.tensor.is_contiguous() and other.tensor.is_contiguous():
        return True
    try:
        return np.shares_memory(_elements(one.tensor), _elements(other.tensor), MAX_WORK)  # type: ignore[arg-type]
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
