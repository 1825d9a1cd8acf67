"""What an array loses in a block format, for whoever has the array at hand."""

from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from precisionlab.formats.blocks.measuring import PLAIN, Band, Manner, measure
from precisionlab.formats.blocks.quantizing import as_tensor, resolved
from precisionlab.formats.blocks.records import BlockFormat, matrix_shape
from precisionlab.formats.blocks.searching import searched
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
    (48.1, 0)
    """
    tensor, chosen = as_tensor(values), resolved(format_)
    matrix = tensor.detach().to(torch.float32).reshape(matrix_shape(tuple(tensor.shape), is_flat=False)).contiguous()
    band = finite_band(matrix)
    errors = measure(band, chosen, Manner(find=searched) if searches else PLAIN)
    squared, cross, _ = (float(total) for total in errors.by_row.sum(axis=0))
    return ErrorSums(
        n=matrix.numel() - (0 if band.is_excluded is None else int(band.is_excluded.sum())),
        nonzero=int(band.values.count_nonzero()),
        energy=errors.energy,
        squared_error=squared,
        cross=cross,
        largest_error=errors.largest,
        largest_relative_error=errors.largest_ratio,
        clipped=errors.clipped,
        flushed=errors.flushed,
    )


def finite_band(matrix: "Tensor") -> Band:
    """A matrix with what is not finite excluded."""
    if not matrix.numel() or bool(torch.stack(matrix.aminmax()).isfinite().all()):  # NaN passes through both
        return Band(matrix)
    is_finite = matrix.isfinite()
    return Band(torch.where(is_finite, matrix, 0.0), ~is_finite)
