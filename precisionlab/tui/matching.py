"""Names that match what somebody types: its letters in order, nearest together first."""

from collections.abc import Iterable, Sequence


def score(wanted: str, name: str) -> int | None:
    """How far apart the letters of `wanted` stand in `name`, in order; None where they do not; capitals count for nothing.

    A name that holds the text as it is comes before all others.
    """
    lowered, target = name.lower(), wanted.lower()
    at = lowered.find(target)
    if at >= 0:
        return at
    position, first = -1, -1
    for letter in target:
        position = lowered.find(letter, position + 1)
        if position < 0:
            return None
        first = position if first < 0 else first
    return len(name) + position - first


def best(wanted: str, names: Iterable[tuple[int, str]], most: int) -> Sequence[int]:
    """The numbers of the best matches, at most `most`, the best first; spaces separate texts that all must match."""
    texts = wanted.split()
    rated = []
    for number, name in names:
        scores = [score(text, name) for text in texts]
        if None not in scores:
            rated.append((sum(one for one in scores if one is not None), number))
    return [number for _, number in sorted(rated)[:most]]
