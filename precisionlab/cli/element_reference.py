"""`PATH::TENSOR[INDEX]`, `PATH::TENSOR[INDEX].imag`: which tensor of which checkpoint, and which element of it."""

import difflib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from precisionlab.analysis.elements import PARTS, VALUE, element_text
from precisionlab.checkpoints.model import Checkpoint, TensorInfo
from precisionlab.checkpoints.sharded import is_set
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

MARK = "::"
PART = re.compile(rf"(.*\])\.({'|'.join(PARTS.values())})", re.DOTALL)
"""A part of a complex element, as reports print it."""
FULL_NAMES = {short: name for name, short in PARTS.items()}
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
MOST_COMPARED = 5_000
"""Names among which the nearest to a wrong one is looked for."""
LONGEST_SHOWN = 100
"""Characters of a name in a remedy."""


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor that was named, and the element of it, if one was."""

    tensor: TensorInfo
    index: tuple[int, ...] | None
    """Counted from the beginning; None where only the tensor was named."""
    component: str | None = None
    """`real` or `imaginary` where one part of a complex element was named."""

    @property
    def element(self) -> str:
        """The element as it is typed: `[3,5]`, `[3,5].imag`."""
        return element_text(self.index or (), self.component or VALUE)


def path_and_rest(text: str) -> tuple[str, str]:
    """The checkpoint's path, and what is to be found in it.

    Both may contain the mark: of all possible paths it is the longest that exists, or the shortest.
    """
    return split_path(text, is_there)


def split_path(text: str, is_there: Callable[[str], bool]) -> tuple[str, str]:
    """`path_and_rest` with any notion of what exists."""
    places = [i for i in range(len(text)) if text.startswith(MARK, i)]
    place = next((i for i in reversed(places) if is_there(text[:i])), places[0])
    return text[:place], text[place + len(MARK) :]


def is_there(path: str) -> bool:
    """Whether a path exists, or may stand for numbered shards."""
    if os.path.lexists(path):
        return True
    return is_set(Path(path).name) and Path(path).parent.is_dir()


def find_place(checkpoint: Checkpoint, rest: str) -> Place:
    """The tensor, and the element, that the text after the path names.

    A tensor of that very name comes first, brackets and all. A tensor without axes has one element.

    Raises:
        UsageError: there is no such tensor, or no such element in it.
    """
    tensors = {tensor.name: tensor for tensor in checkpoint.tensors}
    element, component = (rest, None) if rest in tensors else split_part(rest)
    name, inside = (element, None) if element in tensors else split_index(element)
    tensor = tensors.get(name)
    if tensor is None:
        raise no_such_tensor(checkpoint, name)
    if component is not None and (inside is None or not tensor.dtype.startswith("complex")):
        raise no_such_part(rest, tensor)
    if inside is None:
        return Place(tensor, None if tensor.shape else ())
    return Place(tensor, parse_index(inside, tensor, rest), component)


def split_part(rest: str) -> tuple[str, str | None]:
    """The element, and which part of it is named; None for all of it."""
    match = PART.fullmatch(rest)
    return (match[1], FULL_NAMES[match[2]]) if match else (rest, None)


def no_such_part(rest: str, tensor: TensorInfo) -> UsageError:
    """The error for a part of what has none."""
    if tensor.dtype.startswith("complex"):
        return UsageError(rest, "names a part of a whole tensor", accepted(tensor))
    return UsageError(rest, f"elements of {tensor.dtype} have no real and imaginary parts")


def split_index(rest: str) -> tuple[str, str | None]:
    """The name and what stands in the brackets at its end, None without these."""
    name, bracket, inside = rest.removesuffix("]").rpartition("[")
    return (name, inside) if bracket and rest.endswith("]") else (rest, None)


def no_such_tensor(checkpoint: Checkpoint, name: str) -> UsageError:
    """The error for a name that is no tensor's: why, where that is known, or the nearest that is."""
    reason = next((omission.reason for omission in checkpoint.omissions if omission.name == name), None)
    if reason is not None:
        return UsageError(name, f"cannot be looked at: {printable(reason)}")
    names = [tensor.name for tensor in checkpoint.tensors]
    return UsageError(name, f"there is no such tensor in {printable(checkpoint.path)}", remedy_for(name, names))


def remedy_for(name: str, names: Sequence[str]) -> str:
    """The nearest of the names, or the first of them."""
    near = difflib.get_close_matches(name, names[:MOST_COMPARED], 1)
    if near:
        return f"did you mean {printable(near[0], LONGEST_SHOWN)}?"
    shown = ", ".join(printable(known, LONGEST_SHOWN) for known in names[:3])
    return f"it has {len(names):,}{', such as ' if names[3:] else ': ' if names else ''}{shown}"


def parse_index(inside: str, tensor: TensorInfo, subject: str) -> tuple[int, ...]:
    """The index that stands in the brackets, counted from the beginning.

    Raises:
        UsageError: it is none of the tensor's shape.
    """
    refuse_empty(tensor)
    parts = [part.strip() for part in inside.split(",")] if inside.strip() else []
    wrong = next((part for part in parts if not WHOLE_NUMBER.fullmatch(part)), None)
    if wrong is not None:
        raise UsageError(subject, f"{printable(wrong, 40) or 'nothing'} is no whole number", accepted(tensor))
    if len(parts) != len(tensor.shape):
        counted = f"{len(parts)} {'index' if len(parts) == 1 else 'indices'} for"
        raise UsageError(subject, f"{counted} {axes(len(tensor.shape))}", accepted(tensor))
    sized = enumerate(zip(map(int, parts), tensor.shape, strict=True))
    return tuple(from_the_beginning(i, axis, size, subject, tensor) for axis, (i, size) in sized)


def from_the_beginning(index: int, axis: int, size: int, subject: str, tensor: TensorInfo) -> int:
    """An index that may count from the end.

    Raises:
        UsageError: the axis is shorter.
    """
    if not -size <= index < size:
        problem = f"{index} is outside axis {axis} of shape {listed(tensor.shape)}"
        raise UsageError(subject, problem, f"it takes {-size} to {size - 1}")
    return index % size


def refuse_empty(tensor: TensorInfo) -> None:
    """See that there is something to look at.

    Raises:
        UsageError: the tensor has no elements.
    """
    if not tensor.n_elements:
        raise UsageError(tensor.name, f"has no elements: its shape is {listed(tensor.shape)}")


def accepted(tensor: TensorInfo) -> str:
    """What an index of the tensor looks like."""
    return f"its shape is {listed(tensor.shape)}, an index such as {example(tensor)}"


def example(tensor: TensorInfo) -> str:
    """The index of the first element."""
    return element_text([0] * len(tensor.shape))


def axes(count: int) -> str:
    """So many axes."""
    return "1 axis" if count == 1 else f"{count} axes"


def listed(shape: Iterable[int]) -> str:
    """A shape as text: `[64, 32]`."""
    return f"[{', '.join(map(str, shape))}]"
