"""Options of the `bits` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """How much is listed."""

    top: int = option(10, "List so many of the most frequent bit patterns.", minimum=0, maximum=1000)
    nearest: int = option(
        5,
        "List so many elements nearest to overflow, and to underflow; 0 spares looking for them.",
        minimum=0,
        maximum=1000,
    )
