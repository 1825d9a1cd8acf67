"""A sample of a tensor's rows, in which a grid would show."""

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor
from precisionlab.formats.blocks.records import matrix_shape

ROWS = 64
ELEMENTS = 1 << 20
"""Most of a sample; a longer row is cut."""


def sampled_rows(tensor: Tensor) -> NDArray[np.float32]:
    """Some whole rows [rows, columns] of a tensor as a matrix, equally spaced, in binary32."""
    n_rows, n_columns = matrix_shape(tensor.info.shape, is_flat=False)
    length = min(n_columns, ELEMENTS)
    n_sampled = max(1, min(ROWS, n_rows, ELEMENTS // max(1, length)))
    places = np.linspace(0, n_rows - 1, n_sampled).astype(np.int64)
    rows = [tensor.part(int(row) * n_columns, int(row) * n_columns + length).float().cpu().numpy() for row in places]
    return np.stack(rows)
