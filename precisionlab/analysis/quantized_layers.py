"""Layers that one of two checkpoints stores quantized, with scales beside: their numbers are not those of the other."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import TensorInfo

WEIGHT: Final = "weight"
NARROW_BITS: Final = 8
"""Types of more bits need no scales."""
MARKS: Final = ("scale", "packed", "qweight", "qzeros", "g_idx", "zero_point", "absmax", "quant", "scb", "blocks")
"""What names of such tensors have in their last part: of compressed-tensors, GPTQ, AWQ, bitsandbytes and others."""

Parts = Mapping[str, tuple[str, ...]]
"""Last parts of names that tell of quantization, by what stands before them."""


@dataclass(frozen=True, slots=True)
class Quantized:
    """A weight that one checkpoint stores quantized, and the other one not."""

    name: str
    """In the checkpoint that does not."""
    parts: tuple[str, ...]
    """Names that stand for it in the other one, which has them alone."""


def quantized_in(
    only: Sequence[TensorInfo], only_other: Iterable[TensorInfo], renamed: Callable[[str], str]
) -> tuple[Quantized, ...]:
    """The weights that are stored quantized in one checkpoint and not in the other one, of what each has alone.

    Args:
        only: what the first has alone.
        only_other: what the other one has alone.
        renamed: what a tensor of the other one would be called in the first.
    """
    parts, names = parts_in(only), {info.name for info in only}
    weights = ((info.name, renamed(info.name)) for info in only_other)
    return tuple(
        Quantized(other, (*((name,) if name in names else ()), *beside))
        for other, name in weights
        if (beside := tuple(names_beside(name, parts)))
    )


def parts_in(infos: Iterable[TensorInfo]) -> Parts:
    """What tells of quantization among tensors that one checkpoint has alone."""
    found = defaultdict[str, list[str]](list)
    for info in infos:
        layer, _, part = info.name.rpartition(".")
        owner, _, group = layer.rpartition(".")
        if is_marked(part):
            found[layer].append(part)
        elif owner.endswith(WEIGHT) and is_marked(group):
            found[owner].append(f"{group}.{part}")
    return {layer: tuple(sorted(parts)) for layer, parts in found.items()}


def is_marked(part: str) -> bool:
    """Whether a part of a name tells of quantization."""
    return any(mark in part.lower() for mark in MARKS)


def names_beside(name: str, parts: Parts) -> Iterator[str]:
    """The names among these parts that belong to a tensor: beside it, where it is a layer's weight, or made of its name."""
    layer, dot, part = name.rpartition(".")
    for other in parts.get(layer, ()):
        if part == WEIGHT or other.startswith(f"{part}_"):
            yield f"{layer}{dot}{other}"
    yield from (f"{name}.{other}" for other in parts.get(name, ()))


def are_codes(own: TensorInfo, other: TensorInfo, parts: Parts) -> bool:
    """Whether a tensor holds codes, not the numbers of its namesake: it is of fewer bits, and scales are beside it."""
    is_narrow = DTYPE_BITS[own.dtype] <= NARROW_BITS < DTYPE_BITS[other.dtype]
    return is_narrow and any(names_beside(own.name, parts))
