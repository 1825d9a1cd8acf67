"""What an analyzer says of arrays; which one, the fixture `analyzer` of a folder tells."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from numpy.typing import NDArray

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Finding, Result, Scalar
from precisionlab.analysis.tensors import Tensor
from tests.analyzers.memory import in_memory

Array = NDArray[Any]


@pytest.fixture(scope="module")
def answered(analyzer: Analyzer) -> Callable[..., Result]:
    """Array or tensor, and options by name, to the analyzer's result."""

    def answer(of: Array | Tensor, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        return analyzer.analyze(of if isinstance(of, Tensor) else in_memory(of), analyzer.options(**options))

    return answer


@pytest.fixture(scope="module")
def measured(answered: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """Array or tensor, and options by name, to measurements by key."""

    def measure(of: Array | Tensor, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return answered(of, **options).values

    return measure


@pytest.fixture(scope="module")
def found(answered: Callable[..., Result]) -> Callable[..., Mapping[str, Finding]]:
    """Array or tensor, and options by name, to the finding of each code."""

    def find(of: Array | Tensor, **options: Any) -> Mapping[str, Finding]:  # noqa: ANN401 - any option's value
        return {finding.code: finding for finding in answered(of, **options).findings}

    return find


@pytest.fixture(scope="module")
def messages(found: Callable[..., Mapping[str, Finding]]) -> Callable[..., Mapping[str, str]]:
    """Array or tensor, and options by name, to the message of each code."""

    def find(of: Array | Tensor, **options: Any) -> Mapping[str, str]:  # noqa: ANN401 - any option's value
        return {code: finding.message for code, finding in found(of, **options).items()}

    return find
