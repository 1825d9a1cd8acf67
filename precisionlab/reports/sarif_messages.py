"""Texts of a SARIF log: what its readers would take for a link or a placeholder stays what it is."""

import re
from datetime import UTC, datetime

from precisionlab.escaping import printable
from precisionlab.reports.json_encoding import Json

LIMIT = 1000
"""Characters of a message: code scanning shows no more."""
PLACEHOLDER = re.compile(r"\{(\d+)\}")


def message(text: str, limit: int = LIMIT) -> Json:
    """A message in plain text, on one line.

    A link (SARIF 2.1.0, section 3.11.6) is broken by a space, a placeholder (3.11.5) has its braces doubled.
    """
    return {"text": PLACEHOLDER.sub(r"{{\1}}", printable(text, limit).replace("](", "] ("))}


def utc(time: str) -> str | None:
    """A time of a report as SARIF has them, to the second with a `Z`; None where it is none."""
    try:
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is None:
            return None
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else None
    except (ValueError, OverflowError):
        return None
