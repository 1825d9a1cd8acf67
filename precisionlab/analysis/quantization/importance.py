"""How much the errors of a tensor matter, as files beside the checkpoint say: weights of squared errors."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.beside import Role
from precisionlab.analysis.quantization.bands import Span
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.formats.blocks.records import matrix_shape

if TYPE_CHECKING:
    import torch

    from precisionlab.analysis.quantization.sweep import Weights


def weights_of(tensor: Tensor) -> "Weights | None":
    """The weights by element that a sensitivity file gives; None without, or with one number for the tensor.

    Raises:
        UsageError: they are of another shape.
    """
    beside = tensor.beside.get(Role.SENSITIVITY)
    if beside is None or is_single(beside.info):
        return None
    if beside.info.shape != tensor.info.shape:
        raise UsageError(
            tensor.info.name,
            f"its sensitivity has shape {list(beside.info.shape)}, not {list(tensor.info.shape)} or one number",
            "make the file anew from this model",
        )
    n_columns = matrix_shape(tensor.info.shape, is_flat=False)[1]
    beside.hold()

    def weights(span: Span) -> "torch.Tensor":
        start = span.rows.start * n_columns + span.columns.start
        stop = (span.rows.stop - 1) * n_columns + span.columns.stop
        part = beside.part(start, stop).float()
        if not bool((part >= 0).all() & part.isfinite().all()):
            raise negative_error(tensor.info.name, "sensitivity")
        return part.reshape(span.rows.stop - span.rows.start, span.columns.stop - span.columns.start)

    return weights


def factor_of(tensor: Tensor) -> float | None:
    """The one weight that a sensitivity file gives for all of a tensor; None where there is none.

    Raises:
        UsageError: it is negative or no number.
    """
    beside = tensor.beside.get(Role.SENSITIVITY)
    if beside is None or not is_single(beside.info):
        return None
    factor = float(beside.values().double().reshape(-1)[0])
    if not 0 <= factor < np.inf:
        raise negative_error(tensor.info.name, "sensitivity")
    return factor


def is_single(info: TensorInfo) -> bool:
    """Whether a tensor is one number."""
    return info.n_elements == 1


def moments_by_column(tensor: Tensor) -> NDArray[np.float64] | None:
    """Second moments of what is fed to each column of the tensor as a matrix; None without a calibration of it.

    A weight [outputs, inputs, taps...] has a moment for each input, which all its taps share.

    Raises:
        UsageError: there are not as many as input channels, or one is negative or no number.
    """
    beside = tensor.beside.get(Role.CALIBRATION)
    if beside is None:
        return None
    shape = tensor.info.shape
    n_inputs = shape[1] if len(shape) > 1 else 0
    if beside.info.n_elements != n_inputs or not n_inputs:
        raise UsageError(
            tensor.info.name,
            f"its calibration has {beside.info.n_elements:,} input channels, the tensor {n_inputs:,}",
            "make the file anew from this model; weights are [outputs, inputs, ...]",
        )
    moments = beside.values().double().reshape(-1).cpu().numpy()
    if not (np.isfinite(moments).all() and (moments >= 0).all()):
        raise negative_error(tensor.info.name, "calibration")
    return np.repeat(moments, matrix_shape(shape, is_flat=False)[1] // n_inputs)


def negative_error(name: str, what: str) -> UsageError:
    """The error for weights that are none."""
    return UsageError(name, f"its {what} holds negative numbers, infinities or NaN", "make the file anew")
