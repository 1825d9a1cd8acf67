"""One element of a tensor, whatever its dtype, from its own bytes alone."""

import itertools
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.elements import Element, element_text, flat_index, index_of, read_element
from precisionlab.checkpoints.dtypes import DTYPE_BITS, stored_bytes
from precisionlab.checkpoints.model import ByteRange, TensorInfo

SHAPE = (3, 5, 2)
COMPONENTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}


@dataclass
class MemoryReader:
    """Reads from bytes in memory and remembers which."""

    content: bytes
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Copy the bytes."""
        del location
        buffer[:] = self.content[start : start + len(buffer)]
        self.ranges.append((start, len(buffer)))


def stored(dtype: str) -> tuple[TensorInfo, MemoryReader]:
    """A tensor of random bits."""
    n_bytes = stored_bytes(dtype, 30)
    info = TensorInfo("weight", dtype, SHAPE, ByteRange("memory", 0, n_bytes))
    return info, MemoryReader(np.random.default_rng(7).bytes(n_bytes))


def read_by_numpy(dtype: str, content: bytes) -> NDArray[np.unsignedinteger]:
    """All patterns of a tensor, [elements, components], by numpy's own views and one big integer for packed types."""
    bits = DTYPE_BITS[dtype]
    if bits < 8:
        whole = int.from_bytes(content, "little")
        return np.array([[whole >> (bits * i) & ((1 << bits) - 1)] for i in range(30)], np.uint8)
    component = COMPONENTS.get(dtype, dtype)
    kind = np.dtype(getattr(ml_dtypes, component, None) or component)
    values = np.frombuffer(content, kind).reshape(30, -1)
    return values.view(f"u{kind.itemsize}")


@pytest.mark.parametrize("dtype", DTYPE_BITS)
def test_patterns_are_numpys(dtype: str) -> None:
    """Every element of every dtype, complex ones in two components, packed ones from shared bytes."""
    info, reader = stored(dtype)
    expected = read_by_numpy(dtype, reader.content)
    for i, index in enumerate(np.ndindex(SHAPE)):
        element = read_element(info, index, reader)
        assert element.patterns == tuple(expected[i].tolist())
        assert element.format.name == COMPONENTS.get(dtype, dtype)


@pytest.mark.parametrize("dtype", DTYPE_BITS)
def test_only_the_elements_bytes_are_read(dtype: str) -> None:
    """One read of as many bytes as the element touches."""
    info, reader = stored(dtype)
    bits = DTYPE_BITS[dtype]
    for i, index in enumerate(np.ndindex(SHAPE)):
        read_element(info, index, reader)
        first, last = i * bits // 8, ((i + 1) * bits - 1) // 8
        assert reader.ranges[-1] == (first, last - first + 1)
    assert len(reader.ranges) == 30


def test_components_have_names() -> None:
    """The parts of a complex number; a real number is its value."""
    info, reader = stored("complex64")
    element = read_element(info, (0, 0, 0), reader)
    assert [name for name, _ in element.components] == ["real", "imaginary"]
    assert Element(element.format, (5,)).components == (("value", 5),)


@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (2, 1, 5, 3)], ids=str)
def test_indices_are_row_major(shape: tuple[int, ...]) -> None:
    """As in numpy, there and back."""
    for flat, index in enumerate(itertools.product(*map(range, shape))):
        assert flat_index(index, shape) == flat
        assert index_of(flat, shape) == index


@pytest.mark.parametrize(
    ("index", "component", "expected"),
    [
        ((3, 5), "value", "[3,5]"),
        ((3, 5), "real", "[3,5].real"),
        ((7,), "imaginary", "[7].imag"),
        ((), "value", "[]"),
        ((), "imaginary", "[].imag"),
    ],
)
def test_elements_are_written_as_they_are_typed(index: tuple[int, ...], component: str, expected: str) -> None:
    """The parts of complex numbers behind the brackets, the second one shortened."""
    assert element_text(index, component) == expected
