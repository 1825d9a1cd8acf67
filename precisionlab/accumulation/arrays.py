"""Matrix products of numpy arrays."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precisionlab.accumulation.by_rows import products_by_rows
from precisionlab.accumulation.records import Accumulator, Strassen, operands_of
from precisionlab.accumulation.strassen import strassen_product
from precisionlab.formats.rounding import round_to

Doubles = NDArray[np.float64]


def numpy_product(weights: NDArray[Any], inputs: NDArray[Any], made: Accumulator, key: int, threads: int) -> Doubles:
    """The product [m, n] of numpy arrays [m, k] and [k, n]."""
    factors = [np.asarray(factor, np.float32) for factor in (weights, inputs)]
    operands = operands_of(made)
    if operands is not None:
        factors = [round_to(factor, operands) for factor in factors]
    if not weights.shape[1] or not prod((weights.shape[0], inputs.shape[1])):
        return np.zeros((weights.shape[0], inputs.shape[1]))
    if isinstance(made, Strassen):
        return strassen_product(factors[0].astype(np.float64), factors[1].astype(np.float64), made, threads)
    return products_by_rows(factors[0], factors[1], made, key, threads)
