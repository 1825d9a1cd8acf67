"""What is computed in a merge, and in which ways."""

from dataclasses import dataclass
from enum import Enum


class Merge(Enum):
    """What is computed."""

    AVERAGE = "average"
    """The mean of all checkpoints."""
    TASK = "task"
    """The base A, and the scaled task vectors X - A of all others."""


class Way(Enum):
    """How it is computed."""

    RUNNING = "running"
    """One after the other, in the format."""
    WEIGHTED = "weighted"
    """Of an average: each times its weight, which is a number of the format, then added; in the format."""
    WIDE = "wide"
    """One after the other in a wider type, rounded to the format once."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A merge and a way to it."""

    merge: Merge
    way: Way

    @property
    def labels(self) -> dict[str, str]:
        """Of its measurements."""
        return {"merge": self.merge.value, "way": self.way.value}


AVERAGED, WEIGHTED, AVERAGED_WIDE, ADDED, ADDED_WIDE = RECIPES = (
    Recipe(Merge.AVERAGE, Way.RUNNING),
    Recipe(Merge.AVERAGE, Way.WEIGHTED),
    Recipe(Merge.AVERAGE, Way.WIDE),
    Recipe(Merge.TASK, Way.RUNNING),
    Recipe(Merge.TASK, Way.WIDE),
)
WORDS = {
    AVERAGED: "average, running sum",
    WEIGHTED: "average, weighted sum",
    AVERAGED_WIDE: "average, rounded once",
    ADDED: "task vectors, one by one",
    ADDED_WIDE: "task vectors, rounded once",
}
"""What figures call them."""
