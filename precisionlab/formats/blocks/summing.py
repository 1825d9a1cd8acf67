"""What an array loses in a block format, for whoever has the array at hand."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats.blocks.measuring import PLAIN, Band, BandErrors, Manner, measure
from precisionlab.formats.blocks.quantizing import as_tensor, resolved
from precisionlab.formats.blocks.records import BlockFormat, matrix_shape
from precisionlab.formats.blocks.searching import searched
from precisionlab.formats.blocks.tiling import PIECE
from precisionlab.formats.sums import ErrorSums

if TYPE_CHECKING:
    from torch import Tensor


def error_sums(values: "NDArray[Any] | Tensor", format_: BlockFormat | str, *, searches: bool = False) -> ErrorSums:
    """The sums of the errors that quantizing an array makes; nothing that is quantized is kept.

    Args:
        values: numpy array or torch tensor of float16, bfloat16, float32 or float64 (which is rounded to float32
            first, as runtimes do). Infinities and NaN are left out.
        format_: a block format, or its name.
        searches: whether scales of least squared error are searched for, instead of those of the format's rule.

    Raises:
        FormatError: there is no such format.
        UsageError: the values are no floats.

    >>> import numpy as np
    >>> sums = error_sums(np.linspace(-1, 1, 4096, dtype=np.float32), "int8_channel")
    >>> round(sums.sqnr_db, 1), sums.clipped
    (48.1, 0.0)
    """
    tensor, chosen = as_tensor(values), resolved(format_)
    matrix = tensor.detach().to(torch.float32).reshape(matrix_shape(tuple(tensor.shape), is_flat=False)).contiguous()
    manner = Manner(find=searched) if searches else PLAIN
    return sum((sums_of(band, chosen, manner) for band in bands_of(matrix, chosen)), ErrorSums())


def bands_of(matrix: "Tensor", format_: BlockFormat) -> Iterator["Tensor"]:
    """The matrix in bands of rows that stay in the caches, where each row is quantized by itself; else as a whole."""
    extent = format_.extent
    is_by_row = extent.rows == 1 and not extent.is_flat and not format_.is_centred and not format_.scale.is_tensor_wide
    height = max(1, PIECE // max(1, matrix.shape[1])) if is_by_row else max(1, len(matrix))
    yield from (matrix[row : row + height] for row in range(0, len(matrix), height))


def sums_of(values: "Tensor", format_: BlockFormat, manner: Manner) -> ErrorSums:
    """The sums of one band; what is not finite is left out."""
    try:
        return as_sums(values.numel(), measure(Band(values), format_, manner))
    except FormatError:
        is_finite = values.isfinite()
        if bool(is_finite.all()):
            raise
    band = Band(torch.where(is_finite, values, 0.0), ~is_finite)
    return as_sums(int(is_finite.sum()), measure(band, format_, manner))


def as_sums(n: int, errors: BandErrors) -> ErrorSums:
    """The sums of a band of so many finite elements."""
    squared, cross, _ = (float(total) for total in errors.by_row.sum(axis=0))
    return ErrorSums(
        n=n,
        nonzero=errors.nonzero,
        energy=errors.energy,
        squared_error=squared,
        cross=cross,
        largest_error=errors.largest,
        largest_relative_error=errors.largest_ratio,
        clipped=errors.clipped,
        flushed=errors.flushed,
    )
