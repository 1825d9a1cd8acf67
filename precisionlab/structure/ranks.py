"""How many directions a matrix has, by measures that need no threshold."""

import math

import numpy as np
from numpy.typing import NDArray


def stable_rank(values: NDArray[np.float64], frobenius: float) -> float:
    """|W|_F^2 / |W|_2^2 (Rudelson and Vershynin 2007), of singular values, the largest first, and the Frobenius norm."""
    return (frobenius / float(values[0])) ** 2


def effective_rank(values: NDArray[np.float64]) -> float:
    """Exp of the entropy of s / sum(s) (Roy and Vetterli 2007), of all singular values."""
    shares = values[values > 0] / values.sum()
    return math.exp(-float((shares * np.log(shares)).sum()))
