"""How long ago something was."""

from datetime import datetime

import pytest

from precisionlab.tui.ages import age

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (9.9, "just now"),
        (10, "10 seconds ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86400 * 2, "2 days ago"),
    ],
)
def test_recent_times_are_counted(seconds: float, text: str) -> None:
    """In the largest unit that gives at least one, rounded down."""
    assert age(NOW - seconds, NOW) == text


@pytest.mark.parametrize("seconds", [86400 * 7, -1])
def test_others_have_a_date(seconds: float) -> None:
    """What is long ago, and what a wrong clock puts into the future."""
    assert age(NOW - seconds, NOW) == datetime.fromtimestamp(NOW - seconds).strftime("%Y-%m-%d")  # noqa: DTZ006
