"""What the `symmetry` analyzer says of arrays."""

import pytest

from analyzers import symmetry
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`symmetry`."""
    return symmetry.analyzer
