"""Tensors as a tree by module path: sorted as one counts, groups found when they are opened."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from precisionlab.checkpoints.model import TensorInfo

NUMBERS = re.compile(r"([0-9]+)")
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Tensors whose paths begin alike."""

    path: Path
    label: str
    """What of the path is not said by the groups around it."""
    start: int
    stop: int
    """The group's tensors are those from `start` up to `stop` of the outline."""

    @property
    def n_tensors(self) -> int:
        """How many there are."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tensor."""

    label: str
    """What of its path is not said by the groups around it."""
    index: int
    """Of the tensor in the outline."""


class Outline:
    """The tensors in natural order, layer.2 before layer.10."""

    def __init__(self, tensors: Sequence[TensorInfo], *, folds_layers: bool) -> None:
        paths = [(folded if folds_layers else split)(info.name) for info in tensors]
        ranks = {part: i for i, part in enumerate(sorted({part for path in paths for part in path}, key=counted))}
        keys = [[ranks[part] for part in path] for path in paths]
        order = sorted(range(len(tensors)), key=keys.__getitem__)
        self.tensors = tuple(tensors[i] for i in order)
        self.paths: Sequence[Path] = tuple(paths[i] for i in order)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each tensor stands, by its name."""
        return {info.name: i for i, info in enumerate(self.tensors)}

    @property
    def root(self) -> Group:
        """All tensors."""
        return Group((), "", 0, len(self.tensors))

    def children(self, group: Group) -> Iterator[Group | Leaf]:
        """What stands directly under a group, in order; a group of one tensor is that, one of one group is joined with it."""
        depth = len(group.path)
        for _, indices in groupby(range(group.start, group.stop), key=lambda i: self.paths[i][depth]):
            members = list(indices)
            for index in members if len(members) == 1 else (i for i in members if len(self.paths[i]) == depth + 1):
                yield Leaf(".".join(self.paths[index][depth:]), index)
            deeper = [i for i in members if len(self.paths[i]) > depth + 1]
            if len(members) > 1 and deeper:
                yield self._joined(depth, deeper[0], deeper[-1] + 1)

    def _joined(self, depth: int, start: int, stop: int) -> Group:
        """The deepest group of these tensors, which agree beyond `depth`."""
        first, last = self.paths[start], self.paths[stop - 1]
        end = depth + 1
        while end < min(len(first), len(last)) - 1 and first[end] == last[end]:
            end += 1
        return Group(first[:end], ".".join(first[depth:end]), start, stop)


def split(name: str) -> Path:
    """A tensor's name by its dots; empty parts stay, so that the parts joined are the name."""
    return tuple(name.split("."))


def folded(name: str) -> Path:
    """The path under which the same tensor of all layers stands: `layers.*.mlp.weight`, and then the layer's number."""
    parts = name.split(".")
    numbers = [part for part in parts if part.isdecimal()]
    if not numbers:
        return tuple(parts)
    return (*("*" if part.isdecimal() else part for part in parts), ".".join(numbers))


def counted(part: str) -> list[tuple[int, int, str, str]]:
    """A key that sorts numbers in texts as numbers, however long."""
    pieces = NUMBERS.split(part)
    numbers = [piece.lstrip("0") if i % 2 else "" for i, piece in enumerate(pieces)]
    return [
        (i % 2 == 0, len(number), number, piece) for i, (number, piece) in enumerate(zip(numbers, pieces, strict=True))
    ]
