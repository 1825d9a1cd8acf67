"""A sample of a tensor's rows, in which a grid would show."""

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor
from precisionlab.formats.blocks.records import matrix_shape

ROWS = 64
NEIGHBOURS = 16
"""Rows of a sample that follow one another, so that tiles of several rows show."""
ELEMENTS = 1 << 20
"""Most of a sample; a longer row is cut."""


def sampled_rows(tensor: Tensor) -> NDArray[np.float32]:
    """Some whole rows [rows, columns] of a tensor as a matrix, a few runs of neighbours, in binary32.

    What is not finite is a quiet NaN, since signalling ones disturb whoever converts them.
    """
    n_rows, n_columns = matrix_shape(tensor.info.shape, is_flat=False)
    length = min(n_columns, ELEMENTS)
    n_sampled = max(1, min(ROWS, n_rows, ELEMENTS // max(1, length)))
    together = min(NEIGHBOURS, n_sampled)
    starts = np.linspace(0, n_rows - together, n_sampled // together).astype(np.int64)
    places = [int(start) + i for start in starts for i in range(together)]
    rows = [tensor.part(row * n_columns, row * n_columns + length).float().cpu().numpy() for row in places]
    sample = np.stack(rows)
    return np.where(np.isfinite(sample), sample, np.float32(np.nan))
