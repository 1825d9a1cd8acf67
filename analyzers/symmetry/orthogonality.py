"""How near a matrix is to orthogonal maps, and to multiples of such."""

import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from analyzers.symmetry.families import residual
from analyzers.symmetry.options import Options
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import matrix_of, shape_of

ORTHOGONAL = "orthogonal"
"""What scaled orthogonal maps are called among the families: the only one that is no linear space."""
SMALL = 1024
"""Short sides up to which waking other threads takes longer than it saves on a busy machine."""
NODES = 2000
"""Of the rule that integrates over the Marchenko-Pastur distribution."""


@dataclass(frozen=True, slots=True)
class Orthogonality:
    """How near a matrix is to one whose columns, or rows if they are fewer, are orthonormal; and to multiples of such."""

    defect: float
    """|W^T W - I| / sqrt(n) in the Frobenius norm, n the short side; W W^T of wide matrices."""
    scale: float
    """The c that leaves least of W - c Q, Q orthogonal: the mean of the singular values."""
    residual: float
    """|W - c Q| / |W| for the nearest such c Q."""
    expected_residual: float
    """The residual of white noise of the same ratio of sides, as large as one likes (Marchenko and Pastur 1967)."""


def orthogonality_of(tensor: Tensor, scale: float, options: Options) -> Orthogonality | None:
    """Of the weight as a matrix; None where that is too dear, or it does not fit into memory and is wide."""
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415 - torch, loaded by then
    from precisionlab.structure.threads import one_thread_each  # noqa: PLC0415 - as above

    shape = shape_of(tensor.info)
    is_readable = shape[0] >= shape[1] or tensor.hold()
    if not 1 < min(shape) <= options.max_short_side or not is_readable:
        return None
    with one_thread_each() if min(shape) <= SMALL else nullcontext():
        values = singular_values(matrix_of(tensor, scale)).cpu().numpy()
    mean, deviation = float(values.mean()), float(values.std())
    with np.errstate(over="ignore"):
        defect = float(np.sqrt(np.square(np.square(values * scale) - 1).mean()))
    return Orthogonality(
        defect, mean * scale, deviation / math.hypot(mean, deviation), white_residual(min(shape) / max(shape))
    )


def white_residual(ratio: float) -> float:
    """The distance of large white matrices from multiples of orthogonal ones, sides in the ratio of at most 1.

    By the midpoint rule over x = 1 + y + 2 sqrt(y) cos(t), in which the density of squares of singular values of
    Marchenko and Pastur (1967), sqrt((b - x)(x - a)) / (2 pi y x), is smooth.
    """
    angles = (np.arange(NODES) + 0.5) * math.pi / NODES
    squares = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(angles)
    density = 2 * np.sin(angles) ** 2 / squares
    mean = float((density * np.sqrt(squares)).mean())
    return residual(mean**2)


def measurements(one: Orthogonality) -> Iterator[Measurement]:
    """The figures as named numbers."""
    yield Measurement(metric("orthogonality_defect"), one.defect)
    yield Measurement(metric("orthogonal_scale", ""), one.scale)
    yield Measurement(metric("residual", "1", family=ORTHOGONAL), one.residual)
    yield Measurement(metric("expected_residual", "1", family=ORTHOGONAL), one.expected_residual)
