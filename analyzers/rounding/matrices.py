"""What a layer can do to an error that comes with its input, and the condition of a matrix that is solved with."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from analyzers.rounding.options import Options
from precisionlab.analysis.results import Measurement, Metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats.blocks.records import matrix_shape

if TYPE_CHECKING:
    import torch

LARGEST = 1 << 26
"""Elements of a matrix whose norm is computed: 256 MiB in float32."""
LARGEST_SOLVED = 8192
"""Rows of a matrix whose singular values are computed where it is named."""
STEPS = 24
"""Of the power iteration."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A layer as a matrix; NaN for what was not computed."""

    spectral_norm: float
    """The largest singular value, approached from below."""
    amplification: float
    """How much a relative error of the input can grow: spectral norm * sqrt(k) / Frobenius norm; 1 of random ones."""
    condition: float
    """The largest singular value over the smallest."""

    def measurements(self, metric: Callable[..., Metric]) -> Iterator[Measurement]:
        """Those that were computed."""
        named = (
            (metric("spectral_norm", ""), self.spectral_norm),
            (metric("amplification"), self.amplification),
            (metric("condition_number"), self.condition),
        )
        return (Measurement(key, value) for key, value in named if not math.isnan(value))


UNKNOWN = Matrix(math.nan, math.nan, math.nan)


def matrix_of(tensor: Tensor, options: Options) -> Matrix:
    """The norms of a tensor as a matrix, where they can be had."""
    shape = matrix_shape(tensor.info.shape, is_flat=False)
    if tensor.info.n_elements > LARGEST or tensor.info.n_bytes > tensor.memory_bytes or 0 in shape:
        return UNKNOWN
    stored = tensor.values().reshape(shape)
    matrix = stored.float()
    if not bool(matrix.isfinite().all()):
        return UNKNOWN
    norm = spectral_norm(matrix)
    frobenius = math.sqrt(float((matrix.double() ** 2).sum()))
    amplification = norm * math.sqrt(shape[1]) / frobenius if frobenius else math.nan
    return Matrix(norm, amplification, condition_of(stored, tensor.info.name, options))


def spectral_norm(matrix: "torch.Tensor") -> float:
    """The largest singular value by power iteration in float32, from a fixed start: a bound from below."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    start = torch.Generator().manual_seed(0)
    vector = torch.randn(matrix.shape[1], generator=start).to(matrix.device)
    norm = 0.0
    for _ in range(STEPS):
        image = matrix @ (vector / vector.double().norm().float().clamp_min(1e-30))
        norm = float(image.double().square().sum().sqrt())
        vector = matrix.T @ image
    return norm


def condition_of(matrix: "torch.Tensor", name: str, options: Options) -> float:
    """The condition number of a square matrix that is small enough, or solved with; NaN of others."""
    import torch  # noqa: PLC0415

    m, n = matrix.shape
    is_solved = any(fnmatchcase(name, glob) for glob in options.solves)
    if m != n or m > (LARGEST_SOLVED if is_solved else options.max_condition_size):
        return math.nan
    values = torch.linalg.svdvals(matrix.double())
    smallest = float(values[-1])
    return float(values[0]) / smallest if smallest > 0 else math.inf
