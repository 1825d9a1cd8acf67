"""How long ago something was, as one says it."""

import time
from datetime import datetime

STEPS = ((60, 1, "second"), (3600, 60, "minute"), (86400, 3600, "hour"), (7 * 86400, 86400, "day"))
"""Up to so many seconds, one counts in units of so many."""


def age(when: float, now: float | None = None) -> str:
    """`just now`, `5 minutes ago`, `3 days ago`, and the date of what is older than a week or to come."""
    seconds = (time.time() if now is None else now) - when
    if 0 <= seconds < 10:
        return "just now"
    for most, unit, name in STEPS:
        if 0 <= seconds < most:
            number = int(seconds // unit)
            return f"{number} {name}{'s' * (number != 1)} ago"
    return datetime.fromtimestamp(when).astimezone().date().isoformat()
