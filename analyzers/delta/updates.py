"""An update D = B - A of a tensor B over a base A, and how large it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from precisionlab.analysis.cast_losses import Floats
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.inner_products import InnerProduct, Scaled, ratio_of_roots, scaled
from precisionlab.analysis.side_by_side import stretches
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat, Rounding, round_to

MODES = (Rounding.NEAREST_EVEN, Rounding.TOWARD_ZERO)
"""How casts round."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Some changed elements of which base, sum and update are finite; arrays of one length in float64."""

    bases: Floats
    sums: Floats
    updates: Floats

    @property
    def scaled(self) -> Scaled:
        """The updates, so that their squares neither overflow nor vanish."""
        return scaled(self.updates)


@dataclass(frozen=True)
class Update:
    """A tensor and its base: signed floats of one shape."""

    here: Tensor
    there: Tensor

    @cached_property
    def largest(self) -> float:
        """The largest finite magnitude of both; 0 where none is finite."""
        sizes = (tensor.census().largest_magnitude for tensor in (self.here, self.there))
        return max((one for one in sizes if not np.isnan(one)), default=0.0)

    def hold(self) -> None:
        """Read both into memory, if they fit into it together: they are gone through several times."""
        if self.here.info.n_bytes + self.there.info.n_bytes <= self.here.memory_bytes:
            self.here.hold()
            self.there.hold()

    def changed(self) -> Iterator[Changed]:
        """All changed elements in order, a few at a time."""
        for sums, bases in stretches((self.here, self.there)):
            with np.errstate(invalid="ignore", over="ignore"):
                updates = sums - bases
            places = np.flatnonzero(np.isfinite(updates) & (updates != 0))
            if len(places) == len(updates):
                yield Changed(bases, sums, updates)
            elif len(places):
                yield Changed(bases[places], sums[places], updates[places])

    @cached_property
    def is_cast(self) -> bool:
        """Whether both are stored in two types, and are the same numbers once rounded, or cut, to one of them."""
        formats = dict.fromkeys(LAYOUTS[tensor.info.dtype].format for tensor in (self.here, self.there))
        left = [(one, mode) for one in formats if isinstance(one, FloatFormat) for mode in MODES]
        if len(formats) == 1:
            return False
        for changed in self.changed():
            left = [how for how in left if np.array_equal(round_to(changed.sums, *how), round_to(changed.bases, *how))]
            if not left:
                return False
        return True

    @cached_property
    def size(self) -> "Size":
        """How large it is, from one pass."""
        n_changed, largest = 0, 0.0
        updates, bases = InnerProduct(), InnerProduct()
        n_left_out = 0
        for new, old in stretches((self.here, self.there)):
            with np.errstate(invalid="ignore", over="ignore"):
                found = new - old
            is_usable = np.isfinite(found)
            n_left_out += len(found) - int(np.count_nonzero(is_usable))
            gaps = scaled(found if is_usable.all() else np.where(is_usable, found, 0.0))
            base = scaled(old if is_usable.all() else np.where(is_usable, old, 0.0))
            updates.add(gaps, gaps)
            bases.add(base, base)
            n_changed += int(np.count_nonzero(is_usable & (found != 0)))
            with np.errstate(over="ignore"):
                largest = max(largest, float(np.ldexp(np.abs(gaps.values).max(initial=0.0), gaps.exponent)))
        return Size(self.here.info.n_elements, n_changed, n_left_out, largest, updates, bases)


@dataclass(frozen=True, slots=True)
class Size:
    """Of an update."""

    n: int
    """Elements of the tensor."""
    n_changed: int
    n_left_out: int
    """Elements that are not finite in both, or further apart than float64 holds."""
    largest: float
    """The largest magnitude of an element's update."""
    squares: InnerProduct
    """Of the update."""
    base_squares: InnerProduct

    @property
    def norm(self) -> float:
        """|D|."""
        return self.squares.root()

    @property
    def base_norm(self) -> float:
        """|A|."""
        return self.base_squares.root()

    @property
    def relative(self) -> float:
        """|D| / |A|; 0 of no update, infinite of one to zeros."""
        return ratio_of_roots(self.squares, self.base_squares)

    @property
    def changed_share(self) -> float:
        """Of all elements."""
        return self.n_changed / max(1, self.n)
