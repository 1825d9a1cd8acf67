"""The sums of numpy arrays along an axis."""

from typing import cast

import numpy as np

from precisionlab.summation.by_column import columns_by_method, columns_exactly
from precisionlab.summation.methods import Way
from precisionlab.summation.settings import Reals, Setting, normalized_axis, result_type


def numpy_sums(setting: Setting, x: Reals, axis: int | None, y: Reals | None = None) -> Reals:
    """The sums of numpy arrays, or of the products of two."""
    along = 0 if axis is None else normalized_axis(axis, x.ndim)
    factors = [
        factor.reshape(-1) if axis is None else np.moveaxis(factor, along, 0) for factor in (x, y) if factor is not None
    ]
    shape = factors[0].shape[1:]
    columns = [factor.reshape(len(factor), int(np.prod(shape))) for factor in factors]
    # Row-major sums of no terms have no columns to be told from the shape.
    sums = np.zeros(int(np.prod(shape)), np.float64) if not x.size else column_sums(setting, columns)
    name = result_type(setting)
    kind = x.dtype.newbyteorder("=") if name == setting.source else np.dtype(name)
    with np.errstate(all="ignore"):
        return cast("Reals", sums.astype(kind).reshape(shape))


def column_sums(setting: Setting, columns: list[Reals]) -> Reals:
    """The sums of the columns of one array [n, sums], or of the products of two."""
    return (columns_exactly if setting.method.way is Way.EXACT else columns_by_method)(setting, columns)
