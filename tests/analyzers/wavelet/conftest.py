"""What the `wavelet` analyzer says of arrays."""

import pytest

from analyzers import wavelet
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`wavelet`."""
    return wavelet.analyzer
