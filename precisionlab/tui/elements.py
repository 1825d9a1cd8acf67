"""Places of numbers in a tensor: typed, shown, one after the other."""

import re
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.elements import COMPONENTS, PARTS, element_text, flat_index, index_of
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

TYPED: Final = re.compile(rf"\[?([^\]]*?)\]?(?:\.({'|'.join(PARTS.values())}))?")
WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Place:
    """A number of a tensor."""

    index: tuple[int, ...]
    component: int = 0
    """1 for the imaginary part of a complex element."""


def components(tensor: TensorInfo) -> int:
    """Numbers an element."""
    return LAYOUTS[tensor.dtype].components


def place_text(place: Place, tensor: TensorInfo) -> str:
    """`[3,5]`, `[3,5].imag`."""
    return element_text(place.index, COMPONENTS[components(tensor)][place.component])


def number_of(place: Place, tensor: TensorInfo) -> int:
    """How many numbers come before it in row-major order."""
    return flat_index(place.index, tensor.shape) * components(tensor) + place.component


def place_of(number: int, tensor: TensorInfo) -> Place:
    """The place that so many numbers come before."""
    element, component = divmod(number, components(tensor))
    return Place(index_of(element, tensor.shape), component)


def place_after(place: Place, step: int, tensor: TensorInfo) -> Place:
    """So many numbers further, at most at an end."""
    last = tensor.n_elements * components(tensor) - 1
    return place_of(max(0, min(number_of(place, tensor) + step, last)), tensor)


def typed_place(text: str, tensor: TensorInfo) -> Place:
    """The place that a text such as `3,5`, `[-1, 0]` or `[3,5].imag` names.

    Raises:
        UsageError: there is no such place in the tensor.
    """
    match = TYPED.fullmatch(text.strip())
    parts = [part.strip() for part in match[1].split(",")] if match and match[1].strip() else []
    if match is None or not all(WHOLE_NUMBER.fullmatch(part) for part in parts):
        raise UsageError(printable(text.strip(), 40), "is no index", accepted(tensor))
    if len(parts) != len(tensor.shape):
        raise UsageError(printable(text.strip(), 40), f"has {len(parts)} numbers", accepted(tensor))
    if match[2] and components(tensor) == 1:
        raise UsageError(printable(text.strip(), 40), f"elements of {tensor.dtype} have no parts")
    sized = zip(map(int, parts), tensor.shape, strict=True)
    return Place(tuple(from_the_beginning(i, size, tensor) for i, size in sized), int(match[2] == PARTS["imaginary"]))


def from_the_beginning(index: int, size: int, tensor: TensorInfo) -> int:
    """An index that may count from the end.

    Raises:
        UsageError: the axis is shorter.
    """
    if not -size <= index < size:
        raise UsageError("", f"{index} is outside an axis of {size:,}", accepted(tensor))
    return index % size


def accepted(tensor: TensorInfo) -> str:
    """What an index of the tensor looks like."""
    if not tensor.shape:
        return "the tensor has one element, []"
    return f"the last one is {','.join(str(size - 1) for size in tensor.shape)}"
