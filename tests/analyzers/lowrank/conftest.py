"""What the `lowrank` analyzer says of arrays."""

import pytest

from analyzers import lowrank
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`lowrank`."""
    return lowrank.analyzer
