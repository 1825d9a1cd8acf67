"""What a layer can do to an error that comes with its input, and the condition of a matrix that is solved with."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from analyzers.rounding.options import Options
from analyzers.rounding.sampling import is_stacked, layer_shape
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.tensors import Tensor

if TYPE_CHECKING:
    import torch

LARGEST = 1 << 26
"""Elements of a matrix whose norm is computed: 256 MiB in float32."""
LARGEST_SOLVED = 8192
"""Rows of a matrix whose singular values are computed where it is named."""
STEPS = 24
"""Of the Lanczos process."""
NEGLIGIBLE = 1e-5
"""What is left of a vector that is nothing but float32's errors."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A layer as a matrix; NaN for what was not computed."""

    spectral_norm: float
    """The largest singular value, approached from below: to 1 % and mostly much nearer."""
    amplification: float
    """How much a relative error of the input can grow: spectral norm * sqrt(k) / Frobenius norm; 1 of random ones."""
    condition: float
    """The largest singular value over the smallest."""

    def measurements(self) -> Iterator[Measurement]:
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
    shape = layer_shape(tensor.info)
    if (
        is_stacked(tensor.info)
        or tensor.info.n_elements > LARGEST
        or tensor.info.n_bytes > tensor.memory_bytes
        or 0 in shape
    ):
        return UNKNOWN
    stored = tensor.values().reshape(shape)
    # Types of one byte have no largest magnitude in torch.
    largest = stored.abs().max() if stored.element_size() > 1 else stored.float().abs().max()
    top = float(largest)
    if not math.isfinite(top):
        return UNKNOWN
    scale = 2.0 ** math.frexp(top)[1] if top > 0 else 1.0
    scaled = (stored.double() / scale).float()
    norm, frobenius = spectral_norm(scaled), length(scaled.reshape(-1))
    amplification = norm * math.sqrt(shape[1]) / frobenius if frobenius else math.nan
    return Matrix(norm * scale, amplification, condition_of(stored, tensor.info.name, options))


def spectral_norm(matrix: "torch.Tensor") -> float:
    """The largest singular value of numbers of about 1, from below: that of Golub and Kahan's bidiagonal matrix (1965).

    From a fixed start, in float32 with all earlier directions taken off anew, so that none comes back.
    """
    import torch  # noqa: PLC0415 - slow, and loaded by then

    steps = min(STEPS, *matrix.shape)
    start = torch.Generator().manual_seed(0)
    right = torch.randn(matrix.shape[1], generator=start).to(matrix.device)
    rights, lefts = matrix.new_zeros((steps + 1, matrix.shape[1])), matrix.new_zeros((steps, matrix.shape[0]))
    rights[0] = right / length(right)
    bidiagonal = torch.zeros((steps, steps + 1), dtype=torch.float64)
    for i in range(steps):
        left = cleared(matrix @ rights[i], lefts[:i])
        across = length(left)
        if across <= NEGLIGIBLE * float(bidiagonal.max()):
            break
        bidiagonal[i, i], lefts[i] = across, left / across
        right = cleared(matrix.T @ lefts[i], rights[: i + 1])
        along = length(right)
        if along <= NEGLIGIBLE * across:
            break
        bidiagonal[i, i + 1], rights[i + 1] = along, right / along
    return float(torch.linalg.svdvals(bidiagonal)[0])


def cleared(vector: "torch.Tensor", directions: "torch.Tensor") -> "torch.Tensor":
    """A vector less what it has of each of these orthogonal directions [n, size].

    Twice is enough (Giraud, Langou, Rozloznik and van den Eshof 2005): once leaves errors of the size of what is taken off.
    """
    for _ in range(2):
        vector = vector - directions.T @ (directions @ vector)
    return vector


def length(vector: "torch.Tensor") -> float:
    """The Euclidean norm, in float64."""
    return math.sqrt(float(vector.double().square().sum()))


def condition_of(matrix: "torch.Tensor", name: str, options: Options) -> float:
    """The condition number of a square matrix that is small enough, or solved with; NaN of others."""
    import torch  # noqa: PLC0415

    m, n = matrix.shape
    is_solved = any(fnmatchcase(name, glob) for glob in options.solves)
    if m != n or m > (LARGEST_SOLVED if is_solved else options.max_condition_size):
        return math.nan
    values = torch.linalg.svdvals(matrix.double())
    largest, smallest = float(values[0]), float(values[-1])
    # Smaller ones than float64's errors are those of a singular matrix.
    return largest / smallest if smallest > m * math.ulp(largest) else math.inf
