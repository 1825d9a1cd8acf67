"""What the `rounding` analyzer says of arrays."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from numpy.typing import NDArray

from analyzers.rounding import analyze
from analyzers.rounding.options import Options
from precisionlab.analysis.results import Result, Scalar
from precisionlab.analysis.tensors import Tensor
from tests.analyzers.memory import in_memory

Array = NDArray[Any]


@pytest.fixture(scope="session")
def answered() -> Callable[..., Result]:
    """Array or tensor, and options by name, to the analyzer's result."""

    def answer(of: Array | Tensor, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        return analyze(of if isinstance(of, Tensor) else in_memory(of), Options(**options))

    return answer


@pytest.fixture(scope="session")
def measured(answered: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """Array or tensor, and options by name, to measurements by key."""

    def measure(of: Array | Tensor, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return {one.metric.key: one.value for one in answered(of, **options).measurements}

    return measure


@pytest.fixture(scope="session")
def messages(answered: Callable[..., Result]) -> Callable[..., Mapping[str, str]]:
    """Array or tensor, and options by name, to the message of each code."""

    def find(of: Array | Tensor, **options: Any) -> Mapping[str, str]:  # noqa: ANN401 - any option's value
        return {finding.code: finding.message for finding in answered(of, **options).findings}

    return find
