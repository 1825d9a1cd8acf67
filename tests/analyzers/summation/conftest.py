"""What the `summation` analyzer says of arrays."""

import pytest

from analyzers import summation
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`summation`."""
    return summation.analyzer
