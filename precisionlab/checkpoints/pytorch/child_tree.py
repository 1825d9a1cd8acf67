"""The tensors inside a loaded object, each named by the path that leads to it. Imports torch."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from precisionlab.escaping import printable

MAX_DEPTH = 100
"""Containers inside containers that are looked into."""

MAX_NAME = 1 << 16
"""Characters of one name."""

MAX_NAMES = 1 << 28
"""Characters of all names together."""

_PLAIN = (
    *(bool, int, float, complex, str, bytes, bytearray, type(None)),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format),
)
"""Types of what a checkpoint says about itself, and that hold no tensor."""


_Container = dict[object, object] | list[object] | tuple[object, ...]


class NamesTooLongError(Exception):
    """The names take more characters together than `MAX_NAMES`."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tensor, or something that is left out for a reason."""

    name: str
    tensor: torch.Tensor | None
    reason: str = ""


@dataclass(slots=True)
class _Visit:
    """What is known of a container since it was first met."""

    name: str
    open: bool = True
    """Whether it is still being looked into: whoever meets it now lies inside it."""
    fruitful: bool = False
    """Whether it held a leaf."""


def list_leaves(loaded: object, stem: str) -> list[Leaf]:
    """Every tensor and every oddity that `loaded` leads to, in order.

    Keys and indices are joined by dots: `optimizer.state.3.exp_avg`. A container that is
    met again, or inside itself, is looked into once only. What lies on no path, because
    it is all there is, is called `stem`.

    Raises:
        NamesTooLongError: the names take more memory than those of any real checkpoint.
    """
    leaves = []
    n_characters = 0
    for leaf in _Walk(stem, {}).leaves(loaded, ()):
        n_characters += len(leaf.name)
        if n_characters > MAX_NAMES:
            raise NamesTooLongError
        leaves.append(leaf)
    return leaves


def distinct_names(names: Iterable[str]) -> list[str]:
    """The names, with `~2`, `~3`, … behind those that were there before.

    >>> distinct_names(["a", "b", "a", "a~2", "a"])
    ['a', 'b', 'a~2', 'a~2~2', 'a~3']
    """
    given: set[str] = set()
    asked: Counter[str] = Counter()
    return [_distinct(name, given, asked) for name in names]


def _distinct(name: str, given: set[str], asked: Counter[str]) -> str:
    candidate = name
    while candidate in given:
        asked[name] += 1
        candidate = f"{name}~{asked[name] + 1}"
    given.add(candidate)
    return candidate


@dataclass(frozen=True, slots=True)
class _Walk:
    """One look at everything below one object."""

    stem: str
    visits: dict[int, _Visit]
    """By identity; the loaded object keeps them all alive meanwhile."""

    def leaves(self, value: object, path: tuple[str, ...]) -> Iterator[Leaf]:
        """The leaves at the end of a path: the keys that lead there."""
        if isinstance(value, _PLAIN):
            return
        name = ".".join(path) if path else self.stem
        if len(name) > MAX_NAME:
            yield Leaf(name[:MAX_NAME], None, f"its name has {len(name):,} characters")
        elif isinstance(value, torch.Tensor):
            yield Leaf(name, value)
        elif isinstance(value, dict | list | tuple):
            yield from self._inside(value, name, path)
        elif not _is_plain_set(value):
            yield Leaf(name, None, f"is no tensor but of the type {type(value).__name__}")

    def _inside(self, container: _Container, name: str, path: tuple[str, ...]) -> Iterator[Leaf]:
        met = self.visits.get(id(container))
        if met is not None:
            if met.open or met.fruitful:
                yield Leaf(name, None, f"is the same object as {printable(met.name)}")
            return
        if len(path) > MAX_DEPTH:
            yield Leaf(name, None, f"is nested deeper than {MAX_DEPTH} levels")
            return
        visit = self.visits[id(container)] = _Visit(name)
        for key, child in _children(container):
            for leaf in self.leaves(child, (*path, key)):
                visit.fruitful = True
                yield leaf
        visit.open = False


def _children(container: _Container) -> Iterable[tuple[str, object]]:
    """Labels and values; `dict.items` by its class, as an instance of OrderedDict may hide its own."""
    if isinstance(container, dict):
        return ((_label(key), child) for key, child in dict.items(container))
    return ((str(index), child) for index, child in enumerate(container))


def _label(key: object) -> str:
    """A key as a part of a name; text as it is, and nothing read from objects whose text is costly."""
    match key:
        case str():
            return key
        case bool() | int() | float() | complex() | None | torch.dtype() | torch.device():
            return str(key)
        case bytes():
            return key.decode("utf-8", "backslashreplace")
        case tuple():
            return ",".join(_label(part) if not isinstance(part, tuple) else "(…)" for part in key)
        case _:
            return f"<{type(key).__name__}>"


def _is_plain_set(value: object) -> bool:
    return isinstance(value, set | frozenset) and all(isinstance(element, _PLAIN) for element in value)
