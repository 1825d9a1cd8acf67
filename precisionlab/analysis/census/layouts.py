"""How the elements of each stored dtype become flat codes to count."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.formats import STORED_FORMATS, FloatFormat, Format

COMPLEX_COMPONENTS = MappingProxyType({"complex32": "float16", "complex64": "float32", "complex128": "float64"})


@dataclass(frozen=True, slots=True)
class Layout:
    """What one stored element consists of."""

    format: Format
    """Of each component."""
    components: int
    """2 for complex types (real, imaginary), else 1."""

    @property
    def code_type(self) -> np.dtype[np.unsignedinteger]:
        """The unsigned integer that holds one code."""
        return np.dtype(f"u{max(8, self.format.bits) // 8}")

    @property
    def is_packed(self) -> bool:
        """Whether several codes share a byte."""
        return self.format.bits < 8

    @property
    def obstacle(self) -> str:
        """Why its numbers are not computed with, as signed floats of a byte or more are; empty where they are."""
        if not isinstance(self.format, FloatFormat) or not self.format.signed:
            return "its type is no signed float"
        if self.components > 1:
            return "complex numbers are not looked at"
        return "its type has fewer than 8 bits" if self.is_packed else ""


def layout_of(dtype: str) -> Layout:
    """The layout of a stored dtype (a key of `DTYPE_BITS`)."""
    component = COMPLEX_COMPONENTS.get(dtype, dtype)
    return Layout(STORED_FORMATS[component], 2 if dtype in COMPLEX_COMPONENTS else 1)


LAYOUTS: Mapping[str, Layout] = MappingProxyType({dtype: layout_of(dtype) for dtype in DTYPE_BITS})
"""The layout of every stored dtype."""


def codes_of(block: NDArray[np.uint8], layout: Layout) -> NDArray[np.unsignedinteger]:
    """The codes in a block of little-endian stored bytes that begins and ends between two elements.

    A view of the block, but for packed types, whose codes are unpacked low bits first.
    """
    if not layout.is_packed:
        return block.view(layout.code_type)
    return unpack_nibbles(block) if layout.format.bits == 4 else unpack_sextets(block)


def unpack_nibbles(block: NDArray[np.uint8]) -> NDArray[np.unsignedinteger]:
    """Two 4-bit codes a byte, the low nibble first."""
    return np.stack((block & 15, block >> 4), axis=-1).reshape(-1)


def unpack_sextets(block: NDArray[np.uint8]) -> NDArray[np.unsignedinteger]:
    """Four 6-bit codes in three bytes, low bits first; a last incomplete group holds fewer."""
    n_codes = len(block) * 8 // 6
    padded = np.zeros(-(-len(block) // 3) * 3, np.uint8)
    padded[: len(block)] = block
    first, second, third = padded.reshape(-1, 3).astype(np.uint32).T
    word = first | second << 8 | third << 16
    codes = np.stack([(word >> shift) & 63 for shift in (0, 6, 12, 18)], axis=-1)
    return codes.reshape(-1)[:n_codes].astype(np.uint8)
