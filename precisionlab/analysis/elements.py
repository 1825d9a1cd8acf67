"""One element of a tensor: how it is written, where its bits lie, and what they are; no other byte is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.tensors import Reader
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import Format

VALUE: Final = "value"
"""What the number of an element is called where there is but one."""
PARTS: Final = {"real": "real", "imaginary": "imag"}
"""What the numbers of a complex element are called, and what that is shortened to behind an index."""
COMPONENTS: Final = {1: (VALUE,), 2: tuple(PARTS)}
"""What the numbers of an element are called, by how many there are."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element as stored."""

    format: Format
    """Of each component."""
    patterns: tuple[int, ...]
    """One a component: two for complex numbers, the real one first."""

    @property
    def components(self) -> tuple[tuple[str, int], ...]:
        """Names and patterns: `value`, or `real` and `imaginary`."""
        return tuple(zip(COMPONENTS[len(self.patterns)], self.patterns, strict=True))


def element_text(index: Iterable[int], component: str = VALUE) -> str:
    """An element as it is typed, or a part of a complex one: `[3,5]`, `[3,5].imag`, `[]` without axes."""
    part = f".{PARTS[component]}" if component in PARTS else ""
    return f"[{','.join(map(str, index))}]{part}"


def read_element(tensor: TensorInfo, index: tuple[int, ...], reader: Reader) -> Element:
    """The element at an index within the shape, from the bytes that hold it alone.

    Raises:
        CheckpointError: they cannot be read.
    """
    bits = DTYPE_BITS[tensor.dtype]
    first_bit = flat_index(index, tensor.shape) * bits
    start, end = first_bit // 8, -(-(first_bit + bits) // 8)
    stored = int.from_bytes(read_bytes(tensor.location, start, end - start, reader), "little")
    layout = LAYOUTS[tensor.dtype]
    return Element(layout.format, cut(stored >> first_bit % 8, layout.format.bits, layout.components))


def read_bytes(location: ByteRange, start: int, length: int, reader: Reader) -> bytearray:
    """The bytes of a range from its `start`-th on."""
    content = bytearray(length)
    reader.read_into(location, start, memoryview(content))
    return content


def cut(stored: int, bits: int, n_patterns: int) -> tuple[int, ...]:
    """So many patterns of so many bits, the lowest first."""
    return tuple(stored >> (i * bits) & ((1 << bits) - 1) for i in range(n_patterns))


def flat_index(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The place of an element in row-major order."""
    flat = 0
    for i, size in zip(index, shape, strict=True):
        flat = flat * size + i
    return flat


def index_of(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of the element at a place in row-major order."""
    index: list[int] = []
    for size in reversed(shape):
        flat, i = divmod(flat, size)
        index.insert(0, i)
    return tuple(index)
