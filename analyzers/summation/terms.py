"""What is summed: the elements of a tensor, their squares, and the products of its rows with a vector."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analyzers.summation.options import Options
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat, round_to
from precisionlab.formats.blocks.records import matrix_shape

Reals = NDArray[Any]
Doubles = NDArray[np.float64]

MOST_PRODUCTS: Final = 1 << 20
"""Of all sampled rows together; where rows are longer, there are fewer."""


class Quantity(Enum):
    """What sums are made of."""

    ELEMENTS = "elements"
    """As in means."""
    SQUARES = "squares"
    """As in norms."""
    PRODUCTS = "products"
    """As in the outputs of a layer."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Sums of one kind, side by side."""

    quantity: Quantity
    x: Reals
    """[terms, sums] of float32, or float64 of a float64 tensor; finite."""
    y: Reals | None
    """The other factors of the terms, broadcast to x; None where terms are x itself."""
    n_non_finite: int
    """Elements that were infinite or NaN, in whose places zeros are."""
    n_left_out: int
    """Terms of each sum beyond `max_terms`."""

    @property
    def n_terms(self) -> int:
        """Of each sum."""
        return len(self.x)

    @property
    def n_sums(self) -> int:
        """How many there are."""
        return int(self.x.shape[1])

    def stored(self) -> Doubles:
        """[terms, sums] in float64: as stored, products rounded to it."""
        if self.y is None:
            return self.x.astype(np.float64)
        with np.errstate(all="ignore"):
            return np.multiply(self.x, self.y, dtype=np.float64)

    def rounded_to(self, format_: FloatFormat) -> Reals:
        """[terms, sums] in a format: factors are rounded first, then their products."""
        x = rounded(self.x, format_)
        if self.y is None:
            return x
        y = x if self.y is self.x else rounded(self.y, format_)
        with np.errstate(all="ignore"):
            # float64 holds the products of numbers of at most 26 bits, so that they are rounded once.
            products = np.multiply(x, y, dtype=np.float64)
        return rounded(products, format_)


def rounded(numbers: Reals, format_: FloatFormat) -> Reals:
    """Numbers of a format, in float32 where that holds it."""
    with np.errstate(all="ignore"):
        near = round_to(numbers, format_)
        return near if format_.name == "float64" else near.astype(np.float32, copy=False)


def terms_of(tensor: Tensor, options: Options) -> Iterator[Terms]:
    """The first elements, their squares, and the products of rows where the tensor is a matrix."""
    n_terms = min(tensor.info.n_elements, options.max_terms)
    first, n_non_finite = numbers_of(tensor, 0, n_terms)
    column = first[:, np.newaxis]
    for quantity, factor in ((Quantity.ELEMENTS, None), (Quantity.SQUARES, column)):
        yield Terms(quantity, column, factor, n_non_finite, tensor.info.n_elements - n_terms)
    if len(tensor.info.shape) > 1:
        yield products(tensor, options)


def products(tensor: Tensor, options: Options) -> Terms:
    """Of a sample of rows, as far as `max_terms`, with one x of independent normal deviates."""
    n_rows, n_columns = matrix_shape(tensor.info.shape, is_flat=False)
    length = min(n_columns, options.max_terms)
    random = np.random.default_rng(options.seed)
    x = random.standard_normal(length)
    n_sampled = max(1, min(options.rows, n_rows, MOST_PRODUCTS // length))
    chosen = np.sort(random.choice(n_rows, n_sampled, replace=False)).tolist()
    rows = [numbers_of(tensor, row * n_columns, row * n_columns + length) for row in chosen]
    matrix = np.stack([row for row, _ in rows], axis=1)
    n_non_finite = sum(count for _, count in rows)
    column = x.astype(matrix.dtype)[:, np.newaxis]
    return Terms(Quantity.PRODUCTS, matrix, column, n_non_finite, n_columns - length)


def numbers_of(tensor: Tensor, start: int, stop: int) -> tuple[Reals, int]:
    """A range of elements with zeros for those that are not finite, and how many those are."""
    part = tensor.part(start, stop).cpu()
    numbers: Reals = (part.double() if tensor.info.dtype == "float64" else part.float()).numpy()
    is_finite = np.isfinite(numbers)
    return np.where(is_finite, numbers, numbers.dtype.type(0)), numbers.size - int(is_finite.sum())
