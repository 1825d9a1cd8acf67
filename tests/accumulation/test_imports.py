"""The package's import budget, and its public names."""

import subprocess
import sys

import pytest

from precisionlab import accumulation

MULTIPLIED = "precisionlab.accumulation.matmul_by(numpy.ones((2, 2), 'f'), numpy.ones(2, 'f'), 'h100_fp8_promoted128')"


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("pass", {"numpy", "numba", "torch"}),
        ("precisionlab.accumulation.parse_accumulator('h100_fp8_promoted128')", {"numba", "torch"}),
        (f"import numpy; {MULTIPLIED}", {"torch"}),
    ],
)
def test_nothing_is_imported_before_its_time(statement: str, absent: set[str]) -> None:
    """Names need no compiled loops, and arrays of numpy no torch."""
    script = f"import sys, precisionlab.accumulation; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not set(done.stdout.split()) & absent


def test_public_names_are_all_there() -> None:
    """Each is found when first used, and nothing else is."""
    assert set(accumulation.__all__) <= set(dir(accumulation))
    assert all(getattr(accumulation, name) for name in accumulation.__all__)
    assert not hasattr(accumulation, "matmul_without")
