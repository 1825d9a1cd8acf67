"""In which order data passes the layers: as the user says, or as their names do."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from precisionlab.analysis.roles import EMBEDDINGS, HEADS, is_named

AFTER: Final = (*HEADS, "fc.weight", "*pooler*", "*final*", "proj_out*")
"""Layers behind the numbered ones."""
WITHIN: Final = (
    (
        "*o_proj*",
        "*attn*out*",
        "*attention*output*",
        "*attn*c_proj*",
        "*attention.wo.*",
        "*attention.o.*",
        "*attention.dense*",
    ),
    ("*attn*", "*attention*", "*q_proj*", "*k_proj*", "*v_proj*", "*qkv*"),
    ("*down*", "*fc2*", "*.w2.*", "*c_proj*", "*.wo.*", "*4h_to_h*", "*.output*"),
)
"""Inside a numbered layer: projections out of attention, into it, and the second ones behind it."""
PLACES: Final = (1, 0, 3, 2)
"""Theirs, and that of all others, which lie between attention and the second ones."""
NUMBER: Final = re.compile(r"(?:^|[./])[0-9]+(?=[./]|$)")


def in_sequence(names: Sequence[str], globs: Sequence[str]) -> list[str]:
    """The names in the order of the globs; without globs all but embeddings, whose rows are looked up, not multiplied.

    The names of one glob stay in the order that names have among themselves: unnumbered ones, numbered ones with
    attention first, decoders after encoders, heads.
    """
    ordered = sorted(names, key=place)
    if not globs:
        return [name for name in ordered if not is_named(name, EMBEDDINGS)]
    return list(dict.fromkeys(name for glob in globs for name in ordered if fnmatchcase(name, glob)))


def place(name: str) -> tuple[int, list[tuple[int, str]], int, list[tuple[int, str]]]:
    """Sorts names as data passes them."""
    number = NUMBER.search(name)
    if number is None:
        return (3 if is_named(name, AFTER) else 0), natural(name), 0, []
    layer, rest = name[: number.end()], name[number.end() :]
    which = next((i for i, globs in enumerate(WITHIN) if is_named(rest, globs)), len(WITHIN))
    return (2 if "decoder" in layer else 1), natural(layer), PLACES[which], natural(rest)


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10."""
    return [
        (int(part), "") if part.isascii() and part.isdigit() else (-1, part)
        for part in re.split(r"([0-9]{1,18})", name)
    ]
