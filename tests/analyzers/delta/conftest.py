"""What the `delta` analyzer says of a tensor and its base."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from numpy.typing import NDArray

from analyzers import delta
from analyzers.delta.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Scalar
from tests.analyzers.memory import in_memory

Array = NDArray[Any]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`delta`."""
    return delta.analyzer


@pytest.fixture(scope="session")
def between(analyzer: Analyzer) -> Callable[..., Result]:
    """A tensor, its base, and options by name, to the result."""

    def compare(tensor: Array, base: Array, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        return analyzer.analyze(in_memory(tensor, against=base), Options(**options))

    return compare


@pytest.fixture(scope="session")
def figures(between: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """A tensor, its base, and options by name, to measurements by key."""

    def compare(tensor: Array, base: Array, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return between(tensor, base, **options).values

    return compare
