"""A tensor and that of the same name in the other checkpoint, their numbers side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import Codes, Flags, Floats, values_of
from precisionlab.analysis.census.layouts import LAYOUTS, Layout
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import slices_of
from precisionlab.formats import IntegerFormat

WIDE_INTEGER_BITS = 64
"""Of integers that float64 does not hold."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor, and what the other checkpoint has under its name."""

    here: Tensor
    there: Tensor

    @property
    def has_one_type(self) -> bool:
        """Whether both are stored in the same type."""
        return self.here.info.dtype == self.there.info.dtype

    @property
    def has_one_shape(self) -> bool:
        """Whether each element has a counterpart."""
        return self.here.info.shape == self.there.info.shape

    @property
    def is_comparable(self) -> bool:
        """Whether each number has a counterpart: not complex ones among real ones."""
        here, there = self.layouts
        return self.has_one_shape and here.components == there.components

    @property
    def layouts(self) -> tuple[Layout, Layout]:
        """How both are stored."""
        return LAYOUTS[self.here.info.dtype], LAYOUTS[self.there.info.dtype]

    def stretches(self) -> "Iterator[Stretch]":
        """The numbers of both in order, a few at a time; the next ones overwrite them."""
        layouts = self.layouts
        pairs = zip(slices_of(self.here), slices_of(self.there), strict=True)
        return (Stretch(first, layouts, here, there) for (first, here), (_, there) in pairs)


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

    @property
    def has_wide_integers(self) -> bool:
        """Whether differences are to be taken from the patterns, since float64 rounds the numbers."""
        format_ = self.layouts[0].format
        return self.has_one_type and isinstance(format_, IntegerFormat) and format_.bits == WIDE_INTEGER_BITS
