"""What the `rounding` analyzer says of arrays."""

import pytest

from analyzers import rounding
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`rounding`."""
    return rounding.analyzer
