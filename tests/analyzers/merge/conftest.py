"""What the `merge` analyzer says of checkpoints' tensors."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from numpy.typing import NDArray

from analyzers import merge
from analyzers.merge.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Scalar
from precisionlab.analysis.tensors import Tensor
from tests.analyzers.memory import in_memory
from tests.memory_reader import MemoryReader

Array = NDArray[Any]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`merge`."""
    return merge.analyzer


@pytest.fixture(scope="session")
def merged(analyzer: Analyzer) -> Callable[..., Result]:
    """The base, a tensor, those of further checkpoints, and options by name, to the result."""

    def of(base: Array, array: Array, *others: Array, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        alone = in_memory(array)
        beside, further = {Role.REFERENCE: in_memory(base)}, [in_memory(one) for one in others]
        reader = MemoryReader(array.tobytes())
        return analyzer.analyze(Tensor(alone.info, reader, beside=beside, others=further), Options(**options))

    return of


@pytest.fixture(scope="session")
def figures(merged: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """The base, a tensor, those of further checkpoints, and options by name, to measurements by key."""

    def of(*arrays: Array, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return merged(*arrays, **options).values

    return of
