"""Numbers in sentences: one or many, and shares that never round to nothing or to all."""

from collections.abc import Sequence


def part_of(count: int, total: int, noun: str) -> str:
    """`3 of 1,536 elements`."""
    return f"{count:,} of {total:,} {noun if total == 1 else noun + 's'}"


def agreeing(count: int, one: str, many: str) -> str:
    """The word that goes with the count."""
    return one if count == 1 else many


def percentage(share: float) -> str:
    """`6.25%`; what is neither 0 nor 1 is not shown as if it were."""
    if 0 < share < 0.0001:
        return "under 0.01%"
    if 0.9999 < share < 1:
        return "over 99.99%"
    return f"{share:.2%}"


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = items
    return f"{', '.join(others)} and {last}" if others else last
