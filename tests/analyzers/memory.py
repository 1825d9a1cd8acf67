"""Tensors in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.beside import Role
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from tests.memory_reader import MemoryReader

Array = NDArray[Any]


def in_memory(array: Array, name: str = "weight", owner: str | None = None, **beside: Array) -> Tensor:
    """A tensor, and what files beside its checkpoint hold of it, by the name of their role."""
    content = np.ascontiguousarray(array).tobytes()
    location = ByteRange("memory", 0, len(content))
    info = TensorInfo(name, array.dtype.name, array.shape, location, shares_storage_with=owner)
    known = {Role(role): in_memory(what, name) for role, what in beside.items()}
    return Tensor(info, MemoryReader(content), beside=known)
