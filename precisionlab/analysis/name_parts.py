"""The parts of tensors' names: what several names have in common, and in what they differ."""

import re
from typing import Final

SEPARATOR: Final = "."
"""Between two parts."""
NUMBER: Final = re.compile(r"(?<![^.])[0-9]+(?![^.])")
"""A part that is a number, as of layers and experts."""


def pattern_of(name: str) -> str:
    """The name with a star for each part that is a number: `model.layers.*.mlp.up_proj.weight`."""
    return NUMBER.sub("*", name)


def beginnings(one: str, other: str) -> tuple[str, str]:
    """What stands in two names before the parts that both end with.

    >>> beginnings("model.layers.0.weight", "layers.0.weight")
    ('model.', '')
    """
    parts, others = one.split(SEPARATOR), other.split(SEPARATOR)
    shared = 0
    while shared < min(len(parts), len(others)) and parts[-1 - shared] == others[-1 - shared]:
        shared += 1
    left = (some[: len(some) - shared] for some in (parts, others))
    first, second = (SEPARATOR.join([*some, ""]) if some else "" for some in left)
    return first, second
