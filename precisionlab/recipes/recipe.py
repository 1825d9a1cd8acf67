"""What a recipe is: the format that each tensor of a checkpoint gets, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one tensor becomes."""

    tensor: str
    shape: tuple[int, ...]
    stored_dtype: str
    """The format in which the checkpoint has it: `bfloat16`."""
    format: str | None
    """The target, as `precisionlab formats` spells it (`int4_g128`, `float8_e4m3fn:amax`); None: it stays as stored."""
    bits: int
    """Bits that it then takes, scales counted."""
    reason: str
    """Why this format, in a few words."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every tensor of a checkpoint, each once, with its format."""

    checkpoint: str
    """The path, as it was given."""
    assignments: tuple[Assignment, ...]
    bits: int | None = None
    """Bits of all tensors together."""
    loss: float | None = None
    """What the recipe loses, in the unit of its objective."""
    bound: float | None = None
    """What no recipe within the same budget can go below."""
    objective: str = ""
    """What was made small, under which budget."""
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What was asked for, by option."""
