"""What is said of a grid, and how far a scale reaches."""

from dataclasses import dataclass
from typing import Literal

Layout = Literal["tensor", "channel", "group"]


@dataclass(frozen=True, slots=True)
class StoredGrid:
    """A grid on which nearly all sampled blocks of a tensor lie: each number is a number of `element` times a scale."""

    element: str
    """Element format: `int4`, `uint4` (above a minimum), `float4_e2m1fn`, `nf4`, `ternary`, …"""
    group: int | None
    """Elements along a row that share a scale; None for the other layouts."""
    layout: Layout
    """What shares a scale: the whole tensor, an index of its first axis, or a group."""
    likely: str
    """The format, or target, of the catalogue that these parts make."""
    scale: float
    """The median of the sampled scales; of integers the step from one to the next."""
    share: float
    """Of the sampled blocks that fit or fail to, those that fit."""
    levels: int
    """Numbers that an element can be."""
    is_symmetric: bool
    """Whether zero is in the middle: no zero point, no minimum, no table that differs by sign."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a scale reaches."""

    layout: Layout
    length: int
    """Elements along a row; of the whole tensor for the layout `tensor`."""

    @property
    def group(self) -> int | None:
        """The length of a group; None for other layouts."""
        return self.length if self.layout == "group" else None

    @property
    def suffix(self) -> str:
        """What names of block formats end in."""
        return f"g{self.length}" if self.layout == "group" else self.layout
