"""Tensors as a tree by module path: sorted as one counts, groups found when they are opened."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

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
        paths = [*map(folded if folds_layers else split, (info.name for info in tensors))]
        parts = sorted(set(chain.from_iterable(paths)), key=counted)
        rank = dict(zip(parts, range(len(parts)), strict=True)).__getitem__
        keys = [tuple(map(rank, path)) for path in paths]
        order = sorted(range(len(keys)), key=keys.__getitem__)
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
        """What stands directly under a group, in order; a group of one tensor is that, one of one group is joined with it.

        Finds the end of each by bisection, so that the first few of very many are there at once.
        """
        depth, start = len(group.path), group.start
        while start < group.stop:
            stop = self._end(start, group.stop, depth)
            deeper = stop if stop == start + 1 else self._first_deeper(start, stop, depth)
            for index in range(start, deeper):
                yield Leaf(".".join(self.paths[index][depth:]), index)
            if deeper < stop:
                yield self._joined(depth, deeper, stop)
            start = stop

    def _end(self, start: int, stop: int, depth: int) -> int:
        """Where the tensors end that have the part at `depth` in common with the one at `start`."""
        part = self.paths[start][depth]
        return bisect_left(range(stop), True, start + 1, key=lambda i: self.paths[i][depth] != part)

    def _first_deeper(self, start: int, stop: int, depth: int) -> int:
        """Of these tensors, which agree up to `depth`, the first whose path goes on: shorter paths stand before longer."""
        return bisect_left(range(stop), depth + 2, start, key=lambda i: len(self.paths[i]))

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


def counted(part: str) -> list[Any]:
    """A key that sorts numbers in texts as numbers, however long."""
    return [measured(piece) if i % 2 else piece for i, piece in enumerate(NUMBERS.split(part))]


def measured(digits: str) -> tuple[int, str, str]:
    """A key that sorts numbers; the same number with more zeros before it comes later or before, but always there."""
    number = digits.lstrip("0")
    return len(number), number, digits
