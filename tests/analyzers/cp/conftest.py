"""What the `cp` analyzer says of arrays."""

import pytest

from analyzers import cp
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`cp`."""
    return cp.analyzer
