"""Names where there is little room: what tells them apart stays."""

import re
from collections.abc import Callable, Sequence

from precisionlab.reports.quantities import shown_name

CUT = "…"
PART = re.compile(r"[./]")
"""Where one part of a name ends and the next one begins."""


def shortened(text: str, limit: int) -> str:
    """The text in at most `limit` characters, its middle left out where it is longer.

    >>> shortened("model.layers.0.mlp.weight", 12)
    'model.…eight'
    """
    if len(text) <= limit:
        return text
    kept = max(limit - len(CUT), 0)
    return f"{text[: kept - kept // 2]}{CUT}{text[len(text) - kept // 2 :]}"[:limit]


def ending(text: str, limit: int) -> str:
    """The text in at most `limit` characters, its beginning left out where it is longer.

    >>> ending("model.layers.0.mlp.weight", 12)
    '….mlp.weight'
    """
    return text if len(text) <= limit else f"{CUT}{text[len(text) - max(limit - len(CUT), 0) :]}"[:limit]


def shortened_names(names: Sequence[str], limit: int, cut: Callable[[str, int], str] = shortened) -> list[str]:
    """Names from a file, printable, in at most `limit` characters each.

    Where one is longer, the parts that all begin with are left out of all of them, then the
    parts that all end with, then those that are still too long are cut, in the middle unless told otherwise.

    >>> shortened_names(["model.layers.0.mlp.weight", "model.layers.1.mlp.weight"], 8)
    ['…0…', '…1…']
    """
    shown = [shown_name(name) for name in names]
    n_first, n_last = shared_start(shown), shared_start([name[::-1] for name in shown])
    for start, stop in ((0, 0), (n_first, 0), (n_first, n_last)):
        parts = [inner(name, start, stop) for name in shown]
        if max(map(len, parts), default=0) <= limit:
            return parts
    return [cut(name, limit) for name in parts]


def shared_start(names: Sequence[str]) -> int:
    """How many characters of whole parts all names begin with, the separator after them among these."""
    if len(names) < 2:
        return 0
    first, last = min(names), max(names)  # what these two share, all that sort between them do
    n_shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return max((found.end() for found in PART.finditer(first[:n_shared])), default=0)


def inner(name: str, start: int, stop: int) -> str:
    """The name without so many characters at its ends."""
    return f"{CUT if start else ''}{name[start : len(name) - stop]}{CUT if stop else ''}"
