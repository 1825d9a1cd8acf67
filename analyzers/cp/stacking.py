"""Matrices of equal shape in numbered layers, one behind the other as one tensor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analyzers.cp.measuring import read
from analyzers.cp.options import Options
from precisionlab.analysis.folding import Folding
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    import torch

NUMBER: Final = re.compile(r"(?<![^._/])\d+(?=[._/])")
"""A part of a name that is a number."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers of one name and one shape."""

    name: str
    """With `*` in the number's place."""
    layers: tuple[Tensor, ...]
    """In the order of their numbers."""

    @property
    def folding(self) -> Folding:
        """[layers, outputs, inputs]."""
        return Folding("layers", (len(self.layers), *self.layers[0].info.shape))

    @property
    def n_elements(self) -> int:
        """Of all layers."""
        return sum(one.info.n_elements for one in self.layers)


def stackable(info: TensorInfo) -> str:
    """The name with `*` for its first number; empty for what is no matrix of a numbered layer."""
    if obstacle(info) or len(info.shape) != 2 or 1 in info.shape or info.shares_storage_with is not None:
        return ""
    return NUMBER.sub("*", info.name, count=1) if NUMBER.search(info.name) else ""


def stacks_of(tensors: Iterable[Tensor], options: Options) -> tuple[list[Stack], int]:
    """The largest stacks that may be decomposed, and how many others there are."""
    groups: dict[tuple[str, tuple[int, ...]], list[Tensor]] = {}
    for tensor in tensors:
        if name := stackable(tensor.info):
            groups.setdefault((name, tensor.info.shape), []).append(tensor)
    stacks = [Stack(name, tuple(sorted(those, key=number))) for (name, _), those in groups.items() if len(those) > 1]
    fitting = [one for one in stacks if options.min_elements <= one.n_elements <= options.max_elements]
    chosen = sorted(fitting, key=lambda one: -one.n_elements)[: options.stacks]
    return chosen, len(stacks) - len(chosen)


def number(tensor: Tensor) -> int:
    """The layer's."""
    found = NUMBER.search(tensor.info.name)
    return int(found.group()) if found else 0


def values_of(stack: Stack) -> "torch.Tensor | None":
    """All layers, flat, over a power of two near the largest magnitude; None where some are not finite, or all are 0."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    from precisionlab.structure.singular import scale_of  # noqa: PLC0415 - torch, as above

    counts = [one.census() for one in stack.layers]
    largest = max(one.largest_magnitude for one in counts)
    if any(one.n_finite < one.n_elements for one in counts) or not largest > 0:
        return None
    return torch.cat([read(one, scale_of(largest)) for one in stack.layers])
