"""What the dear analyzers are going to take, in one line."""

import pytest

from precisionlab.analysis.costs import Cost
from precisionlab.cli.cost_text import cost_note
from precisionlab.reports.quantities import duration


def speed() -> float:
    """A machine of 10^9 operations a second."""
    return 1e9


def unasked() -> float:
    """A machine that need not be measured."""
    raise AssertionError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under a second"),
        (0.99, "under a second"),
        (1, "1 s"),
        (99.4, "99 s"),
        (150, "2 min"),
        (5940, "99 min"),
        (9000, "2.5 h"),
        (3.6e7, "10,000.0 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """In the unit that one would say."""
    assert duration(seconds) == text


def test_nothing_dear_is_nothing_to_tell() -> None:
    """And the machine's speed is not asked for."""
    assert cost_note({}, 3, unasked) is None
    assert cost_note({"delta": Cost(9e8, 1e6)}, 3, speed) is None
    assert cost_note({"delta": Cost(9e8, 1e6, 5.0)}, 3, speed) is not None


def test_one_analyzer() -> None:
    """Its time at the machine's speed."""
    assert cost_note({"spectrum": Cost(12e9)}, 1, speed) == "1 tensor will take about: spectrum 12 s"


def test_several() -> None:
    """Each, all together, what a deadline may add, and the most memory at a time; hostile names are escaped."""
    costs = {"spectrum": Cost(12e9, 2e9), "to\npology": Cost(600e9, 5e8, 120.0)}
    assert cost_note(costs, 2, speed) == (
        r"2 tensors will take about: spectrum 12 s, to\npology 10 min; together 10 min, "
        "and up to 2 min more where a deadline ends it; up to 2 GB beside the weights"
    )
