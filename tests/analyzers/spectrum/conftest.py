"""What the `spectrum` analyzer says of arrays."""

import pytest

from analyzers import spectrum
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`spectrum`."""
    return spectrum.analyzer
