"""Tensors in memory, and what the `range` analyzer says of them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.range import analyze
from analyzers.range.options import Options
from precisionlab.analysis.results import Scalar
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from tests.memory_reader import MemoryReader

PACKED_BITS = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6}


def stored(array: NDArray[Any]) -> bytes:
    """The bytes as a checkpoint stores them: types under 8 bits are packed, low bits first."""
    bits = PACKED_BITS.get(array.dtype.name)
    if bits is None:
        return array.tobytes()
    by_bit = np.unpackbits(array.reshape(-1).view(np.uint8)[:, np.newaxis], axis=1, bitorder="little")
    return np.packbits(by_bit[:, :bits].reshape(-1), bitorder="little").tobytes()


@pytest.fixture(scope="session")
def tensor_of() -> Callable[..., Tensor]:
    """Array, and perhaps a name and the owner of its storage, to tensor."""

    def make(array: NDArray[Any], name: str = "weight", owner: str | None = None) -> Tensor:
        content = stored(np.ascontiguousarray(array))
        location = ByteRange("memory", 0, len(content))
        info = TensorInfo(name, array.dtype.name, array.shape, location, shares_storage_with=owner)
        return Tensor(info, MemoryReader(content))

    return make


@pytest.fixture(scope="session")
def measured(tensor_of: Callable[..., Tensor]) -> Callable[..., Mapping[str, Scalar]]:
    """Array, and perhaps options, to measurements by key."""

    def measure(array: NDArray[Any], options: Options | None = None) -> Mapping[str, Scalar]:
        result = analyze(tensor_of(array), options or Options())
        return {measurement.metric.key: measurement.value for measurement in result.measurements}

    return measure


@pytest.fixture(scope="session")
def findings_of(tensor_of: Callable[..., Tensor]) -> Callable[..., Mapping[str, str]]:
    """Array, and options by name, to the last message of each code."""

    def find(array: NDArray[Any], **options: Any) -> Mapping[str, str]:  # noqa: ANN401 - any option's value
        result = analyze(tensor_of(array), Options(**options))
        return {finding.code: finding.message for finding in result.findings}

    return find
