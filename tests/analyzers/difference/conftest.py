"""What the `difference` analyzer says of pairs of arrays."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from numpy.typing import NDArray

from analyzers import difference
from analyzers.difference.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Scalar
from tests.analyzers.memory import in_memory

Array = NDArray[Any]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`difference`."""
    return difference.analyzer


@pytest.fixture(scope="session")
def between(analyzer: Analyzer) -> Callable[..., Result]:
    """An array here and one there, and options by name, to the result."""

    def compare(here: Array, there: Array, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        return analyzer.analyze(in_memory(here, against=there), Options(**options))

    return compare


@pytest.fixture(scope="session")
def compared(between: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """An array here and one there, and options by name, to measurements by key."""

    def compare(here: Array, there: Array, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return between(here, there, **options).values

    return compare
