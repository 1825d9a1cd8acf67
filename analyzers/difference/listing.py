"""Many names of tensors in few words: what differs by the numbers in it alone is told once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from precisionlab.analysis.name_parts import pattern_of
from precisionlab.escaping import printable

MOST_NAMED: Final = 3
"""Patterns that a sentence names."""


def patterns_of(names: Iterable[str]) -> Sequence[tuple[str, int]]:
    """Patterns of names, printable, and how many names each stands for, in their order; of one name the name itself."""
    listed = tuple(names)
    times = Counter(map(pattern_of, listed))
    shown = {pattern_of(name): name for name in reversed(listed)}
    return [(printable(pattern if times[pattern] > 1 else shown[pattern]), times[pattern]) for pattern in times]


def in_words(names: Iterable[str]) -> str:
    """`embed.weight, layers.*.norm.weight (24) and 5 more`."""
    found = patterns_of(names)
    named = [f"{pattern} ({times:,})" if times > 1 else pattern for pattern, times in found[:MOST_NAMED]]
    rest = sum(times for _, times in found[MOST_NAMED:])
    return f"{', '.join(named)} and {rest:,} more" if rest else ", ".join(named)
