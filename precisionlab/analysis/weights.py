"""Weights as matrices: which tensors are some, how their rows are read, and what of them is finite."""

import math
from typing import TYPE_CHECKING

import numpy as np

from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.roles import STATES, is_named
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.formats.blocks.records import matrix_shape

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.matrices import Matrix

ONE_AXIS = "it has fewer than two axes: there is no matrix"


def obstacle(info: TensorInfo, least_axes: int = 2) -> str:
    """Why a tensor is no weight that structure is looked for in; empty where it is one."""
    if of_type := LAYOUTS[info.dtype].obstacle:
        return of_type
    if is_named(info.name, STATES):
        return "an optimizer's state is no weight"
    if len(info.shape) < least_axes:
        return ONE_AXIS if least_axes == 2 else f"it has fewer than {least_axes} axes"
    if 0 in info.shape:
        return "it has no elements"
    return ""


def too_few(info: TensorInfo, analyzer: str, least: int) -> str:
    """Why a tensor is too small for an analyzer's option `min_elements`; empty where it is not."""
    return f"fewer than {least:,} elements ({analyzer}.min_elements)" if info.n_elements < least else ""


def unfinite(tensor: Tensor) -> str:
    """Why a tensor's numbers cannot be computed with: some are NaN or infinite; empty where all are finite."""
    census = tensor.census()
    n_others = census.n_elements - census.n_finite
    return f"it holds {n_others:,} NaN or infinities" if n_others else ""


def shape_of(info: TensorInfo) -> tuple[int, int]:
    """A weight as a matrix: its first axis of more than one index (of three and more) by all others.

    The matrices of experts, [n, outputs, inputs], and the like stand one below the other.
    """
    shape = info.shape
    if axes_of(info)[:1] == (Axis.LAYERS,):
        return math.prod(shape[:-1]), shape[-1]
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return matrix_shape(shape, is_flat=False)


def rows(tensor: Tensor, start: int, stop: int) -> "torch.Tensor":
    """Rows from `start` up to `stop` of a tensor as a matrix, [rows, columns] in its stored type; read from the file, unless held."""
    n_columns = shape_of(tensor.info)[1]
    return tensor.part(start * n_columns, stop * n_columns).reshape(stop - start, n_columns)


def chosen_rows(tensor: Tensor, indices: "torch.Tensor", scale: float = 1.0) -> "torch.Tensor":
    """Some rows of a tensor as a matrix over `scale`, [len(indices), columns] in float64 on the device, the caller's own.

    The indices ascend.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    import torch  # noqa: PLC0415 - takes a second; a scan that needs the census alone never pays it

    if tensor.hold():
        values = tensor.values().reshape(shape_of(tensor.info))
        some = values if len(indices) == len(values) else values[indices.to(tensor.device)]
        return some.to(torch.float64, copy=True).div_(scale)
    parts = [rows(tensor, row, row + 1).double() for row in indices.tolist()]
    return (torch.cat(parts) if parts else rows(tensor, 0, 0).double()).div_(scale)


def drawn_part(tensor: Tensor, most: int, random: "np.random.Generator", scale: float) -> "torch.Tensor":
    """At most so many rows and columns of a tensor as a matrix, drawn at random, in order, over `scale`: float64.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    import torch  # noqa: PLC0415 - as above

    sides = shape_of(tensor.info)
    chosen = (np.sort(random.choice(side, min(side, most), replace=False)) for side in sides)
    row_indices, column_indices = map(torch.from_numpy, chosen)
    return chosen_rows(tensor, row_indices, scale)[:, column_indices.to(tensor.device)]


def matrix_of(tensor: Tensor, scale: float = 1.0) -> "Matrix":
    """A tensor as a matrix, its first axis by all others, divided by `scale`; tall ones need not fit into memory.

    Reading columns of one that does not fit raises `TensorTooLargeError`.
    """
    from precisionlab.structure.matrices import Matrix  # noqa: PLC0415 - torch, as above

    shape = shape_of(tensor.info)
    return Matrix(
        shape,
        lambda start, stop: rows(tensor, start, stop).double() / scale,
        lambda start, stop: tensor.values().reshape(shape)[:, start:stop].double() / scale,
    )
