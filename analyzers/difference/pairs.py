"""A tensor and its counterpart in the other checkpoint, their numbers side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.beside import Role
from precisionlab.analysis.cast_losses import Codes, Flags, Floats, values_of
from precisionlab.analysis.census.layouts import LAYOUTS, Layout
from precisionlab.analysis.side_by_side import squeezed
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import slices_of
from precisionlab.formats import FloatFormat, IntegerFormat

WIDE_INTEGER_BITS = 64
"""Of integers that float64 does not hold."""


def pair_of(tensor: Tensor) -> "Pair | None":
    """A tensor and its counterpart, as numbers; None where there is none."""
    if Role.REFERENCE in tensor.beside:
        return Pair(tensor, tensor.beside[Role.REFERENCE])
    return Pair(*tensor.as_numbers, is_dequantized=True) if tensor.as_numbers else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor, and what the other checkpoint has for it."""

    here: Tensor
    there: Tensor
    is_dequantized: bool = False
    """Whether one of both is codes in its file, with scales applied here."""

    @property
    def has_one_type(self) -> bool:
        """Whether both are stored in the same type."""
        return self.here.info.dtype == self.there.info.dtype

    @property
    def has_one_shape(self) -> bool:
        """Whether both have the same shape."""
        return self.here.info.shape == self.there.info.shape

    @property
    def is_comparable(self) -> bool:
        """Whether numbers have counterparts: not complex ones among real ones, nor those of unlike shapes."""
        here, there = self.layouts
        return here.components == there.components and (self.has_one_order or self.n_rows > 0)

    @property
    def has_one_order(self) -> bool:
        """Whether shapes are the same but for axes of one index, so that numbers are in one order."""
        return squeezed(self.here.info.shape) == squeezed(self.there.info.shape)

    @property
    def n_rows(self) -> int:
        """First indices that both have, where shapes differ in the first axis alone; else 0."""
        here, there = self.here.info.shape, self.there.info.shape
        is_cut = len(here) == len(there) > 0 and here[1:] == there[1:] and here[0] != there[0]
        return min(here[0], there[0]) if is_cut else 0

    @property
    def n_numbers(self) -> int:
        """How many have a counterpart."""
        n_elements = self.here.info.n_elements
        n_common = n_elements // self.here.info.shape[0] * self.n_rows if self.n_rows else n_elements
        return n_common * self.layouts[0].components

    @property
    def layouts(self) -> tuple[Layout, Layout]:
        """How both are stored."""
        return LAYOUTS[self.here.info.dtype], LAYOUTS[self.there.info.dtype]

    @property
    def has_floats(self) -> bool:
        """Whether both are stored as floats."""
        return all(isinstance(layout.format, FloatFormat) for layout in self.layouts)

    def stretches(self) -> "Iterator[Stretch]":
        """The numbers of both in order that have counterparts, a few at a time; the next ones overwrite them."""
        layouts, n_numbers = self.layouts, self.n_numbers
        for (first, here), (_, there) in zip(slices_of(self.here), slices_of(self.there), strict=False):
            if first >= n_numbers:
                return
            yield Stretch(first, layouts, here[: n_numbers - first], there[: n_numbers - first])


@dataclass(frozen=True)
class Stretch:
    """Some numbers of both tensors, as stored; arrays of one length."""

    first: int
    """Place of the first one in row-major order, each component counted."""
    layouts: tuple[Layout, Layout]
    here: Codes
    there: Codes

    @property
    def has_one_type(self) -> bool:
        """Whether patterns can be compared."""
        return self.layouts[0] == self.layouts[1]

    @cached_property
    def is_unchanged(self) -> bool:
        """Whether both are the same patterns."""
        return self.has_one_type and np.array_equal(self.here, self.there)

    @cached_property
    def values_here(self) -> Floats:
        """In float64."""
        return values_of(self.here, self.layouts[0].format)

    @cached_property
    def values_there(self) -> Floats:
        """In float64."""
        return self.values_here if self.is_unchanged else values_of(self.there, self.layouts[1].format)

    @cached_property
    def changed(self) -> Flags:
        """Which differ: in their pattern; of different types as numbers, any NaN being like any other."""
        if self.has_one_type:
            return np.asarray(self.here != self.there)
        here, there = self.values_here, self.values_there
        return np.asarray(~((here == there) | (np.isnan(here) & np.isnan(there))))

    @cached_property
    def changed_places(self) -> NDArray[np.intp]:
        """Where they differ, within the stretch."""
        return np.flatnonzero(self.changed) if not self.is_unchanged else np.empty(0, np.intp)

    def has_lost(self, places: NDArray[np.intp]) -> bool:
        """Whether one of some numbers that are not finite on both sides is on one, or is another infinity."""
        here, there = self.values_here[places], self.values_there[places]
        return not np.array_equal(here, there, equal_nan=True)

    @property
    def has_wide_integers(self) -> bool:
        """Whether differences are to be taken from the patterns, since float64 rounds the numbers."""
        format_ = self.layouts[0].format
        return self.has_one_type and isinstance(format_, IntegerFormat) and format_.bits == WIDE_INTEGER_BITS
