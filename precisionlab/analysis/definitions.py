"""What an analyzer's numbers mean, where they come from, and which way is better: its own metadata, told in reports."""

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Which way a number gets better, where one does."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = ""
    """It describes, and judges nothing."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What the measurements of one name mean, whatever their labels."""

    name: str
    """As in `Metric.name`."""
    meaning: str
    """One clause without a full stop, in Markdown of code spans alone."""
    better: Better = Better.NEITHER
    source: str = ""
    """Literature or standard that the figure is from: author, year, title, place; empty for plain counts."""
